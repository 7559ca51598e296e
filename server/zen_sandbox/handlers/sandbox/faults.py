"""Faults, brought about and ended."""

from typing import Any

from zen_sandbox import wire
from zen_sandbox.bench.faults import Fault
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Response


def list_faults(call: Call, tenant_id: str | None = None) -> Response:
    """GET /sandbox/faults"""
    return wire.ok({"faults": [_shown(fault) for fault in call.bench.faults.of(tenant_id)]})


def create_fault(call: Call, body: dict[str, Any]) -> Response:
    """POST /sandbox/faults"""
    call.store.accounts.require_tenant(body.get("tenant_id"))
    fault = call.bench.faults.add(body)
    return wire.created(_shown(fault), f"/sandbox/faults/{fault.id}")


def clear_faults(call: Call, tenant_id: str | None = None) -> Response:
    """DELETE /sandbox/faults"""
    call.bench.faults.clear(tenant_id)
    return wire.deleted()


def delete_fault(call: Call, fault_id: str) -> Response:
    """DELETE /sandbox/faults/{fault_id}"""
    call.bench.faults.remove(fault_id)
    return wire.deleted()


def _shown(fault: Fault) -> wire.Json:
    return {"id": fault.id, **fault.wanted, "struck": fault.struck}
