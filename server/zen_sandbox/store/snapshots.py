"""Named copies of tenants' data, and emptying a tenant: rows out, rows in, places and ids kept."""

import base64
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from zen_sandbox.problems import NotFound
from zen_sandbox.store.database import Database

_TABLES = (
    "destinations",
    "ingesters",
    "delivery_flows",
    "events",
    "deliveries",
    "logs",
    "idempotency",
)
# What belongs to an attempt and not to a tenant, by the column that names the attempt.
_OF_ATTEMPTS = {"attempt_records": "seq", "made_attempts": "delivery_seq"}
_BYTES = "$base64"


class Snapshot(NamedTuple):
    """A snapshot without its data."""

    name: str
    taken_at: str
    tenants: tuple[str, ...]


class Snapshots:
    """The collection `snapshots`. Tenants, keys, clusters and clocks are not part of one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, tenant_id: str | None) -> Sequence[Snapshot]:
        """All, or those that hold data of one tenant; oldest first."""
        rows = self._database.execute(
            "SELECT name, MIN(taken_at), group_concat(tenant_id) FROM snapshots GROUP BY name"
            " ORDER BY MIN(taken_at), name"
        ).fetchall()
        found = [Snapshot(name, at, tuple(sorted(ids.split(",")))) for name, at, ids in rows]
        return [one for one in found if tenant_id is None or tenant_id in one.tenants]

    def get(self, name: str) -> Snapshot:
        """NotFound when there is none."""
        for one in self.list(None):
            if one.name == name:
                return one
        raise NotFound.of("Snapshot", name)

    def take(self, name: str, tenants: Sequence[str], now: str) -> Snapshot:
        """Copies the tenants' data under a name, instead of what it held."""
        self._database.execute("DELETE FROM snapshots WHERE name = ?", (name,))
        for tenant_id in tenants:
            data = {table: self._rows(table, tenant_id) for table in _TABLES}
            for table, column in _OF_ATTEMPTS.items():
                data[table] = self._select(
                    f"SELECT a.* FROM deliveries d JOIN {table} a ON a.{column} = d.seq"
                    " WHERE d.tenant_id = ?",
                    tenant_id,
                )
            self._database.execute(
                "INSERT INTO snapshots (name, tenant_id, taken_at, data) VALUES (?, ?, ?, ?)",
                (name, tenant_id, now, orjson.dumps(data, default=_tagged)),
            )
        return Snapshot(name, now, tuple(tenants))

    def restore(self, name: str, tenant_id: str | None = None) -> Snapshot:
        """Puts the data back, one tenant's or all; what came since is gone. NotFound."""
        snapshot = self.get(name)
        rows = self._database.execute(
            "SELECT tenant_id, data FROM snapshots WHERE name = ? AND (? IS NULL OR tenant_id = ?)",
            (name, tenant_id, tenant_id),
        ).fetchall()
        if not rows:
            raise NotFound(f"Snapshot {name} holds nothing of tenant {tenant_id}.")
        for owner, data in rows:
            self.empty(owner)
            for table, kept in orjson.loads(data).items():
                self._insert(table, kept)
        return snapshot._replace(tenants=tuple(sorted(owner for owner, _ in rows)))

    def delete(self, name: str) -> None:
        """NotFound when there is none."""
        self.get(name)
        self._database.execute("DELETE FROM snapshots WHERE name = ?", (name,))

    def empty(self, tenant_id: str) -> None:
        """Removes the tenant's data; the tenant itself, its keys, clusters and clock stay."""
        for table, column in _OF_ATTEMPTS.items():
            self._database.execute(
                f"DELETE FROM {table} WHERE {column} IN"
                " (SELECT seq FROM deliveries WHERE tenant_id = ?)",
                (tenant_id,),
            )
        for table in _TABLES:
            self._database.execute(f"DELETE FROM {table} WHERE tenant_id = ?", (tenant_id,))

    def _rows(self, table: str, tenant_id: str) -> Any:
        return self._select(f"SELECT * FROM {table} WHERE tenant_id = ?", tenant_id)

    def _select(self, sql: str, tenant_id: str) -> Any:
        return self._database.execute(sql, (tenant_id,)).fetchall()

    def _insert(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        if not rows:
            return
        places = ", ".join("?" * len(rows[0]))
        values = [[_untagged(value) for value in row] for row in rows]
        if table == "idempotency":  # its places are given out again, perhaps to another tenant
            values = [[None, *row[1:]] for row in values]
        self._database.tables.conn.executemany(f"INSERT INTO {table} VALUES ({places})", values)


def _tagged(value: Any) -> Any:
    if isinstance(value, bytes):
        return {_BYTES: base64.b64encode(value).decode()}
    raise TypeError(f"{type(value).__name__} is no value of SQLite")


def _untagged(value: Any) -> Any:
    return base64.b64decode(value[_BYTES]) if isinstance(value, dict) else value
