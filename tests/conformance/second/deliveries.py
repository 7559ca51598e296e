"""Attempts and traces, read; and the queueing of new attempts by hand."""

from __future__ import annotations

from tests.conformance.second import moments, reading
from tests.conformance.second.answer import Answer, Refusal, conflict, invalid, missing, said
from tests.conformance.second.call import Act, Call
from tests.conformance.second.world import Delivery, Event, World


def shown(world: World, row: Delivery) -> dict[str, object]:
    """An attempt on the wire."""
    told: dict[str, object] = {
        "id": row.id,
        "event_id": row.event_id,
        "destination_id": row.destination_id,
        "flow_id": row.flow_id,
        "status": row.status,
        "attempt_number": row.attempt_number,
        "evidence_id": row.evidence_id,
        "object": "delivery",
    }
    if row.status in ("pending", "retrying"):
        told["next_attempt_at"] = world.shown(row.due)
    if row.attempted is not None:
        told["attempted_at"] = world.shown(row.attempted)
    if row.response_code is not None:
        told["response_code"] = row.response_code
    if row.error_message is not None:
        told["error_message"] = row.error_message
    return told


def listed(call: Call) -> Act:
    """GET deliveries: newest first, or the trace of one event, oldest first"""
    page = call.asked("status", "destination_id", "event_id")

    def wanted(row: Delivery) -> bool:
        filters = page.filters
        return (
            filters.get("status", row.status) == row.status
            and filters.get("destination_id", row.destination_id) == row.destination_id
        )

    def act() -> Answer:
        rows = call.tenant.deliveries
        if "event_id" in page.filters:
            event = call.tenant.events.get(page.filters["event_id"])
            if event is None or not event.chains:
                told = f"No deliveries found for event {page.filters['event_id']}."
                raise Refusal(404, "not-found", told)
            rows = event.trace
        found, last = rows.page(page.after, page.limit, wanted)
        shape = [shown(call.world, row) for row in found]
        return said(200, {"deliveries": shape, "object": "list", **page.cursor(last)})

    return act


def read(call: Call) -> Act:
    """GET one delivery"""
    return lambda: said(200, shown(call.world, _held(call, call.ids["delivery_id"])))


def retried(call: Call) -> Act:
    """POST an event's retry"""
    reading.known(call.fields, ())

    def act() -> Answer:
        event = call.tenant.events.get(call.ids["event_id"])
        if event is None:
            raise missing("Event", call.ids["event_id"])
        failed = [chain for chain in event.chains.values() if chain[-1].status == "failed"]
        if not failed:
            raise conflict(f"Nothing of event {event.id} has failed for good.")
        queued = [_queued(call, event, chain[-1]) for chain in failed]
        told = f"{len(queued)} attempt(s) put into the queue."
        document = {"status": "queued", "delivery_id": queued[0].id, "message": told}
        return said(202, {**document, "delivery_ids": [row.id for row in queued]})

    return act


def retried_as_batch(call: Call) -> Act:
    """POST a batch of retries"""
    reading.known(call.fields, ("delivery_ids",))
    given = reading.required(call.fields, "delivery_ids")
    if not isinstance(given, list) or not 1 <= len(given) <= 100:
        raise invalid("delivery_ids", "must be a list of 1 to 100 ids")
    for at, identity in enumerate(given):
        if not isinstance(identity, str):
            raise invalid(f"delivery_ids.{at}", "must be a string")

    def act() -> Answer:
        first_of_chain: dict[str, Delivery] = {}
        for identity in given:
            row = _held(call, identity)
            first_of_chain.setdefault(row.chain, row)
        newest = [_newest(call, row) for row in first_of_chain.values()]
        for row, last in zip(first_of_chain.values(), newest, strict=True):
            if last.status != "failed":
                raise conflict(f"Delivery {row.id} is not one that has failed for good.")
        for last in newest:
            _queued(call, call.tenant.events[last.event_id], last)
        rows = [{"delivery_id": row.id, "status": "queued"} for row in first_of_chain.values()]
        return said(202, {"queued": len(rows), "deliveries": rows, "object": "batch"})

    return act


def _held(call: Call, identity: str) -> Delivery:
    row = call.tenant.deliveries_by_id.get(identity)
    if row is None:
        raise missing("Delivery", identity)
    return row


def _newest(call: Call, row: Delivery) -> Delivery:
    return call.tenant.events[row.event_id].chains[row.flow_id][-1]


def _queued(call: Call, event: Event, last: Delivery) -> Delivery:
    return call.engine.follow(event, last, moments.now())
