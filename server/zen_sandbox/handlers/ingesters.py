"""Endpoints."""

from typing import Any

from zen_sandbox import wire
from zen_sandbox.domain import Ingester
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Response


def list_ingesters(call: Call, limit: int, cursor: str | None = None) -> Response:
    """GET /v1/tenants/{tenant_id}/ingesters"""
    window = call.window(limit, cursor)
    rows = call.store.ingesters.page(call.tenant_id, window)
    return wire.page("ingesters", rows, window, lambda row: _shown(call, row))


def create_ingester(call: Call, body: dict[str, Any]) -> Response:
    """POST /v1/tenants/{tenant_id}/ingesters"""
    created = call.store.ingesters.create(
        call.tenant_id, call.store.ids.new("ing", call.ms), call.now, **body
    )
    location = f"/v1/tenants/{call.tenant_id}/ingesters/{created.id}"
    return wire.created(_shown(call, created), location, source_id=created.id)


def get_ingester(call: Call, ingester_id: str) -> Response:
    """GET /v1/tenants/{tenant_id}/ingesters/{ingester_id}"""
    return wire.ok(_shown(call, call.store.ingesters.get(call.tenant_id, ingester_id)))


def replace_ingester(call: Call, ingester_id: str, body: dict[str, Any]) -> Response:
    """PUT /v1/tenants/{tenant_id}/ingesters/{ingester_id}"""
    replaced = call.store.ingesters.replace(call.tenant_id, ingester_id, call.now, **body)
    return wire.ok(_shown(call, replaced), source_id=ingester_id)


def delete_ingester(call: Call, ingester_id: str) -> Response:
    """DELETE /v1/tenants/{tenant_id}/ingesters/{ingester_id}"""
    call.store.ingesters.delete(call.tenant_id, ingester_id)
    return wire.deleted(source_id=ingester_id)


def _shown(call: Call, ingester: Ingester) -> wire.Json:
    return wire.ingester(ingester, base_url=call.base_url)
