"""Endpoints."""

import sqlite3

from zen_sandbox.cursor import Window
from zen_sandbox.domain import Ingester
from zen_sandbox.problems import Conflict, NotFound
from zen_sandbox.store.database import Database
from zen_sandbox.store.rows import Filters, Places, name_taken, next_seq

_COLUMNS = ", ".join(Ingester._fields)
_GET = f"SELECT {_COLUMNS} FROM ingesters WHERE tenant_id = ? AND id = ?"
_INSERT = f"""
INSERT INTO ingesters (tenant_id, seq, id, name, type, status, created_at, updated_at)
VALUES (?, {next_seq("ingesters")}, ?, ?, ?, 'active', ?, ?)"""
_REPLACE = "UPDATE ingesters SET name = ?, type = ?, updated_at = ? WHERE tenant_id = ? AND seq = ?"
_DELETE = "DELETE FROM ingesters WHERE tenant_id = ? AND seq = ?"
_USER = "SELECT id, name FROM delivery_flows WHERE tenant_id = ? AND source_id = ? LIMIT 1"


class Ingesters:
    """The collection `ingesters`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._places = Places()

    def find(self, tenant_id: str, ingester_id: str) -> Ingester | None:
        """The ingester, or None."""
        row = self._database.execute(_GET, (tenant_id, ingester_id)).fetchone()
        return Ingester._make(row) if row else None

    def get(self, tenant_id: str, ingester_id: str) -> Ingester:
        """The ingester, else NotFound."""
        found = self.find(tenant_id, ingester_id)
        if found is None:
            raise NotFound.of("Endpoint", ingester_id)
        return found

    def owner(self, ingester_id: str) -> str:
        """The tenant whose ingester it is, else NotFound; a provider's post names no tenant."""
        row = self._database.execute(
            "SELECT tenant_id FROM ingesters WHERE id = ?", (ingester_id,)
        ).fetchone()
        if row is None:
            raise NotFound.of("Endpoint", ingester_id)
        tenant_id: str = row[0]
        return tenant_id

    def page(self, tenant_id: str, window: Window) -> list[Ingester]:
        """The window's ingesters and one more, newest first."""
        rows = Filters(tenant_id).select(self._database, _COLUMNS, "ingesters", window)
        return [Ingester._make(row) for row in rows]

    def create(
        self, tenant_id: str, ingester_id: str, now: str, *, name: str, type: str
    ) -> Ingester:
        """A new ingester, its `seq` left at 0; Conflict when the name is taken."""
        place = self._places.at(tenant_id, now)
        values = (tenant_id, place, tenant_id, ingester_id, name, type, now, now)
        try:
            self._database.execute(_INSERT, values)
        except sqlite3.IntegrityError as error:
            raise name_taken(error, "ingesters", "An endpoint", name) from error
        return Ingester(0, ingester_id, name, type, "active", now, now)

    def replace(
        self, tenant_id: str, ingester_id: str, now: str, *, name: str, type: str
    ) -> Ingester:
        """Gives it another name and type; NotFound, or Conflict when the name is taken."""
        before = self.get(tenant_id, ingester_id)
        after = before._replace(name=name, type=type)
        if after == before:
            return before
        after = after._replace(updated_at=max(now, before.updated_at))
        try:
            self._database.execute(_REPLACE, (name, type, after.updated_at, tenant_id, after.seq))
        except sqlite3.IntegrityError as error:
            raise name_taken(error, "ingesters", "An endpoint", name) from error
        return after

    def delete(self, tenant_id: str, ingester_id: str) -> None:
        """Removes it; NotFound, or Conflict naming a flow that uses it."""
        ingester = self.get(tenant_id, ingester_id)
        user = self._database.execute(_USER, (tenant_id, ingester_id)).fetchone()
        if user:
            flow_id, flow_name = user
            raise Conflict(f"Endpoint {ingester_id} is used by flow '{flow_name}' ({flow_id}).")
        self._database.execute(_DELETE, (tenant_id, ingester.seq))
