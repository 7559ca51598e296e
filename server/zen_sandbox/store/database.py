"""The SQLite file: how it is opened, and how a write gets and gives back the one writer lock.

One connection per thread, in autocommit mode, so that a transaction begins exactly where `begin`
is called. The lock is never waited for here: `begin` raises `Locked`, and the caller, which runs
on the event loop, decides how to wait without stopping everybody else.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database as SqliteUtilsDatabase

SYNCHRONOUS = {"process": "NORMAL", "full": "FULL", "none": "OFF"}
"""What a write survives: the death of the process, a power cut too, or nothing (`--ephemeral`)."""


# Another process may be opening or closing the file, which needs it alone for a moment.
_OPENING = 5.0
_CHECKPOINT_PAGES = 4000  # 8 MB of log between two folds into the file, which stop the loop


class DatabaseProblem(Exception):
    """The database cannot be used; the message says why and what to do."""


class Locked(Exception):
    """Another connection is writing."""


class Database:
    """One SQLite file and this process's connections to it."""

    def __init__(self, path: Path, *, durability: str = "process") -> None:
        self.path = path
        self._synchronous = SYNCHRONOUS[durability]
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._closing = threading.Lock()
        self._after_commit: list[Callable[[], None]] = []
        path.touch(mode=0o600)  # SQLite gives its -wal and -shm files the mode of this one

    @property
    def tables(self) -> SqliteUtilsDatabase:
        """This thread's connection, as sqlite-utils wraps it."""
        try:
            wrapped: SqliteUtilsDatabase = self._local.wrapped
        except AttributeError:
            wrapped = self._local.wrapped = self._connect()
        return wrapped

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Runs one statement on this thread's connection.

        Not through `tables`, which would look at each statement for a transaction to commit: there
        is none but those that `begin` opens.
        """
        try:
            connection: sqlite3.Connection = self._local.connection
        except AttributeError:
            connection = self._local.connection = self.tables.conn
        return connection.execute(sql, parameters)

    def begin(self) -> None:
        """Takes the writer lock, or raises Locked at once."""
        try:
            self.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if is_locked(error):
                raise Locked from error
            raise

    def begin_waiting(self, seconds: float = 5.0) -> None:
        """Takes the writer lock, waiting for it in this thread; for callers off the event loop."""
        self.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")
        try:
            self.begin()
        finally:
            self.execute("PRAGMA busy_timeout = 0")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A write transaction for callers off the event loop: committed at the end, or undone."""
        self.begin_waiting()
        try:
            yield
            self.commit()
        except BaseException:
            self.rollback()
            raise

    def commit(self) -> None:
        """Makes the transaction durable (see `SYNCHRONOUS`) and gives the lock back."""
        self.execute("COMMIT")
        waiting, self._after_commit = self._after_commit, []
        for callback in waiting:
            callback()

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Calls back once the transaction under way is committed; not when it is undone."""
        self._after_commit.append(callback)

    def rollback(self) -> None:
        """Undoes the transaction, if one is open, and gives the lock back."""
        if self.tables.conn.in_transaction:
            self.execute("ROLLBACK")
            self._after_commit.clear()

    def changed_elsewhere(self) -> int:
        """A number that changes when another connection, of any process, has committed."""
        row = self.execute("PRAGMA data_version").fetchone()
        return int(row[0])

    def changes(self) -> tuple[int, int]:
        """Numbers of which one changes when anybody has, this thread's connection or another's."""
        return self.tables.conn.total_changes, self.changed_elsewhere()

    def close(self) -> None:
        """Closes every connection; the last one folds the write-ahead log into the file."""
        with self._closing:
            for connection in self._connections:
                connection.close()
            self._connections.clear()

    def _connect(self) -> SqliteUtilsDatabase:
        try:
            connection = sqlite3.connect(
                self.path, isolation_level=None, timeout=_OPENING, check_same_thread=False
            )
            with self._closing:  # before it is tried, so that `close` closes one that fails too
                self._connections.append(connection)
            # Half of SQLite's usual page: a commit writes whole pages, and ours touches seven. It
            # takes effect in a new file only.
            connection.execute("PRAGMA page_size = 2048")
            _use_write_ahead_log(connection)
            connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA busy_timeout = 0")
        except sqlite3.DatabaseError as error:
            raise DatabaseProblem(
                f"{self.path} cannot be used as a database ({error}); give another with --db."
            ) from error
        return SqliteUtilsDatabase(connection)


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Begins to, in a file that others may be opening or closing: SQLite does not wait there."""
    deadline = time.monotonic() + _OPENING
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA user_version").fetchone()  # which opens the log
        except sqlite3.OperationalError as error:
            if not is_locked(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.005)
        else:
            return


def is_locked(error: sqlite3.OperationalError) -> bool:
    """Whether the statement failed only because another connection holds a lock."""
    primary = (error.sqlite_errorcode or 0) & 0xFF
    return primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
