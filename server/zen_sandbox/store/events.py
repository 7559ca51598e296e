"""Events as they came in, of all tenants: for the sandbox's own eyes, not for customers."""

import json
from collections.abc import Mapping

from zen_sandbox.cursor import Window
from zen_sandbox.domain import Event
from zen_sandbox.problems import NotFound
from zen_sandbox.store.database import Database

_SELECT = """
SELECT e.seq, e.id, e.tenant_id, e.ingester_id, e.received_at, e.content_type, LENGTH(e.body),
  (SELECT COUNT(*) FROM deliveries d WHERE d.tenant_id = e.tenant_id AND d.event_id = e.id)
FROM events e"""


class Events:
    """Reads the collection `events`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self, window: Window, *, tenant_id: str | None, ingester_id: str | None
    ) -> list[Event]:
        """The window's events and one more, newest first."""
        conditions: list[str] = ["e.seq < ?"]
        values: list[object] = [2**62 if window.after is None else window.after]
        for column, value in (("tenant_id", tenant_id), ("ingester_id", ingester_id)):
            if value is not None:
                conditions.append(f"e.{column} = ?")
                values.append(value)
        rows = self._database.execute(
            f"{_SELECT} WHERE {' AND '.join(conditions)} ORDER BY e.seq DESC LIMIT ?",
            [*values, window.limit + 1],
        ).fetchall()
        return [Event._make(row) for row in rows]

    def get(self, event_id: str, tenant_id: str | None) -> tuple[Event, Mapping[str, str], bytes]:
        """The event with its headers and body; the newest of that id when no tenant is named."""
        row = self._database.execute(
            f"{_SELECT} WHERE e.id = ? AND (? IS NULL OR e.tenant_id = ?)"
            " ORDER BY e.seq DESC LIMIT 1",
            (event_id, tenant_id, tenant_id),
        ).fetchone()
        if row is None:
            raise NotFound.of("Event", event_id)
        headers, body = self._database.execute(
            "SELECT headers, body FROM events WHERE seq = ?", (row[0],)
        ).fetchone()
        return Event._make(row), json.loads(headers), bytes(body)
