"""Time as the sandbox tells it: UTC moments as text of fixed width, never going back.

A moment is `YYYY-MM-DDTHH:MM:SS.mmm`, without the `Z` that `wire.py` adds: of one width, so that
comparing text compares time, in Python and in SQL.
"""

import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

SEEDED_START_MS = 1_796_083_200_000  # 2026-12-01T00:00:00Z


class Clock(Protocol):
    """Hands out moments; each is at or after the one before."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01T00:00:00Z."""

    def peek_ms(self) -> int:
        """The same without moving a clock that moves by being read."""

    def not_before(self, ms: int) -> None:
        """From now on tell no time before `ms` (the newest moment already stored)."""


class WallClock:
    """The machine's clock, held still where it would step back."""

    def __init__(self) -> None:
        self._latest = 0

    def now_ms(self) -> int:
        self._latest = max(self._latest, time.time_ns() // 1_000_000)
        return self._latest

    def peek_ms(self) -> int:
        return self.now_ms()

    def not_before(self, ms: int) -> None:
        self._latest = max(self._latest, ms)


class SteppingClock:
    """A clock that moves one second each time it is read, so that a run can be repeated."""

    def __init__(self, start_ms: int = SEEDED_START_MS) -> None:
        self._latest = start_ms

    def now_ms(self) -> int:
        self._latest += 1000
        return self._latest

    def peek_ms(self) -> int:
        return self._latest

    def not_before(self, ms: int) -> None:
        self._latest = max(self._latest, ms)


@lru_cache(maxsize=64)
def _second_text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:19]  # strftime does not pad years


def moment(ms: int) -> str:
    """The text of a moment."""
    seconds, rest = divmod(ms, 1000)
    return f"{_second_text(seconds)}.{rest:03d}"


@lru_cache(maxsize=64)
def milliseconds(text: str) -> int:
    """The moment's milliseconds since the epoch; the inverse of `moment`."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def comparable(timestamp: str) -> str:
    """An RFC 3339 timestamp in UTC with `Z`, as text that compares with moments as its time does.

    It may be finer than a moment; digits beyond the third that say nothing are dropped, and any
    other digit makes the text sort behind the moment it starts with, which is where its time is.
    """
    whole, _, fraction = timestamp[:-1].partition(".")
    return f"{whole}.{fraction.rstrip('0').ljust(3, '0')}"
