"""Time as the sandbox tells it: UTC moments as text of fixed width, never going back.

A moment is `YYYY-MM-DDTHH:MM:SS.mmm`, without the `Z` that `wire.py` adds: of one width, so that
comparing text compares time, in Python and in SQL.
"""

import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol

SEEDED_START_MS = 1_796_083_200_000  # 2026-12-01T00:00:00Z


class Clock(Protocol):
    """Hands out moments; each is at or after the one before."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01T00:00:00Z."""

    def not_before(self, ms: int) -> None:
        """From now on tell no time before `ms` (the newest moment already stored)."""


class WallClock:
    """The machine's clock, held still where it would step back."""

    def __init__(self) -> None:
        self._latest = 0

    def now_ms(self) -> int:
        self._latest = max(self._latest, time.time_ns() // 1_000_000)
        return self._latest

    def not_before(self, ms: int) -> None:
        self._latest = max(self._latest, ms)


class SteppingClock:
    """A clock that moves one second each time it is read, so that a run can be repeated."""

    def __init__(self, start_ms: int = SEEDED_START_MS) -> None:
        self._latest = start_ms

    def now_ms(self) -> int:
        self._latest += 1000
        return self._latest

    def not_before(self, ms: int) -> None:
        self._latest = max(self._latest, ms)


@lru_cache(maxsize=64)
def _second_text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def moment(ms: int) -> str:
    """The text of a moment."""
    seconds, rest = divmod(ms, 1000)
    return f"{_second_text(seconds)}.{rest:03d}"


def milliseconds(text: str) -> int:
    """The moment's milliseconds since the epoch; the inverse of `moment`."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def first_moment_from(timestamp: str) -> str:
    """The first moment at or after an RFC 3339 timestamp in UTC with `Z`.

    Moments have milliseconds, timestamps of a client may be finer: rounding up keeps both
    `>=` (since) and `<` (until) exact.  ValueError when the day does not exist.
    """
    whole, _, fraction = timestamp[:-1].partition(".")
    base = datetime.fromisoformat(whole).replace(tzinfo=UTC)
    nanoseconds = int(fraction.ljust(9, "0")) if fraction else 0
    base += timedelta(milliseconds=-(-nanoseconds // 1_000_000))
    return base.strftime("%Y-%m-%dT%H:%M:%S.") + f"{base.microsecond // 1000:03d}"
