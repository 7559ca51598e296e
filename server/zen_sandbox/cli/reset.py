"""`zen-sandbox reset`: an empty database, or the demo as it was."""

from pathlib import Path

import click

from zen_sandbox.cli.accounts import open_store
from zen_sandbox.cli.options import database_option, json_option, option
from zen_sandbox.cli.output import print_json
from zen_sandbox.cli.values import DEMO_KEY


@click.command(short_help="Empty the database, or put the demo back.")
@click.option(
    "--demo/--no-demo",
    default=None,
    help="Put the demo data in afterwards, or leave the database empty; by default it is put in"
    " where it was before.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@option("--demo-key", type=DEMO_KEY, help="The demo key (zpk_…), if `serve` was given one.")
@database_option
@json_option
def reset(
    demo: bool | None, yes: bool, demo_key: str | None, db: Path | None, as_json: bool
) -> None:
    """Delete everything in the database: tenants, keys, resources, deliveries, logs.

    The demo comes back with the key it had. It is one transaction, so it is safe while a server
    is running: that one answers from the old data until the moment it has the new. Secrets stay,
    so JWTs of a tenant that comes back stay valid.

    \b
    Examples:
      zen-sandbox reset
      zen-sandbox reset --no-demo --yes
    """
    with open_store(db) as store:
        path = store.database.path
        if not yes:
            click.confirm(f"Delete everything in {path}?", abort=True, err=True)
        from zen_sandbox import demo_access

        if demo is None:
            demo = demo_access.is_there(store)
        access = demo_access.start_over(store, demo, chosen=demo_key)
    if as_json:
        tenant_id = access.tenant_id if access else None
        print_json({"database": str(path), "demo": demo, "tenant_id": tenant_id})
    else:
        click.echo(f"{path} {'holds the demo as it was' if demo else 'is empty'}.")
