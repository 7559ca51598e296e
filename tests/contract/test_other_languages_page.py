"""The page about other languages' generators, followed command by command."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.contract.demo_data import Demo
from tests.server.new_user import environment, with_python
from tests.server.walked_page import Look, Paste, Save, steps
from zen_contract.contract import load

PAGE = (Path(__file__).parents[2] / "docs" / "other-languages.md").read_text(encoding="utf-8")
OPERATIONS = [operation.operation_id for operation in load().operations]
GENERATED = {
    # Where each generator puts its operations, and how it writes that there is one.
    "client": ("apis/*.ts", "async {id}("),
    "client-go": ("api_*.go", ") {Id}Execute("),
    "server-go": ("go/api_*.go", ") {Id}(w http.ResponseWriter"),
    "server-spring": ("src/main/java/**/*Api.java", 'operationId = "{id}"'),
}
_LONGEST_SECONDS = 600


class Reader:
    """Somebody with a shell in an empty folder, Node and a sandbox."""

    def __init__(self, folder: Path, demo_data: Demo) -> None:
        self.folder = folder
        self._env = {**with_python(environment(folder)), **demo_data.environment}

    def read(self, page: str) -> None:
        """Does what the page says, and sees what it shows."""
        shown = ""
        for step in steps(page):
            if isinstance(step, Save):
                (self.folder / step.name).write_text(step.text, encoding="utf-8")
            elif isinstance(step, Paste):
                shown = self._run(step.text)
            else:
                assert isinstance(step, Look)
                assert shown == step.text

    def _run(self, commands: str) -> str:
        ran = subprocess.run(
            ["bash", "-e", "-c", commands],
            cwd=self.folder,
            env=self._env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_LONGEST_SECONDS,
            check=False,
        )
        assert ran.returncode == 0, f"{commands}\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.skipif(shutil.which("bash") is None, reason="the page is for a shell")
def test_clients_and_servers_are_generated_as_the_page_says(
    tmp_path: Path, demo_data: Demo
) -> None:
    reader = Reader(tmp_path, demo_data)
    reader.read(PAGE)
    for folder, (_, written) in GENERATED.items():
        source = "".join(
            file.read_text(encoding="utf-8") for file in _files(tmp_path / folder, folder)
        )
        times = {name: source.count(_filled(written, name)) for name in OPERATIONS}
        assert times == dict.fromkeys(OPERATIONS, 1), folder


def _files(folder: Path, generated: str) -> list[Path]:
    return sorted(folder.glob(GENERATED[generated][0]))


def _filled(written: str, operation_id: str) -> str:
    capital = operation_id[0].upper() + operation_id[1:]
    return written.replace("{id}", operation_id).replace("{Id}", capital)


def test_every_command_of_the_page_is_followed() -> None:
    fences = re.findall(r"^```(\w*)$", PAGE, re.MULTILINE)
    assert set(fences) == {"", "sh", "typescript", "text"}
    assert len(list(steps(PAGE))) == len([fence for fence in fences if fence])
    asked_for = {
        folder
        for step in steps(PAGE)
        if isinstance(step, Paste)
        for folder in re.findall(r"generate .* -o ([\w-]+)", step.text)
    }
    assert asked_for == GENERATED.keys()
