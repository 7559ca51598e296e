"""Delivery attempts and traces."""

from zen_sandbox import wire
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Response


def list_deliveries(
    call: Call,
    limit: int,
    cursor: str | None = None,
    status: str | None = None,
    destination_id: str | None = None,
    event_id: str | None = None,
) -> Response:
    """GET /v1/tenants/{tenant_id}/deliveries"""
    window = call.window(limit, cursor)
    rows = call.store.deliveries.page(
        call.tenant_id, window, status=status, destination_id=destination_id, event_id=event_id
    )
    return wire.page("deliveries", rows, window, wire.delivery)


def get_delivery(call: Call, delivery_id: str) -> Response:
    """GET /v1/tenants/{tenant_id}/deliveries/{delivery_id}"""
    return wire.ok(wire.delivery(call.store.deliveries.get(call.tenant_id, delivery_id)))
