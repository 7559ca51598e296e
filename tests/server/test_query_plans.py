"""What SQLite does for each read: a seek in an index, in the index's order, at any depth."""

import contextlib
import itertools
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.server.calls import OPERATIONS, READS
from zen_sandbox.bench.bench import Bench
from zen_sandbox.cursor import Cursors
from zen_sandbox.domain import LogEntry, RetryPolicy
from zen_sandbox.handlers import handlers_for
from zen_sandbox.problems import Conflict
from zen_sandbox.request.call import Call
from zen_sandbox.store import Database, Store
from zen_sandbox.store.deliveries import Outcome
from zen_sandbox.store.idempotency import Remembered

TENANT = "tnt_a"
FILTERS = {
    "status": "failed",
    "destination_id": "dest_1",
    "event_id": "evt_1",
    "level": "info",
    "source_id": "ing_1",
    "delivery_id": "dlv_1",
    "since": "2020-01-01T00:00:00Z",
    "until": "2090-01-01T00:00:00Z",
}
OBJECTS = {
    "destination_id": "dest_1",
    "flow_id": "flow_1",
    "ingester_id": "ing_1",
    "delivery_id": "dlv_1",
    "cluster_id": "plane_1",
}
PAGING = ("limit", "cursor")
# An event has a few attempts and an attempt a few entries, among millions.
MOST_SELECTIVE = {"event_id": "deliveries_by_event", "delivery_id": "logs_by_delivery"}


@pytest.fixture(scope="module", params=["without statistics", "with statistics"])
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """A store with rows of two tenants, before and after ANALYZE, which may change plans."""
    path: Path = tmp_path_factory.mktemp("plans") / "sandbox.db"
    store = Store(Database(path))
    with store.database.writing():
        for tenant in (TENANT, "tnt_b"):
            fill(store, tenant)
        if request.param == "with statistics":
            store.database.execute("ANALYZE")
    yield store
    store.close()


def fill(store: Store, tenant: str) -> None:
    """One of everything that is asked for by id, and a few hundred attempts and entries."""
    now = store.now()
    store.accounts.create_tenant(tenant, tenant, now)
    store.accounts.create_cluster(tenant, "plane_1", now)
    other = "" if tenant == TENANT else "_b"
    for number in range(1, 30):
        store.destinations.create(tenant, f"dest_{number}", now, name=f"d{number}", url="http://x/")
        ingester = f"ing_{number}{other}"
        store.ingesters.create(tenant, ingester, now, name=f"i{number}", type="stripe")
        store.delivery_flows.create(
            tenant,
            f"flow_{number}",
            now,
            name=f"f{number}",
            source_id=ingester,
            destination_id=f"dest_{number}",
            policy=RetryPolicy(),
        )
    for number in range(1, 400):
        event = f"evt_{number // 3 + 1}"
        if number % 3 == 0 or number == 1:
            store.deliveries.add_event(tenant, event, now, ingester_id="ing_1", body=b"")
        store.deliveries.queue(
            tenant,
            f"dlv_{number}",
            now,
            event_id=event,
            flow_id="flow_1",
            destination_id=f"dest_{number % 5}",
            evidence_id=f"ev_{number}",
        )
        if number % 4:
            store.deliveries.finish(tenant, f"dlv_{number}", Outcome(number % 8 == 1, now))
        store.logs.add(tenant, entry(number, now))


def entry(number: int, now: str) -> LogEntry:
    """An entry in the log, about some endpoint and, perhaps, some attempt."""
    return LogEntry(
        seq=0,
        id=f"log_{number}",
        timestamp=now,
        level=("info", "warn", "error")[number % 3],
        message="m",
        action="deliver",
        result="success",
        actor="a",
        resource_type="delivery",
        resource_id=None,
        request_id=None,
        delivery_id=f"dlv_{number % 100}" if number % 2 else None,
        source_id=f"ing_{number % 4}" if number % 5 else None,
    )


def a_call(store: Store) -> Call:
    """What the endpoint gives a handler that reads."""
    return Call(
        store,
        TENANT,
        0,
        base_url="http://x",
        headers={},
        bench=Bench(store),
        transaction=contextlib.nullcontext,
        accounts_changed=lambda: None,
        cursors=Cursors(b"k" * 32),
        list_identity="",
    )


def statements(store: Store, operation_id: str, arguments: dict[str, Any]) -> list[str]:
    """The SELECTs that a handler runs, with their values filled in."""
    ran: list[str] = []
    connection = store.database.tables.conn
    call = a_call(store)
    if arguments.get("cursor"):
        arguments["cursor"] = Cursors(b"k" * 32).seal(100, f"{TENANT}?")
    connection.set_trace_callback(ran.append)
    try:
        handlers_for([operation_id])[operation_id](call, **arguments)
    finally:
        connection.set_trace_callback(None)
    return [sql for sql in ran if sql.lstrip().upper().startswith("SELECT")]


def plan(store: Store, sql: str) -> list[str]:
    """SQLite's own words for how it would run the statement."""
    return [row[3] for row in store.database.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()]


def assert_seeks(store: Store, ran: list[str]) -> None:
    """No table or index is walked from its start, and nothing is sorted."""
    assert ran
    for sql in ran:
        for step in plan(store, sql):
            assert step.startswith("SEARCH "), f"{step}: {sql}"
            assert "USING" in step, f"{step}: {sql}"
            assert "TEMP B-TREE" not in step, f"{step}: {sql}"


