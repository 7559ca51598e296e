"""A tenant's clusters, which the create-a-flow recipe's paths name."""

import sqlite3
from typing import Any

from zen_sandbox import wire
from zen_sandbox.domain import Cluster
from zen_sandbox.problems import Conflict
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Response


def list_clusters(call: Call, tenant_id: str) -> Response:
    """GET /sandbox/tenants/{tenant_id}/clusters"""
    call.store.accounts.require_tenant(tenant_id)
    return wire.ok({"clusters": [_shown(one) for one in call.store.accounts.clusters(tenant_id)]})


def create_cluster(call: Call, tenant_id: str, body: dict[str, Any]) -> Response:
    """POST /sandbox/tenants/{tenant_id}/clusters"""
    call.store.accounts.require_live_tenant(tenant_id)
    cluster_id = body["cluster_id"]
    try:
        cluster = call.store.accounts.create_cluster(tenant_id, cluster_id, call.store.now())
    except sqlite3.IntegrityError:
        raise Conflict(f"A cluster with id '{cluster_id}' already exists.") from None
    return wire.created(_shown(cluster), f"/sandbox/tenants/{tenant_id}/clusters/{cluster_id}")


def revoke_cluster(call: Call, tenant_id: str, cluster_id: str) -> Response:
    """DELETE /sandbox/tenants/{tenant_id}/clusters/{cluster_id}"""
    call.store.accounts.require_tenant(tenant_id)
    call.store.accounts.revoke_cluster(tenant_id, cluster_id)
    return wire.deleted()


def _shown(it: Cluster) -> wire.Json:
    return {
        "cluster_id": it.id,
        "tenant_id": it.tenant_id,
        "created_at": wire.timestamp(it.created_at),
    }
