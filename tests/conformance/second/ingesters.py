"""Endpoints: where providers send events to."""

from __future__ import annotations

from tests.conformance.second import moments, reading
from tests.conformance.second.answer import Answer, conflict, missing, said
from tests.conformance.second.call import Act, Call
from tests.conformance.second.world import Ingester, World

INBOUND = "inbound"


def shown(world: World, row: Ingester) -> dict[str, object]:
    """An endpoint on the wire."""
    return {
        "id": row.id,
        "name": row.name,
        "type": row.type,
        "ingest_url": f"{world.base_url}/{INBOUND}/{row.id}",
        "status": "active",
        "created_at": world.shown(row.created),
        "updated_at": world.shown(row.updated),
        "object": "ingester",
    }


def listed(call: Call) -> Act:
    """GET ingesters"""
    page = call.asked()

    def act() -> Answer:
        rows, last = call.tenant.ingesters.page(page.after, page.limit, lambda row: True)
        found = [shown(call.world, row) for row in rows]
        return said(200, {"ingesters": found, "object": "list", **page.cursor(last)})

    return act


def read(call: Call) -> Act:
    """GET one ingester"""
    return lambda: said(200, shown(call.world, _held(call)))


def created(call: Call) -> Act:
    """POST ingesters"""
    name, type_ = _read(call.fields)

    def act() -> Answer:
        _free(call, name)
        identity, now = call.world.identity(), moments.now()
        key = call.world.newest_first(now, identity)
        row = Ingester(identity, name, key, now, now, type=type_)
        call.tenant.ingesters.enter(row)
        call.world.ingester_tenants[identity] = call.tenant.id
        return said(201, shown(call.world, row), Location=call.location("ingesters", identity))

    return act


def replaced(call: Call) -> Act:
    """PUT one ingester"""
    name, type_ = _read(call.fields)

    def act() -> Answer:
        row = _held(call)
        if name != row.name:
            _free(call, name)
        if (name, type_) != (row.name, row.type):
            row.updated = moments.now()
        call.tenant.ingesters.rename(row, name)
        row.type = type_
        return said(200, shown(call.world, row))

    return act


def deleted(call: Call) -> Act:
    """DELETE one ingester"""

    def act() -> Answer:
        row = _held(call)
        for flow in call.tenant.flows.by_id.values():
            if flow.source_id == row.id:
                raise conflict(f"Flow '{flow.name}' still takes events from this endpoint.")
        call.tenant.ingesters.leave(row)
        del call.world.ingester_tenants[row.id]
        return Answer(204)

    return act


def _read(fields: reading.Fields) -> tuple[str, str]:
    reading.known(fields, ("name", "type"))
    name = reading.name(reading.required(fields, "name"))
    return name, reading.provider(reading.required(fields, "type"))


def _held(call: Call) -> Ingester:
    identity = call.ids["ingester_id"]
    row = call.tenant.ingesters.by_id.get(identity)
    if row is None:
        raise missing("Endpoint", identity)
    return row


def _free(call: Call, name: str) -> None:
    if name in call.tenant.ingesters.by_name:
        raise conflict(f"An endpoint with name '{name}' already exists.")
