"""The list of attempts: its order, each filter alone and with the others, and traces."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from zen_conformance.answer import Answer
from zen_conformance.attempt_grid import KINDS, Grid, a_grid, key
from zen_conformance.check import early, requirement
from zen_conformance.failing import post
from zen_conformance.failures import NotOffered
from zen_conformance.listings import LISTINGS, View, must_end_with_rows
from zen_conformance.pages import LONG_PAGE
from zen_conformance.receiver import Reply
from zen_conformance.resources import near_ids
from zen_conformance.standing import standing_attempt
from zen_conformance.stories import is_called
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant
from zen_conformance.traffic import until

pytestmark = early()
_STATUSES = ("failed", "delivered", "retrying")
_EVENTS = (0, -1)

# Which filters are set: a status, a kind of target, an event by its place; None is not set.
Cell = tuple[str | None, str | None, int | None]
_CELLS: list[Cell] = list(itertools.product((None, *_STATUSES), (None, *KINDS), (None, *_EVENTS)))


def _query(grid: Grid, cell: Cell) -> dict[str, str]:
    status, kind, event = cell
    if kind is not None and kind not in grid.targets:
        raise NotOffered
    query = {} if status is None else {"status": status}
    query |= {} if kind is None else {"destination_id": grid.targets[kind]}
    return query | ({} if event is None else {"event_id": grid.events[event]})


def _must_leave_what_fits(grid: Grid, cell: Cell, member: str, limit: int) -> None:
    """Walk with the filters: no row departs from `member`'s, and none of ours is left out."""
    query = _query(grid, cell)
    view, wanted = grid.view(query), grid.expected(query)
    left, seen = set(wanted), set()
    pages = list(view.known_walk(limit))
    if _narrow(cell):
        must_end_with_rows(view, pages)
    for page in pages:
        for row in view.rows(page):
            value = row.get(member)
            page.must(value == query[member], f"{member}={query[member]} shows {value!r}")
            page.must(row.get("id") not in seen, "a filtered walk shows an attempt twice")
            seen.add(row.get("id"))
            left.discard(key(row))
    words = " and ".join(query)
    page.must(not left, f"filtered by {words} a walk leaves out {len(left)} of {len(wanted)} rows")


@requirement("DLV-013", scenario=a_grid)
@pytest.mark.parametrize("status", _STATUSES)
def test_status_leaves_what_is_in_it(told: Grid, status: str) -> None:
    for cell in _offered(told, lambda one: one[0] == status):
        for limit in (3, LONG_PAGE) if _narrow(cell) else (LONG_PAGE,):
            _must_leave_what_fits(told, cell, "status", limit)


@requirement("DLV-014", scenario=a_grid)
@pytest.mark.parametrize("kind", KINDS)
def test_destination_id_leaves_what_went_there(told: Grid, kind: str) -> None:
    for cell in _offered(told, lambda one: one[1] == kind):
        for limit in (3, LONG_PAGE):
            _must_leave_what_fits(told, cell, "destination_id", limit)


@requirement("TRACE-001", scenario=a_grid)
@pytest.mark.parametrize("event", _EVENTS)
def test_event_id_leaves_the_events_attempts(told: Grid, event: int) -> None:
    for cell in _offered(told, lambda one: one[2] == event):
        for limit in (3, 20):
            _must_leave_what_fits(told, cell, "event_id", limit)


def _offered(grid: Grid, wanted: Callable[[Cell], bool]) -> list[Cell]:
    """The wanted cells whose kinds of target there are; NotOffered when there is none."""
    cells = [one for one in _CELLS if wanted(one) and (one[1] is None or one[1] in grid.targets)]
    if not cells:
        raise NotOffered
    return [one for one in cells if one[2] is None or _leaves_some(grid, one)]


def _leaves_some(grid: Grid, cell: Cell) -> bool:
    """Whether attempts of ours fit; how a trace filtered to nothing is told is TRACE-004's."""
    return bool(grid.expected(_query(grid, cell)))


def _narrow(cell: Cell) -> bool:
    """Whether it leaves rows of the grid only, so that small pages are few."""
    return cell[1] is not None or cell[2] is not None


@requirement("DLV-013", scenario=a_grid)
@pytest.mark.parametrize("number", range(4))
def test_pending_leaves_what_is_under_way(told: Grid, number: int) -> None:
    if not told.pending:
        raise NotOffered
    look = told.pending[number]
    view = told.view(look.query)
    answer = view.page()
    states = [row.get("status") for row in look.rows]
    shown = [status for status in states if not is_called(status, "pending")]
    answer.must(not shown, f"status=pending shows attempts in {shown}")
    left = look.throughout - {str(row.get("id")) for row in look.rows}
    answer.must(not left, f"status=pending leaves out {len(left)} attempts under way")


