"""`--expect-failures`, `--strict`, `--fail-fast`, `verify` and `diff`, on reports of real runs."""

import json
import os
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.conftest import Served
from tests.conformance.front import Front, Passing
from tests.conformance.suite_command import COMMAND, DEADLINE, NARROW, here, report_of, suite
from zen_conformance import requirements


def no_request_id(passing: Passing) -> Passing:
    """Breaks WIRE-001."""
    return passing.without("X-Request-Id")


@pytest.fixture(scope="session")
def good(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a conformant run."""
    path = tmp_path_factory.mktemp("good") / "report.json"
    suite("run", "--target", served.target, *NARROW, "--report-json", path)
    return path


@pytest.fixture(scope="session")
def bad(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run in which WIRE-001 failed."""
    path = tmp_path_factory.mktemp("bad") / "report.json"
    with Front(served.base_url, no_request_id) as front:
        words = ("--base-url", front.url, *NARROW, "--report-json", path)
        suite("run", "--target", served.target, *words)
    return path


def listed(folder: Path, *lines: str) -> Path:
    """A file for --expect-failures."""
    path = folder / "expected.txt"
    path.write_text("\n".join(["# known", "", *lines]), encoding="utf-8")
    return path


def test_an_expected_failure_is_shown_and_does_not_fail_the_run(
    served: Served, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    expected = listed(tmp_path, "wire-001 our gateway strips it, ticket 7")
    with Front(served.base_url, no_request_id) as front:
        words = ("--base-url", front.url, "--expect-failures", expected, "--report-json", report)
        done = suite("run", "--target", served.target, *NARROW, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("Conformant, but for 1 expected failure (1 passed, 1 failed")
    assert "our gateway strips it, ticket 7" in done.stdout
    told = report_of(report)
    (failed,) = [one for one in told["requirements"] if one["outcome"] == "failed"]
    assert failed["expected_failure"] == "our gateway strips it, ticket 7"
    assert here("verify", report).exit_code == 0


def test_an_unexpected_pass_fails_the_run_and_is_named(served: Served, tmp_path: Path) -> None:
    expected = listed(tmp_path, "WIRE-001 fixed since")
    words = ("--expect-failures", expected)
    done = suite("run", "--target", served.target, *NARROW, *words)
    assert done.returncode == 1
    assert "Passed, but expected to fail\n  WIRE-001\n" in done.stdout


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("DEST-999 nobody knows it", "line 3: there is no requirement 'DEST-999'"),
        ("WIRE-001", "line 3: say after WIRE-001 why its failure is expected."),
        ("AUTH-011 hashes", "line 3: AUTH-011 cannot be tested from outside"),
    ],
)
def test_a_line_that_means_nothing_is_wrong_usage(
    served: Served, tmp_path: Path, line: str, sentence: str
) -> None:
    expected = listed(tmp_path, line)
    done = suite("run", "--target", served.target, "--expect-failures", expected)
    assert done.returncode == 2
    assert sentence in done.stderr


def test_fail_fast_ends_the_run_and_says_what_it_did_not_reach(
    served: Served, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    with Front(served.base_url, no_request_id) as front:
        words = ("--base-url", front.url, "--fail-fast", "--report-json", report)
        done = suite("run", "--target", served.target, "--only", "WIRE", "--only", "DEST", *words)
    assert done.returncode == 1, done.stdout + done.stderr
    outcomes = {one["id"]: one for one in report_of(report)["requirements"] if one["selected"]}
    assert outcomes["WIRE-001"]["outcome"] == "failed"
    reasons = {one["reason"] for one in outcomes.values() if one["outcome"] == "not_run"}
    assert "--fail-fast: the run ended when WIRE-001 failed" in reasons


def test_a_report_that_follows_from_its_requirements_verifies(good: Path, bad: Path) -> None:
    for path, headline in ((good, "Conformant"), (bad, "Not conformant")):
        done = here("verify", path)
        assert done.exit_code == 0, done.output
        assert done.stdout.startswith(f"{headline}: the verdict follows from its")


def changed(path: Path, folder: Path, change: Callable[[Any], None]) -> Path:
    """The report with something in it changed."""
    told = report_of(path)
    change(told)
    other = folder / "changed.json"
    other.write_text(json.dumps(told), encoding="utf-8")
    return other


def _hide_the_failure(told: Any) -> None:
    told["verdict"] = "conformant"


def _drop_the_failed(told: Any) -> None:
    told["verdict"] = "conformant"
    told["requirements"] = [one for one in told["requirements"] if one["outcome"] != "failed"]


def _call_it_a_warning(told: Any) -> None:
    told["verdict"] = "conformant"
    for one in told["requirements"]:
        if one["outcome"] == "failed":
            one.update(level="SHOULD", outcome="warned")


def _another_contract(told: Any) -> None:
    told["contract"]["digest"] = "0" * 64


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_hide_the_failure, "It says conformant, but its requirements make it nonconformant."),
        (_drop_the_failed, "Its requirements are not those of this suite: WIRE-001."),
        (_call_it_a_warning, "It calls WIRE-001 SHOULD, which is a MUST."),
        (_another_contract, "Its contract digest 000000000000… is not that of this suite's"),
    ],
)
def test_a_report_that_was_touched_up_does_not_verify(
    bad: Path, tmp_path: Path, change: Callable[[Any], None], sentence: str
) -> None:
    done = here("verify", changed(bad, tmp_path, change))
    assert done.exit_code == 1
    assert sentence in done.stdout


