"""What a check leaves behind: its outcome, and the smallest input that hypothesis found."""

import subprocess
import sys

import pytest

from zen_conformance import records
from zen_conformance.failures import ConformanceFailure, NotOffered, NotRun, Unreachable
from zen_conformance.traffic import Recording

_SHRINKING = """
from hypothesis import given, settings, strategies
from zen_conformance import records
from zen_conformance.failures import ConformanceFailure

@settings(database=None)
@given(limit=strategies.integers(0, 1000))
def check(limit):
    if limit > 100:
        raise ConformanceFailure("a limit above 100 was taken")

try:
    check()
except ConformanceFailure as failure:
    print(records.smallest_input(failure))
"""


@pytest.mark.parametrize(
    ("before", "told"),
    [
        ("", "limit=101"),
        ("import schemathesis.schemas, schemathesis.generation.hypothesis.builder", "the request"),
    ],
)
def test_the_smallest_input_is_the_shrunk_one(before: str, told: str) -> None:
    command = [sys.executable, "-c", before + _SHRINKING]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert told in done.stdout


def test_without_hypothesis_there_is_no_smallest_input() -> None:
    assert records.smallest_input(ConformanceFailure("x")) is None


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, ("passed", None)),
        (ConformanceFailure("x"), ("failed", None)),
        (NotRun("no flow could be made"), ("not_run", "no flow could be made")),
        (NotOffered(), ("not_run", "not offered")),
        (Unreachable("No connection."), ("not_run", "No connection.")),
        (KeyError("id"), ("error", "KeyError: 'id'")),
    ],
)
def test_the_outcome_says_whose_fault_it_is(
    error: BaseException | None, outcome: tuple[str, str | None]
) -> None:
    assert records.outcome(error, Recording()) == outcome
