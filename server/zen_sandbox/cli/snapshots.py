"""`zen-sandbox snapshot list|take|restore|delete`."""

from typing import TYPE_CHECKING, Any

import click

from zen_sandbox.cli.options import tenant_filter
from zen_sandbox.cli.output import print_gone, print_json, print_table
from zen_sandbox.cli.running import Listing, command
from zen_sandbox.cli.values import ID

if TYPE_CHECKING:
    from zen_sandbox.cli.running import RunningServer


@click.group(cls=Listing)
def snapshot() -> None:
    """Keep the data of a running server under a name, and go back to it.

    A snapshot holds targets, endpoints, flows, events, deliveries and logs; tenants, keys and
    clocks are not part of it.

    \b
    Examples:
      zen-sandbox snapshot take before-lunch
      zen-sandbox snapshot restore before-lunch
    """


@command(snapshot, "list")
@tenant_filter
def list_all(server: "RunningServer", tenant_id: str | None, as_json: bool) -> None:
    """List the snapshots, oldest first.

    \b
    Example:
      zen-sandbox snapshot list
    """
    found = server.ask("GET", "snapshots", query={"tenant_id": tenant_id})
    if as_json:
        print_json(found)
    else:
        print_table(found["snapshots"], ("name", "taken_at", "tenants"))


@command(snapshot, "take")
@click.argument("name", type=ID)
@click.option(
    "--tenant", "tenant_id", type=ID, help="Only this tenant's data; everybody's when left out."
)
def take(server: "RunningServer", name: str, tenant_id: str | None, as_json: bool) -> None:
    """Keep the data as it is now under NAME; what NAME held before is forgotten.

    \b
    Example:
      zen-sandbox snapshot take before-lunch --tenant tnt_demo
    """
    whose = {} if tenant_id is None else {"tenant_id": tenant_id}
    _print(server.ask("POST", "snapshots", {"name": name, **whose}), "taken", as_json=as_json)


@command(snapshot, "restore")
@click.argument("name", type=ID)
@click.option(
    "--tenant", "tenant_id", type=ID, help="Only this tenant's data; all that NAME holds without."
)
def restore(server: "RunningServer", name: str, tenant_id: str | None, as_json: bool) -> None:
    """Put back the data that NAME holds; what came since is gone.

    \b
    Example:
      zen-sandbox snapshot restore before-lunch
    """
    restored = server.ask("POST", f"snapshots/{name}/restore", query={"tenant_id": tenant_id})
    _print(restored, "restored", as_json=as_json)


@command(snapshot, "delete")
@click.argument("name", type=ID)
def delete(server: "RunningServer", name: str, as_json: bool) -> None:
    """Forget the snapshot NAME.

    \b
    Example:
      zen-sandbox snapshot delete before-lunch
    """
    server.ask("DELETE", f"snapshots/{name}")
    members = {"name": name, "deleted": True}
    print_gone(members, f"The snapshot {name} is deleted.", as_json=as_json)


def _print(one: dict[str, Any], done: str, *, as_json: bool) -> None:
    if as_json:
        print_json(one)
    else:
        click.echo(f"The snapshot {one['name']} of {', '.join(one['tenants'])} is {done}.")
