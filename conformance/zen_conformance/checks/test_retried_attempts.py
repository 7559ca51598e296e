"""What a manual retry sends, and that nothing follows it by itself."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

import pytest

from zen_conformance.answer import Answer
from zen_conformance.chains import Way, batch, must_be_numbered, one_chain
from zen_conformance.check import requirement
from zen_conformance.failing import trace
from zen_conformance.failures import ConformanceFailure, NotRun
from zen_conformance.receiver import Delivered, Reply
from zen_conformance.stories import PROMPTLY_SECONDS, Row, Story, are_executed
from zen_conformance.suite import Suite
from zen_conformance.traffic import until

_BODIES = {
    "JSON": (b'{"type": "test.event",  "n": 1.0}', "application/json; charset=utf-8"),
    "binary": (bytes(range(256)) * 5, "application/octet-stream"),
    "a MiB": (b"\xff" * (1024 * 1024), "application/x-zc"),
    "nothing": (b"", "text/plain"),
}
# What a retry sends again, and whose fault it is otherwise.
_SAME = {
    "Content-Type": "RETRY-003",
    "X-Zen-Event-Id": "ATTEMPT-003",
    "X-Zen-Delivery-Idempotency-Key": "ATTEMPT-004",
}
_REFUSALS = 3  # the target refuses so many attempts and then takes one


@dataclass
class Sent:
    """A story whose event was retried by hand until it was delivered."""

    story: Story
    event_id: str
    by_batches: bool  # every other retry
    retries: list[Answer] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    @property
    def arrived(self) -> list[Delivered]:
        """What came to the target."""
        return self.story.box.arrived

    def retry(self, number: int) -> None:
        """Ask for the attempt of that number."""
        api = self.story.api
        if self.by_batches and number % 2:
            self.retries.append(batch(api, [trace(api, self.event_id)[0].get("id")]))
        else:
            self.retries.append(api.call("retryEvent", event_id=self.event_id))

    def is_made(self, number: int) -> bool:
        """Whether that attempt was made and is shown so."""
        self.rows = trace(self.story.api, self.event_id)
        return len(self.arrived) >= number and are_executed(self.rows)

    def arrival(self, number: int) -> Delivered:
        """The n-th request at the target; the first is a precondition, the others a retry's."""
        if len(self.arrived) >= number:
            return self.arrived[number - 1]
        if number == 1:
            raise NotRun("the first attempt did not reach the target in time")
        raise self.failure(f"attempt {number} did not reach the target within 10 s of the retry")

    def failure(self, message: str, requirement: str | None = None) -> ConformanceFailure:
        """A failure that shows what arrived."""
        return ConformanceFailure(
            message,
            exchange=self.retries[-1].exchange if self.retries else None,
            deliveries=self.story.box.shown(),
            requirement=requirement,
        )

    def must(self, holds: object, message: str, requirement: str | None = None) -> None:
        """Fail with that sentence unless it holds."""
        if not holds:
            raise self.failure(message, requirement)


def sent_by_hand(suite: Suite) -> Mapping[str, Sent]:
    """Events of several bodies, retried one by one, and some by batches."""
    told: dict[str, Sent] = {}
    replies = [Reply(500)] * _REFUSALS + [Reply(200)]
    for name, (body, content_type) in _BODIES.items():
        story = Story.of(suite, *replies, backoff_seconds=3600)
        event = story.post(body, content_type)
        story.settled(event)
        told[name] = Sent(story, event.id, by_batches=name in ("JSON", "nothing"))
    for number in range(2, _REFUSALS + 2):
        for sent in told.values():
            sent.retry(number)
        made = partial(_are_made, told.values(), number)
        if not until(made, seconds=PROMPTLY_SECONDS):
            break
    return told


def _are_made(told: Iterable[Sent], number: int) -> bool:
    return {sent.is_made(number) for sent in told} == {True}


@pytest.mark.parametrize("name", _BODIES)
@requirement("RETRY-003", scenario=sent_by_hand)
def test_a_retry_sends_the_same_to_the_same_target(told: Mapping[str, Sent], name: str) -> None:
    sent = told[name]
    first = sent.arrival(1)
    for number in range(2, _REFUSALS + 2):
        if number - 2 < len(sent.retries):
            sent.retries[number - 2].expect(202)
        again = sent.arrival(number)
        sent.must(again.body == _BODIES[name][0], f"{name}: attempt {number} sent other bytes")
        sent.must(again.method == "POST", f"attempt {number} was a {again.method}")
        sent.must(again.path == first.path, f"attempt {number} went to {again.path}")
        for header, broken in _SAME.items():
            sent.must(
                again.header(header) == first.header(header),
                f"attempt {number} has {header} {again.header(header)!r}"
                f" instead of {first.header(header)!r}",
                broken,
            )


@pytest.mark.parametrize("name", _BODIES)
@requirement("RETRY-003", scenario=sent_by_hand)
def test_a_retry_past_max_attempts_is_made_as_any_other(
    told: Mapping[str, Sent], name: str
) -> None:
    sent = told[name]
    sent.arrival(1)
    sent.arrival(_REFUSALS + 1)
    sent.must(
        len(sent.arrived) == _REFUSALS + 1,
        f"{_REFUSALS} retries of one attempt made {len(sent.arrived)} requests in all",
    )
    for number, row in enumerate(sent.rows, 1):
        status = "delivered" if number > _REFUSALS else "failed"
        shown = (row.get("attempt_number"), row.get("status"))
        sent.must(shown == (number, status), f"attempt {number} of {name} is shown as {shown}")
        arrived = sent.arrived[number - 1]
        named = (arrived.header("X-Zen-Attempt"), arrived.header("X-Zen-Delivery-Id"))
        sent.must(
            named == (str(number), row.get("id")),
            f"the request of attempt {number} names {named} instead of {(number, row.get('id'))}",
            "ATTEMPT-003",
        )


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
    told.retry.expect(202)
    if not told.executed:
        raise NotRun("the manual retry was not made in time")
    must_be_numbered(told.rows, told.expected, told.retry, "some seconds after a manual retry")
