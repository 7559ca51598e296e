"""What the demo data holds, and that it could have come about by itself."""

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.server.client import Api
from tests.server.harness import Sandbox
from zen_contract.contract import load
from zen_sandbox import demo
from zen_sandbox.clock import SEEDED_START_MS, SteppingClock, milliseconds
from zen_sandbox.identifiers import Identifiers, seeded_entropy
from zen_sandbox.store import Database, Store

TOKEN = "zpk_of_the_demo"
DAY_MS = 24 * 60 * 60 * 1000
NOW_MS = SEEDED_START_MS + 1000  # what a stepping clock tells first
OF_THE_DOCUMENTATION = {"evt_abc123", "evt_abc130"}
FREE_FOR_THE_EXAMPLES = {
    "production-app-server",
    "stripe-production",
    "stripe-to-app",
    "production-invoice-claims-flow",
}

Rows = list[dict[str, Any]]


def filled(path: Path, start_ms: int = SEEDED_START_MS) -> Store:
    """A new database with the demo data, its clock and ids repeatable."""
    clock = SteppingClock(start_ms)
    store = Store(Database(path), clock=clock, ids=Identifiers(clock, seeded_entropy(7, "ids")))
    with store.database.writing():
        assert demo.fill(store, token=TOKEN) == (demo.TENANT_ID, TOKEN)
    return store


def rows(store: Store, table: str) -> Rows:
    """The table in the order of its rows."""
    return list(store.database.tables.query(f"SELECT * FROM {table} ORDER BY seq"))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Demo data that no test changes."""
    filled_store = filled(tmp_path_factory.mktemp("demo") / "demo.db")
    yield filled_store
    filled_store.close()


@pytest.fixture
def demo_api(tmp_path: Path) -> Iterator[Api]:
    """A client with the demo key, of a server with the demo data."""
    with Sandbox(tmp_path / "served.db") as sandbox:
        with sandbox.store.database.writing():
            demo.fill(sandbox.store, token=TOKEN)
        yield sandbox.api(token=TOKEN, tenant=demo.TENANT_ID)


def chains(store: Store) -> list[Rows]:
    """The made-up attempts of each event through each flow; the documentation's are apart."""
    found: dict[tuple[str, str], Rows] = {}
    for row in rows(store, "deliveries"):
        if row["event_id"] not in OF_THE_DOCUMENTATION:
            found.setdefault((row["event_id"], row["flow_id"]), []).append(row)
    return list(found.values())


def test_the_demo_has_what_the_documentation_talks_about(demo_api: Api) -> None:
    for ingester_id in ("ingester_stripe", "ing_abc123"):
        demo_api.get(demo_api.at("ingesters", ingester_id)).expect(200)
    demo_api.get(demo_api.at("destinations", "dest_abc123")).expect(200)
    stripe = demo_api.get(demo_api.at("destinations", "dest_stripe_prod_us_east_1")).expect(200)
    assert stripe.json["type"] == "stripe"
    demo_api.get(demo_api.cluster("plane_dev_us_east_1")).expect(200)
    trace = demo_api.get(demo_api.at("deliveries", event_id="evt_abc123")).expect(200)
    assert [attempt["id"] for attempt in trace.json["deliveries"]] == ["del_001", "del_002"]


def test_names_that_the_documentation_creates_are_free(store: Store) -> None:
    taken = {
        row["name"]
        for table in ("destinations", "delivery_flows", "ingesters")
        for row in rows(store, table)
    }
    assert not taken & FREE_FOR_THE_EXAMPLES


def test_every_list_of_the_demo_is_served_as_the_contract_says(demo_api: Api) -> None:
    for path, member in (
        (demo_api.at("destinations"), "destinations"),
        (demo_api.at("delivery-flows"), "delivery_flows"),
        (demo_api.at("ingesters"), "ingesters"),
        (demo_api.cluster(demo.CLUSTER_ID), "items"),
    ):
        assert len(demo_api.walk(path, member)) >= 4
    attempts = demo_api.walk(demo_api.at("deliveries"), "deliveries")
    executed = [attempt for attempt in attempts if "attempted_at" in attempt]
    assert 200 <= len(executed) < len(attempts) <= 600
    assert len(demo_api.walk("/v1/logs", "logs")) == len(executed)


def test_the_failed_attempt_of_the_trace_can_be_retried(demo_api: Api) -> None:
    queued = demo_api.post(demo_api.at("events", "evt_abc123", "retry")).expect(202).json
    attempt = demo_api.get(demo_api.at("deliveries", queued["delivery_id"])).expect(200).json
    assert attempt["attempt_number"] == 3
    assert attempt["flow_id"] == "flow_abc123"


def test_the_two_failed_attempts_of_the_batch_example_can_be_retried(demo_api: Api) -> None:
    body = load().operation("retryBatch").request_body
    assert body is not None
    example = body["content"]["application/json"]["examples"]["two"]["value"]
    queued = demo_api.post(demo_api.at("retry", "batch"), json=example).expect(202).json
    assert queued["queued"] == 2
    assert [one["delivery_id"] for one in queued["deliveries"]] == example["delivery_ids"]


