"""Flows at the cluster level, as the create-a-flow recipe uses them."""

from typing import Any

from zen_sandbox import wire
from zen_sandbox.domain import RetryPolicy
from zen_sandbox.problems import ValidationFailed
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Response


def list_cluster_delivery_flows(
    call: Call, cluster_id: str, limit: int, cursor: str | None = None
) -> Response:
    """GET /tenants/{tenant_id}/clusters/{cluster_id}/delivery-flows"""
    window = call.window(limit, cursor)
    call.store.accounts.require_cluster(call.tenant_id, cluster_id)
    rows = call.store.delivery_flows.page(call.tenant_id, window)
    return wire.page("items", rows, window, wire.cluster_delivery_flow)


def create_cluster_delivery_flow(call: Call, cluster_id: str, body: dict[str, Any]) -> Response:
    """POST /tenants/{tenant_id}/clusters/{cluster_id}/delivery-flows"""
    _check_target(call, body["target"])
    call.store.accounts.require_cluster(call.tenant_id, cluster_id)
    source = call.store.ingesters.get(call.tenant_id, body["source"])
    created = call.store.delivery_flows.create(
        call.tenant_id,
        call.store.ids.new("flow", call.ms),
        call.now,
        name=body["name"],
        source_id=source.id,
        destination_id=body["target"]["id"],
        policy=RetryPolicy(),
    )
    location = f"/v1/tenants/{call.tenant_id}/delivery-flows/{created.id}"
    return wire.created(wire.cluster_delivery_flow(created), location, source_id=source.id)


def _check_target(call: Call, target: dict[str, str]) -> None:
    destination = call.store.destinations.find(call.tenant_id, target["id"])
    if destination is None:
        raise ValidationFailed.of("target.id", "target not found")
    if destination.type != target["type"]:
        raise ValidationFailed.of(
            "target.type",
            f"is '{destination.type}' for target {destination.id}, not '{target['type']}'",
        )
