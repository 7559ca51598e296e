"""`zen-sandbox clusters create|list|revoke`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from zen_sandbox.cli.accounts import (
    command,
    known_tenant,
    live_tenant,
    missing,
    open_store,
    print_revoked,
    taken,
    tenant_option,
    timestamp,
)
from zen_sandbox.cli.options import tenant_filter
from zen_sandbox.cli.output import print_json, print_table
from zen_sandbox.cli.values import ID

if TYPE_CHECKING:
    from zen_sandbox.domain import Cluster


@click.group()
def clusters() -> None:
    """Make, list and revoke clusters, which the create-a-flow recipe's paths name.

    \b
    Example:
      zen-sandbox clusters create plane_eu_1 --tenant tnt_demo
    """


@command(clusters, "create")
@click.argument("cluster_id", type=ID)
@tenant_option
def create(cluster_id: str, tenant_id: str, db: Path | None, as_json: bool) -> None:
    """Make a cluster and print its id.

    From then on /tenants/TENANT/clusters/CLUSTER_ID/delivery-flows is served.

    \b
    Example:
      zen-sandbox clusters create plane_eu_1 --tenant tnt_demo
    """
    with open_store(db) as store, store.database.writing():
        live_tenant(store, tenant_id)
        if store.accounts.cluster_exists(tenant_id, cluster_id):
            raise taken("cluster", cluster_id)
        cluster = store.accounts.create_cluster(tenant_id, cluster_id, store.now())
    if as_json:
        print_json(_document(cluster))
    else:
        click.echo(cluster.id)


@command(clusters, "list")
@tenant_filter
def list_all(tenant_id: str | None, db: Path | None, as_json: bool) -> None:
    """List the clusters of all tenants, or of one.

    \b
    Example:
      zen-sandbox clusters list --tenant tnt_demo
    """
    with open_store(db) as store:
        if tenant_id is not None:
            known_tenant(store, tenant_id)
        found = [_document(cluster) for cluster in store.accounts.clusters(tenant_id)]
    if as_json:
        print_json({"clusters": found})
    else:
        print_table(found, ("id", "tenant_id", "created_at"))


@command(clusters, "revoke")
@click.argument("cluster_id", type=ID)
@tenant_option
def revoke(cluster_id: str, tenant_id: str, db: Path | None, as_json: bool) -> None:
    """Remove a cluster: its paths answer 404 from then on; flows stay.

    \b
    Example:
      zen-sandbox clusters revoke plane_eu_1 --tenant tnt_demo
    """
    with open_store(db) as store, store.database.writing():
        if not store.accounts.cluster_exists(tenant_id, cluster_id):
            raise missing("cluster", cluster_id)
        store.accounts.revoke_cluster(tenant_id, cluster_id)
    print_revoked("cluster", cluster_id, as_json=as_json)


def _document(cluster: "Cluster") -> dict[str, object]:
    return {
        "id": cluster.id,
        "tenant_id": cluster.tenant_id,
        "created_at": timestamp(cluster.created_at),
    }
