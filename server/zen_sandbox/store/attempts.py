"""Attempts of all tenants in the order in which they were made, and not in that of their queueing.

The log knows it: each executed attempt has one entry, written in the transaction that executed it.
"""

from typing import NamedTuple

from zen_sandbox.domain import Delivery
from zen_sandbox.store.database import Database

_COLUMNS = ", ".join(f"d.{name}" for name in Delivery._fields)
_MADE = f"""
SELECT l.seq, l.tenant_id, n.seq IS NULL, n.next_attempt_at, {_COLUMNS}
FROM logs l JOIN deliveries d ON d.tenant_id = l.tenant_id AND d.id = l.delivery_id
LEFT JOIN deliveries n ON n.tenant_id = d.tenant_id AND n.event_id = d.event_id
  AND n.flow_id = d.flow_id AND n.attempt_number = d.attempt_number + 1
WHERE l.seq > ?1 AND l.seq <= ?2 AND l.action = 'deliver' AND (?3 IS NULL OR l.tenant_id = ?3)
ORDER BY l.seq LIMIT ?4"""


class MadeAttempt(NamedTuple):
    """An executed attempt; `last` of its chain so far, or with the moment the next is due."""

    tenant_id: str
    last: bool
    next_attempt_at: str | None
    delivery: Delivery


class Attempts:
    """Reads the log and the attempts it speaks of. A position is a place in the log."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def position(self) -> int:
        """Behind the newest entry; 0 when there never was one."""
        row = self._database.execute(
            "SELECT seq FROM sqlite_sequence WHERE name = 'logs'"
        ).fetchone()
        return row[0] if row else 0

    def made_after(
        self, position: int, limit: int, tenant_id: str | None
    ) -> tuple[list[MadeAttempt], int]:
        """The first attempts that were made after a position, and the position behind them."""
        newest = self.position()
        rows = self._database.execute(_MADE, (position, newest, tenant_id, limit)).fetchall()
        made = [
            MadeAttempt(tenant_id, bool(last), next_attempt_at, Delivery._make(columns))
            for _, tenant_id, last, next_attempt_at, *columns in rows
        ]
        return made, rows[-1][0] if len(rows) == limit else newest
