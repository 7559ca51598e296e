"""Databases with many deliveries: what is in them, and how they are made fast and kept.

One tenant owns everything. Each event runs through one flow, so that failed attempts are followed
by further ones as the engine would queue them, and each executed attempt has its log entry. Made
with bulk SQL in the store's own schema; a file is named after that schema and this module, so that
a change of either makes a new one.
"""

import hashlib
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from zen_sandbox.clock import moment
from zen_sandbox.scopes import EVERYTHING
from zen_sandbox.store import Database, Store

TENANT = "tnt_benchmark"
TOKEN = "zpk_benchmark_0123456789abcdefghijklmnopqrstuvwx"
TARGETS = 200
DEEP_STATUS = "failed"

_INGESTERS = 10
START_MS = 1_748_736_000_000  # 2025-06-01T00:00:00Z
_STEP_MS = 4_321
_WAITING = 500  # the newest attempts, which are still queued
_MAX_ATTEMPTS = 3
_FAILS_AT_FIRST = 0.15
_FAILS_AGAIN = 0.5
_FAILURES = (
    (500, "the target answered 500"),
    (503, "the target answered 503"),
    (404, "the target answered 404"),
    (None, "no answer within 30 seconds"),
)
_QUIET_SECONDS = 2.0

_DELIVERY = (
    "INSERT INTO deliveries (tenant_id, id, event_id, destination_id, flow_id, status,"
    " response_code, attempt_number, queued_at, attempted_at, next_attempt_at, error_message,"
    " evidence_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
LOG = (
    "INSERT INTO logs (tenant_id, seq, id, timestamp, level, message, action, result, actor,"
    " resource_type, resource_id, delivery_id, source_id)"
    " SELECT tenant_id, seq, 'log_' || substr(id, 5), attempted_at,"
    " CASE status WHEN 'failed' THEN 'error' ELSE 'info' END,"
    " 'deliver delivery ' || id || ': ' || coalesce(error_message, '200'), 'deliver', 'success',"
    " 'engine', 'delivery', id, id, 'ing_' || (substr(flow_id, 6) % ?)"
    " FROM deliveries WHERE attempted_at IS NOT NULL ORDER BY seq"
)


class Table(NamedTuple):
    """A filled database: how many deliveries it holds, and how many of them match the filter."""

    path: Path
    deliveries: int
    matching: int


def target_id(number: int) -> str:
    """The id of one of the tenant's targets."""
    return f"dest_{START_MS + number:011x}{number:016x}"


def table(folder: Path, deliveries: int) -> Table:
    """The database of that size, from the folder, or made and kept there."""
    path = kept(
        folder,
        f"deliveries-{deliveries}",
        Path(__file__),
        lambda path: _make(path, deliveries),
    )
    connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    (matching,) = connection.execute(
        "SELECT count(*) FROM deliveries WHERE tenant_id = ? AND status = ?", (TENANT, DEEP_STATUS)
    ).fetchone()
    connection.close()
    return Table(path, deliveries, matching)


def kept(folder: Path, name: str, source: Path, make: Callable[[Path], None]) -> Path:
    """The database of that name, from the folder or made and kept there.

    `source` is the module that makes it; when it or the store's schema changes, so does the file.
    """
    path = folder / f"{name}-{_digest(source)}.db"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for outdated in folder.glob(f"{name}-*"):
            outdated.unlink()
        make(path)
    return path


@contextmanager
def filling(path: Path) -> Iterator[Store]:
    """A store in one write transaction; the file is there once it has ended well."""
    with tempfile.TemporaryDirectory(prefix=".fill-", dir=path.parent) as scratch:
        work = Path(scratch) / path.name
        store = Store(Database(work, durability="none"))
        store.database.execute("PRAGMA cache_size = -400000")
        with store.database.writing():
            yield store
        store.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        store.close()
        work.rename(path)


@contextmanager
def without_indexes(
    database: Database, tables: Sequence[str], progress: "Progress"
) -> Iterator[None]:
    """Drops the tables' indexes and makes them at the end, which takes a third of the time."""
    found: list[tuple[str, str]] = database.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        f" AND tbl_name IN ({', '.join('?' * len(tables))})",
        tables,
    ).fetchall()
    for name, _ in found:
        database.execute(f"DROP INDEX {name}")
    yield
    for name, sql in found:
        progress.step(f"index {name}")
        database.execute(sql)


