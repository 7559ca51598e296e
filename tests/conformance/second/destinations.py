"""Targets: created, read, patched, deleted."""

from __future__ import annotations

from tests.conformance.second import moments, reading
from tests.conformance.second.answer import Answer, conflict, invalid, missing, said
from tests.conformance.second.call import Act, Call
from tests.conformance.second.world import Destination, World


def shown(world: World, row: Destination) -> dict[str, object]:
    """A target on the wire; its secret never is."""
    return {
        "id": row.id,
        "name": row.name,
        "url": row.url,
        "type": row.type,
        "status": row.status,
        "created_at": world.shown(row.created),
        "updated_at": world.shown(row.updated),
        "object": "destination",
        "signed": row.secret is not None,
    }


def listed(call: Call) -> Act:
    """GET destinations"""
    page = call.asked()

    def act() -> Answer:
        rows, last = call.tenant.destinations.page(page.after, page.limit, lambda row: True)
        found = [shown(call.world, row) for row in rows]
        return said(200, {"destinations": found, "object": "list", **page.cursor(last)})

    return act


def read(call: Call) -> Act:
    """GET one destination"""
    return lambda: said(200, shown(call.world, _held(call)))


def created(call: Call) -> Act:
    """POST destinations"""
    fields = call.fields
    reading.known(fields, ("name", "url", "type", "secret"))
    name = reading.name(reading.required(fields, "name"))
    url = reading.url(reading.required(fields, "url"))
    type_ = reading.kind_of_target(fields.get("type", "webhook"))
    secret = reading.secret(fields["secret"]) if "secret" in fields else None

    def act() -> Answer:
        _free(call, name)
        identity, now = call.world.identity(), moments.now()
        key = call.world.newest_first(now, identity)
        row = Destination(identity, name, key, now, now, url=url, type=type_, secret=secret)
        call.tenant.destinations.enter(row)
        location = call.location("destinations", identity)
        return said(201, shown(call.world, row), Location=location)

    return act


def patched(call: Call) -> Act:
    """PATCH one destination"""
    changes = _changes(call.fields)

    def act() -> Answer:
        row = _held(call)
        name = changes.pop("name", row.name)
        if name != row.name:
            _free(call, str(name))
            call.tenant.destinations.rename(row, str(name))
            row.updated = moments.now()
        for field, value in changes.items():
            if getattr(row, field) != value:
                setattr(row, field, value)
                row.updated = moments.now()
        if "status" in changes:
            row.losses = 0
        return said(200, shown(call.world, row))

    return act


def deleted(call: Call) -> Act:
    """DELETE one destination"""

    def act() -> Answer:
        row = _held(call)
        for flow in call.tenant.flows.by_id.values():
            if flow.destination_id == row.id:
                raise conflict(f"Flow '{flow.name}' still delivers to this destination.")
        call.tenant.destinations.leave(row)
        return Answer(204)

    return act


def _changes(fields: reading.Fields) -> reading.Fields:
    reading.known(fields, ("name", "url", "type", "secret", "status"))
    if not fields:
        raise invalid("body", "must name at least one field to change")
    changes: reading.Fields = {}
    if "name" in fields:
        changes["name"] = reading.name(fields["name"])
    if "url" in fields:
        changes["url"] = reading.url(fields["url"])
    if "type" in fields:
        changes["type"] = reading.kind_of_target(fields["type"])
    if "secret" in fields:
        given = fields["secret"]
        changes["secret"] = None if given is None else reading.secret(given)
    if "status" in fields:
        changes["status"] = reading.one_of(fields["status"], "status", ("active", "disabled"))
    return changes


def _held(call: Call) -> Destination:
    identity = call.ids["destination_id"]
    row = call.tenant.destinations.by_id.get(identity)
    if row is None:
        raise missing("Destination", identity)
    return row


def _free(call: Call, name: str) -> None:
    if name in call.tenant.destinations.by_name:
        raise conflict(f"A destination with name '{name}' already exists.")
