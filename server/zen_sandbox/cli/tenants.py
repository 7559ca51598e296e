"""`zen-sandbox tenants create|list|revoke`."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zen_sandbox.cli.accounts import (
    command,
    known_tenant,
    open_store,
    print_revoked,
    taken,
    timestamp,
)
from zen_sandbox.cli.output import print_json, print_table, remark
from zen_sandbox.cli.values import ID, NAME

if TYPE_CHECKING:
    from zen_sandbox.domain import Tenant


@click.group()
def tenants() -> None:
    """Make, list and revoke tenants.

    \b
    Example:
      zen-sandbox tenants create tnt_shop --name "The shop"
    """


@command(tenants, "create")
@click.argument("tenant_id", type=ID, required=False)
@click.option("--name", type=NAME, help="A name for people; the id when left out.")
def create(tenant_id: str | None, name: str | None, db: Path | None, as_json: bool) -> None:
    """Make a tenant and print its id; without TENANT_ID one is made up.

    A missing database is made too, so that tenants can be there before the first `serve`.

    \b
    Example:
      zen-sandbox tenants create tnt_shop --name "The shop"
    """
    with open_store(db, make=True) as store, store.database.writing():
        tenant_id = tenant_id or store.ids.new("tnt")
        if store.accounts.tenant(tenant_id):
            raise taken("tenant", tenant_id)
        tenant = store.accounts.create_tenant(tenant_id, name or tenant_id, store.now())
    if as_json:
        print_json(_document(tenant))
        return
    click.echo(tenant.id)
    same_database = f" --db {shlex.quote(str(db))}" if db else ""
    remark(f"Next, a key: zen-sandbox keys create --tenant {tenant.id}{same_database}")


@command(tenants, "list")
def list_all(db: Path | None, as_json: bool) -> None:
    """List all tenants, oldest first.

    \b
    Example:
      zen-sandbox tenants list --json
    """
    with open_store(db) as store:
        found = [_document(tenant) for tenant in store.accounts.tenants()]
    if as_json:
        print_json({"tenants": found})
    else:
        print_table(found, ("id", "name", "created_at", "revoked_at"))


@command(tenants, "revoke")
@click.argument("tenant_id", type=ID)
def revoke(tenant_id: str, db: Path | None, as_json: bool) -> None:
    """End every credential of a tenant, keys and JWTs; its data stays.

    \b
    Example:
      zen-sandbox tenants revoke tnt_shop
    """
    with open_store(db) as store, store.database.writing():
        known_tenant(store, tenant_id)
        store.accounts.revoke_tenant(tenant_id, store.now())
    print_revoked("tenant", tenant_id, as_json=as_json)


def _document(tenant: "Tenant") -> dict[str, object]:
    return {
        "id": tenant.id,
        "name": tenant.name,
        "created_at": timestamp(tenant.created_at),
        "revoked_at": timestamp(tenant.revoked_at),
    }
