"""What becomes of an attempt: delivered or failed by the answer, retried or not, and how often."""

from collections.abc import Mapping

import pytest

from zen_conformance.answered import (
    CUT,
    FAULTS,
    REDIRECTS,
    REFUSALS,
    SUCCESSES,
    UNREACHABLE,
    WHOLE,
    Tales,
    answers,
    backing_off,
    unreachable,
)
from zen_conformance.check import requirement
from zen_conformance.failures import ConformanceFailure
from zen_conformance.receiver import Reply
from zen_conformance.stories import PROMPTLY_SECONDS
from zen_conformance.suite import Suite
from zen_conformance.tales import Tale, see, tell, wait_for


@requirement("ATTEMPT-001", scenario=answers)
def test_every_attempt_is_one_post(told: Tales) -> None:
    for name, tale in told.items():
        if name in CUT or name == "elsewhere":
            continue
        arrived = tale.story.box.arrived
        tale.must(arrived, f"{name}: no attempt reached the target within {PROMPTLY_SECONDS:g} s")
        tale.must(
            len(arrived) == len(tale.rows),
            f"{name}: {len(arrived)} requests came of {len(tale.rows)} attempts",
        )
        tale.must({one.method for one in arrived} == {"POST"}, f"{name}: {arrived[0].method}")


@pytest.mark.parametrize("name", [*SUCCESSES, *WHOLE])
@requirement("ATTEMPT-007", scenario=answers)
def test_any_2xx_is_delivered(told: Tales, name: object) -> None:
    tale = told[name]
    tale.arrival(1)
    _is(tale, 1, "delivered", name)
    tale.must(len(tale.rows) == 1, f"{name}: {len(tale.rows)} attempts follow a delivered one")
    tale.must(len(tale.story.box.arrived) == 1, f"{name}: it was delivered and came again")


@pytest.mark.parametrize("status", [*REFUSALS, *FAULTS])
@requirement("ATTEMPT-007", scenario=answers)
def test_any_4xx_or_5xx_is_a_failure_and_tried_again(told: Tales, status: int) -> None:
    _fails_and_is_tried_again(told[status], status)


@pytest.mark.parametrize("status", REDIRECTS)
@requirement("ATTEMPT-008", scenario=answers)
def test_a_redirect_is_a_failure(told: Tales, status: int) -> None:
    followed = told["elsewhere"].story.box.arrived
    told["elsewhere"].must(not followed, f"a redirect was followed: {len(followed)} requests")
    _fails_and_is_tried_again(told[status], status)


@pytest.mark.parametrize("how", CUT)
@requirement("ATTEMPT-009", scenario=answers)
def test_an_answer_cut_off_is_a_failure(told: Tales, how: str) -> None:
    told[how].arrival(1)
    _is(told[how], 1, "failed", how)


@pytest.mark.parametrize("how", UNREACHABLE)
@requirement("ATTEMPT-009", scenario=unreachable)
def test_a_target_out_of_reach_is_a_failure(told: Tales, how: str) -> None:
    for number in (1, 2):
        _is(told[how], number, "failed", how)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(one.__name__, marks=requirement("ATTEMPT-011", scenario=one))
        for one in (answers, unreachable, backing_off)
    ],
)
def test_the_retry_is_there_when_the_failure_is(told: Tales, name: str) -> None:
    for tale in told.values():
        for gap in tale.gaps:
            gap.answer.must(
                False, f"attempt {gap.row['attempt_number']} has failed and no retry is queued"
            )
        for row in tale.rows:
            if row.get("status") == "failed":
                tale.executed(1)


def alone(suite: Suite) -> Mapping[int, Tale]:
    """Flows of 1, 2 and 3 attempts, and a while after the last."""
    tales = {count: tell(suite, Reply(500), max_attempts=count) for count in (1, 2, 3)}
    see(list(tales.values()), seconds=PROMPTLY_SECONDS + 4)
    wait_for(2.3)  # the third attempt would be due 2 s after the second
    for tale in tales.values():
        tale.look()
    return tales


@pytest.mark.parametrize("count", [1, 2, 3])
@requirement("ATTEMPT-016", scenario=alone)
def test_no_more_than_max_attempts_are_made(told: Mapping[int, Tale], count: int) -> None:
    tale = told[count]
    tale.executed(1)
    shown, arrived = len(tale.rows), len(tale.story.box.arrived)
    tale.must(
        (shown, arrived) == (count, count),
        f"of max_attempts {count} there are {shown} attempts and {arrived} requests",
    )


def _fails_and_is_tried_again(tale: Tale, status: object) -> None:
    tale.arrival(1)
    _is(tale, 1, "failed", status)
    if len(tale.rows) < 2:
        raise tale.fails(f"no attempt follows one that was answered {status}")
    _is(tale, 2, "delivered", "200 to the retry")


def _is(tale: Tale, number: int, status: str, answered: object) -> None:
    shown = tale.must_be_executed(number).get("status")
    if shown != status:
        raise ConformanceFailure(
            f"{answered}: attempt {number} is {shown!r} instead of {status!r}",
            expected=status,
            got=str(shown),
            deliveries=tale.story.box.shown(),
            exchange=tale.versions[-1].answer.exchange,
        )
