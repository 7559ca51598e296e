"""The page about versions: its commands are run as they stand, on the release they speak of."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.server.walked_page import Look, Paste, steps
from zen_contract import released

PAGE = Path(__file__).parents[2] / "docs" / "contract-versions.md"


def test_every_command_of_the_page_prints_what_the_page_shows(tmp_path: Path) -> None:
    release = released.load(released.Version(1, 0, 0), "zen-back.v1")
    (tmp_path / "openapi").mkdir()
    (tmp_path / "openapi" / "zen-back.v1.yaml").write_bytes(release.text)

    shown = list(_examples(PAGE.read_text(encoding="utf-8")))

    assert len(shown) == 3
    for commands, expected in shown:
        assert _run(commands, tmp_path) == expected


def test_the_page_names_every_kind_of_change_and_its_number() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for kind, version in [("breaking", "2.0.0"), ("compatible", "1.5.0"), ("editorial", "1.4.3")]:
        assert f"| {kind} | the " in text
        assert f"to `{version}`" in text


def _examples(page: str) -> Iterator[tuple[str, str]]:
    """Each block of commands with the block of output that comes after it."""
    commands = ""
    for step in steps(page):
        if isinstance(step, Paste):
            assert not commands, "two blocks of commands without output between them"
            commands = step.text
        elif isinstance(step, Look):
            yield commands, step.text
            commands = ""


def _run(commands: str, folder: Path) -> str:
    tools = Path(sys.executable).parent
    env = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", commands],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    return done.stdout