@requirement("DLV-012", scenario=a_grid)
@pytest.mark.parametrize("limit", [3, 20, 90])
@pytest.mark.parametrize(
    "cell", [(None, None), *itertools.product((None, *_STATUSES), KINDS)], ids=str
)
def test_attempts_come_newest_first(
    told: Grid, cell: tuple[str | None, str | None], limit: int
) -> None:
    status, kind = cell
    query = _query(told, (status, kind, None))
    left = len(told.expected(query))
    view, old = told.view(query), False
    # With no filter the list holds others' rows as well: large pages until ours are through.
    for page in view.known_walk(limit if query else LONG_PAGE):
        for row in view.rows(page):
            # The second attempt of a late flow is queued when the first ends, the others at once.
            if row.get("attempt_number") == 1 and row.get("event_id") in told.events:
                page.must(
                    not (old and row.get("event_id") in told.later),
                    "an attempt comes after one that was queued more than a second before it",
                )
                old = old or row.get("event_id") in told.early
            left -= row.get("event_id") in told.events
        if left <= 0:
            return


# The second page holds a first attempt and one queued a second later, at some of these.
_TRACE_LIMITS = ((1,), (2,), (1, 90), (3, 90), (12,), (20,), (90,))


@requirement("TRACE-002", scenario=a_grid)
@pytest.mark.parametrize("limits", _TRACE_LIMITS, ids=str)
@pytest.mark.parametrize("event", _EVENTS)
@pytest.mark.parametrize("kind", [None, "late"])
def test_a_trace_is_oldest_first(
    told: Grid, kind: str | None, event: int, limits: tuple[int, ...]
) -> None:
    view = told.view(_query(told, (None, kind, event)))
    second_attempt = False
    for page in view.known_walk(*limits):
        for row in view.rows(page):
            late = told.flows.get(str(row.get("flow_id"))) == "late"
            number = row.get("attempt_number")
            page.must(
                not (second_attempt and number == 1),
                "a trace shows a first attempt after a second one queued a second later",
            )
            second_attempt = second_attempt or (late and number == 2)
    page.must(second_attempt, "a trace does not show a second attempt that there is")


_NO_STATUSES = (
    "done", "FAILED", "Delivered", "success", "queued", "active", "failed,pending", "retry", "null",
    "failed ", "a'b", "\u00fc",
)  # fmt: skip


@requirement("DLV-016")
@pytest.mark.parametrize("more", [{}, {"destination_id": "zc_missing"}, {"event_id": "zc_missing"}])
def test_an_unknown_status_is_refused(api: Tenant, more: dict[str, str]) -> None:
    for status in _NO_STATUSES:
        answer = api.call("listDeliveries", query={"status": status, **more})
        answer.expect_problem(400, "validation-error")
        answer.expect_members(detail=f"status: '{status}' is not a valid status value")


@requirement("DLV-017")
@pytest.mark.parametrize("status", [None, "failed", "delivered", "pending", "retrying"])
def test_a_destination_id_unknown_leaves_nothing(api: Tenant, status: str | None) -> None:
    for limit in ("1", "20", "90"):
        query = {"destination_id": "zc_missing", "limit": limit}
        answer = api.call("listDeliveries", query=query | ({"status": status} if status else {}))
        answer.expect(200).expect_members(deliveries=[])


@requirement("DLV-017")
def test_a_destination_id_near_another_leaves_nothing(api: Tenant) -> None:
    for near in near_ids(standing_attempt(api).destination_id):
        answer = api.call("listDeliveries", query={"destination_id": near})
        answer.expect(200).expect_members(deliveries=[])


@requirement("DLV-017")
def test_a_target_without_attempts_leaves_nothing(suite: Suite, api: Tenant) -> None:
    if suite.target.offers("ingest"):
        standing_attempt(api)  # something that a filter which is not looked at would show
    target = api.a_destination()["id"]
    answer = api.call("listDeliveries", query={"destination_id": target})
    answer.expect(200).expect_members(deliveries=[])


_MORE: tuple[dict[str, str], ...] = (
    {},
    {"status": "failed"},
    {"destination_id": "zc_missing"},
    {"limit": "1"},
)


@requirement("TRACE-003")
@pytest.mark.parametrize("more", _MORE, ids=str)
def test_the_trace_of_an_unknown_event_is_not_found(api: Tenant, more: dict[str, str]) -> None:
    _must_be_no_trace(api, "zc_missing", more)


@requirement("TRACE-003")
@pytest.mark.parametrize("more", _MORE, ids=str)
def test_the_trace_of_an_event_without_attempts_is_not_found(
    api: Tenant, suite: Suite, unmatched: str, more: dict[str, str]
) -> None:
    _must_be_no_trace(api, unmatched, more)


