"""`zen-sandbox keys create|list|revoke`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zen_sandbox.cli.accounts import (
    command,
    known_tenant,
    live_tenant,
    missing,
    open_store,
    print_revoked,
    tenant_option,
    timestamp,
)
from zen_sandbox.cli.options import database_path, tenant_filter
from zen_sandbox.cli.output import print_json, print_table, remark
from zen_sandbox.cli.values import DURATION, ID, NAME, SCOPE
from zen_sandbox.files import kept_demo_key
from zen_sandbox.scopes import ALL_SCOPES, EVERYTHING, expanded

if TYPE_CHECKING:
    from zen_sandbox.domain import ApiKey

TENANT_ID = "tnt_demo"  # demo.py's; importing that would load the whole server


@click.group()
def keys() -> None:
    """Make, list and revoke API keys.

    \b
    Example:
      zen-sandbox keys create --tenant tnt_demo --scope read:deliveries
    """


def granted(scopes: tuple[str, ...], no_scopes: bool) -> tuple[str, ...]:
    """The scopes that `--scope` and `--no-scopes` stand for; neither is everything."""
    if scopes and no_scopes:
        raise click.UsageError("Give --scope or --no-scopes, not both.")
    return () if no_scopes else tuple(dict.fromkeys(scopes)) or EVERYTHING


scope_option = click.option(
    "--scope",
    "scopes",
    type=SCOPE,
    multiple=True,
    help="A scope to grant, like read:destinations; repeat it. All of them when left out.",
)
no_scopes_option = click.option(
    "--no-scopes", is_flag=True, help="Grant nothing: for seeing 403 answers."
)


@command(keys, "create")
@tenant_option
@scope_option
@no_scopes_option
@click.option("--name", type=NAME, help="A name for people.")
@click.option(
    "--expires-in", type=DURATION, help="When it ends by itself, like 90s, 15m, 12h or 30d."
)
def create(
    tenant_id: str,
    scopes: tuple[str, ...],
    no_scopes: bool,
    name: str | None,
    expires_in: int | None,
    db: Path | None,
    as_json: bool,
) -> None:
    """Make an API key and print it: the only time that it is shown.

    Granted are read:RESOURCE, write:RESOURCE, admin:RESOURCE (brings write, not read) and read:*.
    The resources are destinations, delivery-flows, deliveries, ingesters and logs.

    \b
    Examples:
      zen-sandbox keys create --tenant tnt_demo
      TOKEN=$(zen-sandbox keys create --tenant tnt_demo --scope read:* --expires-in 1h)
    """
    from zen_sandbox.store.accounts import new_token

    token = new_token()
    with open_store(db) as store, store.database.writing():
        live_tenant(store, tenant_id)
        now_ms = store.clocks.now_ms(tenant_id)
        key = store.accounts.create_api_key(
            store.ids.new("key", now_ms),
            tenant_id,
            token,
            store.at(now_ms),
            scopes=granted(scopes, no_scopes),
            name=name or "",
            expires_at=store.at(now_ms + expires_in * 1000) if expires_in else None,
        )
    if as_json:
        print_json({"api_key": token, **_document(key, "valid")})
        return
    click.echo(token)
    ends = f"ends at {timestamp(key.expires_at)}" if key.expires_at else "does not end by itself"
    remark(
        f"Key {key.id} of {tenant_id}, {_scopes_in_words(key)}; it {ends}."
        " Keep it: it is not shown again."
    )


@command(keys, "demo")
def show_demo(db: Path | None, as_json: bool) -> None:
    """Print the demo tenant's key, which `serve` keeps beside the database.

    \b
    Example:
      curl -H "Authorization: Bearer $(zen-sandbox keys demo)" \\
        http://127.0.0.1:8080/v1/tenants/tnt_demo/destinations
    """
    path = database_path(db)
    token = kept_demo_key(path)
    if token is None:
        raise click.ClickException(
            f"No demo key is kept beside {path}; start `zen-sandbox serve` once, or name its"
            " database with --db."
        )
    if as_json:
        print_json({"api_key": token, "tenant_id": TENANT_ID})
    else:
        click.echo(token)


@command(keys, "list")
@tenant_filter
def list_all(tenant_id: str | None, db: Path | None, as_json: bool) -> None:
    """List the keys of all tenants, or of one: never the keys themselves.

    \b
    Example:
      zen-sandbox keys list --tenant tnt_demo
    """
    with open_store(db) as store:
        if tenant_id is not None:
            known_tenant(store, tenant_id)
        found = [
            _document(key, key.state(store.at(store.clocks.peek_ms(key.tenant_id))))
            for key in store.accounts.api_keys(tenant_id)
        ]
    if as_json:
        print_json({"keys": found})
    else:
        for key in found:
            if _opens_everything(key["scopes"]):
                key["scopes"] = ["all"]
        print_table(found, ("id", "tenant_id", "name", "state", "expires_at", "scopes"))


@command(keys, "revoke")
@click.argument("key_id", type=ID)
def revoke(key_id: str, db: Path | None, as_json: bool) -> None:
    """End a key: the next request with it is a 401, also on a running server.

    \b
    Example:
      zen-sandbox keys revoke key_019a0c4e7d2b51f0c3a4e8d7
    """
    from zen_sandbox.problems import NotFound

    with open_store(db) as store, store.database.writing():
        try:
            store.accounts.revoke_api_key(key_id, store.now())
        except NotFound:
            raise missing("key", key_id) from None
    print_revoked("key", key_id, as_json=as_json)


def _opens_everything(scopes: Sequence[str]) -> bool:
    return expanded(scopes) >= set(ALL_SCOPES)


def _scopes_in_words(key: "ApiKey") -> str:
    return "all scopes" if _opens_everything(key.scopes) else ", ".join(key.scopes) or "no scope"


def _document(key: "ApiKey", state: str) -> dict[str, Any]:
    return {
        "id": key.id,
        "tenant_id": key.tenant_id,
        "name": key.name,
        "scopes": list(key.scopes),
        "state": state,
        "created_at": timestamp(key.created_at),
        "expires_at": timestamp(key.expires_at),
        "revoked_at": timestamp(key.revoked_at),
    }
