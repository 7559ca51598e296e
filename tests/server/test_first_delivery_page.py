"""The page that leads a new user to a first delivery, walked in terminals as its reader would."""

import contextlib
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.server.new_user import environment, free_ports
from tests.server.seed_pages import load
from tests.server.walked_page import (
    INSTALLS,
    Interrupt,
    Look,
    Paste,
    Save,
    Step,
    Transcript,
    steps,
    with_ports,
)

pytest.importorskip("termios", reason="these terminals are POSIX's")

from tests.server.terminals import Terminal

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "first-delivery.md").read_text(encoding="utf-8")
SERVER, HANDLER = 8080, 9000  # the ports that the page prints

pytestmark = pytest.mark.skipif(
    not (shutil.which("bash") and shutil.which("curl")), reason="there is no curl here, or no bash"
)


class Walk:
    """A reader of a page in a folder, with as many terminals as the page wants."""

    def __init__(self, page: str, folder: Path, env: Mapping[str, str]) -> None:
        self._page = list(steps(page))
        self._folder = folder
        self._env = env
        self._transcript = Transcript()
        self._terminals: dict[int, Terminal] = {}

    def run(self, *, install: bool) -> None:
        """Does what the page says, and sees what it shows and nothing else."""
        with contextlib.ExitStack() as stack:
            for number in sorted({number for step in self._page for number in step.terminals}):
                terminal = Terminal(self._folder, self._env)
                self._terminals[number] = stack.enter_context(terminal)
            for step, after in zip(self._page, [*self._page[1:], None], strict=True):
                if install or step.terminals != (INSTALLS,):
                    self._do(step, looks=isinstance(after, Look))
            for terminal in self._terminals.values():
                self._has_shown_no_more(terminal)

    def _do(self, step: Step, *, looks: bool) -> None:
        if isinstance(step, Save):
            (self._folder / "first-delivery" / step.name).write_text(step.text, encoding="utf-8")
            return
        for number in step.terminals:
            terminal = self._terminals[number]
            if isinstance(step, Look):
                pattern = self._transcript.pattern(step.text)
                self._transcript.learn(terminal.shows(pattern))
            elif isinstance(step, Interrupt):
                terminal.interrupt()
                assert not terminal.shown.strip()  # bash begins a new line
                terminal.shown = ""
            elif isinstance(step, Paste):
                self._has_shown_no_more(terminal)
                terminal.type(step.text)
                if not looks:
                    assert terminal.finish() == 0, terminal.shown
                    terminal.shown = ""

    def _has_shown_no_more(self, terminal: Terminal) -> None:
        assert terminal.finish() == 0, terminal.shown
        assert not terminal.shown


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """A new user's environment."""
    return environment(tmp_path)


def walk(folder: Path, env: Mapping[str, str], *, install: bool) -> None:
    """Walks the page on ports that are free."""
    server, handler = free_ports()
    page = with_ports(PAGE, {SERVER: server, HANDLER: handler})
    Walk(page, folder, {**env, "ZEN_SANDBOX_PORT": str(server)}).run(install=install)


def test_a_new_user_is_led_to_a_delivery_a_failure_and_a_retry(
    tmp_path: Path, env: dict[str, str]
) -> None:
    if not Path(sys.prefix, "bin", "activate").is_file():
        pytest.skip("this Python is not in a virtual environment, which the page activates")
    folder = tmp_path / "zen-back"
    folder.mkdir()
    (folder / ".venv").symlink_to(sys.prefix)
    walk(folder, env, install=False)


@pytest.mark.slow
def test_a_new_user_is_led_there_from_the_installation_on(
    tmp_path: Path, env: dict[str, str]
) -> None:
    folder = tmp_path / "zen-back"
    shutil.copytree(
        ROOT, folder, ignore=shutil.ignore_patterns(".*", "node_modules", "__pycache__")
    )
    without_ours = {name: value for name, value in env.items() if name != "PYTHONPATH"}
    walk(folder, without_ours, install=True)


def test_the_trace_is_read_with_the_documentations_own_curl() -> None:
    command = load()["get a trace"].run
    for placeholder, value in {
        "https://api.zen-mesh.io": f"http://127.0.0.1:{SERVER}",
        "<api_key>": "$KEY",
        "<tenant_id>": "tnt_first",
        "<event_id>": "$EVENT",
    }.items():
        command = command.replace(placeholder, value)
    assert command in PAGE


def test_the_readme_leads_to_the_page() -> None:
    assert "(docs/first-delivery.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
