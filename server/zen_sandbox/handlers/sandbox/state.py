"""Snapshots of tenants' data, and starting over."""

from typing import Any

from zen_sandbox import demo, wire
from zen_sandbox.problems import ValidationFailed
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Response
from zen_sandbox.store.snapshots import Snapshot


def list_snapshots(call: Call, tenant_id: str | None = None) -> Response:
    """GET /sandbox/snapshots"""
    found = call.store.snapshots.list(tenant_id)
    return wire.ok({"snapshots": [_shown(one) for one in found]})


def create_snapshot(call: Call, body: dict[str, Any]) -> Response:
    """POST /sandbox/snapshots"""
    tenants = _tenants(call, body.get("tenant_id"))
    taken = call.store.snapshots.take(body["name"], tenants, call.store.now())
    return wire.created(_shown(taken), f"/sandbox/snapshots/{taken.name}")


def get_snapshot(call: Call, snapshot_name: str) -> Response:
    """GET /sandbox/snapshots/{snapshot_name}"""
    return wire.ok(_shown(call.store.snapshots.get(snapshot_name)))


def delete_snapshot(call: Call, snapshot_name: str) -> Response:
    """DELETE /sandbox/snapshots/{snapshot_name}"""
    call.store.snapshots.delete(snapshot_name)
    return wire.deleted()


def restore_snapshot(call: Call, snapshot_name: str, tenant_id: str | None = None) -> Response:
    """POST /sandbox/snapshots/{snapshot_name}/restore"""
    restored = call.store.snapshots.restore(snapshot_name, tenant_id)
    _tell_the_engine(call)
    return wire.ok(_shown(restored))


def reset(call: Call, body: dict[str, Any]) -> Response:
    """POST /sandbox/reset"""
    to_demo, wanted = body.get("to") == "demo", body.get("tenant_id")
    if to_demo and wanted not in (None, demo.TENANT_ID):
        raise ValidationFailed.of("tenant_id", f"must be {demo.TENANT_ID} to go back to the demo")
    if to_demo:
        call.store.accounts.require_tenant(demo.TENANT_ID)
    tenants = _tenants(call, wanted)
    for tenant_id in tenants:
        call.store.snapshots.empty(tenant_id)
    call.bench.faults.clear(wanted)
    call.bench.receivers.remove_of(wanted)
    if to_demo:
        demo.fill_data(call.store, call.store.clocks.now_ms(demo.TENANT_ID))
    _tell_the_engine(call)
    return wire.ok({"tenants": tenants})


def _tenants(call: Call, tenant_id: str | None) -> list[str]:
    call.store.accounts.require_tenant(tenant_id)
    if tenant_id is not None:
        return [tenant_id]
    return [tenant.id for tenant in call.store.accounts.tenants()]


def _tell_the_engine(call: Call) -> None:
    """Once the change is committed, the engine reads the queue anew."""
    if call.bench.engine is not None:
        call.store.database.after_commit(call.bench.engine.read_again)


def _shown(it: Snapshot) -> wire.Json:
    return {"name": it.name, "taken_at": wire.timestamp(it.taken_at), "tenants": list(it.tenants)}
