"""How deliveries have gone lately, by flow and by minute: from a sample, and it says so."""

from collections.abc import Sequence
from typing import NamedTuple

from zen_sandbox.clock import milliseconds, moment
from zen_sandbox.cursor import Window
from zen_sandbox.domain import Delivery
from zen_sandbox.store import Store

SAMPLE = 1000
"""The newest attempts that are looked at: a page costs the same however many there are."""

MINUTES = 30
_MINUTE_MS = 60_000
_FAILING = 0.5  # of its attempts


class Line(NamedTuple):
    """A flow's attempts of the last half hour, and of the sample the last failure."""

    delivered: int
    failed: int
    queued: int
    last_failure: Delivery | None
    last_is_failure: bool

    @property
    def state(self) -> str:
        """quiet, good, mixed or bad."""
        done = self.delivered + self.failed
        if not done:
            return "bad" if self.last_is_failure else "quiet"
        if self.failed / done >= _FAILING:
            return "bad"
        return "mixed" if self.last_is_failure or self.failed else "good"


class Minute(NamedTuple):
    """A bar of the strip."""

    begins_at: str
    delivered: int
    failed: int


class Health(NamedTuple):
    """The sample, told in two ways. `is_whole` says that it reaches as far back as the strip."""

    lines: dict[str, Line]
    minutes: list[Minute]
    is_whole: bool
    looked_at: int

    def line(self, flow_id: str) -> Line:
        """A flow's; one of which nothing is known is quiet."""
        return self.lines.get(flow_id, Line(0, 0, 0, None, False))


def health(store: Store, tenant_id: str, now_ms: int) -> Health:
    """The tenant's newest attempts, read in this thread."""
    attempts = store.deliveries.page(tenant_id, Window(SAMPLE, None, str))
    begin_ms = (now_ms // _MINUTE_MS - MINUTES + 1) * _MINUTE_MS
    begin = moment(begin_ms)
    by_flow: dict[str, list[Delivery]] = {}
    for attempt in attempts:
        by_flow.setdefault(attempt.flow_id, []).append(attempt)
    oldest = min((one.attempted_at or begin for one in attempts), default=begin)
    return Health(
        {flow_id: _line(of_flow, begin) for flow_id, of_flow in by_flow.items()},
        _minutes(attempts, begin_ms),
        len(attempts) <= SAMPLE or oldest < begin,
        min(len(attempts), SAMPLE),
    )


def _line(attempts: Sequence[Delivery], begin: str) -> Line:
    """`attempts` are a flow's, newest first."""
    done = sorted(
        (one for one in attempts if one.attempted_at is not None),
        key=lambda one: one.attempted_at or "",
        reverse=True,
    )
    lately = [one.status for one in done if (one.attempted_at or "") >= begin]
    return Line(
        lately.count("delivered"),
        lately.count("failed"),
        len(attempts) - len(done),
        next((one for one in done if one.status == "failed"), None),
        bool(done) and done[0].status == "failed",
    )


def _minutes(attempts: Sequence[Delivery], begin_ms: int) -> list[Minute]:
    counts = [[0, 0] for _ in range(MINUTES)]
    for attempt in attempts:
        if attempt.attempted_at is None:
            continue
        place = (milliseconds(attempt.attempted_at) - begin_ms) // _MINUTE_MS
        if 0 <= place < MINUTES:
            counts[place][attempt.status == "failed"] += 1
    return [
        Minute(moment(begin_ms + place * _MINUTE_MS)[11:16], delivered, failed)
        for place, (delivered, failed) in enumerate(counts)
    ]
