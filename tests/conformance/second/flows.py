"""Flows as the tenant's paths show them; `Plan` is what a request for one asks for."""

from __future__ import annotations

from dataclasses import dataclass

from tests.conformance.second import moments, reading
from tests.conformance.second.answer import Answer, conflict, invalid, missing, said
from tests.conformance.second.call import Act, Call
from tests.conformance.second.world import Flow, World


@dataclass(frozen=True)
class Plan:
    """A flow that somebody wants."""

    name: str
    source_id: str
    destination_id: str
    max_attempts: int = 3
    backoff_seconds: int = 10


def shown(world: World, row: Flow) -> dict[str, object]:
    """A flow on the wire."""
    policy = {"max_attempts": row.max_attempts, "backoff_seconds": row.backoff_seconds}
    return {
        "id": row.id,
        "name": row.name,
        "source_id": row.source_id,
        "destination_id": row.destination_id,
        "config": {"retry_policy": {**policy, "backoff_factor": 2}},
        "status": "active",
        "created_at": world.shown(row.created),
        "updated_at": world.shown(row.updated),
        "object": "delivery_flow",
    }


def listed(call: Call) -> Act:
    """GET delivery-flows"""
    page = call.asked()

    def act() -> Answer:
        rows, last = call.tenant.flows.page(page.after, page.limit, lambda row: True)
        found = [shown(call.world, row) for row in rows]
        return said(200, {"delivery_flows": found, "object": "list", **page.cursor(last)})

    return act


def read(call: Call) -> Act:
    """GET one flow"""
    return lambda: said(200, shown(call.world, _held(call)))


def created(call: Call) -> Act:
    """POST delivery-flows"""
    plan = _read(call.fields)

    def act() -> Answer:
        _ends(call, plan)
        row = made(call, plan)
        return said(201, shown(call.world, row), Location=call.location("delivery-flows", row.id))

    return act


def made(call: Call, plan: Plan) -> Flow:
    """Put a new flow into the collection, whichever path asked for it."""
    _free(call, plan.name)
    identity, now = call.world.identity(), moments.now()
    row = Flow(
        identity,
        plan.name,
        call.world.newest_first(now, identity),
        now,
        now,
        source_id=plan.source_id,
        destination_id=plan.destination_id,
        max_attempts=plan.max_attempts,
        backoff_seconds=plan.backoff_seconds,
    )
    call.tenant.flows.enter(row)
    return row


def replaced(call: Call) -> Act:
    """PUT one flow"""
    plan = _read(call.fields)

    def act() -> Answer:
        _ends(call, plan)
        row = _held(call)
        if plan.name != row.name:
            _free(call, plan.name)
        before = shown(call.world, row)
        call.tenant.flows.rename(row, plan.name)
        row.source_id, row.destination_id = plan.source_id, plan.destination_id
        row.max_attempts, row.backoff_seconds = plan.max_attempts, plan.backoff_seconds
        if shown(call.world, row) != before:
            row.updated = moments.now()
        return said(200, shown(call.world, row))

    return act


def deleted(call: Call) -> Act:
    """DELETE one flow"""

    def act() -> Answer:
        call.tenant.flows.leave(_held(call))
        return Answer(204)

    return act


def _read(fields: reading.Fields) -> Plan:
    reading.known(fields, ("name", "source_id", "destination_id", "config"))
    name = reading.name(reading.required(fields, "name"))
    source_id = reading.text(reading.required(fields, "source_id"), "source_id")
    target = reading.text(reading.required(fields, "destination_id"), "destination_id")
    config = reading.section(fields.get("config", {}), "config", ("retry_policy",))
    at = "config.retry_policy"
    words = ("max_attempts", "backoff_seconds")
    policy = reading.section(config.get("retry_policy", {}), at, words)
    attempts = reading.whole(policy.get("max_attempts", 3), f"{at}.max_attempts", 1, 10)
    backoff = reading.whole(policy.get("backoff_seconds", 10), f"{at}.backoff_seconds", 1, 3600)
    return Plan(name, source_id, target, attempts, backoff)


def _ends(call: Call, plan: Plan) -> None:
    if plan.destination_id not in call.tenant.destinations.by_id:
        raise invalid("destination_id", "target not found")
    if plan.source_id not in call.tenant.ingesters.by_id:
        raise invalid("source_id", "endpoint not found")


def _held(call: Call) -> Flow:
    identity = call.ids["flow_id"]
    row = call.tenant.flows.by_id.get(identity)
    if row is None:
        raise missing("Flow", identity)
    return row


def _free(call: Call, name: str) -> None:
    if name in call.tenant.flows.by_name:
        raise conflict(f"A flow with name '{name}' already exists.")
