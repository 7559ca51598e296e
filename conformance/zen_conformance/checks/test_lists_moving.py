"""Walks while rows are made and deleted, and the order of rows made a second apart."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

import pytest

from zen_conformance.answer import Answer
from zen_conformance.check import early, requirement
from zen_conformance.failing import FailingFlow, post
from zen_conformance.failures import ConformanceFailure, NotOffered, NotRun
from zen_conformance.listings import LISTINGS, MADE, Stock, View
from zen_conformance.pages import LONG_PAGE
from zen_conformance.suite import Suite
from zen_conformance.tenant import a_name
from zen_conformance.traffic import until
from zen_conformance.writes import rename_to_new

pytestmark = early()
_ROWS = 18
_PAGES_AFTER = 3  # the last row of ours: one shown again would come soon
_DELETES = {
    "destinations": ("deleteDestination", "destination_id"),
    "delivery-flows": ("deleteDeliveryFlow", "flow_id"),
    "ingesters": ("deleteIngester", "ingester_id"),
    "recipe": ("deleteDeliveryFlow", "flow_id"),
}


@dataclass
class Moving:
    """A list that changes while it is walked; every other row of ours stays."""

    stock: Stock
    name: str
    order: list[str]  # our rows as the list shows them
    gone: set[str] = field(default_factory=set)
    inserted: list[str] = field(default_factory=list)

    @property
    def kept(self) -> list[str]:
        """What stays throughout."""
        return self.order[::2]

    @property
    def left(self) -> list[str]:
        """What is there in the end, the newest last."""
        return [*(one for one in reversed(self.order) if one not in self.gone), *self.inserted]

    def insert(self, shown: list[str]) -> None:
        """Two rows are made; they come first."""
        self.inserted += [self.stock.make(self.name) for _ in range(2)]

    def delete_shown(self, shown: list[str]) -> None:
        """Rows shown go, but for the one the page ended with."""
        self._delete(shown[:-1])

    def delete_last_shown(self, shown: list[str]) -> None:
        """The row goes that the page ended with."""
        self._delete(shown[-1:])

    def delete_next(self, shown: list[str]) -> None:
        """The row goes that the next page would begin with."""
        if shown and shown[-1] in self.order:
            at = self.order.index(shown[-1])
            self._delete(self.order[at + 1 : at + 2])

    def everything(self, shown: list[str]) -> None:
        """All of it at once."""
        self.delete_next(shown)
        self._delete(shown)
        self.insert(shown)

    def _delete(self, ids: list[str]) -> None:
        operation_id, name = _DELETES[self.name]
        for one in ids:
            if one in self.order[1::2] and one not in self.gone:
                self.gone.add(one)
                self.stock.api.call(operation_id, ids={name: one}).precondition(204)


_CHANGES = [
    Moving.insert,
    Moving.delete_shown,
    Moving.delete_last_shown,
    Moving.delete_next,
    Moving.everything,
]


@requirement("LIST-009")
@pytest.mark.parametrize("change", _CHANGES, ids=lambda one: one.__name__)
@pytest.mark.parametrize("name", MADE)
def test_a_walk_while_rows_come_and_go(
    stock: Stock, name: str, change: Callable[[Moving, list[str]], None]
) -> None:
    scaled = stock.suite.configuration.scaled
    for limit in (3, 1, 2, 5)[: scaled(1, 2, 4)]:
        view = View(stock.api, LISTINGS[name], stock.take(name, _ROWS))
        moving = Moving(stock, name, view.in_order(view.walk(LONG_PAGE)))
        _must_show_each_once(view, limit, moving.kept, partial(change, moving))
        stock.give_back(name, moving.left)


@requirement("LIST-009")
def test_a_walk_of_attempts_while_events_come_in(suite: Suite) -> None:
    if not suite.target.offers("ingest"):
        raise NotOffered
    failing = FailingFlow.of(suite.primary)
    events = [post(failing.api, failing.ingester) for _ in range(8)]
    own = tuple(str(failing.failed(one, attempts=1)[0]["id"]) for one in events)
    query = {"destination_id": str(failing.flow["destination_id"])}
    view = View(failing.api, LISTINGS["deliveries"], own, query)
    _must_show_each_once(
        view, 2, list(own), lambda shown: [post(failing.api, failing.ingester) for _ in range(3)]
    )


@requirement("LIST-009")
def test_a_walk_of_the_log_while_entries_are_made(stock: Stock) -> None:
    logs = stock.view("logs")
    view = replace(logs, query={"since": logs.query["since"]})
    target = stock.api.a_destination()["id"]

    def write(shown: list[str]) -> object:
        name = {"name": a_name("target")}
        return stock.api.call("updateDestination", destination_id=target, json=name)

    _must_show_each_once(view, 10, list(logs.own), write)


def _must_show_each_once(
    view: View, limit: int, kept: list[str], between: Callable[[list[str]], object]
) -> None:
    """Walk past all of `kept`, changing the list after each page until then."""
    shown: set[object] = set()
    left = set(kept)
    pages_after = 0

    def change(page: Answer) -> None:
        if left:
            between([str(row.get(view.key)) for row in view.rows(page)])

    for page in view.walk(limit, between=change):
        ids = [row.get("id") for row in view.rows(page)]
        twice = len(shown.intersection(ids)) + len(ids) - len(set(ids))
        page.must(not twice, f"a walk with the limit {limit} shows {twice} rows twice")
        shown.update(ids)
        left.difference_update(str(row.get(view.key)) for row in view.rows(page))
        pages_after += not left
        if pages_after > _PAGES_AFTER:
            return
    page.must(not left, f"a walk leaves out {len(left)} rows that were there throughout")


_APART_LIMITS = (20, 90)


def made_a_second_apart(suite: Suite) -> dict[str, View]:
    """Each list, with an older row of ours that was changed since, and a newer one."""
    stock = Stock(suite)
    names = [one for one in MADE if suite.target.offers("clusters") or one != "recipe"]
    older = {name: stock.make(name) for name in names}
    # Timestamps may be whole seconds: after more than one they differ.
    began = time.monotonic()
    until(lambda: time.monotonic() > began + 1.1, seconds=2)
    newer = {name: stock.make(name) for name in names}
    ends = dict(zip(("source_id", "destination_id"), stock.ends(stock.api), strict=True))
    for name, made_id in older.items():
        created_by = {"destinations": "createDestination", "ingesters": "createIngester"}.get(
            name, ""
        )
        body = {"type": "generic"} if name == "ingesters" else ends
        rename_to_new(suite.primary, created_by, made_id, body)
    views = {
        name: View(suite.primary, LISTINGS[name], (older[name], newer[name])) for name in names
    }
    for view in views.values():
        for limit in _APART_LIMITS:
            with suppress(ConformanceFailure, NotRun):  # the walk keeps it for the check
                _first_of_ours(view, limit)  # now, while few rows of others are before them
    return views


def _first_of_ours(view: View, limit: int) -> tuple[Answer, str]:
    """The page with the first row of ours, and that row."""
    for page in view.known_walk(limit):
        for one in view.ours([page]):
            return page, one
    raise NotRun("neither of the two rows is in the list")


@requirement("LIST-010", scenario=made_a_second_apart)
@pytest.mark.parametrize("limit", _APART_LIMITS)
@pytest.mark.parametrize("name", MADE)
def test_a_row_made_later_comes_first_whatever_was_changed(
    told: dict[str, View], name: str, limit: int
) -> None:
    if name not in told:
        raise NotOffered
    older, newer = told[name].own
    page, first = _first_of_ours(told[name], limit)
    page.must(first == newer, f"{older} comes before {newer}, which was made later")
