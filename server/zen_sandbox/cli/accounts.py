"""What the commands about tenants, clusters, keys and tokens share: the store, and who is whose."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zen_sandbox.cli.options import database_option, database_path, json_option
from zen_sandbox.cli.output import print_gone
from zen_sandbox.cli.values import ID

if TYPE_CHECKING:
    from zen_sandbox.domain import Tenant
    from zen_sandbox.store import Store

Command = Callable[..., Any]

tenant_option = click.option(
    "--tenant", "tenant_id", type=ID, required=True, help="The tenant it belongs to."
)


def command(group: click.Group, name: str) -> Callable[[Command], click.Command]:
    """A command of a group that works on a database and can print JSON."""

    def make(function: Command) -> click.Command:
        return group.command(name)(database_option(json_option(function)))

    return make


@contextmanager
def open_store(db: Path | None, *, make: bool = False) -> Iterator["Store"]:
    """The store of `--db`; a missing database is made, or is a sentence."""
    path = database_path(db)
    if make and db is None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not make and not path.exists():
        raise click.ClickException(
            f"There is no database {path}; start `zen-sandbox serve`, or name another with --db."
        )
    from zen_sandbox.opening import opened

    with opened(path) as store:
        yield store


def known_tenant(store: "Store", tenant_id: str) -> "Tenant":
    """The tenant, revoked or not; a sentence when there is none."""
    tenant = store.accounts.tenant(tenant_id)
    if tenant is None:
        raise missing("tenant", tenant_id)
    return tenant


def live_tenant(store: "Store", tenant_id: str) -> "Tenant":
    """The tenant; a sentence when there is none or it was revoked."""
    tenant = known_tenant(store, tenant_id)
    if tenant.revoked_at is not None:
        raise click.ClickException(
            f"The tenant {tenant_id} was revoked; make another with `zen-sandbox tenants create`."
        )
    return tenant


def missing(kind: str, identifier: str) -> click.ClickException:
    """Of a tenant, cluster or key that is not there."""
    return click.ClickException(
        f"There is no {kind} {identifier}; `zen-sandbox {kind}s list` shows what there is."
    )


def taken(kind: str, identifier: str) -> click.ClickException:
    """Of an id that something has already."""
    return click.ClickException(f"There is a {kind} {identifier} already; choose another id.")


def print_revoked(kind: str, identifier: str, *, as_json: bool) -> None:
    """That something has ended."""
    members = {"id": identifier, "revoked": True}
    print_gone(members, f"The {kind} {identifier} is revoked.", as_json=as_json)


def timestamp(moment: str | None) -> str | None:
    """A moment as the API shows it."""
    from zen_sandbox.wire import timestamp as shown

    return None if moment is None else shown(moment)
