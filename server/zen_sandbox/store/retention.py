"""Finding and deleting what is too old: the first rows of a tenant, so that looking is cheap."""

from zen_sandbox.store.database import Database

# A queued attempt is kept however old, and so is the event that it belongs to. What is older than
# the tenant's first key is demo data, which was old when it was put in, and is kept too.
_DELIVERIES = """
SELECT seq FROM deliveries INDEXED BY deliveries_in_order
WHERE tenant_id = ? AND +queued_at < ? AND +queued_at >= ?
  AND +status NOT IN ('pending', 'retrying')
ORDER BY seq LIMIT ?"""
_EVENTS = """
SELECT seq FROM events e
WHERE tenant_id = ? AND received_at < ? AND received_at >= ? AND NOT EXISTS
  (SELECT 1 FROM deliveries d WHERE d.tenant_id = e.tenant_id AND d.event_id = e.id)
ORDER BY seq LIMIT ?"""
_LOGS = """
SELECT seq FROM logs WHERE tenant_id = ? AND timestamp < ? AND timestamp >= ?
ORDER BY seq LIMIT ?"""


class Retention:
    """Deletes old attempts with what is kept of them, then events without attempts, and entries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def has_older(self, tenant_id: str, before: str) -> bool:
        """Whether there is anything to forget; looks at the oldest rows only."""
        for table, column in (("events", "received_at"), ("logs", "timestamp")):
            row = self._database.execute(
                f"SELECT {column} FROM {table} WHERE tenant_id = ? ORDER BY seq LIMIT 1",
                (tenant_id,),
            ).fetchone()
            if row is not None and row[0] < before:
                return True
        return False

    def forget(self, tenant_id: str, before: str, most: int) -> int:
        """Deletes at most so many rows of each kind; the most it deleted of one."""
        (since,) = self._database.execute(
            "SELECT IFNULL(MIN(created_at), '') FROM api_keys WHERE tenant_id = ?", (tenant_id,)
        ).fetchone()
        values = (tenant_id, before, since, most)
        old = self._database.execute(_DELIVERIES, values).fetchall()
        self._delete("attempt_records", "seq = ?", old)
        self._delete("made_attempts", "delivery_seq = ?", old)
        self._delete("deliveries", "seq = ?", old)
        events = self._database.execute(_EVENTS, values).fetchall()
        self._delete("events", "seq = ?", events)
        logs = [(tenant_id, *row) for row in self._database.execute(_LOGS, values).fetchall()]
        self._delete("logs", "tenant_id = ? AND seq = ?", logs)
        return max(len(old), len(events), len(logs))

    def _delete(self, table: str, condition: str, rows: list[tuple[object, ...]]) -> None:
        sql = f"DELETE FROM {table} WHERE {condition}"
        self._database.tables.conn.executemany(sql, rows)
