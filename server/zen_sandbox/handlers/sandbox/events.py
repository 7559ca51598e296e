"""Events as they came in, and all that is known of an attempt."""

import asyncio

from zen_sandbox import wire
from zen_sandbox.domain import Event
from zen_sandbox.problems import ServiceUnavailable
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Response
from zen_sandbox.store.attempts import MadeAttempt

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


async def follow_deliveries(
    call: Call,
    timeout: int,  # noqa: ASYNC109 - the contract's name
    limit: int,
    after: str | None = None,
    tenant_id: str | None = None,
) -> Response:
    """GET /sandbox/deliveries"""
    attempts, position = call.store.attempts, _position(call, after)
    rows, position = attempts.made_after(position, limit, tenant_id)
    try:
        async with asyncio.timeout(timeout):
            while not rows:
                await _progress(call)
                rows, position = attempts.made_after(position, limit, tenant_id)
    except TimeoutError:
        pass
    return wire.ok({"deliveries": [_made(row) for row in rows], "position": str(position)})


def _position(call: Call, after: str | None) -> int:
    """Where to begin. One from before a reset, which numbers anew, leads to the beginning."""
    newest = call.store.attempts.position()
    if after is None:
        after = str(call.bench.attempts_before)
    wanted = newest if after == "latest" else int(after)
    return wanted if wanted <= newest else 0


async def _progress(call: Call) -> None:
    if call.bench.engine is None:
        raise ServiceUnavailable("The delivery engine is not running.")
    await call.bench.engine.progress()


def _made(it: MadeAttempt) -> wire.Json:
    document: wire.Json = {
        "tenant_id": it.tenant_id,
        "delivery": wire.delivery(it.delivery),
        "last": it.last,
    }
    if it.next_attempt_at is not None:
        document["next_attempt_at"] = wire.timestamp(it.next_attempt_at)
    return document


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
