"""What a manual retry sends, and how its attempt is shown while it is under way and after."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from zen_conformance.answer import Answer
from zen_conformance.chains import HOUR, batch
from zen_conformance.check import requirement
from zen_conformance.failures import NotRun
from zen_conformance.receiver import Delivered, Reply
from zen_conformance.stories import EXECUTED, is_called
from zen_conformance.suite import Suite
from zen_conformance.tales import Tale, see, tell, wait_for

_MIB = 1024 * 1024
_ODD = (b' {"a": 1,  "a": 2}\xff\n', "text/x-odd; charset=utf-8")
_AT_LAST = (Reply(500), Reply(500), Reply(500), Reply(200))


@dataclass(frozen=True)
class Course:
    """What a target is sent, and how it answers: what follows `max_attempts` is retried by hand."""

    event: tuple[bytes, str]  # with its content type
    replies: tuple[Reply, ...] = _AT_LAST
    max_attempts: int = 1
    backoff_seconds: int = HOUR
    by_batches: bool = False  # every other retry


_SLOW = {
    "slow": Course(_ODD, (Reply(500), Reply(200, wait_seconds=2.5)), 1, 1),
    "slow past two": Course(
        _ODD, (Reply(500), Reply(500), Reply(200, wait_seconds=2.5)), 2, backoff_seconds=1
    ),
    "slow and failing": Course(_ODD, (Reply(500), Reply(500, wait_seconds=2.5)), 1, 1),
}
_COURSES = {
    "JSON": Course(
        (b'{"type": "test.event",  "n": 1.0}', "application/json; charset=utf-8"), by_batches=True
    ),
    "binary": Course((bytes(range(256)) * 5, "application/octet-stream")),
    "a MiB": Course((b"\xff" * _MIB, "application/x-zc")),
    "nothing": Course((b"", "text/plain"), by_batches=True),
    **_SLOW,
}
each_course = pytest.mark.parametrize("name", _COURSES)


@dataclass
class Retried:
    """An event that was retried by hand until its target had given all its replies."""

    course: Course
    tale: Tale
    retries: list[Answer] = field(default_factory=list)

    @classmethod
    def of(cls, suite: Suite, course: Course) -> "Retried":
        """A new one, not retried yet."""
        body, content_type = course.event
        tale = tell(
            suite,
            *course.replies,
            max_attempts=course.max_attempts,
            backoff_seconds=course.backoff_seconds,
            event={"body": body, "content_type": content_type},
        )
        return cls(course, tale)

    @property
    def count(self) -> int:
        """How many attempts there are in the end."""
        return len(self.course.replies)

    def retry(self) -> None:
        """Ask for the next attempt."""
        api, event_id = self.tale.story.api, self.tale.event.id
        self.tale.expected += 1
        if self.course.by_batches and self.tale.expected % 2:
            self.retries.append(batch(api, [self.tale.attempt(1).get("id")]))
        else:
            self.retries.append(api.call("retryEvent", event_id=event_id))
        if any(reply.wait_seconds for reply in self.course.replies):
            self.tale.look()  # while it is under way

    def arrival(self, number: int) -> Delivered:
        """The n-th request at the target; those of the retries have to come."""
        arrived = len(self.tale.story.box.arrived)
        if number > self.course.max_attempts and arrived < number:
            raise self.tale.fails(f"attempt {number} did not reach the target after its retry")
        return self.tale.arrival(number)


Told = Mapping[str, Retried]


def retried_by_hand(suite: Suite) -> Told:
    """Events of several bodies that fail for good and are retried, some of them by batches."""
    told = {name: Retried.of(suite, course) for name, course in _COURSES.items()}
    see([one.tale for one in told.values()])
    left = list(told.values())
    while left:
        for one in left:
            one.retry()
        see([one.tale for one in left])
        left = [one for one in left if one.tale.over() and one.tale.expected < one.count]
    wait_for(1.3)  # an automatic retry would be queued by now, and due
    for one in told.values():
        one.tale.look()
    return told


@each_course
@requirement("RETRY-003", scenario=retried_by_hand)
def test_a_retry_sends_the_same_to_the_same_target(told: Told, name: str) -> None:
    one, tale = told[name], told[name].tale
    first = one.arrival(1)  # that it is what was posted, ATTEMPT-002 says
    for answer in one.retries:
        answer.precondition(202)
    for number in range(2, one.count + 1):
        again = one.arrival(number)
        tale.must(again.body == first.body, f"{name}: attempt {number} sent other bytes")
        tale.must(again.method == "POST", f"attempt {number} was a {again.method}")
        tale.must(again.path == first.path, f"attempt {number} went to {again.path}")
        given, before = again.all("Content-Type"), first.all("Content-Type")
        tale.must(given == before, f"attempt {number} has Content-Type {given}, not {before}")


@each_course
@requirement("RETRY-003", scenario=retried_by_hand)
def test_a_retry_past_max_attempts_is_made_as_any_other(told: Told, name: str) -> None:
    one, tale = told[name], told[name].tale
    one.arrival(one.count)
    arrived = len(tale.story.box.arrived)
    tale.must(arrived == one.count, f"{arrived} requests came instead of {one.count}")
    for number, reply in enumerate(one.course.replies, 1):
        wanted = "delivered" if reply.status < 300 else "failed"
        shown = tale.must_be_executed(number).get("status")
        tale.must(shown == wanted, f"attempt {number} of {name} is {shown!r} instead of {wanted!r}")


@each_course
@requirement("ATTEMPT-003", scenario=retried_by_hand)
def test_a_manual_retry_has_the_headers_of_its_row(told: Told, name: str) -> None:
    tale = told[name].tale
    for number in range(1, told[name].count + 1):
        came, row = tale.arrival(number), tale.attempt(number)
        shown = [came.all(f"X-Zen-{header}") for header in ("Event-Id", "Delivery-Id", "Attempt")]
        wanted = [[tale.event.id], [row.get("id")], [str(number)]]
        tale.must(shown == wanted, f"the headers of attempt {number} are {shown}, not {wanted}")


@each_course
@requirement("ATTEMPT-004", scenario=retried_by_hand)
def test_the_idempotency_key_stays_over_manual_retries(told: Told, name: str) -> None:
    tale = told[name].tale
    tale.arrival(told[name].count)
    keys = {tuple(one.all("X-Zen-Delivery-Idempotency-Key")) for one in tale.story.box.arrived}
    tale.must(len(keys) == 1, f"the keys of one chain are {sorted(keys)}")


@requirement("RETRY-002", scenario=retried_by_hand)
def test_a_retry_under_way_is_retrying(told: Told) -> None:
    seen = [_first_state(told[name]) for name in _SLOW]
    if all(state in EXECUTED for state in seen):
        raise NotRun("the attempts were over before they were looked at")
    for name, state in zip(_SLOW, seen, strict=True):
        told[name].tale.must(
            state in EXECUTED or is_called(state, "retrying"),
            f"an attempt queued by a retry is {state!r}",
        )


def _first_state(one: Retried) -> object:
    """What the last attempt was first seen as; executed already, when the look came late."""
    for version in one.tale.versions:
        if version.row.get("attempt_number") == one.count:
            return version.row.get("status")
    raise one.tale.fails(f"no attempt {one.count} was queued by a retry")


@pytest.mark.parametrize("name", _SLOW)
@requirement("DLV-006", scenario=retried_by_hand)
def test_a_retry_by_hand_says_when(told: Told, name: str) -> None:
    for one in told[name].tale.versions:
        when = one.row.get("next_attempt_at")
        queued_now = one.row.get("status") == "retrying"
        one.answer.must(not queued_now or when, "a retrying attempt has no next_attempt_at")


@each_course
@requirement("DLV-009", scenario=retried_by_hand)
def test_a_manual_retry_rewrites_nothing(told: Told, name: str) -> None:
    ended: dict[Any, Any] = {}
    for one in told[name].tale.versions:
        before = ended.get(one.row.get("id"))
        one.answer.must(before in (None, one.row), f"the executed row {before} became {one.row}")
        if one.row.get("status") in EXECUTED:
            ended[one.row.get("id")] = one.row


@requirement("RETRY-004", scenario=retried_by_hand)
def test_no_automatic_retry_follows_one_past_max_attempts(told: Told) -> None:
    tale = told["slow and failing"].tale
    tale.executed(2)
    tale.must(len(tale.rows) == 2, f"{len(tale.rows)} attempts are there after a failed retry")
