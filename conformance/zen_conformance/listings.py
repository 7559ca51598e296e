"""Every list of the contract as a view in which rows of ours are known: walks can be judged by it.

Collections cannot be emptied and others write to them meanwhile.  So a `View` knows the keys of
rows that only this run made and that stay; what else a page holds may come and go.
"""

import itertools
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from zen_conformance.answer import Answer
from zen_conformance.failing import post, trace
from zen_conformance.failures import ConformanceFailure, NotOffered, NotRun
from zen_conformance.kept import Kept
from zen_conformance.moments import time_of, wire
from zen_conformance.once import Once
from zen_conformance.pages import LONG_PAGE
from zen_conformance.receiver.server import closed_port_url
from zen_conformance.stories import PROMPTLY_SECONDS, are_executed
from zen_conformance.suite import Suite
from zen_conformance.tenant import LONGEST_WALK, Tenant, a_name, must_lead_on
from zen_conformance.traffic import until

_PAGES_SEARCHED = 40  # of the log, where other checks write meanwhile
LOG_SECONDS = 2.0  # what a log entry may take to appear
_STOCK = 105  # rows, so that one page of 100 is full and another follows


@dataclass(frozen=True)
class Listing:
    """A list of the contract."""

    operation_id: str
    member: str  # of the answer, that holds the rows
    time: str | None  # the row's member it is ordered by, where rows have it
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)  # with malformed values


_BAD_IDS = ("-dash", "a b", "dest/1", "i" * 65, "\u00fc")
_BAD_TIMES = (
    "yesterday",
    "2026-13-01T00:00:00Z",
    "2026-07-01",
    "2026-07-01T10:00:00",
    "1751364000",
)
LISTINGS = {
    "destinations": Listing("listDestinations", "destinations", "created_at"),
    "delivery-flows": Listing("listDeliveryFlows", "delivery_flows", "created_at"),
    "ingesters": Listing("listIngesters", "ingesters", "created_at"),
    "recipe": Listing("listClusterDeliveryFlows", "items", "createdAt"),
    "deliveries": Listing(
        "listDeliveries",
        "deliveries",
        None,
        {"status": ("done", "FAILED"), "destination_id": _BAD_IDS, "event_id": _BAD_IDS},
    ),
    "logs": Listing(
        "listLogs",
        "logs",
        "timestamp",
        {
            "level": ("fatal", "info,warn"),
            "source_id": _BAD_IDS,
            "delivery_id": _BAD_IDS,
            "since": _BAD_TIMES,
            "until": _BAD_TIMES,
        },
    ),
}
MADE = ("destinations", "delivery-flows", "ingesters", "recipe")  # whose rows a check makes


