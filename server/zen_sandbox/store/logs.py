"""The tenant's log: who did what to what, how it ended, and how attempts went."""

from zen_sandbox.cursor import Window
from zen_sandbox.domain import LogEntry
from zen_sandbox.store.database import Database
from zen_sandbox.store.rows import Filters

_COLUMNS = ", ".join(LogEntry._fields)
_INSERT = """
INSERT INTO logs (tenant_id, id, timestamp, level, message, action, result, actor, resource_type,
  resource_id, request_id, delivery_id, source_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""


class Logs:
    """The collection `logs`; moments in it never go back, so `seq` is its order in time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, tenant_id: str, entry: LogEntry) -> None:
        """Appends an entry; its `seq` is made here."""
        self._database.execute(_INSERT, (tenant_id, *entry[1:]))

    def page(
        self,
        tenant_id: str,
        window: Window,
        *,
        level: str | None = None,
        source_id: str | None = None,
        delivery_id: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> list[LogEntry]:
        """The window's entries and one more, newest first; `since` included, `until` not."""
        filters = Filters(
            tenant_id,
            narrowest="delivery_id",
            level=level,
            source_id=source_id,
            delivery_id=delivery_id,
        )
        if since is not None:
            first = self._first_at(tenant_id, since)
            if first is None:
                return []
            filters.add("seq >= ?", first)
        if until is not None:
            beyond = self._first_at(tenant_id, until)
            if beyond is not None:
                filters.add("seq < ?", beyond)
        rows = filters.select(self._database, _COLUMNS, "logs", window)
        return [LogEntry._make(row) for row in rows]

    def _first_at(self, tenant_id: str, moment: str) -> int | None:
        """The place of the first entry at or after a moment: a seek, as time and place agree."""
        row = self._database.execute(
            "SELECT seq FROM logs INDEXED BY logs_by_time WHERE tenant_id = ? AND timestamp >= ?"
            " ORDER BY timestamp, seq LIMIT 1",
            (tenant_id, moment),
        ).fetchone()
        return row[0] if row else None
