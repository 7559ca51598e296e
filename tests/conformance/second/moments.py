"""The one place that reads the wall clock, and how this server writes and reads timestamps."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,12})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


def now() -> float:
    """Seconds since 1970, with a fraction."""
    return time.time()


def shown(moment: float, fractional: bool) -> str:
    """The moment as RFC 3339 in UTC; whole seconds are cut off, not rounded, so none lies ahead."""
    written = datetime.fromtimestamp(moment, UTC).replace(tzinfo=None)
    return written.isoformat(timespec="microseconds" if fractional else "seconds") + "Z"


def cut(moment: float, fractional: bool) -> float:
    """The moment as its written form tells it, so that sorting agrees with the text."""
    return int(moment * 1_000_000) / 1_000_000 if fractional else float(int(moment))


def told(text: str) -> float | None:
    """What an RFC 3339 timestamp says, or None when it is not one."""
    if not _RFC3339.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).timestamp()
    except (ValueError, OverflowError):
        return None
