"""Targets, and their signing secrets, which no read here returns."""

import sqlite3
from typing import Any

from zen_sandbox.cursor import Window
from zen_sandbox.domain import Destination
from zen_sandbox.problems import Conflict, NotFound
from zen_sandbox.store.database import Database
from zen_sandbox.store.rows import Filters, Places, name_taken, next_seq

_COLUMNS = ", ".join(Destination._fields)
_GET = f"SELECT {_COLUMNS} FROM destinations WHERE tenant_id = ? AND id = ?"
_INSERT = f"""
INSERT INTO destinations
  (tenant_id, seq, id, name, url, type, status, secret, created_at, updated_at)
VALUES (?, {next_seq("destinations")}, ?, ?, ?, ?, ?, ?, ?, ?)"""
_UPDATE = """
UPDATE destinations SET name = ?, url = ?, type = ?, status = ?, secret = ?, updated_at = ?
WHERE tenant_id = ? AND seq = ?"""
_DELETE = "DELETE FROM destinations WHERE tenant_id = ? AND seq = ?"
_USER = "SELECT id, name FROM delivery_flows WHERE tenant_id = ? AND destination_id = ? LIMIT 1"


class Destinations:
    """The collection `destinations`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._places = Places()

    def find(self, tenant_id: str, destination_id: str) -> Destination | None:
        """The destination, or None."""
        row = self._database.execute(_GET, (tenant_id, destination_id)).fetchone()
        return Destination._make(row) if row else None

    def get(self, tenant_id: str, destination_id: str) -> Destination:
        """The destination, else NotFound."""
        found = self.find(tenant_id, destination_id)
        if found is None:
            raise NotFound.of("Destination", destination_id)
        return found

    def page(self, tenant_id: str, window: Window) -> list[Destination]:
        """The window's destinations and one more, newest first."""
        rows = Filters(tenant_id).select(self._database, _COLUMNS, "destinations", window)
        return [Destination._make(row) for row in rows]

    def create(
        self,
        tenant_id: str,
        destination_id: str,
        now: str,
        *,
        name: str,
        url: str,
        type: str = "webhook",
        secret: str | None = None,
        status: str = "active",
    ) -> Destination:
        """A new destination, its `seq` left at 0; Conflict when the name is taken."""
        values = (
            tenant_id,
            self._places.at(tenant_id, now),
            tenant_id,
            destination_id,
            name,
            url,
            type,
            status,
            secret,
            now,
            now,
        )
        try:
            self._database.execute(_INSERT, values)
        except sqlite3.IntegrityError as error:
            raise name_taken(error, "destinations", "A destination", name) from error
        return Destination(0, destination_id, name, url, type, status, now, now)

    def update(
        self, tenant_id: str, destination_id: str, now: str, changes: dict[str, Any]
    ) -> Destination:
        """Changes the given columns (`secret` among them; None removes it).

        NotFound, or Conflict when the name is taken. A change of nothing leaves `updated_at`.
        """
        before = self.get(tenant_id, destination_id)
        stored_secret = self.secret(tenant_id, destination_id)
        secret = changes.get("secret", stored_secret)
        visible = {key: value for key, value in changes.items() if key != "secret"}
        after = before._replace(**visible)
        if after == before and secret == stored_secret:
            return before
        after = after._replace(updated_at=max(now, before.updated_at))
        try:
            self._database.execute(
                _UPDATE,
                (
                    after.name,
                    after.url,
                    after.type,
                    after.status,
                    secret,
                    after.updated_at,
                    tenant_id,
                    after.seq,
                ),
            )
        except sqlite3.IntegrityError as error:
            raise name_taken(error, "destinations", "A destination", after.name) from error
        return after

    def delete(self, tenant_id: str, destination_id: str) -> None:
        """Removes it; NotFound, or Conflict naming a flow that uses it."""
        destination = self.get(tenant_id, destination_id)
        user = self._database.execute(_USER, (tenant_id, destination_id)).fetchone()
        if user:
            flow_id, flow_name = user
            raise Conflict(
                f"Destination {destination_id} is used by flow '{flow_name}' ({flow_id})."
            )
        self._database.execute(_DELETE, (tenant_id, destination.seq))

    def secret(self, tenant_id: str, destination_id: str) -> str | None:
        """The signing secret, for the delivery engine; None when there is none."""
        row = self._database.execute(
            "SELECT secret FROM destinations WHERE tenant_id = ? AND id = ?",
            (tenant_id, destination_id),
        ).fetchone()
        return row[0] if row else None
