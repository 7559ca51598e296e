"""Attempts of all tenants in the order in which they were made, and not in that of their queueing.

Each is noted as the next of all in the transaction that executed it.
"""

from typing import NamedTuple

from zen_sandbox.domain import Delivery
from zen_sandbox.store.database import Database

_COLUMNS = ", ".join(f"d.{name}" for name in Delivery._fields)
_MADE = f"""
SELECT m.position, d.tenant_id, n.seq IS NULL, n.next_attempt_at, {_COLUMNS}
FROM made_attempts m JOIN deliveries d ON d.seq = m.delivery_seq
LEFT JOIN deliveries n ON n.tenant_id = d.tenant_id AND n.event_id = d.event_id
  AND n.flow_id = d.flow_id AND n.attempt_number = d.attempt_number + 1
WHERE m.position > ? AND m.position <= ? AND (? IS NULL OR d.tenant_id = ?)
ORDER BY m.position LIMIT ?"""


class MadeAttempt(NamedTuple):
    """An executed attempt; `last` of its chain so far, or with the moment the next is due."""

    tenant_id: str
    last: bool
    next_attempt_at: str | None
    delivery: Delivery


class Attempts:
    """The collection `made_attempts`. A position is a place in it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, delivery_seq: int) -> None:
        """That attempt was executed now, after all that were noted before."""
        self._database.execute(
            "INSERT INTO made_attempts (delivery_seq) VALUES (?)", (delivery_seq,)
        )

    def position(self) -> int:
        """Behind the newest; 0 when there never was one."""
        row = self._database.execute(
            "SELECT seq FROM sqlite_sequence WHERE name = 'made_attempts'"
        ).fetchone()
        return row[0] if row else 0

    def made_after(
        self, position: int, limit: int, tenant_id: str | None
    ) -> tuple[list[MadeAttempt], int]:
        """The first attempts that were made after a position, and the position behind them."""
        newest = self.position()
        rows = self._database.execute(
            _MADE, (position, newest, tenant_id, tenant_id, limit)
        ).fetchall()
        made = [
            MadeAttempt(tenant_id, bool(last), next_attempt_at, Delivery._make(columns))
            for _, tenant_id, last, next_attempt_at, *columns in rows
        ]
        return made, rows[-1][0] if len(rows) == limit else newest
