"""What became of an event, seen from the start: every state that its attempts were ever shown in.

A `Tale` is an event of a `Story` with all that the list of attempts showed of it, and what arrived
at its target.  A tale that does not end as expected is no error here: the checks say what is wrong.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from zen_conformance.answer import Answer
from zen_conformance.contract import told
from zen_conformance.failures import ConformanceFailure, NotRun
from zen_conformance.moments import time_of
from zen_conformance.pages import LONG_PAGE
from zen_conformance.receiver import Delivered, Reply
from zen_conformance.stories import (
    PROMPTLY_SECONDS,
    Posted,
    Row,
    Story,
    are_executed,
    attempt_number,
)
from zen_conformance.suite import Suite
from zen_conformance.traffic import until

_BACKOFFS = (2, 5, 10)
_MARGIN_SECONDS = 0.5


@dataclass(frozen=True)
class Version:
    """A row as it was shown once, and the answer that showed it."""

    row: Row
    answer: Answer


@dataclass
class Tale:
    """An event, and its attempts through one flow, with the members that the contract names."""

    story: Story
    event: Posted
    rows: list[Row] = field(default_factory=list)  # at the last look, by number
    versions: list[Version] = field(default_factory=list)  # each state of each row, as it came
    gaps: list[Version] = field(default_factory=list)  # failed rows shown before their retry was
    max_attempts: int = 1
    expected: int = 1  # attempts

    def look(self) -> list[Row]:
        """The attempts now; none when they cannot be read."""
        query = {"event_id": self.event.id, "limit": LONG_PAGE}
        answer = self.story.api.call("listDeliveries", query=query)
        try:
            rows = answer.expect(200).rows("deliveries")
        except ConformanceFailure:
            rows = []
        own = [told("Delivery", row) for row in rows if self.story.owns(row)]
        own.sort(key=attempt_number)
        self._remember(own, answer)
        self.rows = own
        return own

    def over(self) -> bool:
        """Whether all expected attempts are there and executed."""
        rows = self.look()
        return len(rows) >= self.expected and are_executed(rows)

    def attempt(self, number: int) -> Row:
        """The attempt of that number, else NotRun."""
        if self.rows and not any(row.get("attempt_number") == 1 for row in self.rows):
            raise NotRun(f"the attempts of {self.event.id} are not numbered from 1")
        found = [row for row in self.rows if row.get("attempt_number") == number]
        if not found:
            raise NotRun(f"attempt {number} of {self.event.id} did not come in time")
        return found[0]

    def executed(self, number: int) -> Row:
        """The attempt of that number once it is executed, else NotRun."""
        row = self.attempt(number)
        if not are_executed([row]):
            raise NotRun(f"attempt {number} of {self.event.id} was not executed in time")
        return row

    def must_be_executed(self, number: int) -> Row:
        """The same where that it is executed is the point: one that never is, fails the check."""
        row = self.attempt(number)
        self.must(
            are_executed([row]), f"attempt {number} of {self.event.id} was due and never executed"
        )
        return row

    def arrival(self, number: int) -> Delivered:
        """The n-th request at the target, else NotRun."""
        arrived = self.story.box.arrived
        if len(arrived) < number:
            raise NotRun(f"{len(arrived)} of {number} requests reached the target in time")
        return arrived[number - 1]

    def fails(self, message: str, **more: str) -> ConformanceFailure:
        """A failure with the deliveries that arrived."""
        exchange = self.versions[-1].answer.exchange if self.versions else None
        return ConformanceFailure(
            message, exchange=exchange, deliveries=self.story.box.shown(), **more
        )

    def must(self, holds: object, message: str) -> None:
        """Fail with that sentence unless it holds."""
        if not holds:
            raise self.fails(message)

    def _remember(self, rows: Iterable[Row], answer: Answer) -> None:
        rows = list(rows)
        for place, row in enumerate(rows, 1):
            known = [one.row for one in self.versions if one.row.get("id") == row.get("id")]
            if not known or known[-1] != row:
                self.versions.append(Version(row, answer))
            is_last = place == len(rows)
            if row.get("status") == "failed" and is_last and place < self.max_attempts:
                self.gaps.append(Version(row, answer))


def tell(
    suite: Suite,
    *replies: Reply,
    max_attempts: int = 1,
    backoff_seconds: int = 1,
    expected: int | None = None,
    event: dict[str, Any] | None = None,
    **story: Any,
) -> Tale:
    """A new story with one event posted; `event` are arguments of `Story.post`."""
    made = Story.of(
        suite, *replies, max_attempts=max_attempts, backoff_seconds=backoff_seconds, **story
    )
    count = max_attempts if expected is None else expected
    return Tale(made, made.post(**(event or {})), max_attempts=max_attempts, expected=count)


def see(
    tales: Sequence[Tale],
    done: Callable[[Tale], bool] = Tale.over,
    *,
    seconds: float = PROMPTLY_SECONDS,
) -> None:
    """Watch all of them until each is done or the time is over."""
    left = list(tales)

    def all_done() -> bool:
        left[:] = [tale for tale in left if not done(tale)]
        return not left

    until(all_done, seconds=seconds, every=0.1)


def changed_in_time(
    tell_one: Callable[[int], Tale], change: Callable[[Tale, int], object]
) -> tuple[Tale, int]:
    """A tale that was changed before its second attempt was due, and its `backoff_seconds`.

    The change comes when the second attempt is queued: a policy counts when an attempt runs, which
    the first one does until then.  On a busy machine it may come late: the tale is then told anew,
    with more time for it.
    """
    for backoff in _BACKOFFS:
        tale = tell_one(backoff)
        until(lambda tale=tale: queued(2)(tale), seconds=PROMPTLY_SECONDS)  # type: ignore[misc]
        change(tale, backoff)
        came = tale.story.box.arrived
        if not came or time.monotonic() < came[0].monotonic + backoff - _MARGIN_SECONDS:
            return tale, backoff  # without a first attempt the checks say what is missing
    raise NotRun(f"a change took longer than the {_BACKOFFS[-1]} s before the second attempt")


def queued(number: int) -> Callable[[Tale], bool]:
    """Whether that attempt is in the list."""
    return lambda tale: any(row.get("attempt_number") == number for row in tale.look())


def wait_for(seconds: float) -> None:
    """Let a stretch of time go by in which nothing is to happen."""
    began = time.monotonic()
    until(lambda: time.monotonic() >= began + seconds, seconds=seconds + 1)


def is_announced(tale: Tale, number: int) -> bool:
    """Whether that attempt was shown with the time that it is due at."""
    return _announced(tale, number) is not None


def due_after(tale: Tale, number: int) -> float:
    """Seconds from a failed attempt to when the one after it is due, by the server's clock."""
    tale.attempt(number + 1)
    due = _announced(tale, number + 1)
    made = tale.executed(number).get("attempted_at")
    if due is None or made is None:
        raise NotRun(f"attempt {number + 1} shows no next_attempt_at")
    return (time_of(due) - time_of(made)).total_seconds()


def _announced(tale: Tale, number: int) -> object:
    """The attempt's `next_attempt_at` as it was shown last."""
    rows = [one.row for one in tale.versions if one.row.get("attempt_number") == number]
    shown = [row["next_attempt_at"] for row in rows if row.get("next_attempt_at") is not None]
    return shown[-1] if shown else None