@pytest.mark.parametrize("text", ["", "[]", "{", '{"verdict": "conformant"}', "\x00"])
def test_what_is_no_report_is_wrong_usage(tmp_path: Path, text: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(text, encoding="utf-8")
    for words in (("verify", path), ("diff", path, path), ("verify", tmp_path / "none.json")):
        done = here(*words)
        assert done.exit_code == 2, done.output
        assert done.stderr.startswith("Error: ")
        assert "report.json" in done.stderr or "none.json" in done.stderr


def test_diff_names_what_changed_and_fails_on_what_got_worse(good: Path, bad: Path) -> None:
    title = requirements.load()["WIRE-001"].title
    worse = here("diff", good, bad)
    assert worse.exit_code == 1
    assert worse.stdout.startswith("worse  WIRE-001     passed → failed")
    assert title in worse.stdout
    assert worse.stdout.endswith("1 changed, 1 for the worse.\n")
    better = here("diff", bad, good)
    assert better.exit_code == 0
    assert better.stdout.endswith("1 changed, 0 for the worse.\n")
    assert here("diff", good, good).stdout == "0 changed, 0 for the worse.\n"


def test_a_pass_that_could_not_be_repeated_is_for_the_worse_unless_it_was_left_out(
    good: Path, tmp_path: Path
) -> None:
    def lose(told: Any) -> None:
        for one in told["requirements"]:
            if one["id"] == "WIRE-001":
                one.update(outcome="not_run", reason="a precondition failed")

    def leave_out(told: Any) -> None:
        lose(told)
        for one in told["requirements"]:
            if one["id"] == "WIRE-001":
                one.update(selected=False)

    assert here("diff", good, changed(good, tmp_path, lose)).exit_code == 1
    assert here("diff", good, changed(good, tmp_path, leave_out)).exit_code == 0


def test_the_replay_command_of_a_failure_fails_again(served: Served, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with Front(served.base_url, no_request_id) as front:
        words = ("--base-url", front.url, *NARROW, "--seed", 7, "--report-json", report)
        suite("run", "--target", served.target, *words)
        (failed,) = [o for o in report_of(report)["requirements"] if o["outcome"] == "failed"]
        command = shlex.split(failed["replay"])
        assert command[-4:] == ["--only", "WIRE-001", "--seed", "7"]
        again = suite(*command[1:], "--only", "DEST-001")
    assert again.returncode == 1
    assert "WIRE-001 MUST" in again.stdout


def test_the_curl_of_a_failure_runs(served: Served, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl")
    report = tmp_path / "report.json"
    with Front(served.base_url, no_request_id) as front:
        words = ("--base-url", front.url, *NARROW, "--report-json", report)
        suite("run", "--target", served.target, *words)
        (failed,) = [o for o in report_of(report)["requirements"] if o["outcome"] == "failed"]
        credentials = tomllib.loads(served.target.read_text(encoding="utf-8"))["credentials"]
        env = {f"ZEN_TOKEN_{n}": one["token"] for n, one in enumerate(credentials, 1)}
        asked = failed["failures"][0]
        done = subprocess.run(
            ["bash", "-c", asked["curl"]],
            env={**os.environ, **env},
            capture_output=True,
            text=True,
            check=True,
        )
    assert done.stdout.startswith(f"HTTP/1.1 {asked['response']['status']} ")


def test_who_reads_no_summary_gets_the_reports_and_the_verdict(
    served: Served, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    words = ["run", "--target", str(served.target), *NARROW, "--report-json", str(report)]
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        done = subprocess.run(
            [*COMMAND, *words], stdout=closed, stderr=subprocess.PIPE, timeout=DEADLINE, check=False
        )
    assert (done.returncode, done.stderr) == (0, b"")
    assert report_of(report)["verdict"] == "conformant"
