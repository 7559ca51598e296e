"""Tenants and API keys, as the command line makes them."""

import sqlite3
from typing import Any

from zen_sandbox import wire
from zen_sandbox.clock import moment
from zen_sandbox.domain import ApiKey, Tenant
from zen_sandbox.problems import Conflict
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Response
from zen_sandbox.scopes import EVERYTHING
from zen_sandbox.store.accounts import new_token


def list_tenants(call: Call) -> Response:
    """GET /sandbox/tenants"""
    return wire.ok({"tenants": [_tenant(one) for one in call.store.accounts.tenants()]})


def create_tenant(call: Call, body: dict[str, Any]) -> Response:
    """POST /sandbox/tenants"""
    tenant_id = body.get("tenant_id") or call.store.ids.new("tnt")
    try:
        tenant = call.store.accounts.create_tenant(
            tenant_id, body.get("name", tenant_id), call.store.now()
        )
    except sqlite3.IntegrityError:
        raise Conflict(f"A tenant with id '{tenant_id}' already exists.") from None
    return wire.created(_tenant(tenant), f"/sandbox/tenants/{tenant_id}")


def revoke_tenant(call: Call, tenant_id: str) -> Response:
    """DELETE /sandbox/tenants/{tenant_id}"""
    call.store.accounts.revoke_tenant(tenant_id, call.store.now())
    call.accounts_changed()
    return wire.deleted()


def list_keys(call: Call, tenant_id: str | None = None) -> Response:
    """GET /sandbox/keys"""
    call.store.accounts.require_tenant(tenant_id)
    found = call.store.accounts.api_keys(tenant_id)
    return wire.ok({"keys": [_key(call, one) for one in found]})


def create_key(call: Call, body: dict[str, Any]) -> Response:
    """POST /sandbox/keys"""
    tenant_id = body["tenant_id"]
    call.store.accounts.require_live_tenant(tenant_id)
    ms = call.store.clocks.now_ms(tenant_id)
    expires_in = body.get("expires_in")
    token = new_token()
    key = call.store.accounts.create_api_key(
        call.store.ids.new("key", ms),
        tenant_id,
        token,
        moment(ms),
        scopes=body.get("scopes", EVERYTHING),
        name=body.get("name", ""),
        expires_at=None if expires_in is None else moment(ms + expires_in * 1000),
    )
    return wire.created({**_key(call, key), "api_key": token}, f"/sandbox/keys/{key.id}")


def revoke_key(call: Call, key_id: str) -> Response:
    """DELETE /sandbox/keys/{key_id}"""
    call.store.accounts.revoke_api_key(key_id, call.store.now())
    call.accounts_changed()
    return wire.deleted()


def _tenant(it: Tenant) -> wire.Json:
    document = {"tenant_id": it.id, "name": it.name, "created_at": wire.timestamp(it.created_at)}
    if it.revoked_at is not None:
        document["revoked_at"] = wire.timestamp(it.revoked_at)
    return document


def _key(call: Call, it: ApiKey) -> wire.Json:
    now = moment(call.store.clocks.peek_ms(it.tenant_id))
    document: wire.Json = {
        "key_id": it.id,
        "tenant_id": it.tenant_id,
        "name": it.name,
        "scopes": list(it.scopes),
        "state": it.state(now),
        "created_at": wire.timestamp(it.created_at),
    }
    if it.expires_at is not None:
        document["expires_at"] = wire.timestamp(it.expires_at)
    if it.revoked_at is not None:
        document["revoked_at"] = wire.timestamp(it.revoked_at)
    return document
