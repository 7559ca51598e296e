"""Does the suite find broken servers? Every mutant has its prediction, and a few are tried here."""

import subprocess
import sys
from collections import Counter

import pytest

from tests.conformance.mutants import mutant as mutants
from tests.conformance.mutants.gate import Result, compared, judge, unpredicted
from tests.conformance.mutants.matrix import matrix
from tests.conformance.mutants.mutant import KINDS, Mutant
from tests.conformance.mutants.served import Run
from zen_conformance import requirements

# One of each of several classes, that differ in how they get into the sandbox.
SAMPLE = (
    "a-name-of-101-is-taken-by-put",
    "a-reader-may-replace-a-flow",
    "another-id-is-the-same-path",
    "flows-are-paged-by-number",
    "put-merges-a-policy",
    "the-status-of-a-413-is-400",
)


def test_there_are_at_least_150_of_them() -> None:
    assert len(mutants.every()) >= 150


def test_every_tested_must_is_predicted_to_fail_by_some_mutant() -> None:
    assert unpredicted(mutants.every()) == []


def test_every_mutant_predicts_requirements_that_the_ledger_has() -> None:
    ledger = requirements.load()
    for one in mutants.every():
        assert one.predicts, one.name
        assert set(one.predicts) <= set(ledger), one.name
        assert all(ledger[each].untestable is None for each in one.predicts), one.name


def test_what_a_mutant_explains_is_in_the_ledger_and_has_a_cause() -> None:
    known = {*requirements.load(), *requirements.load().areas}
    for one in mutants.every():
        assert set(one.also) <= known, one.name
        assert all(one.also.values()), one.name


def test_every_mutant_says_in_one_sentence_what_is_broken() -> None:
    for one in mutants.every():
        assert one.says.rstrip("`").endswith("."), one.name
        assert one.kind in KINDS, one.name
    repeated = [
        says for says, count in Counter(m.says for m in mutants.every()).items() if count > 1
    ]
    assert repeated == []


def test_a_mutant_is_killed_by_a_prediction_and_by_nothing_else() -> None:
    one = Mutant("m", "list", "It is.", ("LIST-001",), lambda server: None, {"WIRE": "so"})
    seen = compared(one, _run({"LIST-001": "failed", "WIRE-001": "failed"}))
    assert seen.good
    assert seen.explained == ("WIRE-001",)
    assert not compared(one, _run({"LIST-002": "failed"})).killed
    assert set(compared(one, _run({"LIST-001": "failed", "DEST-001": "failed"})).unexplained) == {
        "DEST-001"
    }
    assert compared(one, Run(None, 1.0, "it hung")).trouble == "it hung"


def test_a_warning_kills_only_where_it_was_predicted() -> None:
    one = Mutant("m", "wire", "It is.", ("WIRE-010",), lambda server: None)
    assert compared(one, _run({"WIRE-010": "warned"})).good
    assert compared(one, _run({"WIRE-010": "warned", "BODY-012": "warned"})).good


def test_the_matrix_names_survivors_and_why_nothing_was_seen() -> None:
    one = Mutant("m", "list", "It is.", ("LIST-001",), lambda server: None)
    result = Result("m", "list", not_run={"LIST-001": "a precondition failed"}, seconds=2.0)
    lines = list(matrix([one], {"m": result}, {"m": True}))
    assert any(line.startswith("SURVIVED") and "m (LIST-001)" in line for line in lines)
    assert any("a precondition failed" in line for line in lines)
    assert "1 of 1" in lines[1]


def test_an_unknown_mutant_is_one_sentence() -> None:
    for module in ("tests.conformance.mutants", "tests.conformance.mutants.serve"):
        done = subprocess.run(
            [sys.executable, "-m", module, "no-such-mutant"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode != 0
        assert "There is no mutant 'no-such-mutant'" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLE)
def test_the_suite_kills(name: str) -> None:
    result = judge(mutants.named(name), focused=True)
    assert result.trouble is None
    assert result.killed, (result.not_run, result.unexplained)
    assert not result.unexplained


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_every_mutant_finds_what_it_breaks() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.conformance.mutants.applies"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _run(outcomes: dict[str, str]) -> Run:
    listed = [
        {"id": one, "outcome": outcome, "failures": [{"message": "it is so"}]}
        for one, outcome in outcomes.items()
    ]
    return Run({"requirements": listed, "errors": []}, 1.0, "")
