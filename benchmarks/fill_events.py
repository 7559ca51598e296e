"""Databases for the delivery benchmark: events of the past, and attempts that are still queued.

Each target is fed by an endpoint of its own through one flow. The past is made once, with bulk SQL
in the store's own schema, and kept; targets, whose ports are other ones in each run, and the queue
are put into a copy.
"""

import json
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.fill import (
    LOG,
    START_MS,
    TENANT,
    Progress,
    create_tenant,
    filling,
    kept,
    target_id,
    without_indexes,
)
from benchmarks.target import body_of
from zen_sandbox.clock import moment
from zen_sandbox.domain import RetryPolicy
from zen_sandbox.store import Database, Store

TARGETS = 100
"""That answer; the one after the last of them does not."""

_STEP_MS = 20_000  # from one event of the past to the next
_BACKLOG_MS = 60_000  # how long ago the backlog came in
_HOUR_MS = 3_600_000
_HEADERS = json.dumps({"host": "127.0.0.1", "user-agent": "zen-benchmarks", "accept": "*/*"})

_EVENT = (
    "INSERT INTO events (tenant_id, id, ingester_id, received_at, content_type, headers, body)"
    " VALUES (?, ?, ?, ?, 'application/json', ?, ?)"
)
_ATTEMPT = (
    "INSERT INTO deliveries (tenant_id, id, event_id, destination_id, flow_id, status,"
    " response_code, attempt_number, queued_at, attempted_at, next_attempt_at, error_message,"
    " evidence_id, due_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_MADE = "INSERT INTO made_attempts (delivery_seq) SELECT seq FROM deliveries ORDER BY seq"
_RECORDS = (
    "INSERT INTO attempt_records SELECT seq, ?, '[[\"Content-Length\", \"2\"]]', x'6f6b', 0,"
    " '127.0.0.1 port 8000', 0.5, 0.6 FROM deliveries ORDER BY seq"
)


class Backlog(NamedTuple):
    """Attempts in the queue that no target of the run takes meanwhile.

    `waiting` ones are retries due in hours, at the targets that the load goes to; `stuck` ones are
    first attempts due already, at a target that takes connections and never answers.
    """

    waiting: int = 0
    stuck: int = 0


class _Event(NamedTuple):
    unique: str
    source: int
    at: str


def source_id(number: int) -> str:
    """The endpoint that feeds the target of that number."""
    return f"ing_{number}"


def past(folder: Path, events: int) -> Path:
    """A database with that many events, each delivered at its first attempt, and their log."""
    return kept(folder, f"events-{events}", Path(__file__), lambda path: _make_past(path, events))


def prepare(
    source: Path, path: Path, urls: Sequence[str], stuck_url: str, backlog: Backlog
) -> None:
    """A copy with endpoints, flows and targets of these addresses, and with that backlog."""
    shutil.copyfile(source, path)
    store = Store(Database(path, durability="none"))
    ms = time.time_ns() // 1_000_000 - _BACKLOG_MS
    with store.database.writing():
        for number, url in enumerate((*urls, stuck_url)):
            _add_target(store, number, url, moment(ms))
        connection = store.database.tables.conn
        waiting = [_event(1, n, n % len(urls), ms) for n in range(backlog.waiting)]
        _add_events(connection, waiting)
        connection.executemany(_ATTEMPT, _retries(waiting, moment(ms + 6 * _HOUR_MS)))
        stuck = [_event(2, n, len(urls), ms) for n in range(backlog.stuck)]
        _add_events(connection, stuck)
        connection.executemany(_ATTEMPT, map(_pending, stuck))
    store.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()


def _add_target(store: Store, number: int, url: str, now: str) -> None:
    source, target = source_id(number), target_id(number)
    store.ingesters.create(TENANT, source, now, name=f"endpoint {number}", type="generic")
    store.destinations.create(TENANT, target, now, name=f"target {number}", url=url)
    store.delivery_flows.create(
        TENANT,
        f"flow_{number}",
        now,
        name=f"flow {number}",
        source_id=source,
        destination_id=target,
        policy=RetryPolicy(),
    )


def _make_past(path: Path, events: int) -> None:
    progress = Progress(f"Filling a table of {events:,} events")
    made = [_event(0, n, n % TARGETS, START_MS + n * _STEP_MS) for n in range(events)]
    with filling(path) as store:
        create_tenant(store, moment(START_MS))
        connection = store.database.tables.conn
        with without_indexes(store.database, ("events", "deliveries", "logs"), progress):
            progress.step("the events")
            _add_events(connection, made)
            connection.executemany(_ATTEMPT, progress.over(map(_delivered, made), events))
            progress.step("the log and the records")
            connection.execute(LOG, (TARGETS,))
            connection.execute(_MADE)
            connection.execute(_RECORDS, (_HEADERS,))


def _event(kind: int, number: int, source: int, ms: int) -> _Event:
    return _Event(f"{ms:011x}{kind:04x}{number:012x}", source, moment(ms))


def _add_events(connection: sqlite3.Connection, events: Sequence[_Event]) -> None:
    body = body_of(0)
    connection.executemany(
        _EVENT,
        (
            (TENANT, f"evt_{one.unique}", source_id(one.source), one.at, _HEADERS, body)
            for one in events
        ),
    )


def _delivered(event: _Event) -> tuple[Any, ...]:
    return _attempt(event, 1, "delivered", code=200, attempted_at=event.at)


def _pending(event: _Event) -> tuple[Any, ...]:
    return _attempt(event, 1, "pending", due_at=event.at)


def _retries(events: Sequence[_Event], due_at: str) -> Iterator[tuple[Any, ...]]:
    for event in events:
        yield _attempt(event, 1, "failed", code=503, attempted_at=event.at)
        yield _attempt(event, 2, "retrying", due_at=due_at)


def _attempt(
    event: _Event,
    number: int,
    status: str,
    *,
    code: int | None = None,
    attempted_at: str | None = None,
    due_at: str | None = None,
) -> tuple[Any, ...]:
    unique = f"{event.unique}{number}"
    error = "the target answered 503" if status == "failed" else None
    ids = (TENANT, f"dlv_{unique}", f"evt_{event.unique}", target_id(event.source))
    next_attempt_at = due_at if status == "retrying" else None
    times = (event.at, attempted_at, next_attempt_at, error, f"ev_{unique}", due_at)
    return (*ids, f"flow_{event.source}", status, code, number, *times)