def create_tenant(store: Store, now: str) -> None:
    """The tenant that everything belongs to, and its key."""
    store.accounts.create_tenant(TENANT, "Benchmark", now)
    store.accounts.create_api_key("key_benchmark", TENANT, TOKEN, now, scopes=EVERYTHING)


def _digest(source: Path) -> str:
    with tempfile.TemporaryDirectory() as scratch:
        store = Store(Database(Path(scratch) / "empty.db"))
        schema = store.database.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall()
        store.close()
    return hashlib.sha256(source.read_bytes() + repr(schema).encode()).hexdigest()[:16]


def _make(path: Path, deliveries: int) -> None:
    progress = Progress(f"Filling a table of {deliveries:,} deliveries")
    with filling(path) as store:
        _fill_accounts(store)
        database = store.database
        with without_indexes(database, ("deliveries", "logs"), progress):
            rows = progress.over(_deliveries(deliveries), deliveries)
            database.tables.conn.executemany(_DELIVERY, rows)
            progress.step("the log")
            database.execute(LOG, (_INGESTERS,))


def _fill_accounts(store: Store) -> None:
    now = moment(START_MS)
    create_tenant(store, now)
    for number in range(_INGESTERS):
        store.ingesters.create(
            TENANT, f"ing_{number}", now, name=f"ingester {number}", type="stripe"
        )
    for number in range(TARGETS):
        url = f"https://hooks-{number}.example.com/webhooks/zen-mesh"
        name = f"target {number}"
        store.destinations.create(TENANT, target_id(number), now, name=name, url=url)


def _deliveries(count: int) -> Iterator[tuple[Any, ...]]:
    """Rows of the table, oldest first; the same ones for the same count."""
    chance = random.Random(count)
    # A few targets get most of the traffic.
    flows = chance.choices(range(TARGETS), [1 / (n + 1) for n in range(TARGETS)], k=100_000)
    event, flow, attempt = "", 0, _MAX_ATTEMPTS
    for number in range(count):
        ms = START_MS + number * _STEP_MS
        unique = f"{ms:011x}{chance.getrandbits(64):016x}"
        if attempt == _MAX_ATTEMPTS:
            event, flow, attempt = f"evt_{unique}", flows[number % len(flows)], 0
        attempt += 1
        place = (TENANT, f"dlv_{unique}", event, target_id(flow), f"flow_{flow}")
        now, evidence = moment(ms), f"ev_{unique}"
        if number >= count - _WAITING:
            status, attempt, due = chance.choice((("pending", 1, None), ("retrying", 2, now)))
            yield (*place, status, None, attempt, now, None, due, None, evidence)
        elif chance.random() < (_FAILS_AT_FIRST if attempt == 1 else _FAILS_AGAIN):
            code, reason = chance.choice(_FAILURES)
            yield (*place, "failed", code, attempt, now, now, None, reason, evidence)
            continue
        else:
            yield (*place, "delivered", 200, attempt, now, now, None, None, evidence)
        attempt = _MAX_ATTEMPTS


class Progress:
    """Says what is being done once it has taken more than a moment."""

    def __init__(self, task: str) -> None:
        self._task = task
        self._due = time.monotonic() + _QUIET_SECONDS

    def over(self, rows: Iterable[tuple[Any, ...]], count: int) -> Iterator[tuple[Any, ...]]:
        """The rows, saying now and then how many of them there were."""
        for number, row in enumerate(rows):
            if not number % 10_000:
                self.step(f"{number / count:.0%}")
            yield row

    def step(self, what: str) -> None:
        """What comes next."""
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + _QUIET_SECONDS
            print(f"{self._task}, once: {what} …", file=sys.stderr, flush=True)