@pytest.fixture(scope="module")
def unmatched(suite: Suite) -> str:
    """An event that no flow took."""
    if not suite.target.offers("ingest"):
        raise NotOffered
    return post(suite.primary, suite.primary.an_ingester())


@requirement("TRACE-003")
def test_the_trace_of_an_id_near_that_of_an_event_is_not_found(api: Tenant) -> None:
    for near in near_ids(standing_attempt(api).event_id):
        _must_be_no_trace(api, near, {})


def _must_be_no_trace(api: Tenant, event_id: str, more: Mapping[str, str]) -> None:
    answer = api.call("listDeliveries", query={"event_id": event_id, **more})
    answer.expect_problem(404, "not-found")
    answer.expect_members(detail=f"No deliveries found for event {event_id}.")


@requirement("TRACE-004", scenario=a_grid)
@pytest.mark.parametrize("event", _EVENTS)
@pytest.mark.parametrize("status", [None, "pending", *_STATUSES])
def test_a_trace_filtered_to_nothing_is_empty(told: Grid, status: str | None, event: int) -> None:
    for kind in (None, "missing", *KINDS):
        query = {"event_id": told.events[event]}
        query |= {} if status is None else {"status": status}
        query |= {} if kind is None else {"destination_id": told.targets.get(kind, "zc_missing")}
        if not told.expected(query):
            told.view(query).page().expect(200).expect_members(deliveries=[])


@dataclass
class Filtered:
    """One walk by status, a page at a time, with what it showed."""

    view: View
    throughout: set[str] = field(default_factory=set)  # in the status at its start
    pages: list[Answer] = field(default_factory=list)
    over: bool = False

    def step(self) -> None:
        """One page more."""
        cursor = self.pages[-1].get("next_cursor") if self.pages else None
        self.pages.append(self.view.page({"limit": 1, **({"cursor": cursor} if cursor else {})}))
        following = self.pages[-1].get("next_cursor")
        # A walk that comes back to where it was would have no end; that is LIST-008's to tell.
        self.over = not following or following == cursor or len(self.pages) > _MOST_PAGES

    @property
    def ids(self) -> list[str]:
        """Every row shown."""
        return [str(row.get("id")) for page in self.pages for row in self.view.rows(page)]


_EVENTS_MOVING = 12
_MOST_PAGES = 20 * _EVENTS_MOVING


def walks_while_statuses_change(suite: Suite) -> dict[str, Filtered]:
    """A walk of what is delivered and one of what is pending, while attempts change over."""
    api = suite.primary
    # Older attempts end later, and some younger ones as well: rows enter above and below a cursor.
    waits = [0.2 + 0.12 * ((place * 7) % _EVENTS_MOVING) for place in range(_EVENTS_MOVING)]
    box = suite.receiver.box(*(Reply(200, wait_seconds=wait) for wait in waits))
    ingester = api.an_ingester()
    target = str(api.a_destination(url=box.url)["id"])
    api.a_flow(
        source_id=ingester["id"],
        destination_id=target,
        config={"retry_policy": {"max_attempts": 1}},
    )
    for _ in range(_EVENTS_MOVING):
        post(api, ingester)
    whole = View(api, LISTINGS["deliveries"], query={"destination_id": target})

    def by_status() -> dict[str, set[str]]:
        rows = whole.rows(whole.page({"limit": LONG_PAGE}))
        return {
            status: {str(row.get("id")) for row in rows if row.get("status") == status}
            for status in ("delivered", "pending")
        }

    until(lambda: len(by_status()["delivered"]) >= 3, seconds=5)
    began = by_status()
    walks = {
        status: Filtered(
            View(api, whole.listing, query={"destination_id": target, "status": status}), ids
        )
        for status, ids in began.items()
    }
    return _walked(walks, by_status)


def _walked(
    walks: dict[str, Filtered], by_status: Callable[[], dict[str, set[str]]]
) -> dict[str, Filtered]:
    """Both walks at their ends, a page whenever an attempt has changed its status."""
    before = by_status()
    while not all(walk.over for walk in walks.values()):
        for status, walk in walks.items():
            if not walk.over:
                walk.step()
                walk.throughout &= by_status()[status]
        until(lambda before=before: by_status() != before, seconds=0.3)  # type: ignore[misc]
        before = by_status()
    return walks


@requirement("DLV-015", scenario=walks_while_statuses_change)
@pytest.mark.parametrize("status", ["delivered", "pending"])
def test_a_walk_by_status_shows_no_attempt_twice(told: Any, status: str) -> None:
    walk: Filtered = told[status]
    ids = walk.ids
    walk.pages[-1].must(len(ids) == len(set(ids)), f"a walk of {status} shows an attempt twice")
    left = walk.throughout - set(ids)
    walk.pages[-1].must(not left, f"a walk leaves out {len(left)} rows {status} throughout")