def test_attempts_are_in_all_four_states_and_fail_in_different_ways(store: Store) -> None:
    attempts = rows(store, "deliveries")
    assert {row["status"] for row in attempts} == {"delivered", "failed", "retrying", "pending"}
    failed = [row for row in attempts if row["status"] == "failed"]
    assert {row["response_code"] for row in failed} == {None, 404, 500, 503}
    reasons = {row["error_message"] for row in failed if row["response_code"] is None}
    assert reasons == {"no answer within 30 s", "connection refused"}
    assert len({row["destination_id"] for row in attempts}) >= 4
    assert len({row["flow_id"] for row in attempts}) >= 4
    pending = [row for row in attempts if row["status"] == "pending"]
    assert 1 <= len(pending) <= 12
    assert {row["attempt_number"] for row in pending} == {1}


def test_rows_stand_in_the_order_of_time_and_none_lies_in_the_future(store: Store) -> None:
    now = store.at(NOW_MS)
    for table, column in (
        ("ingesters", "created_at"),
        ("destinations", "created_at"),
        ("delivery_flows", "created_at"),
        ("events", "received_at"),
        ("deliveries", "queued_at"),
        ("logs", "timestamp"),
    ):
        moments = [row[column] for row in rows(store, table)]
        assert moments == sorted(moments), table
        assert moments[-1] <= now, table
    day_before = store.at(NOW_MS - DAY_MS)
    made_up = [
        row for row in rows(store, "deliveries") if row["event_id"] not in OF_THE_DOCUMENTATION
    ]
    assert made_up[0]["queued_at"] >= day_before


def test_each_chain_is_numbered_from_one_and_goes_on_only_after_a_failure(store: Store) -> None:
    longest = {row["id"]: row["max_attempts"] for row in rows(store, "delivery_flows")}
    for chain in chains(store):
        assert [row["attempt_number"] for row in chain] == list(range(1, len(chain) + 1))
        assert {row["status"] for row in chain[:-1]} <= {"failed"}
        if chain[-1]["status"] == "failed":
            assert len(chain) == longest[chain[-1]["flow_id"]]
    assert {len(chain) for chain in chains(store)} == {1, 2, 3}


def test_each_retry_waits_as_its_flow_says(store: Store) -> None:
    backoff = {row["id"]: row["backoff_seconds"] for row in rows(store, "delivery_flows")}
    waited = 0
    for before, after in (pair for chain in chains(store) for pair in pairwise(chain)):
        seconds = min(backoff[after["flow_id"]] * 2 ** (before["attempt_number"] - 1), 3600)
        queued_ms = milliseconds(after["queued_at"])
        assert queued_ms > milliseconds(before["attempted_at"])
        if after["status"] == "retrying":
            assert milliseconds(after["next_attempt_at"]) == queued_ms + seconds * 1000
        else:
            late = milliseconds(after["attempted_at"]) - queued_ms - seconds * 1000
            assert 0 <= late < 1000
        waited += 1
    assert waited > 20


def test_each_executed_attempt_has_one_log_entry_that_tells_its_outcome(store: Store) -> None:
    entries = {row["delivery_id"]: row for row in rows(store, "logs")}
    executed = [row for row in rows(store, "deliveries") if row["attempted_at"] is not None]
    assert len(entries) == len(rows(store, "logs")) == len(executed)
    sources = {row["id"]: row["source_id"] for row in rows(store, "delivery_flows")}
    for row in executed:
        entry = entries[row["id"]]
        assert (entry["action"], entry["actor"]) == ("deliver", "engine")
        assert entry["level"] == ("info" if row["status"] == "delivered" else "error")
        assert (row["error_message"] or "delivered") in entry["message"]
        assert entry["source_id"] == sources[row["flow_id"]]
        assert entry["timestamp"] >= row["attempted_at"]


def test_a_disabled_target_gets_no_deliveries(store: Store) -> None:
    disabled = [row["id"] for row in rows(store, "destinations") if row["status"] == "disabled"]
    assert disabled
    assert not [row for row in rows(store, "deliveries") if row["destination_id"] in disabled]


def test_equal_clocks_and_ids_give_equal_demos(store: Store, tmp_path: Path) -> None:
    again = filled(tmp_path / "again.db")
    for table in ("events", "deliveries", "logs", "ingesters", "destinations", "delivery_flows"):
        assert rows(again, table) == rows(store, table)
    assert again.accounts.api_keys() == store.accounts.api_keys()
    again.close()


def test_a_clock_set_far_back_is_moved_past_the_trace(tmp_path: Path) -> None:
    early = filled(tmp_path / "early.db", start_ms=0)
    stamps = [row["timestamp"] for row in rows(early, "logs")]
    assert stamps == sorted(stamps)
    assert early.now() >= stamps[-1]
    early.close()


def test_the_demo_is_filled_in_less_than_150_ms(tmp_path: Path) -> None:
    took = []
    for number in range(3):
        fresh = Store(Database(tmp_path / f"{number}.db"))
        started = time.process_time()
        with fresh.database.writing():
            demo.fill(fresh, token=TOKEN)
        took.append(time.process_time() - started)
        fresh.close()
    assert min(took) < 0.150
