"""Flows at the tenant level."""

from typing import Any

from zen_sandbox import wire
from zen_sandbox.domain import RetryPolicy
from zen_sandbox.problems import FieldError, ValidationFailed
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Response


def list_delivery_flows(call: Call, limit: int, cursor: str | None = None) -> Response:
    """GET /v1/tenants/{tenant_id}/delivery-flows"""
    window = call.window(limit, cursor)
    rows = call.store.delivery_flows.page(call.tenant_id, window)
    return wire.page("delivery_flows", rows, window, wire.delivery_flow)


def create_delivery_flow(call: Call, body: dict[str, Any]) -> Response:
    """POST /v1/tenants/{tenant_id}/delivery-flows"""
    fields = _fields(call, body)
    created = call.store.delivery_flows.create(
        call.tenant_id, call.store.ids.new("flow", call.ms), call.now, **fields
    )
    location = f"/v1/tenants/{call.tenant_id}/delivery-flows/{created.id}"
    return wire.created(wire.delivery_flow(created), location, source_id=created.source_id)


def get_delivery_flow(call: Call, flow_id: str) -> Response:
    """GET /v1/tenants/{tenant_id}/delivery-flows/{flow_id}"""
    return wire.ok(wire.delivery_flow(call.store.delivery_flows.get(call.tenant_id, flow_id)))


def replace_delivery_flow(call: Call, flow_id: str, body: dict[str, Any]) -> Response:
    """PUT /v1/tenants/{tenant_id}/delivery-flows/{flow_id}"""
    fields = _fields(call, body)
    replaced = call.store.delivery_flows.replace(call.tenant_id, flow_id, call.now, **fields)
    return wire.ok(wire.delivery_flow(replaced), source_id=replaced.source_id)


def delete_delivery_flow(call: Call, flow_id: str) -> Response:
    """DELETE /v1/tenants/{tenant_id}/delivery-flows/{flow_id}"""
    deleted = call.store.delivery_flows.delete(call.tenant_id, flow_id)
    return wire.deleted(source_id=deleted.source_id)


def _fields(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """What the store is to keep; 400 naming each reference to something that does not exist."""
    source_id, destination_id = body["source_id"], body["destination_id"]
    errors = []
    if call.store.ingesters.find(call.tenant_id, source_id) is None:
        errors.append(FieldError("source_id", "endpoint not found"))
    if call.store.destinations.find(call.tenant_id, destination_id) is None:
        errors.append(FieldError("destination_id", "target not found"))
    if errors:
        raise ValidationFailed(errors)
    policy = RetryPolicy(**body.get("config", {}).get("retry_policy", {}))
    return {
        "name": body["name"],
        "source_id": source_id,
        "destination_id": destination_id,
        "policy": policy,
    }
