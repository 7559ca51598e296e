"""What a person reads at the end of a run, and while it is under way."""

import io
import os
import pty
import re
import subprocess
import threading
from typing import Any

import pytest
from rich.console import Console

from tests.conformance.conftest import Served
from tests.conformance.given_report import failure, report, result
from tests.conformance.suite_command import COMMAND, DEADLINE, NARROW, suite
from zen_conformance.report import terminal
from zen_conformance.report.model import Report

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def shown(found: Report, **more: Any) -> str:
    """The report at 80 columns."""
    written = io.StringIO()
    terminal.show(found, Console(file=written, width=80, **more))
    return written.getvalue()


def test_the_verdict_comes_first_then_areas_then_failures_then_what_did_not_run() -> None:
    text = shown(report())
    places = [
        text.index(part)
        for part in (
            "Not conformant (",
            "Area",
            "Failed\n",
            "Failed as expected",
            "\nNot run\n  1: ",
        )
    ]
    assert places == sorted(places)
    assert places[0] == 0


def test_a_failure_says_what_where_how_to_see_it_and_how_to_run_it_again() -> None:
    text = shown(report())
    assert "DEST-002 MUST  The sentence of DEST-002" in text
    for label, value in (
        ("contract", "zen-back.v1.yaml#/components/schemas/Name (D §3)"),
        ("expected", "status 200"),
        ("again", "zen-conformance run --only DEST-002"),
    ):
        assert re.search(rf"^  {label} +{re.escape(value)}", text, re.M), label
    assert "and 1 more failures of DEST-002" not in text
    assert "and 1 more failure of DEST-002" in text


def test_nothing_but_commands_and_paths_is_wider_than_80_columns() -> None:
    wide = [line for line in shown(report()).splitlines() if len(line) > 80]
    assert all(re.match(r"  (try|again) ", line) for line in wide)
    assert any("curl" in line for line in wide), "a command was wrapped"


def test_a_servers_text_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in shown(report())
    assert "\x00" not in shown(report())


def test_two_hundred_failures_stay_readable() -> None:
    many = tuple(
        result(f"DEST-{n:03}", "failed", failures=(failure("DEST", "501"),)) for n in range(1, 201)
    )
    text = shown(report(requirements=many, expected_failures={}, unexpected_passes=()))
    assert len(text.splitlines()) < 650
    assert "200 in all; --report-html FILE shows each of them in full." in text


@pytest.mark.parametrize("no_colour", [True, False])
def test_colour_is_for_terminals_and_can_be_refused(
    monkeypatch: pytest.MonkeyPatch, no_colour: bool
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    if no_colour:
        monkeypatch.setenv("NO_COLOR", "1")
    assert not _COLOUR.search(shown(report()))
    written = shown(report(), force_terminal=True)
    assert bool(re.search(r"\x1b\[[0-9;]*3[0-9]m", written)) is not no_colour


def test_progress_is_shown_on_a_terminal_only(served: Served) -> None:
    command = [*COMMAND, "run", "--target", str(served.target), *NARROW]
    near, far = pty.openpty()
    seen: list[bytes] = []
    reader = threading.Thread(target=_read, args=(near, seen))
    reader.start()
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    subprocess.run(command, stdout=far, stderr=far, env=env, timeout=DEADLINE, check=True)
    os.close(far)
    reader.join(DEADLINE)
    text = b"".join(seen).decode()
    assert "checking" in text
    assert "Conformant" in text
    assert suite(*command[len(COMMAND) :]).stderr == ""


def _read(near: int, seen: list[bytes]) -> None:
    with os.fdopen(near, "rb", buffering=0) as terminal_end:
        while True:
            try:
                piece = terminal_end.read(4096)
            except OSError:  # the other end is closed
                return
            if not piece:
                return
            seen.append(piece)


def test_trace_prints_each_exchange(served: Served) -> None:
    done = suite("run", "--target", served.target, *NARROW, "--trace")
    assert done.returncode == 0
    assert re.search(r"^> POST http://.*/destinations$", done.stderr, re.M)
    assert re.search(r"^> Authorization: Bearer \$\{ZEN_TOKEN_\d+\}$", done.stderr, re.M)
    assert re.search(r"^< 201 in [0-9.]+ ms$", done.stderr, re.M)
    assert done.stdout.startswith("Conformant")
