"""The log."""

from zen_sandbox import wire
from zen_sandbox.clock import first_moment_from
from zen_sandbox.problems import ValidationFailed
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Response


def list_logs(
    call: Call,
    limit: int,
    cursor: str | None = None,
    level: str | None = None,
    source_id: str | None = None,
    delivery_id: str | None = None,
    since: str | None = None,
    until: str | None = None,
) -> Response:
    """GET /v1/logs"""
    window = call.window(limit, cursor)
    rows = call.store.logs.page(
        call.tenant_id,
        window,
        level=level,
        source_id=source_id,
        delivery_id=delivery_id,
        since=_moment("since", since),
        until=_moment("until", until),
    )
    return wire.page("logs", rows, window, wire.log_entry)


def _moment(name: str, timestamp: str | None) -> str | None:
    try:
        return None if timestamp is None else first_moment_from(timestamp)
    except (ValueError, OverflowError):  # year 0000, or a moment after the year 9999
        raise ValidationFailed.of(name, "is out of range") from None
