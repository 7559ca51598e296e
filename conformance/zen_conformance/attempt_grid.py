"""A grid of attempts that is known before it is read: events through flows that end differently.

Every event goes through every flow, so which attempts there are, to which target and in which
status, follows from the flows alone and not from a list that may be wrong.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zen_conformance.failing import post
from zen_conformance.failures import ConformanceFailure, NotRun
from zen_conformance.listings import LISTINGS, View
from zen_conformance.pages import LONG_PAGE
from zen_conformance.receiver import Reply
from zen_conformance.receiver.server import closed_port_url
from zen_conformance.stories import PROMPTLY_SECONDS
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant
from zen_conformance.traffic import until

# Timestamps may be whole seconds; attempts queued further apart than this are told apart by them.
A_SECOND_APART = 1.1
_HOUR = 3600
_MANY_EVENTS = (4, 6, 12)

Key = tuple[str, str, int]  # event, flow, number of the attempt


@dataclass(frozen=True)
class Kind:
    """Flows to one target, and what becomes of each event through each of them."""

    flows: int
    statuses: tuple[str, ...]  # of attempt 1, 2 ...
    reply: Reply | None = None  # None: the target refuses connections

    @property
    def policy(self) -> dict[str, Any]:
        """The flows' retry policy; the next attempt is due long after the run."""
        queued = "retrying" in self.statuses
        return {"max_attempts": 2 if queued else 1, "backoff_seconds": _HOUR}


KINDS = {
    "refused": Kind(10, ("failed",)),
    "waiting": Kind(3, ("failed", "retrying")),
    "answered": Kind(3, ("delivered",), Reply(200)),
    # The first attempt is under way, `pending`, until the second is queued.
    "late": Kind(2, ("failed", "retrying"), Reply(500, wait_seconds=A_SECOND_APART)),
}


@dataclass(frozen=True)
class Look:
    """What a filter showed while attempts moved on, and what it had to show."""

    query: Mapping[str, str]
    rows: list[dict[str, Any]]
    throughout: set[str]  # ids of attempts that were in the filter before and after


@dataclass
class Grid:
    """The attempts, once each is in the status it stays in."""

    api: Tenant
    targets: dict[str, str] = field(default_factory=dict)  # kind -> destination_id
    flows: dict[str, str] = field(default_factory=dict)  # flow_id -> kind
    early: list[str] = field(default_factory=list)  # events
    later: list[str] = field(default_factory=list)  # events more than a second younger
    pending: list[Look] = field(default_factory=list)
    _views: dict[frozenset[tuple[str, str]], View] = field(default_factory=dict)

    @property
    def events(self) -> list[str]:
        """All events, oldest first."""
        return [*self.early, *self.later]

    def expected(self, query: Mapping[str, str] = {}) -> set[Key]:  # read only
        """The attempts that those filters leave."""
        return {
            (event_id, flow_id, number)
            for event_id in self.events
            for flow_id, kind in self.flows.items()
            for number, status in enumerate(KINDS[kind].statuses, 1)
            if query.get("event_id", event_id) == event_id
            and query.get("destination_id", self.targets[kind]) == self.targets[kind]
            and query.get("status", status) == status
        }

    def view(self, query: Mapping[str, str]) -> View:
        """The list with those filters, the same view each time."""
        filters = frozenset(query.items())
        if filters not in self._views:
            self._views[filters] = View(self.api, LISTINGS["deliveries"], query=query)
        return self._views[filters]


def key(row: Mapping[str, Any]) -> Key:
    """Which attempt a row is."""
    return str(row.get("event_id")), str(row.get("flow_id")), int(row.get("attempt_number") or 0)


def a_grid(suite: Suite) -> Grid:
    """The scenario that makes it."""
    grid, ingester = Grid(suite.primary), suite.primary.an_ingester()
    for name, kind in KINDS.items():
        if kind.reply is None or suite.target.offers("receiver"):
            _connect(suite, grid, ingester["id"], name)
    count = suite.configuration.scaled(*_MANY_EVENTS) // 2
    grid.early = [post(grid.api, ingester) for _ in range(count)]
    began = time.monotonic()
    if "late" in grid.targets:
        grid.pending = [_looked(grid, query) for query in _pending_queries(grid)]
    until(lambda: time.monotonic() > began + A_SECOND_APART, seconds=2 * A_SECOND_APART)
    grid.later = [post(grid.api, ingester) for _ in range(count)]
    for event_id in grid.events:
        _settle(grid, event_id)
    return grid


def _connect(suite: Suite, grid: Grid, source_id: str, name: str) -> None:
    kind = KINDS[name]
    url = suite.receiver.box(kind.reply).url if kind.reply else closed_port_url()
    target = grid.api.a_destination(url=url)["id"]
    grid.targets[name] = str(target)
    for _ in range(kind.flows):
        flow = grid.api.a_flow(
            source_id=source_id, destination_id=target, config={"retry_policy": kind.policy}
        )
        grid.flows[str(flow["id"])] = name


def _pending_queries(grid: Grid) -> list[dict[str, str]]:
    status, target = {"status": "pending"}, {"destination_id": grid.targets["late"]}
    event = {"event_id": grid.early[0]}
    return [{**status, **target}, {**status, **event}, {**status, **target, **event}, status]


def _looked(grid: Grid, query: Mapping[str, str]) -> Look:
    try:
        return _look(grid, query)
    except ConformanceFailure as failure:
        failure.requirement = failure.requirement or "DLV-013"
        raise


def _look(grid: Grid, query: Mapping[str, str]) -> Look:
    bare = {name: value for name, value in query.items() if name != "status"}
    bare = bare or {"destination_id": grid.targets["late"]}
    before = _in_status(grid, bare, query["status"])
    view = grid.view(query)
    rows = [row for page in view.walk(2 if len(query) > 1 else 50) for row in view.rows(page)]
    return Look(query, rows, before & _in_status(grid, bare, query["status"]))


def _in_status(grid: Grid, query: Mapping[str, str], status: str) -> set[str]:
    view = grid.view(query)
    rows = [row for page in view.walk(LONG_PAGE) for row in view.rows(page)]
    return {str(row.get("id")) for row in rows if row.get("status") == status}


def _settle(grid: Grid, event_id: str) -> None:
    """Wait until the event's attempts are those that its flows bring about."""
    wanted = {one for one in grid.expected() if one[0] == event_id}
    statuses = {
        (event_id, flow_id, number): status
        for flow_id, kind in grid.flows.items()
        for number, status in enumerate(KINDS[kind].statuses, 1)
    }

    def over() -> bool:
        there = {(key(row), row.get("status")) for row in _seen(grid, event_id)}
        return all((one, statuses[one]) in there for one in wanted)

    if not until(over, seconds=2 * PROMPTLY_SECONDS, every=0.1):
        raise NotRun(f"the attempts of {event_id} did not come about in time")
    shown = {key(row) for row in _seen(grid, event_id) if row.get("event_id") == event_id}
    surplus = {one for one in shown - wanted if one[1] in grid.flows}
    if surplus:
        raise NotRun(f"{event_id} has {len(surplus)} attempts that its flows do not bring about")


def _seen(grid: Grid, event_id: str) -> list[dict[str, Any]]:
    """The attempts as any list shows them: one of the lists may be what is broken."""
    views = [grid.view({"event_id": event_id})]
    views += [grid.view({"destination_id": target}) for target in grid.targets.values()]
    answers = [view.page({"limit": LONG_PAGE}) for view in views]
    return [row for one in answers if one.status == 200 for row in one.rows("deliveries")]
