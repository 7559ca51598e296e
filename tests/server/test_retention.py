"""What is older than the sandbox keeps is forgotten, in small steps, by each tenant's own clock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.server import given
from tests.server.harness import Sandbox
from zen_sandbox import demo
from zen_sandbox.clock import milliseconds
from zen_sandbox.delivery.retention import STEP, forget_step
from zen_sandbox.settings import Settings
from zen_sandbox.store import Store

DAY_MS = 24 * 3600 * 1000
BY_HAND = Settings(retention_days=10_000)
"""Of a server that forgets nothing of what a test has its own steps forget."""


def step(store: Store, tenant: str, days: int = 30) -> int:
    """One step, in a transaction of its own."""

    @asynccontextmanager
    async def transaction() -> AsyncIterator[None]:
        with store.database.writing():
            yield

    return asyncio.run(forget_step(store, transaction, tenant, days))


def move(store: Store, tenant: str, days: int) -> None:
    """Sets the tenant's clock forward."""
    with store.database.writing():
        store.clocks.move_to(tenant, store.clocks.now_ms(tenant) + days * DAY_MS)


def counts(store: Store, tenant: str) -> dict[str, int]:
    """Rows of the tenant by table."""
    return {
        table: store.database.execute(
            f"SELECT COUNT(*) FROM {table} WHERE tenant_id = ?", (tenant,)
        ).fetchone()[0]
        for table in ("events", "deliveries", "logs")
    }


def made(store: Store, tenant: str, delivery_id: str) -> None:
    """Notes the attempt as the engine does when it was made."""
    with store.database.writing():
        store.attempts.note(store.deliveries.get(tenant, delivery_id).seq)


def test_nothing_is_forgotten_before_its_time(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "sandbox.db", BY_HAND) as sandbox:
        given.failed_event(sandbox, "tnt_a")
        move(sandbox.store, "tnt_a", 29)
        assert step(sandbox.store, "tnt_a") == 0
        assert counts(sandbox.store, "tnt_a")["deliveries"] == 1


def test_old_attempts_go_with_their_events_and_entries_and_newer_ones_stay(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "sandbox.db", BY_HAND) as sandbox:
        api = sandbox.api()
        given.destination(api)
        old_event, _ = given.failed_event(sandbox, "tnt_a")
        move(sandbox.store, "tnt_a", 31)
        now = sandbox.store.clocks.now_ms("tnt_a")
        moment = sandbox.store.at(now)
        with sandbox.store.database.writing():
            sandbox.store.deliveries.add_event(
                "tnt_a", "evt_new", moment, ingester_id="ing_1", body=b""
            )
            sandbox.store.deliveries.queue(
                "tnt_a",
                "dlv_new",
                moment,
                event_id="evt_new",
                flow_id="flow_1",
                destination_id="dest_1",
                evidence_id="ev_1",
            )
        given.destination(api)
        assert step(sandbox.store, "tnt_a") > 0
        assert counts(sandbox.store, "tnt_a") == {"events": 1, "deliveries": 1, "logs": 1}
        api.post(f"/v1/tenants/tnt_a/events/{old_event}/retry").refused("not-found")
        assert milliseconds(moment) == now


def test_an_old_attempt_loses_its_place_among_the_attempts_that_were_made(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "sandbox.db", BY_HAND) as sandbox:
        for tenant in ("tnt_a", "tnt_b"):
            made(sandbox.store, tenant, given.failed_event(sandbox, tenant)[1])
        move(sandbox.store, "tnt_a", 31)
        assert step(sandbox.store, "tnt_a") == 1
        rows = sandbox.store.database.execute(
            "SELECT d.tenant_id FROM made_attempts m LEFT JOIN deliveries d ON d.seq = delivery_seq"
        ).fetchall()
        assert rows == [("tnt_b",)]


def test_a_queued_attempt_is_kept_however_old(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "sandbox.db", BY_HAND) as sandbox:
        event = given.event(sandbox, "tnt_a")
        given.attempt(sandbox, "tnt_a", event, ending="queued")
        move(sandbox.store, "tnt_a", 400)
        step(sandbox.store, "tnt_a")
        assert counts(sandbox.store, "tnt_a") == {"events": 1, "deliveries": 1, "logs": 0}


def test_a_step_is_small_and_another_tenants_rows_are_not_touched(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "sandbox.db", BY_HAND) as sandbox:
        with sandbox.store.database.writing():
            for number in range(STEP + 5):
                for tenant in ("tnt_a", "tnt_b"):
                    sandbox.store.deliveries.add_event(
                        tenant,
                        f"evt_{number}",
                        sandbox.store.now(),
                        ingester_id="ing_1",
                        body=b"",
                    )
        move(sandbox.store, "tnt_a", 31)
        assert step(sandbox.store, "tnt_a") == STEP
        assert counts(sandbox.store, "tnt_a")["events"] == 5
        assert step(sandbox.store, "tnt_a") == 5
        assert counts(sandbox.store, "tnt_a")["events"] == 0
        assert counts(sandbox.store, "tnt_b")["events"] == STEP + 5


def test_the_demos_old_events_are_kept(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "sandbox.db", BY_HAND) as sandbox:
        with sandbox.store.database.writing():
            demo.fill(sandbox.store, token="zpk_a-demo-key-of-this-test")
        before = counts(sandbox.store, demo.TENANT_ID)
        step(sandbox.store, demo.TENANT_ID)
        assert counts(sandbox.store, demo.TENANT_ID) == before
