"""Flows: one collection per tenant, whichever of its two paths a flow came through."""

import sqlite3

from zen_sandbox.cursor import Window
from zen_sandbox.domain import DeliveryFlow, RetryPolicy
from zen_sandbox.problems import NotFound
from zen_sandbox.store.database import Database
from zen_sandbox.store.rows import Places, name_taken, next_seq

_SELECT = """
SELECT f.seq, f.id, f.name, f.source_id, f.destination_id, f.max_attempts, f.backoff_seconds,
  f.status, f.created_at, f.updated_at, d.type
FROM delivery_flows f JOIN destinations d ON d.tenant_id = f.tenant_id AND d.id = f.destination_id
WHERE f.tenant_id = ?"""
_GET = f"{_SELECT} AND f.id = ?"
_FIRST_PAGE = f"{_SELECT} ORDER BY f.seq DESC LIMIT ?"
_NEXT_PAGE = f"{_SELECT} AND f.seq < ? ORDER BY f.seq DESC LIMIT ?"
_INSERT = f"""
INSERT INTO delivery_flows (tenant_id, seq, id, name, source_id, destination_id, max_attempts,
  backoff_seconds, status, created_at, updated_at)
VALUES (?, {next_seq("delivery_flows")}, ?, ?, ?, ?, ?, ?, 'active', ?, ?)"""
_REPLACE = """
UPDATE delivery_flows SET name = ?, source_id = ?, destination_id = ?, max_attempts = ?,
  backoff_seconds = ?, updated_at = ?
WHERE tenant_id = ? AND seq = ?"""

_DELETE = "DELETE FROM delivery_flows WHERE tenant_id = ? AND seq = ?"


class DeliveryFlows:
    """The collection `delivery_flows`. A flow's source and target exist as long as it does."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._places = Places()

    def get(self, tenant_id: str, flow_id: str) -> DeliveryFlow:
        """The flow, else NotFound."""
        row = self._database.execute(_GET, (tenant_id, flow_id)).fetchone()
        if row is None:
            raise NotFound.of("Flow", flow_id)
        return DeliveryFlow._make(row)

    def fed_by(self, tenant_id: str, source_id: str) -> list[tuple[str, str]]:
        """Id and target of each flow that an event of this source goes through, oldest first."""
        rows: list[tuple[str, str]] = self._database.execute(
            "SELECT f.id, f.destination_id FROM delivery_flows f JOIN destinations d"
            " ON d.tenant_id = f.tenant_id AND d.id = f.destination_id"
            " WHERE f.tenant_id = ? AND f.source_id = ? AND d.status <> 'disabled' ORDER BY f.seq",
            (tenant_id, source_id),
        ).fetchall()
        return rows

    def page(self, tenant_id: str, window: Window) -> list[DeliveryFlow]:
        """The window's flows and one more, newest first."""
        if window.after is None:
            cursor = self._database.execute(_FIRST_PAGE, (tenant_id, window.limit + 1))
        else:
            cursor = self._database.execute(_NEXT_PAGE, (tenant_id, window.after, window.limit + 1))
        return [DeliveryFlow._make(row) for row in cursor.fetchall()]

    def create(
        self,
        tenant_id: str,
        flow_id: str,
        now: str,
        *,
        name: str,
        source_id: str,
        destination_id: str,
        policy: RetryPolicy,
    ) -> DeliveryFlow:
        """A new flow between things that exist; Conflict when the name is taken."""
        values = (
            tenant_id,
            self._places.at(tenant_id, now),
            tenant_id,
            flow_id,
            name,
            source_id,
            destination_id,
            *policy,
            now,
            now,
        )
        try:
            self._database.execute(_INSERT, values)
        except sqlite3.IntegrityError as error:
            raise name_taken(error, "delivery_flows", "A flow", name) from error
        return self.get(tenant_id, flow_id)

    def replace(
        self,
        tenant_id: str,
        flow_id: str,
        now: str,
        *,
        name: str,
        source_id: str,
        destination_id: str,
        policy: RetryPolicy,
    ) -> DeliveryFlow:
        """The flow with all its writable fields anew; NotFound, or Conflict over the name."""
        before = self.get(tenant_id, flow_id)
        wanted = (name, source_id, destination_id, *policy)
        if wanted == before[2:7]:
            return before
        moved = max(now, before.updated_at)
        try:
            self._database.execute(_REPLACE, (*wanted, moved, tenant_id, before.seq))
        except sqlite3.IntegrityError as error:
            raise name_taken(error, "delivery_flows", "A flow", name) from error
        return self.get(tenant_id, flow_id)

    def delete(self, tenant_id: str, flow_id: str) -> DeliveryFlow:
        """Removes the flow and returns what it was; NotFound."""
        flow = self.get(tenant_id, flow_id)
        self._database.execute(_DELETE, (tenant_id, flow.seq))
        return flow
