"""What follows a manual retry that fails: nothing at or past `max_attempts`, a retry below it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from zen_conformance.answer import Answer
from zen_conformance.chains import Way, batch, must_be_numbered, must_come, one_chain
from zen_conformance.check import requirement
from zen_conformance.failing import trace
from zen_conformance.failures import NotRun
from zen_conformance.receiver import Box, Reply
from zen_conformance.receiver.server import closed_port_url
from zen_conformance.resources import FLOW
from zen_conformance.stories import PROMPTLY_SECONDS, Row
from zen_conformance.suite import Suite
from zen_conformance.tales import (
    Tale,
    changed_in_time,
    due_after,
    queued,
    see,
    tell,
    wait_for,
)
from zen_conformance.tenant import Tenant
from zen_conformance.traffic import until


@dataclass
class Watched:
    """A chain that failed for good and was retried, and its attempts some seconds later."""

    retry: Answer
    expected: int
    executed: bool
    rows: list[Row]


# The next attempt of `max_attempts` 2 would be due 4 s after the third, with 1 s of backoff.
_WATCHED_SECONDS = {1: 3.0, 2: 5.0}


def watched(max_attempts: int, by_batch: bool) -> Callable[[Suite], Watched]:
    """The scenario of a flow with so many attempts."""

    def scenario(suite: Suite) -> Watched:
        way = Way(("failed",) * max_attempts, max_attempts, backoff_seconds=1)
        event = one_chain(suite, way)
        event_id, expected = event.posted(), max_attempts + 1
        if by_batch:
            retry = batch(event.api, [trace(event.api, event_id)[-1].get("id")])
        else:
            retry = event.api.call("retryEvent", event_id=event_id)

        def more() -> bool:
            rows = trace(event.api, event_id)
            failed = [row for row in rows if row.get("status") == "failed"]
            return len(failed) >= expected

        executed = until(more, seconds=PROMPTLY_SECONDS)
        until(
            lambda: len(trace(event.api, event_id)) > expected,
            seconds=_WATCHED_SECONDS[max_attempts],
            every=0.2,
        )
        return Watched(retry, expected, executed, trace(event.api, event_id))

    return scenario


_WATCHES = [watched(count, by_batch) for count in (1, 2) for by_batch in (False, True)]


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(at, marks=requirement("RETRY-004", scenario=one))
        for at, one in enumerate(_WATCHES)
    ],
)
def test_nothing_follows_a_manual_retry_that_fails(told: Watched, number: int) -> None:
    told.retry.precondition(202)
    if not told.executed:
        raise NotRun("the manual retry was not made in time")
    must_be_numbered(told.rows, told.expected, told.retry, "some seconds after a manual retry")


def at_the_limit(suite: Suite) -> Mapping[str, Tale]:
    """Manual retries that fail below and at a `max_attempts` that was raised meanwhile."""
    tales: dict[str, Tale] = {}
    for name, limit in (("below", 5), ("at", 2)):
        tale = tell(suite, box=Box(closed_port_url(), (Reply(),)))
        tales[name] = tale
        see([tale])
        while name == "below" and tale.expected < 3:
            _retry(tale)
            see([tale])
        tale.story.set_policy(max_attempts=limit, backoff_seconds=40)
        _retry(tale)
    see([tales["at"]])
    see([tales["below"]], queued(5))
    wait_for(0.5)
    for tale in tales.values():
        tale.look()
    return tales


def _retry(tale: Tale) -> None:
    tale.expected += 1
    tale.story.api.call("retryEvent", event_id=tale.event.id)


@requirement("RETRY-004", scenario=at_the_limit)
def test_no_automatic_retry_follows_at_the_limit(told: Mapping[str, Tale]) -> None:
    tale = told["at"]
    tale.executed(2)
    tale.must(len(tale.rows) == 2, f"{len(tale.rows)} attempts are there")


@requirement("ATTEMPT-013", scenario=at_the_limit)
def test_the_wait_after_a_manual_retry_goes_by_its_number(told: Mapping[str, Tale]) -> None:
    tale = told["below"]
    tale.executed(4)
    tale.must(len(tale.rows) >= 5, "no retry follows a manual one that failed below max_attempts")
    wait = due_after(tale, 4)
    tale.must(318 <= wait <= 326, f"attempt 5 is due {wait:.1f} s after 4, not 320 s")


def a_raised_limit(suite: Suite) -> tuple[Tenant, str, Answer]:
    """A manual retry of a flow whose `max_attempts` was raised after its only attempt."""
    event = one_chain(suite)
    event_id = event.posted()
    FLOW.changed(
        event.api,
        event.flows["it"],
        config={"retry_policy": {"max_attempts": 3, "backoff_seconds": 1}},
    )
    answer = event.api.call("retryEvent", event_id=event_id)
    until(lambda: len(event.chains(event_id)["it"]) > 2 and event.over(event_id, 5), seconds=5)
    return event.api, event_id, answer


@requirement("ATTEMPT-017", scenario=a_raised_limit)
def test_an_automatic_retry_follows_a_manual_one_below_a_raised_max_attempts(
    told: tuple[Tenant, str, Answer],
) -> None:
    api, event_id, answer = told
    answer.expect(202)
    must_be_numbered(must_come(api, event_id, 3, answer), 3, answer, "of max_attempts 3")


def after_a_rest(suite: Suite) -> Tale:
    """A manual retry below `max_attempts`: the chain had ended because its target was disabled."""
    tale, backoff = changed_in_time(
        lambda backoff: tell(
            suite, Reply(500), max_attempts=4, backoff_seconds=backoff, expected=2
        ),
        lambda tale, _: tale.story.change_target(status="disabled"),
    )
    see([tale], seconds=backoff + 2 * PROMPTLY_SECONDS)
    tale.executed(2)
    if len(tale.rows) != 2:
        raise NotRun("the chain did not end with its target out of use")
    tale.story.change_target(status="active")
    _retry(tale)
    see([tale], queued(4))
    return tale


@requirement("ATTEMPT-011", scenario=after_a_rest)
def test_a_manual_retry_that_fails_below_max_attempts_is_followed(told: Tale) -> None:
    told.executed(3)
    told.must(len(told.rows) >= 4, "no attempt 4 of 4 is queued after a manual retry that failed")
