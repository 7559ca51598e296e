"""The recipe's view of flows: below a cluster, in camelCase."""

from __future__ import annotations

from tests.conformance.second import reading
from tests.conformance.second.answer import Answer, invalid, missing, said
from tests.conformance.second.call import Act, Call
from tests.conformance.second.flows import Plan, made
from tests.conformance.second.world import Flow


def shown(call: Call, row: Flow) -> dict[str, object]:
    """A flow as the recipe prints it."""
    target = call.tenant.destinations.by_id[row.destination_id]
    return {
        "id": row.id,
        "name": row.name,
        "source": row.source_id,
        "target": {"id": target.id, "type": target.type, "displayName": target.name},
        "status": "active",
        "createdAt": call.world.shown(row.created),
        "updatedAt": call.world.shown(row.updated),
        "clusterId": call.ids["cluster_id"],
    }


def listed(call: Call) -> Act:
    """GET the cluster's delivery-flows"""
    page = call.asked()

    def act() -> Answer:
        _cluster(call)
        rows, last = call.tenant.flows.page(page.after, page.limit, lambda row: True)
        found = [shown(call, row) for row in rows]
        return said(200, {"items": found, "itemCount": len(found), **page.cursor(last)})

    return act


def created(call: Call) -> Act:
    """POST the cluster's delivery-flows"""
    fields = call.fields
    reading.known(fields, ("name", "source", "target"))
    name = reading.name(reading.required(fields, "name"))
    source = reading.text(reading.required(fields, "source"), "source")
    target = reading.section(reading.required(fields, "target"), "target", ("id", "type"))
    for member in ("id", "type"):
        if member not in target:
            raise invalid(f"target.{member}", "is required")
    target_id = reading.text(target["id"], "target.id")
    target_type = reading.kind_of_target(target["type"], "target.type")

    def act() -> Answer:
        destination = call.tenant.destinations.by_id.get(target_id)
        if destination is None:
            raise invalid("target.id", "target not found")
        if destination.type != target_type:
            raise invalid("target.type", f"the target's type is {destination.type}")
        _cluster(call)
        if source not in call.tenant.ingesters.by_id:
            raise missing("Endpoint", source)
        row = made(call, Plan(name, source, target_id))
        return said(201, shown(call, row), Location=call.location("delivery-flows", row.id))

    return act


def _cluster(call: Call) -> None:
    if call.ids["cluster_id"] not in call.world.clusters:
        raise missing("Cluster", call.ids["cluster_id"])
