"""Timestamps of answers as values that compare: whole and fractional seconds alike."""

import re
from datetime import datetime

from zen_conformance.failures import ConformanceFailure, NotRun

_RFC3339 = re.compile(r"(?P<whole>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.](?P<part>\d+))?Z", re.ASCII)
Moment = tuple[str, str]


def moment(text: object) -> Moment:
    """The timestamp's place in time; a later one is greater, the same one in other words equal."""
    if text is None:
        raise NotRun("a timestamp is not there")  # where it must be, that is told already
    fits = _RFC3339.fullmatch(text) if isinstance(text, str) else None
    if fits is None:
        raise ConformanceFailure(
            f"{text!r} is not an RFC 3339 timestamp in UTC", requirement="WIRE-007"
        )
    return fits["whole"], (fits["part"] or "").rstrip("0")


def time_of(text: object) -> datetime:
    """The timestamp as a time to reckon with; digits beyond microseconds are cut off."""
    moment(text)
    return datetime.fromisoformat(str(text))


def wire(at: datetime) -> str:
    """A time as a timestamp of the wire."""
    return at.isoformat().replace("+00:00", "Z")
