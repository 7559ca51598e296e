"""Events and the attempts at delivering them: a row per attempt, changed only while it waits."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from zen_sandbox.cursor import Window
from zen_sandbox.domain import Delivery
from zen_sandbox.problems import NotFound
from zen_sandbox.store.database import Database
from zen_sandbox.store.rows import Filters

_COLUMNS = ", ".join(Delivery._fields)
_GET = f"SELECT {_COLUMNS} FROM deliveries WHERE tenant_id = ? AND id = ?"
_INSERT = """
INSERT INTO deliveries (tenant_id, id, event_id, destination_id, flow_id, status, response_code,
  attempt_number, queued_at, attempted_at, next_attempt_at, error_message, evidence_id, due_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_EVENT = """
INSERT INTO events (tenant_id, id, ingester_id, received_at, content_type, headers, body)
VALUES (?, ?, ?, ?, ?, ?, ?)"""
_OF_EVENT = f"SELECT {_COLUMNS} FROM deliveries WHERE tenant_id = ? AND event_id = ? ORDER BY seq"


class Outcome(NamedTuple):
    """How an executed attempt ended. No `response_code`: no whole answer came."""

    delivered: bool
    attempted_at: str
    response_code: int | None = None
    error_message: str | None = None


class Deliveries:
    """The collections `events` and `deliveries`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.on_queued: Callable[[str, str, str], None] | None = None
        """Called after the commit that queued an attempt: tenant, destination, moment it is due."""

    def get(self, tenant_id: str, delivery_id: str) -> Delivery:
        """The attempt, else NotFound."""
        row = self._database.execute(_GET, (tenant_id, delivery_id)).fetchone()
        if row is None:
            raise NotFound.of("Delivery", delivery_id)
        return Delivery._make(row)

    def owner(self, delivery_id: str, tenant_id: str | None) -> str:
        """The tenant of an attempt, the newest of that id when none is named; NotFound."""
        row = self._database.execute(
            "SELECT tenant_id FROM deliveries WHERE id = ? AND (? IS NULL OR tenant_id = ?)"
            " ORDER BY seq DESC LIMIT 1",
            (delivery_id, tenant_id, tenant_id),
        ).fetchone()
        if row is None:
            raise NotFound.of("Delivery", delivery_id)
        owner: str = row[0]
        return owner

    def page(
        self,
        tenant_id: str,
        window: Window,
        *,
        status: str | None = None,
        destination_id: str | None = None,
        event_id: str | None = None,
    ) -> list[Delivery]:
        """The window's attempts and one more: newest first, a trace (`event_id`) oldest first.

        NotFound when the event has no attempt at all.
        """
        filters = Filters(
            tenant_id,
            narrowest="event_id",
            event_id=event_id,
            destination_id=destination_id,
            status=status,
        )
        trace = event_id is not None
        rows = filters.select(self._database, _COLUMNS, "deliveries", window, oldest_first=trace)
        if event_id is not None and not rows and not self._has_attempts(tenant_id, event_id):
            raise NotFound(f"No deliveries found for event {event_id}.")
        return [Delivery._make(row) for row in rows]

    def chain_ends(self, tenant_id: str, event_id: str) -> list[Delivery]:
        """The newest attempt of each of the event's chains, in the order the chains began.

        NotFound when there is no such event.
        """
        row = self._database.execute(
            "SELECT 1 FROM events WHERE tenant_id = ? AND id = ?", (tenant_id, event_id)
        ).fetchone()
        if row is None:
            raise NotFound.of("Event", event_id)
        rows = self._database.execute(_OF_EVENT, (tenant_id, event_id)).fetchall()
        attempts = [Delivery._make(row) for row in rows]
        return list({attempt.flow_id: attempt for attempt in attempts}.values())

    def add_event(
        self,
        tenant_id: str,
        event_id: str,
        now: str,
        *,
        ingester_id: str,
        body: bytes,
        content_type: str | None = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keeps an event as it came in."""
        values = (tenant_id, event_id, ingester_id, now, content_type)
        self._database.execute(_EVENT, (*values, json.dumps(dict(headers or {})), body))

    def queue(
        self,
        tenant_id: str,
        delivery_id: str,
        now: str,
        *,
        event_id: str,
        flow_id: str,
        destination_id: str,
        evidence_id: str,
        attempt_number: int = 1,
        due_at: str | None = None,
        for_show: bool = False,
    ) -> None:
        """Queues an attempt: `pending` as the first of its chain, else `retrying`; due now or then.

        One that is `for_show` only (demo data) is never made.
        """
        first = attempt_number == 1
        due_at = due_at or now
        status, next_attempt_at = ("pending", None) if first else ("retrying", due_at)
        queued_for = None if for_show else due_at
        values = (tenant_id, delivery_id, event_id, destination_id, flow_id, status, None)
        self._database.execute(
            _INSERT,
            (*values, attempt_number, now, None, next_attempt_at, None, evidence_id, queued_for),
        )
        if not for_show:
            self._announce(tenant_id, destination_id, due_at)

    def finish(self, tenant_id: str, delivery_id: str, outcome: Outcome) -> bool:
        """Records how a queued attempt ended; False when there is no such row in the queue."""
        cursor = self._database.execute(
            "UPDATE deliveries SET status = ?, attempted_at = ?, response_code = ?,"
            " error_message = ?, next_attempt_at = NULL, due_at = NULL"
            " WHERE tenant_id = ? AND id = ? AND status IN ('pending', 'retrying')",
            (
                "delivered" if outcome.delivered else "failed",
                outcome.attempted_at,
                outcome.response_code,
                outcome.error_message,
                tenant_id,
                delivery_id,
            ),
        )
        return cursor.rowcount == 1

    def _announce(self, tenant_id: str, destination_id: str, due_at: str) -> None:
        if self.on_queued is not None:
            self._database.after_commit(partial(self.on_queued, tenant_id, destination_id, due_at))

    def _has_attempts(self, tenant_id: str, event_id: str) -> bool:
        return (
            self._database.execute(
                "SELECT 1 FROM deliveries WHERE tenant_id = ? AND event_id = ? LIMIT 1",
                (tenant_id, event_id),
            ).fetchone()
            is not None
        )
