"""The first answer to each Idempotency-Key, for 24 hours."""

from typing import NamedTuple

from zen_sandbox.clock import milliseconds, moment
from zen_sandbox.store.database import Database

WINDOW_MS = 24 * 3600 * 1000
PURGE_AT_A_TIME = 2  # more than one write adds, so the table shrinks to the last 24 hours

_FIND = """
SELECT fingerprint, status, body, location FROM idempotency
WHERE tenant_id = ? AND key = ? AND created_at > ?"""
_INSERT = """
INSERT OR REPLACE INTO idempotency (tenant_id, key, fingerprint, created_at, status, body, location)
VALUES (?, ?, ?, ?, ?, ?, ?)"""
_PURGE = """
DELETE FROM idempotency WHERE (tenant_id, key) IN
  (SELECT tenant_id, key FROM idempotency WHERE created_at <= ? ORDER BY created_at LIMIT ?)"""


class Remembered(NamedTuple):
    """An answer: `body` is empty for a 204, `location` only on a create."""

    fingerprint: bytes
    status: int
    body: bytes
    location: str | None


class IdempotencyRecords:
    """The collection `idempotency`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, tenant_id: str, key: str, now: str) -> Remembered | None:
        """What the key was first answered with, within its window."""
        row = self._database.execute(_FIND, (tenant_id, key, _window_start(now))).fetchone()
        return Remembered._make(row) if row else None

    def remember(self, tenant_id: str, key: str, now: str, answer: Remembered) -> None:
        """Keeps the first answer, and forgets a few that are older than the window."""
        values = (tenant_id, key, answer.fingerprint, now, *answer[1:])
        self._database.execute(_INSERT, values)
        self._database.execute(_PURGE, (_window_start(now), PURGE_AT_A_TIME))


def _window_start(now: str) -> str:
    return moment(milliseconds(now) - WINDOW_MS)
