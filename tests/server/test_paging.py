"""Pages walked while rows are made, deleted and changed: no skip, no repeat, the right order.

Hypothesis makes up the interleavings; a walk is held against what existed while it lasted.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.server import given as starting
from tests.server.client import Api
from tests.server.harness import CLUSTER, Sandbox
from zen_sandbox.domain import LogEntry

MOST_PAGES = 200
QUICK = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Collection(Protocol):
    """A list whose rows can be made and, perhaps, taken away while it is walked."""

    @property
    def path(self) -> str:
        """Of the list, with its filters."""

    @property
    def member(self) -> str:
        """What the list calls its rows."""

    @property
    def oldest_first(self) -> bool:
        """Whether it begins with the first row made."""

    def make(self) -> str:
        """Adds a row; its id."""

    def take_away(self, identifier: str) -> bool:
        """Removes the row from the list (deletes it, or makes a filter hide it), if that can be."""


@dataclass
class Resources:
    """Targets, endpoints or flows."""

    api: Api
    kind: str
    oldest_first: bool = False
    ends: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return self.api.cluster(CLUSTER) if self.kind == "items" else self.api.at(self._folder)

    @property
    def member(self) -> str:
        return self.kind

    @property
    def _folder(self) -> str:
        return "delivery-flows" if self.kind in ("delivery_flows", "items") else self.kind

    def make(self) -> str:
        if self.kind in ("destinations", "ingesters"):
            make: Callable[[Api], Any] = getattr(starting, self.kind.removesuffix("s"))
            made = make(self.api)
        else:
            made = starting.flow(self.api, **self.ends)
            self.ends = {key: made[key] for key in ("source_id", "destination_id")}
        return str(made["id"])

    def take_away(self, identifier: str) -> bool:
        self.api.delete(self.api.at(self._folder, identifier)).expect(204)
        return True


@dataclass
class Attempts:
    """Delivery attempts, walked with or without a status filter, or as a trace."""

    sandbox: Sandbox
    api: Api
    query: str
    event_id: str
    member: str = "deliveries"

    @property
    def path(self) -> str:
        return f"{self.api.at('deliveries')}?{self.query.format(event=self.event_id)}"

    @property
    def oldest_first(self) -> bool:
        return "event_id" in self.query

    def make(self) -> str:
        return starting.attempt(self.sandbox, self.api.tenant_id, self.event_id, ending="queued")

    def take_away(self, identifier: str) -> bool:
        """Executes the attempt: it changes its status, and leaves a filter for `pending`."""
        starting.finish(self.sandbox, self.api.tenant_id, identifier, "failed")
        return "status" in self.query


@dataclass
class Entries:
    """Log entries, which are never taken away; several share a millisecond."""

    sandbox: Sandbox
    api: Api
    path: str = "/v1/logs?level=debug"
    member: str = "logs"
    oldest_first: bool = False

    def make(self) -> str:
        store, identifier = self.sandbox.store, starting.name("log")
        row = ("debug", "m", "deliver", "success", "a", "delivery", None, None, None, None)
        with store.database.writing():
            store.logs.add(self.api.tenant_id, LogEntry(0, identifier, store.now(), *row))
        return identifier

    def take_away(self, identifier: str) -> bool:
        return False


KINDS: dict[str, Callable[[Sandbox, Api], Collection]] = {
    "destinations": lambda sandbox, api: Resources(api, "destinations"),
    "ingesters": lambda sandbox, api: Resources(api, "ingesters"),
    "flows": lambda sandbox, api: Resources(api, "delivery_flows"),
    "recipe": lambda sandbox, api: Resources(api, "items"),
    "attempts": lambda s, api: Attempts(s, api, "", starting.event(s, api.tenant_id)),
    "pending attempts": lambda s, api: Attempts(
        s, api, "status=pending", starting.event(s, api.tenant_id)
    ),
    "attempts at a target": lambda s, api: Attempts(
        s, api, "destination_id=dest_any&status=pending", starting.event(s, api.tenant_id)
    ),
    "trace": lambda s, api: Attempts(s, api, "event_id={event}", starting.event(s, api.tenant_id)),
    "pending in a trace": lambda s, api: Attempts(
        s, api, "event_id={event}&status=pending", starting.event(s, api.tenant_id)
    ),
    "logs": Entries,
}

# Between two pages: how many rows are made, and which of those there are, are taken away.
BETWEEN = st.tuples(st.integers(0, 3), st.lists(st.integers(0, 40), max_size=3))
WALK = st.tuples(
    st.integers(1, 12),  # rows at the start
    st.lists(st.tuples(st.integers(1, 5), BETWEEN), min_size=1, max_size=8),  # limit of each page
)

# Of three rows two are seen; then all three go and another one is made. It is newer than those that
# were seen, so it must not come behind them.
ALL_GONE_AND_ONE_NEW = (3, [(2, (1, [0, 0, 0]))])


class Book:
    """What exists, in the order it was made, and what has existed throughout."""

    def __init__(self, collection: Collection, rows: int) -> None:
        self.collection = collection
        self.existing = [collection.make() for _ in range(rows)]
        self.throughout = list(self.existing)
        self.ever = list(self.existing)

    def change(self, make: int, take: list[int]) -> None:
        """Makes and takes away rows in the middle of a walk."""
        for place in take:
            if self.existing:
                identifier = self.existing[place % len(self.existing)]
                if self.collection.take_away(identifier):
                    self.existing.remove(identifier)
                    if identifier in self.throughout:
                        self.throughout.remove(identifier)
        for _ in range(make):
            identifier = self.collection.make()
            self.existing.append(identifier)
            self.ever.append(identifier)


def pages(api: Api, collection: Collection, limits: Iterator[int]) -> Iterator[list[str]]:
    """The ids of one page after the other, of these sizes."""
    joint = "&" if "?" in collection.path else "?"
    cursor = ""
    for limit in itertools.islice(limits, MOST_PAGES):
        page = api.get(f"{collection.path}{joint}limit={limit}{cursor}").expect(200).json
        rows = [row["id"] for row in page[collection.member]]
        assert len(rows) <= limit
        assert ("next_cursor" in page) <= (len(rows) == limit)
        yield rows
        if "next_cursor" not in page:
            return
        cursor = f"&cursor={page['next_cursor']}"
    raise AssertionError("the walk does not end")


@pytest.mark.parametrize("kind", KINDS)
def test_a_walk_returns_every_row_that_exists_throughout_exactly_once_and_in_order(
    shared: Sandbox, kind: str
) -> None:
    @QUICK
    @given(walk=WALK)
    @example(walk=ALL_GONE_AND_ONE_NEW)
    def interleaved(walk: tuple[int, list[tuple[int, tuple[int, list[int]]]]]) -> None:
        rows, steps = walk
        api = shared.api(tenant=shared.new_tenant())
        collection = KINDS[kind](shared, api)
        book = Book(collection, rows)
        changes = iter([change for _, change in steps])
        seen: list[str] = []
        limits = itertools.cycle([limit for limit, _ in steps])
        for page in pages(api, collection, limits):
            seen += page
            book.change(*next(changes, (0, [])))
        order = {identifier: place for place, identifier in enumerate(book.ever)}
        places = [order[identifier] for identifier in seen]
        assert places == sorted(set(places), reverse=not collection.oldest_first)
        assert set(book.throughout) <= set(seen)

    interleaved()


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_walk_returns_just_what_exists_then(shared: Sandbox, kind: str) -> None:
    api = shared.api(tenant=shared.new_tenant())
    collection = KINDS[kind](shared, api)
    book = Book(collection, 9)
    book.change(4, [1, 5, 2])
    expected = book.existing if collection.oldest_first else book.existing[::-1]
    for limit in (1, 2, 3, 50):
        walked = pages(api, collection, itertools.repeat(limit))
        assert [identifier for page in walked for identifier in page] == expected


@QUICK
@given(
    rows=st.lists(st.sampled_from(["failed", "queued"]), min_size=1, max_size=15),
    limit=st.integers(1, 4),
    executed=st.lists(st.lists(st.integers(0, 14), max_size=4), max_size=8),
)
def test_attempts_that_enter_a_status_filter_during_a_walk_appear_at_most_once(
    shared: Sandbox, rows: list[starting.Ending], limit: int, executed: list[list[int]]
) -> None:
    api = shared.api(tenant=shared.new_tenant())
    event_id = starting.event(shared, api.tenant_id)
    made = [starting.attempt(shared, api.tenant_id, event_id, ending=ending) for ending in rows]
    throughout = {one for one, ending in zip(made, rows, strict=True) if ending == "failed"}
    collection = Attempts(shared, api, "status=failed", event_id)
    changes = iter(executed)
    seen: list[str] = []
    for page in pages(api, collection, itertools.repeat(limit)):
        seen += page
        for place in next(changes, []):
            starting.finish(shared, api.tenant_id, made[place % len(made)], "failed")
    places = [made.index(identifier) for identifier in seen]
    assert places == sorted(set(places), reverse=True)
    assert throughout <= set(seen)
