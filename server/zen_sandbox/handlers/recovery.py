"""Retries: a new attempt at the end of a chain whose newest attempt failed."""

from typing import Any

from zen_sandbox import wire
from zen_sandbox.domain import Delivery
from zen_sandbox.problems import Conflict
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Response


def retry_event(call: Call, event_id: str, body: dict[str, Any] | None) -> Response:
    """POST /v1/tenants/{tenant_id}/events/{event_id}/retry"""
    ends = call.store.deliveries.chain_ends(call.tenant_id, event_id)
    failed = [attempt for attempt in ends if attempt.status == "failed"]
    if not failed:
        raise Conflict(f"Event {event_id} has no failed delivery to retry.")
    queued = [_queue_after(call, attempt) for attempt in failed]
    count = "1 attempt" if len(queued) == 1 else f"{len(queued)} attempts"
    return wire.accepted(
        {"status": "queued", "delivery_id": queued[0], "message": f"{count} queued."}
    )


def retry_batch(call: Call, body: dict[str, Any]) -> Response:
    """POST /v1/tenants/{tenant_id}/retry/batch"""
    ends: dict[tuple[str, str], tuple[str, Delivery]] = {}
    for delivery_id in body["delivery_ids"]:
        given = call.store.deliveries.get(call.tenant_id, delivery_id)
        chain = (given.event_id, given.flow_id)
        if chain not in ends:
            ends[chain] = (delivery_id, _newest(call, given))
    for delivery_id, end in ends.values():
        if end.status != "failed":
            raise Conflict(
                f"The newest attempt in the chain of delivery {delivery_id} is not failed."
            )
    for _, end in ends.values():
        _queue_after(call, end)
    listed = [{"delivery_id": given, "status": "queued"} for given, _ in ends.values()]
    return wire.accepted({"queued": len(listed), "deliveries": listed})


def _newest(call: Call, attempt: Delivery) -> Delivery:
    ends = call.store.deliveries.chain_ends(call.tenant_id, attempt.event_id)
    return next(end for end in ends if end.flow_id == attempt.flow_id)


def _queue_after(call: Call, end: Delivery) -> str:
    """Queues the attempt that follows the end of a chain, due at once; its id."""
    delivery_id = call.store.ids.new("dlv", call.ms)
    call.store.deliveries.queue(
        call.tenant_id,
        delivery_id,
        call.now,
        event_id=end.event_id,
        flow_id=end.flow_id,
        destination_id=end.destination_id,
        evidence_id=call.store.ids.new("ev", call.ms),
        attempt_number=end.attempt_number + 1,
    )
    return delivery_id
