"""Events as they came in, and all that is known of an attempt."""

from zen_sandbox import wire
from zen_sandbox.domain import Event
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Response

NO_FLOW = "No flow of this endpoint led to a target that was not disabled."


def list_events(
    call: Call,
    limit: int,
    cursor: str | None = None,
    tenant_id: str | None = None,
    ingester_id: str | None = None,
) -> Response:
    """GET /sandbox/events"""
    window = call.window(limit, cursor)
    rows = call.store.events.page(window, tenant_id=tenant_id, ingester_id=ingester_id)
    return wire.page("events", rows, window, _shown)


def get_event(call: Call, event_id: str, tenant_id: str | None = None) -> Response:
    """GET /sandbox/events/{event_id}"""
    event, headers, body = call.store.events.get(event_id, tenant_id)
    return wire.ok({**_shown(event), "headers": headers, "body": wire.content(body)})


def get_delivery_record(call: Call, delivery_id: str, tenant_id: str | None = None) -> Response:
    """GET /sandbox/deliveries/{delivery_id}"""
    owner = call.store.deliveries.owner(delivery_id, tenant_id)
    delivery = call.store.deliveries.get(owner, delivery_id)
    document: wire.Json = {"tenant_id": owner, "delivery": wire.delivery(delivery)}
    record = call.store.queue.record(delivery.seq)
    if record is not None:
        document["record"] = wire.attempt_record(record)
    return wire.ok(document)


def _shown(event: Event) -> wire.Json:
    document: wire.Json = {
        "id": event.id,
        "tenant_id": event.tenant_id,
        "ingester_id": event.ingester_id,
        "received_at": wire.timestamp(event.received_at),
        "size": event.size,
        "deliveries": event.deliveries,
    }
    if event.content_type is not None:
        document["content_type"] = event.content_type
    if not event.deliveries:
        document["reason"] = NO_FLOW
    return document
