"""The requests that this server was asked lately."""

import orjson

from zen_sandbox import wire
from zen_sandbox.bench.request_log import Seen
from zen_sandbox.clock import moment
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Response


def list_requests(call: Call, limit: int, tenant_id: str | None = None) -> Response:
    """GET /sandbox/requests"""
    found = call.bench.requests.newest(limit, tenant_id)
    return wire.ok({"requests": [_shown(seen) for seen in found]})


def _shown(seen: Seen) -> wire.Json:
    document: wire.Json = {
        "request_id": seen.request_id,
        "received_at": wire.timestamp(moment(seen.received_ms)),
        "method": seen.method,
        "path": seen.path,
        "status": seen.status,
        "milliseconds": round(seen.milliseconds, 3),
    }
    for name in ("tenant_id", "operation_id", "schema_pointer"):
        if getattr(seen, name) is not None:
            document[name] = getattr(seen, name)
    if seen.problem is not None:
        document["problem"] = orjson.loads(seen.problem)
    return document