def lists() -> Iterator[tuple[str, tuple[str, ...], bool]]:
    """Every list, with each combination of its filters, its first page and a later one."""
    for operation_id, operation in READS.items():
        names = [one["name"] for one in operation.parameters if one["in"] == "query"]
        if "limit" not in names:
            continue
        filters = [name for name in names if name not in PAGING]
        for size in range(len(filters) + 1):
            for chosen in itertools.combinations(filters, size):
                for later in (False, True):
                    yield operation_id, chosen, later


@pytest.mark.parametrize(("operation_id", "filters", "later"), [*lists()])
def test_every_list_with_every_combination_of_filters_seeks(
    store: Store, operation_id: str, filters: tuple[str, ...], later: bool
) -> None:
    arguments: dict[str, Any] = {name: FILTERS[name] for name in filters}
    arguments["limit"] = 20
    if later:
        arguments["cursor"] = "x"
    if "{cluster_id}" in OPERATIONS[operation_id].path:
        arguments["cluster_id"] = "plane_1"
    ran = statements(store, operation_id, arguments)
    assert_seeks(store, ran)
    [page] = [sql for sql in ran if "ORDER BY" in sql and "LIMIT 21" in sql]
    step = plan(store, page)[0]
    narrowest = [index for name, index in MOST_SELECTIVE.items() if name in filters]
    if narrowest:
        assert narrowest[0] in step, f"{step}: {page}"
    else:  # what a list must equal is all in its index, so that no row is read in vain
        for name in {"status", "destination_id", "level", "source_id"} & set(filters):
            assert f"{name}=?" in step, f"{step}: {page}"


@pytest.mark.parametrize(
    "operation_id", [name for name, one in READS.items() if name.startswith("get")]
)
def test_every_read_by_id_seeks(store: Store, operation_id: str) -> None:
    path = OPERATIONS[operation_id].path
    arguments = {name: value for name, value in OBJECTS.items() if "{" + name + "}" in path}
    ran = statements(store, operation_id, arguments)
    assert_seeks(store, ran)
    assert len(ran) == 1


WRITES = {
    "chain ends": lambda store: store.deliveries.chain_ends(TENANT, "evt_1"),
    "use of a target": lambda store: store.destinations.delete(TENANT, "dest_29"),
    "use of an endpoint": lambda store: store.ingesters.delete(TENANT, "ing_29"),
    "a remembered answer": lambda store: store.idempotency.find(TENANT, "k", store.clock.now_ms()),
    "a token": lambda store: store.accounts.api_key("zpk_x"),
}


@pytest.mark.parametrize("work", WRITES)
def test_what_writes_look_up_seeks_too(store: Store, work: str) -> None:
    ran: list[str] = []
    connection = store.database.tables.conn
    connection.set_trace_callback(ran.append)
    store.database.execute("SAVEPOINT here")
    try:
        with contextlib.suppress(Conflict):  # what was looked for was found: it is in use
            WRITES[work](store)
    finally:
        store.database.execute("ROLLBACK TO here")
        store.database.execute("RELEASE here")
        connection.set_trace_callback(None)
    assert_seeks(store, [sql for sql in ran if sql.lstrip().startswith("SELECT")])


def test_forgetting_old_answers_costs_the_same_however_many_are_kept(store: Store) -> None:
    ms = store.clock.now_ms()
    answer = Remembered(b"fingerprint", 204, b"", None)
    database = store.database
    database.execute("SAVEPOINT here")

    def dearest_of(count: int, kept: str) -> int:
        """The most instructions that SQLite runs to remember one of so many answers."""
        costs = []
        for number in range(count):
            ran = itertools.count()
            database.tables.conn.set_progress_handler(partial(_count, ran), 1)
            store.idempotency.remember(TENANT, f"{kept}-{number}", ms, answer)
            database.tables.conn.set_progress_handler(None, 0)
            costs.append(next(ran))
        return max(costs)

    few, many = dearest_of(100, "few"), dearest_of(2000, "many")
    database.execute("ROLLBACK TO here")
    database.execute("RELEASE here")
    assert many <= few * 1.2


def _count(ran: Iterator[int]) -> int:
    next(ran)
    return 0  # go on


@pytest.mark.parametrize("operation_id", ["listDeliveries", "listLogs"])
def test_a_page_costs_the_same_at_any_depth(store: Store, operation_id: str) -> None:
    connection = store.database.tables.conn
    handler = handlers_for([operation_id])[operation_id]
    call = a_call(store)

    def cost(**arguments: Any) -> tuple[int, dict[str, Any]]:
        """How many instructions SQLite runs for a page, and the page."""
        ran = itertools.count()
        connection.set_progress_handler(partial(_count, ran), 1)
        try:
            page = orjson.loads(handler(call, limit=20, **arguments).body)
        finally:
            connection.set_progress_handler(None, 0)
        return next(ran), page

    first, page = cost()
    depth = 0
    while "next_cursor" in page:
        steps, page = cost(cursor=page["next_cursor"])
        depth += 1
        assert steps <= first * 1.1
    assert depth == 19
