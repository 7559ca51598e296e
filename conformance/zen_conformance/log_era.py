"""A stretch of the log that is over: read without a filter, it says what filters leave."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from zen_conformance.answer import Answer
from zen_conformance.attempt_grid import A_SECOND_APART
from zen_conformance.failing import FailingFlow, post
from zen_conformance.failures import ConformanceFailure, NotRun
from zen_conformance.kept import Kept
from zen_conformance.listings import LISTINGS, LOG_SECONDS, View
from zen_conformance.log_book import Entry, LogBook, a_request_id, sent_as
from zen_conformance.moments import Moment, moment
from zen_conformance.pages import LONG_PAGE
from zen_conformance.suite import Suite
from zen_conformance.tenant import NOWHERE, Tenant, a_name
from zen_conformance.traffic import until

FILTERS = ("level", "source_id", "delivery_id", "since", "until")
Filters = frozenset[str]
_MOST_PAGES = 12


def fits(entry: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    """Whether the filters leave the entry."""
    at = moment(entry.get("timestamp"))
    same = all(entry.get(one) == query[one] for one in FILTERS[:3] if one in query)
    after = "since" not in query or at >= moment(query["since"])
    return same and after and ("until" not in query or at < moment(query["until"]))


def edges_of(query: Mapping[str, str]) -> set[Moment]:
    """The moments that the filters name: which side such an entry is on is LOG-009's."""
    return {moment(query[name]) for name in ("since", "until") if name in query}


@dataclass
class Era:
    """The entries from one moment to before another, and walks with each set of filters."""

    api: Tenant
    entries: list[Entry]  # newest first
    values: dict[str, str]  # for each filter one that entries fit
    walks: dict[Filters, Kept] = field(default_factory=dict)

    @property
    def times(self) -> list[str]:
        """The entries' timestamps, each once, oldest first, as the server writes them."""
        return sorted({str(one["timestamp"]) for one in self.entries}, key=moment)

    def few_pages(self, limit: int) -> int:
        """That limit, or a larger one when the walk of the era would have very many pages."""
        return min(LONG_PAGE, max(limit, len(self.entries) // _MOST_PAGES))

    def view(self, query: Mapping[str, str]) -> View:
        """The log with those filters."""
        return View(self.api, LISTINGS["logs"], query=query)

    def left(
        self, query: Mapping[str, str], answers: Sequence[Answer], *, to_the_moment: bool
    ) -> list[str]:
        """Ids of entries that fit the filters and are not in those pages.

        Unless it is said so, those of the very moments that the filters name are not asked after.
        """
        view, edges = self.view(query), () if to_the_moment else edges_of(query)
        shown = {row.get("id") for page in answers for row in view.rows(page)}
        fitting = [
            one
            for one in self.entries
            if fits(one, query) and moment(one.get("timestamp")) not in edges
        ]
        return [str(one["id"]) for one in fitting if one["id"] not in shown]

    def query(self, filters: Filters) -> dict[str, str]:
        """Those filters with their values."""
        return {name: self.values[name] for name in FILTERS if name in filters}


def an_era(suite: Suite) -> Era:
    """The scenario that makes one, of two seconds and more, and walks it with each filter set."""
    # The other tenant is the quieter one: few entries of other checks come in between.
    api, book = suite.other, LogBook(suite.other)
    start = _time_of(book, _writes(api))
    values = {"level": "warn"}
    if suite.target.offers("ingest"):
        values |= _attempts(api)
    _let_a_second_pass()
    _writes(api)
    _let_a_second_pass()
    end = _time_of(book, _writes(api))
    era = Era(api, _at_rest(book, start, end), values)
    times = era.times
    era.values |= {"since": times[len(times) // 3], "until": end}
    for count in range(1, len(era.values) + 1):
        for names in combinations(era.values, count):
            query = era.query(frozenset(names))
            walk = era.walks[frozenset(names)] = Kept(_walked(era, query, start))
            with suppress(ConformanceFailure, NotRun):  # the walk keeps it for who judges it
                list(walk)
    return era


def _let_a_second_pass() -> None:
    began = time.monotonic()
    until(lambda: time.monotonic() > began + A_SECOND_APART, seconds=2 * A_SECOND_APART)


def _writes(api: Tenant) -> str:
    """Four writes, done and refused; the request id of the first."""
    request_id = a_request_id()
    made = api.call(
        "createDestination", json={"name": a_name("target"), "url": NOWHERE}, **sent_as(request_id)
    )
    ids = {"destination_id": str(made["id"])}
    api.call("updateDestination", ids=ids, json={"name": ""})
    api.call("updateDestination", ids=ids, json={"name": a_name("target")})
    api.call("deleteDestination", destination_id="zc_missing")
    return request_id


def _attempts(api: Tenant) -> dict[str, str]:
    """Failed attempts, of which one is to be found by its id and all by their endpoint's."""
    failing = FailingFlow.of(api)
    events = [post(api, failing.ingester) for _ in range(4)]
    rows = [failing.failed(one, attempts=1)[0] for one in events]
    return {"source_id": str(failing.ingester["id"]), "delivery_id": str(rows[1]["id"])}


def _time_of(book: LogBook, request_id: str) -> str:
    entries = book.where(lambda entry: entry.get("request_id") == request_id)
    if not entries:
        raise NotRun("a precondition failed: a write is not in the log")
    return str(entries[0]["timestamp"])


def _at_rest(book: LogBook, start: str, end: str) -> list[Entry]:
    """The entries of that time, once two looks show the same."""
    read: list[Entry] = []

    def still() -> bool:
        before = [row.get("id") for row in read]
        read[:] = [
            row
            for page in _back_to(book, start)
            for row in page
            if moment(start) <= moment(row["timestamp"]) < moment(end)
        ]
        return before == [row.get("id") for row in read] and bool(read)

    if not until(still, seconds=3 * LOG_SECONDS, every=0.15):
        raise NotRun("a precondition failed: the log of what is past does not stand still")
    return read


def _back_to(book: LogBook, start: str) -> list[list[Entry]]:
    view = View(book.api, LISTINGS["logs"])
    pages = []
    for page in view.walk(LONG_PAGE):
        pages.append(view.rows(page))
        if pages[-1] and moment(pages[-1][-1]["timestamp"]) < moment(start):
            break
    return pages


def _walked(era: Era, query: Mapping[str, str], start: str) -> Iterator[Answer]:
    """Pages with those filters, as far back as the era goes; small ones where rows are few."""
    view = era.view(query)
    for page in view.walk(era.few_pages(3) if len(query) > 1 else LONG_PAGE):
        yield page
        rows = view.rows(page)
        if rows and moment(rows[-1]["timestamp"]) < moment(start):
            return
