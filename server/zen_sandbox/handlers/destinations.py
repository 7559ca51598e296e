"""Targets."""

from typing import Any

from zen_sandbox import wire
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Response


def list_destinations(call: Call, limit: int, cursor: str | None = None) -> Response:
    """GET /v1/tenants/{tenant_id}/destinations"""
    window = call.window(limit, cursor)
    rows = call.store.destinations.page(call.tenant_id, window)
    return wire.page("destinations", rows, window, wire.destination)


def create_destination(call: Call, body: dict[str, Any]) -> Response:
    """POST /v1/tenants/{tenant_id}/destinations"""
    created = call.store.destinations.create(
        call.tenant_id,
        call.store.ids.new("dest", call.ms),
        call.now,
        **_columns(body),
    )
    location = f"/v1/tenants/{call.tenant_id}/destinations/{created.id}"
    return wire.created(wire.destination(created), location)


def get_destination(call: Call, destination_id: str) -> Response:
    """GET /v1/tenants/{tenant_id}/destinations/{destination_id}"""
    return wire.ok(wire.destination(call.store.destinations.get(call.tenant_id, destination_id)))


def update_destination(call: Call, destination_id: str, body: dict[str, Any]) -> Response:
    """PATCH /v1/tenants/{tenant_id}/destinations/{destination_id}"""
    updated = call.store.destinations.update(
        call.tenant_id, destination_id, call.now, _columns(body)
    )
    return wire.ok(wire.destination(updated))


def delete_destination(call: Call, destination_id: str) -> Response:
    """DELETE /v1/tenants/{tenant_id}/destinations/{destination_id}"""
    call.store.destinations.delete(call.tenant_id, destination_id)
    return wire.deleted()


def _columns(body: dict[str, Any]) -> dict[str, Any]:
    """The body's fields as the store names them; its `secret` is an object or null."""
    columns = dict(body)
    if columns.get("secret") is not None:
        columns["secret"] = columns["secret"]["value"]
    return columns
