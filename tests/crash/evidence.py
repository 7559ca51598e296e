"""What the database of a restarted server holds, as a connection of our own sees it."""

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.crash.writes import Effect


class Evidence:
    """Records and log entries whose ids begin with `prefix`, and the state of the file."""

    def __init__(self, path: Path, prefix: str) -> None:
        self._path = path
        beyond = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        records = "SELECT key FROM idempotency WHERE key >= ? AND key < ?"
        entries = "SELECT request_id FROM logs WHERE request_id >= ? AND request_id < ?"
        self.records = {key for (key,) in self._rows(records, prefix, beyond)}
        self.entries = Counter(key for (key,) in self._rows(entries, prefix, beyond))

    def has(self, effect: Effect) -> bool:
        """Whether a write has happened; AssertionError when it has happened more than once."""
        [(count,)] = self._rows(effect.sql, *effect.values)
        assert count in (0, 1), f"{count} rows: {effect}"
        return bool(count == effect.rows)

    def complaints(self) -> list[str]:
        """What SQLite finds wrong with the file."""
        found = [row[0] for row in self._rows("PRAGMA integrity_check") if row[0] != "ok"]
        return found + [f"dangling: {row}" for row in self._rows("PRAGMA foreign_key_check")]

    def _rows(self, sql: str, *values: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)) as reader:
            return reader.execute(sql, values).fetchall()