@dataclass(frozen=True)
class View:
    """A list with filters, and rows of ours in it."""

    api: Tenant
    listing: Listing
    own: tuple[str, ...] = ()  # their keys, oldest first
    query: Mapping[str, str] = field(default_factory=dict)
    key: str = "id"  # the member by which rows of ours are known
    _walks: dict[tuple[int, ...], Kept] = field(
        init=False, default_factory=dict, compare=False, repr=False
    )

    def page(self, query: Mapping[str, Any] | Sequence[tuple[str, str]] = ()) -> Answer:
        """One page, whatever the answer."""
        more = query.items() if isinstance(query, Mapping) else query
        pairs = [*self.query.items(), *((name, str(value)) for name, value in more)]
        return self.api.call(self.listing.operation_id, query=pairs)

    def serves(self, limit: int) -> bool:
        """Whether there is a page of that limit at all; that there must be is LIST-001's."""
        exchange = self.page({"limit": limit}).exchange
        return exchange.received is not None and exchange.received.status == 200

    def rows(self, answer: Answer) -> list[dict[str, Any]]:
        """The rows of a page."""
        return answer.expect(200).rows(self.listing.member)

    def ours(self, answers: Iterable[Answer]) -> list[str]:
        """The keys of our rows in those pages, in the order they came."""
        own = set(self.own)
        keys = (row.get(self.key) for one in answers for row in self.rows(one))
        return [str(key) for key in keys if key in own]

    def in_order(self, pages: Iterable[Answer]) -> list[str]:
        """All our keys as those pages show them; none is asked for beyond the last of ours."""
        seen: list[str] = []
        for page in pages:
            seen += self.ours([page])
            if len(seen) >= len(self.own):
                break
        return seen

    def walk(
        self,
        *limits: int,
        between: Callable[[Answer], None] | None = None,
        after: str | None = None,
    ) -> Iterator[Answer]:
        """Each page to the end, the limits taken in turn; `between` is called after each page.

        It begins with the page that the cursor `after` leads to.
        """
        seen: set[str] = set()
        more: dict[str, Any] = {} if after is None else {"cursor": after}
        for limit in itertools.islice(itertools.cycle(limits), LONGEST_WALK):
            answer = self.page({"limit": limit, **more})
            self.rows(answer)
            yield answer
            cursor = answer.get("next_cursor")
            if cursor in (None, ""):  # that the end has no such member is LIST-007's
                return
            must_lead_on(answer, cursor, seen)
            seen.add(cursor)
            more = {"cursor": cursor}
            if between is not None:
                between(answer)
        raise NotRun(f"the list is longer than {LONGEST_WALK} pages")

    def known_walk(self, *limits: int) -> Kept:
        """The walk of those limits that all share who only look at its pages."""
        return self._walks.setdefault(limits, Kept(self.walk(*limits)))

    def before_ours(self) -> str | None:
        """A cursor that leads to our rows without most of others' newer ones; None at the top."""
        cursor: str | None = None
        for page in self.known_walk(LONG_PAGE):
            if self.ours([page]):
                break
            cursor = page.get("next_cursor")
        return cursor

    def cursor(self, limit: int = 1) -> str:
        """The cursor of a first page that more rows follow; NotRun when there is none."""
        answer = self.page({"limit": limit})
        cursor = answer.get("next_cursor") if answer.status == 200 else None
        if not isinstance(cursor, str):
            raise NotRun(f"a precondition failed: no next_cursor in {answer.summary()}")
        return cursor


