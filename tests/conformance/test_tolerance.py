"""Does the suite leave servers alone that are odd but keep the contract?"""

import subprocess
import sys

import pytest

from tests.conformance.tolerance import odd

# Odd in what every answer looks like, so that one area shows it.
SAMPLE = ("more-members", "other-spelling", "whole-seconds", "long-cursors")
# All others, by hand: `python -m tests.conformance.tolerance`.
WHOLE = ("as-it-is", "uuids", "whole-seconds", "now-and-then-a-429", "a-slow-engine")


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLE)
def test_the_suite_leaves_alone_what_looks_otherwise(name: str) -> None:
    verdict = odd.judge(odd.named(name), only=("RECIPE", "LIST-008"))
    assert verdict.troubles == ()


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", WHOLE)
def test_the_whole_suite_finds_an_odd_server_conformant(name: str) -> None:
    verdict = odd.judge(odd.named(name))
    assert verdict.troubles == ()


def test_an_unknown_server_is_one_sentence() -> None:
    for module in ("tests.conformance.tolerance", "tests.conformance.tolerance.serve"):
        done = subprocess.run(
            [sys.executable, "-m", module, "no-such-server"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode != 0
        assert "There is no odd server 'no-such-server'" in done.stderr
        assert "Traceback" not in done.stderr
