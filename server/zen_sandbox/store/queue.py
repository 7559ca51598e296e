"""The queue of attempts: rows of `deliveries` that have a `due_at`.

A row leaves the queue in the transaction that records how it went, and the next one of its chain
enters it in the same transaction, so a crash loses nothing and repeats only what was under way.
"""

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from zen_sandbox.domain import RetryPolicy
from zen_sandbox.store.database import Database

_LANES = """
SELECT tenant_id, destination_id, MIN(due_at) FROM deliveries WHERE due_at IS NOT NULL
GROUP BY tenant_id, destination_id"""
_NEXT_DUE = """
SELECT MIN(due_at) FROM deliveries INDEXED BY deliveries_due
WHERE tenant_id = ? AND due_at IS NOT NULL"""
_DUE = """
SELECT seq, id, event_id, flow_id, attempt_number, due_at
FROM deliveries INDEXED BY deliveries_due
WHERE tenant_id = ? AND destination_id = ? AND due_at IS NOT NULL ORDER BY due_at, seq LIMIT ?"""
_PLAN = """
SELECT e.ingester_id, e.content_type, COALESCE(e.headers, '{}'), COALESCE(e.body, x''),
  f.max_attempts, t.url, t.status, t.secret
FROM deliveries d LEFT JOIN events e ON e.tenant_id = d.tenant_id AND e.id = d.event_id
LEFT JOIN delivery_flows f ON f.tenant_id = d.tenant_id AND f.id = d.flow_id
LEFT JOIN destinations t ON t.tenant_id = d.tenant_id AND t.id = d.destination_id
WHERE d.seq = ?"""


class Lane(NamedTuple):
    """The attempts to one target; lanes do not wait for each other."""

    tenant_id: str
    destination_id: str


class Due(NamedTuple):
    """An attempt in the queue."""

    seq: int
    id: str
    event_id: str
    flow_id: str
    attempt_number: int
    due_at: str


class Plan(NamedTuple):
    """All an attempt needs, read when it runs. None: the event, the flow or the target is gone."""

    ingester_id: str | None
    content_type: str | None
    headers: Mapping[str, str]
    body: bytes
    max_attempts: int | None
    url: str | None
    destination_status: str | None
    secret: str | None


class Record(NamedTuple):
    """What is kept of an executed attempt beside its public row; times in milliseconds."""

    request_headers: Mapping[str, str]
    response_headers: tuple[tuple[str, str], ...]
    response_body: bytes
    truncated: bool
    address: str | None
    first_byte_ms: float | None
    total_ms: float


class Queue:
    """Reads the queue, and takes finished attempts out of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def lanes(self) -> list[tuple[Lane, str]]:
        """Every lane that has something queued, and when the first of it is due."""
        rows = self._database.execute(_LANES).fetchall()
        return [
            (Lane(tenant_id, destination_id), due_at) for tenant_id, destination_id, due_at in rows
        ]

    def next_due(self, tenant_id: str) -> str | None:
        """When the tenant's next attempt is due, or was; None when nothing is queued."""
        row = self._database.execute(_NEXT_DUE, (tenant_id,)).fetchone()
        due_at: str | None = row[0]
        return due_at

    def first(self, lane: Lane, limit: int) -> Iterator[Due]:
        """The attempts of a lane that are due next, soonest first, due already or not.

        Whoever stops early saves the look-up of the rest. No write must come before the end.
        """
        return map(Due._make, self._database.execute(_DUE, (*lane, limit)))

    def plan(self, seq: int) -> Plan | None:
        """What to do for a queued attempt, as things stand now; None when it is gone."""
        row = self._database.execute(_PLAN, (seq,)).fetchone()
        if row is None:
            return None
        ingester_id, content_type, headers, *rest = row
        return Plan(ingester_id, content_type, json.loads(headers), *rest)

    def policy(self, tenant_id: str, flow_id: str) -> RetryPolicy | None:
        """How often a flow tries, as things stand now; None when it is gone."""
        row = self._database.execute(
            "SELECT max_attempts, backoff_seconds FROM delivery_flows"
            " WHERE tenant_id = ? AND id = ?",
            (tenant_id, flow_id),
        ).fetchone()
        return RetryPolicy._make(row) if row else None

    def keep_record(self, seq: int, record: Record) -> None:
        """Keeps what the public row has no place for."""
        self._database.execute(
            "INSERT OR REPLACE INTO attempt_records VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                seq,
                json.dumps(dict(record.request_headers)),
                json.dumps(list(record.response_headers)),
                *record[2:],
            ),
        )

    def record(self, seq: int) -> Record | None:
        """What was kept; None when the attempt was never sent."""
        row = self._database.execute(
            "SELECT request_headers, response_headers, response_body, truncated, address,"
            " first_byte_ms, total_ms FROM attempt_records WHERE seq = ?",
            (seq,),
        ).fetchone()
        if row is None:
            return None
        headers = tuple((name, value) for name, value in json.loads(row[1]))
        return Record(json.loads(row[0]), headers, bytes(row[2]), bool(row[3]), *row[4:])

    def count_final_failure(self, lane: Lane, now: str, threshold: int) -> None:
        """One more event that this target did not get; from `threshold` in a row on, `error`."""
        self._database.execute(
            "UPDATE destinations SET final_failures = final_failures + 1"
            " WHERE tenant_id = ? AND id = ?",
            lane,
        )
        self._database.execute(
            "UPDATE destinations SET status = 'error', updated_at = MAX(updated_at, ?)"
            " WHERE tenant_id = ? AND id = ? AND status = 'active' AND final_failures >= ?",
            (now, *lane, threshold),
        )

    def clear_final_failures(self, lane: Lane, now: str) -> None:
        """The target took an event: it is `active` again, unless somebody disabled it."""
        self._database.execute(
            "UPDATE destinations SET final_failures = 0,"
            " updated_at = IIF(status = 'error', MAX(updated_at, ?), updated_at),"
            " status = IIF(status = 'error', 'active', status)"
            " WHERE tenant_id = ? AND id = ? AND (final_failures > 0 OR status = 'error')",
            (now, *lane),
        )
