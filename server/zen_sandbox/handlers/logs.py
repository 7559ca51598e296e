"""The log."""

from zen_sandbox import wire
from zen_sandbox.clock import comparable
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
        since=None if since is None else comparable(since),
        until=None if until is None else comparable(until),
    )
    return wire.page("logs", rows, window, wire.log_entry)
