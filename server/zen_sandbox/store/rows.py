"""What every collection of the store does alike: pages, and telling conflicts apart."""

import sqlite3
from typing import Any

from zen_sandbox.cursor import Window
from zen_sandbox.store.database import Database


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
    ) -> list[tuple[Any, ...]]:
        """The window's rows and one more, which says that there is a next page."""
        comparison, direction = (">", "ASC") if oldest_first else ("<", "DESC")
        conditions, values = self._conditions, self._values
        if window.after is not None:
            conditions = [*conditions, f"seq {comparison} ?"]
            values = [*values, window.after]
        sql = (
            f"SELECT {columns} FROM {table} WHERE {' AND '.join(conditions)}"
            f" ORDER BY seq {direction} LIMIT ?"
        )
        return database.execute(sql, [*values, window.limit + 1]).fetchall()


def violates(error: sqlite3.IntegrityError, *columns: str) -> bool:
    """Whether the write was refused because of the UNIQUE constraint on just those columns."""
    refused = str(error).rpartition(": ")[2].split(", ")
    return error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_UNIQUE and refused == list(columns)
