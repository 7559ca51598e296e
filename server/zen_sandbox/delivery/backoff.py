"""When the next attempt is due, and what a target's `Retry-After` asks for."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 3600
"""Seconds; neither doubling nor `Retry-After` leads past it."""


def seconds_until_next(
    attempt_number: int, backoff_seconds: int, retry_after: float | None = None
) -> float:
    """Seconds from a failed attempt to the next: the policy's, or more when the target asked."""
    doubled: float = min(backoff_seconds * 2 ** min(attempt_number - 1, 12), LONGEST)
    return min(max(doubled, retry_after or 0), LONGEST)


def retry_after_seconds(value: str | None, now: datetime) -> float | None:
    """A `Retry-After` header in either form; None when absent, in the past or neither."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:9]), LONGEST))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    seconds = (moment - now).total_seconds()
    return seconds if seconds > 0 else None
