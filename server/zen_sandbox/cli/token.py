"""`zen-sandbox token`: mints a JWT."""

from pathlib import Path

import click

from zen_sandbox.cli.accounts import live_tenant, open_store, tenant_option, timestamp
from zen_sandbox.cli.keys import granted, no_scopes_option, scope_option
from zen_sandbox.cli.options import chosen_secret, database_option, json_option, jwt_options
from zen_sandbox.cli.output import print_json, remark
from zen_sandbox.cli.values import DURATION, NAME


@click.command(short_help="Mint a JWT.")
@tenant_option
@scope_option
@no_scopes_option
@click.option("--subject", type=NAME, default="developer", show_default=True, help="The `sub`.")
@click.option(
    "--expires-in",
    type=DURATION,
    default="1h",
    show_default=True,
    help="When it ends, like 90s, 15m, 12h or 30d.",
)
@jwt_options
@database_option
@json_option
def token(
    tenant_id: str,
    scopes: tuple[str, ...],
    no_scopes: bool,
    subject: str,
    expires_in: int,
    jwt_secret: str | None,
    jwt_secret_file: Path | None,
    jwt_issuer: str | None,
    jwt_audience: str | None,
    db: Path | None,
    as_json: bool,
) -> None:
    """Mint a JWT for a tenant and print it.

    It is signed with the database's own secret, or with the one that the server was given: the
    options for that have to be the same here and there, which variables do best.

    \b
    Examples:
      zen-sandbox token --tenant tnt_demo
      TOKEN=$(zen-sandbox token --tenant tnt_demo --scope read:deliveries --expires-in 15m)
    """
    secret = chosen_secret(jwt_secret, jwt_secret_file)
    scope_list = granted(scopes, no_scopes)
    from zen_sandbox.minting import mint, rules_for

    with open_store(db) as store:
        live_tenant(store, tenant_id)
        now_ms = store.clock.now_ms()
        minted = mint(
            rules_for(store, secret=secret, issuer=jwt_issuer, audience=jwt_audience),
            tenant_id=tenant_id,
            scopes=scope_list,
            subject=subject,
            issued_at_ms=now_ms,
            seconds=expires_in,
        )
        expires_at = timestamp(store.at((now_ms // 1000 + expires_in) * 1000))
    if as_json:
        claims = {"tenant_id": tenant_id, "sub": subject, "scope": " ".join(scope_list)}
        print_json({"token": minted, **claims, "expires_at": expires_at})
        return
    click.echo(minted)
    listed = ", ".join(scope_list) or "no scope"
    remark(f"For {tenant_id} as {subject}, {listed}; it ends at {expires_at}.")
