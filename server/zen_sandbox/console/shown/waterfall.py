"""An event's attempts on a time axis: when each waited, when it ran, what is still to come."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from zen_sandbox.console.shown.values import duration, seconds_between

WIDTH = 1000
LABEL = 170
"""Left of the axis is room for a name, right of it for the outcome."""

_RIGHT = 190
_ROW = 34
_TOP = 30
_NARROWEST = 4.0
_TICKS = 5


class Span(NamedTuple):
    """A bar: what it is (wait, attempt), and for an attempt how it ended."""

    kind: str
    x: float
    width: float
    title: str


class Row(NamedTuple):
    """An attempt's line."""

    y: int
    number: int
    name: str
    status: str
    spans: list[Span]
    outcome: str


class Waterfall(NamedTuple):
    """All that is drawn."""

    height: int
    rows: list[Row]
    ticks: list[tuple[float, str]]


def waterfall(
    received_at: str,
    attempts: Sequence[Mapping[str, Any]],
    records: Mapping[str, Mapping[str, Any]],
    names: Mapping[str, str],
) -> Waterfall:
    """Times in seconds since it came in. `records` are by the attempt, `names` by the flow."""
    times = {one["id"]: _times(one, records.get(one["id"], {}), received_at) for one in attempts}
    whole = max([end for _, end in times.values()] + [0.001])
    scale = (WIDTH - LABEL - _RIGHT) / whole
    rows, since = [], dict[str, float]()
    for place, attempt in enumerate(attempts):
        begin, end = times[attempt["id"]]
        spans = _spans(attempt, since.get(attempt["flow_id"], 0.0), begin, end, scale)
        since[attempt["flow_id"]] = end
        record = records.get(attempt["id"], {})
        rows.append(
            Row(
                _TOP + place * _ROW,
                attempt["attempt_number"],
                names.get(attempt["flow_id"], ""),
                attempt["status"],
                spans,
                _outcome(attempt, record),
            )
        )
    ticks = [
        (LABEL + whole * part / _TICKS * scale, duration(whole * part / _TICKS))
        for part in range(_TICKS + 1)
    ]
    return Waterfall(_TOP + len(attempts) * _ROW + 6, rows, ticks)


def _times(
    attempt: Mapping[str, Any], record: Mapping[str, Any], received_at: str
) -> tuple[float, float]:
    """When it began and ended; of a queued one, when it is due."""
    moment = attempt.get("attempted_at") or attempt.get("next_attempt_at") or received_at
    end = max(0.0, seconds_between(received_at, moment))
    took = record.get("total_ms", 0.0) / 1000 if "attempted_at" in attempt else 0.0
    return max(0.0, end - took), end


def _spans(
    attempt: Mapping[str, Any], since: float, begin: float, end: float, scale: float
) -> list[Span]:
    at = LABEL + since * scale
    spans = []
    if begin > since:
        word = "waited" if "attempted_at" in attempt else "waits"
        spans.append(Span("wait", at, (begin - since) * scale, f"{word} {duration(begin - since)}"))
    if "attempted_at" in attempt:
        width = max((end - begin) * scale, _NARROWEST)
        spans.append(
            Span(attempt["status"], LABEL + begin * scale, width, f"took {duration(end - begin)}")
        )
    return spans


def _outcome(attempt: Mapping[str, Any], record: Mapping[str, Any]) -> str:
    if "attempted_at" not in attempt:
        return "queued"
    answered = attempt.get("response_code") or "no answer"
    took = f" in {duration(record['total_ms'] / 1000)}" if record else ""
    return f"{answered}{took}"