class Stock:
    """Rows made once for all checks of lists; each kind when it is first asked for."""

    def __init__(self, suite: Suite) -> None:
        self.suite = suite
        self.api = suite.primary
        self._once = Once()
        self._ends: tuple[str, str] | None = None
        self._spare: dict[str, list[str]] = {}

    def view(self, name: str) -> View:
        """The list of that name, with rows of ours in it."""
        view: View = self._once(name, lambda: self._view(name))
        return view

    def _view(self, name: str) -> View:
        try:
            return View(self.api, LISTINGS[name], **self._stocked(name))
        except ConformanceFailure as failure:
            raise NotRun(f"a precondition failed: {failure.message}") from failure

    def make(self, name: str, api: Tenant | None = None) -> str:
        """A new row of a list that rows can be made in; its id."""
        api = api or self.api
        if name == "destinations":
            return str(api.a_destination()["id"])
        if name == "ingesters":
            return str(api.an_ingester()["id"])
        source_id, destination_id = self.ends(api)
        if name == "delivery-flows":
            made = api.a_flow(source_id=source_id, destination_id=destination_id)
            return str(made["id"])
        body = {
            "name": a_name("flow"),
            "source": source_id,
            "target": {"id": destination_id, "type": "webhook"},
        }
        answer = api.call("createClusterDeliveryFlow", json=body)
        if answer.status != 201:
            raise NotRun(f"a precondition failed: {answer.summary()}")
        return str(answer["id"])

    def take(self, name: str, count: int) -> tuple[str, ...]:
        """Rows for one check alone, which may delete them; new ones where none were given back."""
        spare = self._spare.setdefault(name, [])
        taken = [spare.pop() for _ in range(min(count, len(spare)))]
        return (*taken, *(self.make(name) for _ in range(count - len(taken))))

    def give_back(self, name: str, rows: Iterable[str]) -> None:
        """Rows that are still there, the newest last."""
        self._spare[name] += rows

    def ends(self, api: Tenant) -> tuple[str, str]:
        """An endpoint and a target for flows."""
        if api is not self.api:
            return api.a_source_id(), str(api.a_destination()["id"])
        if self._ends is None:
            self._ends = api.a_source_id(), str(api.a_destination()["id"])
        return self._ends

    def _stocked(self, name: str) -> dict[str, Any]:
        scaled = self.suite.configuration.scaled
        if name == "deliveries":
            return self._deliveries(scaled(7, 25, 25), scaled(15, 10, 10))
        if name == "logs":
            return self._logs(scaled(_STOCK, _STOCK, 250))
        if name == "recipe":
            return {"own": self._seen_in_a_cluster(self.view("delivery-flows").own)}
        count = scaled(_STOCK, 250 if name == "destinations" else _STOCK, 250)
        return {"own": tuple(self.make(name) for _ in range(count))}

    def _seen_in_a_cluster(self, flows: tuple[str, ...]) -> tuple[str, ...]:
        """Those flows, or others made by recipe where a cluster's list does not show them."""
        _ = self.api.cluster_id
        view = View(self.api, LISTINGS["recipe"], flows)
        newest = view.page({"limit": LONG_PAGE}).precondition(200)
        return flows if view.ours([newest]) else tuple(self.make("recipe") for _ in flows)

    def _deliveries(self, flows: int, events: int) -> dict[str, Any]:
        if not self.suite.target.offers("ingest"):
            raise NotOffered
        ingester = self.api.an_ingester()
        target = self.api.a_destination(url=closed_port_url())
        policy = {"retry_policy": {"max_attempts": 1}}
        for _ in range(flows):
            self.api.a_flow(source_id=ingester["id"], destination_id=target["id"], config=policy)
        posted = [post(self.api, ingester) for _ in range(events)]
        own = [str(row.get("id")) for event in posted for row in self._executed(event, flows)]
        return {"own": tuple(own), "query": {"destination_id": str(target["id"])}}

    def _executed(self, event_id: str, count: int) -> list[dict[str, Any]]:
        seen: list[dict[str, Any]] = []

        def over() -> bool:
            seen[:] = trace(self.api, event_id)
            return len(seen) >= count and are_executed(seen)

        if not until(over, seconds=PROMPTLY_SECONDS):
            raise NotRun(f"{count} attempts of {event_id} were not made in time")
        return seen

    def _logs(self, count: int) -> dict[str, Any]:
        if not self.suite.target.offers("logs"):
            raise NotOffered
        own = tuple(f"zc-{uuid.uuid4().hex}" for _ in range(count))
        target = self.api.a_destination()["id"]
        for request_id in own:
            self.api.call(
                "updateDestination",
                destination_id=target,
                json={"name": a_name("target")},
                headers={"X-Request-Id": request_id},
            )
        view = View(self.api, LISTINGS["logs"], own, key="request_id")
        times: list[datetime] = []

        def all_there() -> bool:
            times.clear()
            for page in itertools.islice(view.walk(LONG_PAGE), _PAGES_SEARCHED):
                rows = [row for row in view.rows(page) if row.get("request_id") in own]
                times.extend(time_of(row["timestamp"]) for row in rows)
                if len(times) >= count:
                    return True
            return False

        if not until(all_there, seconds=LOG_SECONDS):
            raise NotRun(f"of {count} writes {len(times)} are in the log")
        second = timedelta(seconds=1)
        window = {"since": wire(min(times) - second), "until": wire(max(times) + second)}
        return {"own": own, "key": "request_id", "query": window}


_OF_NOTHING = {
    "deliveries": {"destination_id": "zc_missing"},
    "logs": {"delivery_id": "zc_missing"},
}


def _has_a_cursor_at_any_end(view: View) -> bool:
    """Whether even a list without rows has a `next_cursor`: then it is not the filters' fault."""
    answer = replace(view, query=_OF_NOTHING[view.listing.member]).page()
    return answer.status == 200 and "next_cursor" in answer.document


def must_end_with_rows(view: View, pages: Sequence[Answer]) -> None:
    """Fail when a page of a walk has a `next_cursor` and no row follows it.

    A server that cuts a page first and filters it then shows it so.
    """
    followed = False
    for page in reversed(pages):
        more = page.get("next_cursor") not in (None, "")
        if more and not followed:
            failure = page.failure("next_cursor is there though no more rows follow")
            failure.requirement = "LIST-007" if _has_a_cursor_at_any_end(view) else None
            raise failure
        followed = followed or bool(view.rows(page))
