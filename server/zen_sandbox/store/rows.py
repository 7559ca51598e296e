"""What every collection of the store does alike: pages, and telling conflicts apart."""

import sqlite3
from typing import Any

from zen_sandbox.clock import milliseconds
from zen_sandbox.cursor import Window
from zen_sandbox.problems import Conflict
from zen_sandbox.store.database import Database

_ROWS_PER_MS = 12  # bits: 4,096 places to a millisecond, in which no machine makes as many rows


class Filters:
    """The WHERE of a list: columns that must equal values, and a place to start from.

    `narrowest` is the column of which a value has a few rows among millions: where it must equal
    something, SQLite, which counts columns, is kept from the wider indexes of the others (`+`).
    """

    def __init__(
        self, tenant_id: str, *, narrowest: str | None = None, **equal: str | None
    ) -> None:
        self._conditions = ["tenant_id = ?"]
        self._values: list[Any] = [tenant_id]
        plus = "" if narrowest is None or equal[narrowest] is None else "+"
        for column, value in equal.items():
            if value is not None:
                self.add(f"{'' if column == narrowest else plus}{column} = ?", value)

    def add(self, condition: str, value: object) -> None:
        """One more condition, with the value of its one placeholder."""
        self._conditions.append(condition)
        self._values.append(value)

    def select(
        self,
        database: Database,
        columns: str,
        table: str,
        window: Window,
        *,
        oldest_first: bool = False,
        index: str | None = None,
    ) -> list[tuple[Any, ...]]:
        """The window's rows and one more, which says that there is a next page.

        `index` is the one to read, where SQLite would think that the table's own order is better.
        """
        comparison, direction = (">", "ASC") if oldest_first else ("<", "DESC")
        conditions, values = self._conditions, self._values
        if window.after is not None:
            conditions = [*conditions, f"seq {comparison} ?"]
            values = [*values, window.after]
        source = f"{table} INDEXED BY {index}" if index else table
        sql = (
            f"SELECT {columns} FROM {source} WHERE {' AND '.join(conditions)}"
            f" ORDER BY seq {direction} LIMIT ?"
        )
        return database.execute(sql, [*values, window.limit + 1]).fetchall()


class Places:
    """Hands out the places of new rows: by time, and never one again that a deleted row had."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def at(self, tenant_id: str, now: str) -> int:
        """A place for a row made at that moment: the first of its millisecond, or the next."""
        place = max(first_place(now), self._last.get(tenant_id, 0) + 1)
        self._last[tenant_id] = place
        return place


def first_place(moment: str) -> int:
    """No row made at or after the moment has a lower place."""
    return milliseconds(moment) << _ROWS_PER_MS


def next_seq(table: str) -> str:
    """The place of a new row, as a query with two values: its own place, and the tenant.

    The highest is passed in the rare case that another process has used later places.
    """
    return f"(SELECT MAX(IFNULL(MAX(seq), 0) + 1, ?) FROM {table} WHERE tenant_id = ?)"


def name_taken(error: sqlite3.IntegrityError, table: str, kind: str, name: str) -> Exception:
    """A Conflict when the write was refused because of the table's names; else the error itself.

    `kind` is what the table holds, with its article.
    """
    refused = str(error).rpartition(": ")[2].split(", ")
    unique = error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_UNIQUE
    if unique and refused == [f"{table}.tenant_id", f"{table}.name"]:
        return Conflict(f"{kind} with name '{name}' already exists.")
    return error
