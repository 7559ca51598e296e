"""Rows in a fixed order, walked by the key of the last row seen, so that depth costs nothing."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

Row = TypeVar("Row")
Key = tuple[float, str]


class Collection(Generic[Row]):
    """Rows by id, and in the order of their keys."""

    def __init__(self) -> None:
        self._keys: list[Key] = []
        self._rows: dict[Key, Row] = {}

    def add(self, key: Key, row: Row) -> None:
        """Put a row in its place; a key never changes."""
        insort(self._keys, key)
        self._rows[key] = row

    def drop(self, key: Key) -> None:
        """Take a row out."""
        del self._keys[bisect_left(self._keys, key)]
        del self._rows[key]

    def after(self, key: Key | None) -> Iterator[tuple[Key, Row]]:
        """The rows behind a key, which need not be there any more."""
        start = 0 if key is None else bisect_right(self._keys, key)
        for at in range(start, len(self._keys)):
            yield self._keys[at], self._rows[self._keys[at]]

    def page(
        self, key: Key | None, limit: int, wanted: Callable[[Row], bool]
    ) -> tuple[list[Row], Key | None]:
        """At most `limit` rows that are wanted, and the last one's key when more are to come."""
        rows: list[Row] = []
        last = key
        for place, row in self.after(key):
            if not wanted(row):
                continue
            if len(rows) == limit:
                return rows, last
            rows.append(row)
            last = place
        return rows, None
