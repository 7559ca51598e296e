"""The first answer to each Idempotency-Key, for 24 hours."""

from typing import NamedTuple

from zen_sandbox.clock import moment
from zen_sandbox.store.database import Database

WINDOW_MS = 24 * 3600 * 1000
PURGE_EVERY = 16  # writes; looking for what is too old costs as much as remembering
PURGE_AT_A_TIME = 32  # more than came in between, so the table shrinks to the last 24 hours

_FIND = """
SELECT fingerprint, status, body, location FROM idempotency
WHERE tenant_id = ? AND key = ? AND created_at > ?"""
_INSERT = """
INSERT OR REPLACE INTO idempotency (tenant_id, key, fingerprint, created_at, status, body, location)
VALUES (?, ?, ?, ?, ?, ?, ?)"""
# The oldest come first, whatever the tenants' clocks say; those of one that runs behind can wait.
_PURGE = """
DELETE FROM idempotency WHERE created_at <= ?
  AND seq IN (SELECT seq FROM idempotency ORDER BY seq LIMIT ?)"""


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
        self._since_purge = 0

    def find(self, tenant_id: str, key: str, ms: int) -> Remembered | None:
        """What the key was first answered with, within its window."""
        row = self._database.execute(_FIND, (tenant_id, key, moment(ms - WINDOW_MS))).fetchone()
        return Remembered._make(row) if row else None

    def remember(self, tenant_id: str, key: str, ms: int, answer: Remembered) -> None:
        """Keeps the first answer, and forgets a few that are older than the window."""
        values = (tenant_id, key, answer.fingerprint, moment(ms), *answer[1:])
        self._database.execute(_INSERT, values)
        self._since_purge += 1
        if self._since_purge >= PURGE_EVERY:
            self._since_purge = 0
            self._database.execute(_PURGE, (moment(ms - WINDOW_MS), PURGE_AT_A_TIME))
