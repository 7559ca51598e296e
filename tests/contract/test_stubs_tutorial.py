"""The page that leads from a made server to a resource that conforms, followed block by block."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.contract.made_server import changed_contract, made, serving, stubs, three_changes
from tests.server.walked_page import Look, Paste, Save, steps

PAGE = (Path(__file__).parents[2] / "docs" / "implement-a-resource.md").read_text("utf-8")
# What tells the page's blocks of commands apart; each is followed by one of the tests.
MAKES = "zen-contract stubs --out my-server\n"
SERVES = "zen-back-server"
LOOKS = "--only DEST\n"
LEAVES_OUT = "--skip DEST-008"
# What the server does before a handler is asked; everything else is what handlers are for.
NOT_OF_A_RESOURCE = ("ROUTE", "WIRE", "PROB", "BODY", "AUTH", "SCOPE", "TENANT", "ORDER")
# A filter that is off its enumeration is refused by the schema, in the schema's own words.
VALIDATION = {"DLV-016"}


class Pasted(NamedTuple):
    """Commands of the page, and what it shows after them."""

    commands: str
    shown: str


def pasted() -> Iterator[Pasted]:
    """The page's commands in order."""
    commands = ""
    for step in steps(PAGE):
        if isinstance(step, Paste):
            if commands:
                yield Pasted(commands, "")
            commands = step.text
        elif isinstance(step, Look) and commands:
            yield Pasted(commands, step.text)
            commands = ""


def shown_after(words: str, nth: int = 0) -> str:
    """What the page shows after the nth block with those words, without its dots."""
    found = [one.shown for one in pasted() if words in one.commands]
    return found[nth].removesuffix("…\n")


def written(folder: Path) -> None:
    """Puts the files of the page where it says."""
    files = [step for step in steps(PAGE) if isinstance(step, Save)]
    assert len(files) == 2
    for one in files:
        (folder / one.name).write_text(one.text, encoding="utf-8")


def judged(folder: Path, base: str, *words: str) -> tuple[int, str, dict[str, Any]]:
    """The suite's exit code, output and report about the server."""
    report = folder / "report.json"
    command = [sys.executable, "-m", "zen_conformance", "run", "--target", "target.toml"]
    done = subprocess.run(
        [*command, "--base-url", base, "--report-json", str(report), *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stdout, json.loads(report.read_text())


def passed(report: dict[str, Any]) -> set[str]:
    """The ids of the requirements that passed."""
    return {one["id"] for one in report["requirements"] if one["outcome"] == "passed"}


def verdict(output: str) -> str:
    """The first line, which a narrow terminal breaks."""
    return re.sub(r"\s+", " ", output.partition("\nhttp")[0]).strip() + "\n"


def is_typed(folder: Path) -> None:
    """The strict checks of mypy have nothing to say about any file of the server."""
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(folder / ".mypy_cache")]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("Success: no issues found in "), done.stdout + done.stderr


def test_the_page_shows_what_the_command_says_of_a_first_run_and_of_a_change(
    mine: Path, tmp_path: Path
) -> None:
    done = stubs("--out", tmp_path / "my-server")
    assert done.output.replace(f"{tmp_path}/", "").startswith(shown_after(MAKES))
    changed = changed_contract(tmp_path / "next.yaml", three_changes)
    assert made(mine, "--contract", changed).output.startswith(shown_after(MAKES, 1))


def test_every_step_of_the_page_is_one_that_these_tests_follow() -> None:
    known = (MAKES, SERVES, LOOKS, LEAVES_OUT)
    for one in pasted():
        assert any(words in one.commands for words in known), one.commands


@pytest.mark.slow
def test_a_made_server_is_typed_strictly(mine: Path) -> None:
    is_typed(mine)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_behaviour_of_a_resource_passes_before_it_is_written(
    made_once: Path, mine: Path
) -> None:
    with serving(made_once) as base:
        code, output, report = judged(mine, base, "--workers", "2")
    assert code == 1
    assert output.startswith("Not conformant (")
    of_resources = {
        one for one in passed(report) if not one.startswith(NOT_OF_A_RESOURCE)
    } - VALIDATION
    assert of_resources == set()
    assert {"ROUTE-002", "ROUTE-003", "AUTH-001"} & passed(report)


@pytest.mark.slow
def test_the_page_leads_from_no_requirement_of_targets_to_all_of_them(mine: Path) -> None:
    with serving(mine) as base:
        code, output, report = judged(mine, base, "--only", "DEST")
    assert (code, verdict(output)) == (1, shown_after(LOOKS))
    assert passed(report) == set()

    written(mine)
    is_typed(mine)
    with serving(mine) as base:
        code, output, report = judged(mine, base, "--only", "DEST")
        assert (code, verdict(output)) == (4, shown_after(LOOKS, 1))
        left = {"DEST-008", "DEST-010", "DEST-011", "DEST-020", "DEST-021"}
        assert passed(report) == {f"DEST-{number:03}" for number in range(1, 22)} - left
        skips = [word for one in sorted(left) for word in ("--skip", one)]
        reason = ("--reason", "no endpoints and flows yet")
        code, output, _ = judged(mine, base, "--only", "DEST", *skips, *reason)
        assert (code, verdict(output)) == (0, shown_after(LEAVES_OUT))
