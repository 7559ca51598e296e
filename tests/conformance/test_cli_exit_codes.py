"""Each exit code of `zen-conformance run`, brought about for real."""

import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conformance.conftest import Served
from tests.conformance.front import Front, Passing
from tests.conformance.suite_command import NARROW, report_of, suite

# A fault in the suite itself: its judge of answers cannot divide.
_FAULTY = """
from zen_conformance import judge
judge.findings = lambda *given: 1 / 0
from zen_conformance.cli import main
main(prog_name="zen-conformance")
"""


def no_request_id(passing: Passing) -> Passing:
    """Breaks WIRE-001."""
    return passing.without("X-Request-Id")


def test_0_a_conformant_server(served: Served) -> None:
    done = suite("run", "--target", served.target, *NARROW)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("Conformant (2 passed, 0 failed, 0 warned, 0 not run)")
    assert done.stderr == ""


def test_0_with_workers_too(served: Served) -> None:
    done = suite("run", "--target", served.target, *NARROW, "--workers", 2)
    assert done.returncode == 0, done.stdout + done.stderr


def test_1_a_server_that_breaks_a_must(served: Served) -> None:
    with Front(served.base_url, no_request_id) as front:
        done = suite("run", "--target", served.target, "--base-url", front.url, *NARROW)
    assert done.returncode == 1
    assert done.stdout.startswith("Not conformant (")
    assert "WIRE-001 MUST" in done.stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--only", "DEST-999"], "There is no requirement or area 'DEST-999'"),
        (["--only", "DEST-001", "--skip", "DEST"], "--skip needs --reason"),
        (["--reason", "because"], "give --skip too"),
        (
            ["--only", "DEST-001", "--skip", "DEST", "--reason", "x"],
            "The selection leaves no requirement to check; all are left out: skipped.",
        ),
        (["--only", "RATE"], "leaves no requirement to check; all are left out: not offered."),
        (["--base-url", "ftp://x"], "is not an http or https address"),
        (["--report-json", "no/such/folder/r.json"], "there is no folder no/such/folder"),
        (["--workers", "0"], "--workers"),
        (["--expect-failures", "no-such-file"], "no-such-file cannot be used"),
    ],
)
def test_2_wrong_usage_is_one_sentence(served: Served, words: list[str], sentence: str) -> None:
    done = suite("run", "--target", served.target, *words)
    assert done.returncode == 2
    assert sentence in " ".join(done.stderr.split())
    assert done.stdout == ""


def test_2_a_target_file_that_is_not_there(tmp_path: Path) -> None:
    done = suite("run", "--target", tmp_path / "none.toml")
    assert done.returncode == 2
    assert "none.toml cannot be read: No such file or directory." in done.stderr


def test_2_a_target_file_with_a_mistake_in_it(tmp_path: Path) -> None:
    (tmp_path / "target.toml").write_text('base_url = "http://x"\n', encoding="utf-8")
    done = suite("run", "--target", tmp_path / "target.toml")
    assert done.returncode == 2
    assert "tenants.primary.id is missing; it must be a text." in done.stderr


def test_3_nobody_listens(served: Served) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        done = suite("run", "--target", served.target, "--base-url", url, *NARROW)
    assert done.returncode == 3
    assert f"No connection to {url}" in done.stderr
    assert done.stdout == ""


def test_3_a_server_that_goes_away_during_the_run(served: Served, tmp_path: Path) -> None:
    report = tmp_path / "report.json"

    def last_answer(passing: Passing) -> Passing:
        front.go_away()
        more = (("Connection", "close"), ("Retry-After", "0"))
        return replace(passing, status=429, headers=(*passing.headers, *more))

    with Front(served.base_url, last_answer) as front:
        words = ("--base-url", front.url, "--only", "DEST-001", "--report-json", report)
        done = suite("run", "--target", served.target, *words)
    assert done.returncode == 3, done.stdout + done.stderr
    told = report_of(report)
    assert told["verdict"] == "incomplete"
    assert told["unreachable"].startswith(f"No connection to {front.url}")
    assert told["errors"] == []
    assert f"No connection to {front.url}" in " ".join(done.stdout.split())


def test_3_a_server_that_goes_away_during_a_request(served: Served, tmp_path: Path) -> None:
    report = tmp_path / "report.json"

    def no_answer(passing: Passing) -> Passing:
        front.go_away()
        raise ConnectionAbortedError

    with Front(served.base_url, no_answer) as front:
        words = ("--base-url", front.url, *NARROW, "--report-json", report)
        done = suite("run", "--target", served.target, *words)
    assert done.returncode == 3, done.stdout + done.stderr
    told = report_of(report)
    assert told["verdict"] == "incomplete"
    assert "It went away while it was asked POST /v1/tenants/" in told["unreachable"]
    assert not [one["id"] for one in told["requirements"] if one["outcome"] == "failed"]


def test_1_a_server_that_drops_a_request_and_stays(served: Served, tmp_path: Path) -> None:
    report = tmp_path / "report.json"

    def no_answer(passing: Passing) -> Passing:
        raise ConnectionAbortedError

    with Front(served.base_url, no_answer) as front:
        words = ("--base-url", front.url, *NARROW, "--report-json", report)
        done = suite("run", "--target", served.target, *words)
    assert done.returncode == 1, done.stdout + done.stderr
    assert report_of(report)["unreachable"] is None


def test_4_something_required_could_not_be_run(served: Served, tmp_path: Path) -> None:
    text = served.target.read_text(encoding="utf-8")
    (tmp_path / "target.toml").write_text(text.replace("expired", "revoked"), encoding="utf-8")
    done = suite("run", "--target", tmp_path / "target.toml", *NARROW, "--only", "AUTH-003")
    assert done.returncode == 4, done.stdout + done.stderr
    assert done.stdout.startswith("Incomplete: something required could not be run (2 passed")
    assert "AUTH-003" in done.stdout


def test_5_a_fault_of_the_suite(served: Served, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    done = suite(
        *("run", "--target", served.target, *NARROW, "--report-json", report),
        command=[sys.executable, "-c", _FAULTY],
    )
    assert done.returncode == 5, done.stdout + done.stderr
    assert "ZeroDivisionError: division by zero" in done.stdout
    assert "ZeroDivisionError" in report_of(report)["errors"][0]


def test_5_a_fault_outside_the_checks_is_a_sentence(served: Served) -> None:
    broken = _FAULTY.replace(
        "judge.findings", "import zen_conformance.run\nzen_conformance.run.run"
    )
    done = suite(
        *("run", "--target", served.target, *NARROW), command=[sys.executable, "-c", broken]
    )
    assert done.returncode == 5
    assert "A fault of zen-conformance (ZeroDivisionError: division by zero)" in done.stderr
