"""`zen-sandbox serve`: its options. What it does with them is in `serving.py`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from zen_sandbox.cli.ending import ended_by_signals
from zen_sandbox.cli.options import (
    chosen_secret,
    database_option,
    database_path,
    file,
    json_option,
    jwt_options,
    option,
)
from zen_sandbox.cli.values import BASE_URL, DEMO_KEY, NETWORK, ORIGIN, RATE, SECONDS

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

    from limits import RateLimitItem

RISK = "--allow-demo-credentials-on-network"


@dataclass(frozen=True, kw_only=True)
class ServeOptions:
    """What was chosen. `db` is None for a temporary folder (`--ephemeral`)."""

    host: str
    port: int
    db: Path | None
    demo: bool | None
    demo_key: str | None
    cors_origin: tuple[str, ...]
    seed: int | None
    rate_limit: "RateLimitItem | None"
    validate_responses: bool
    write_target: Path | None
    as_json: bool
    log_format: str
    durability: str
    public_url: str | None
    jwt_secret: bytes | None
    jwks: Path | None
    jwt_issuer: str | None
    jwt_audience: str | None
    lock_timeout: float
    max_in_flight: int
    retention_days: int
    allow_targets: tuple["IPv4Network | IPv6Network", ...]
    allow_console: tuple["IPv4Network | IPv6Network", ...]
    admin_token: str | None
    allow_demo_credentials_on_network: bool


@click.command(short_help="Serve the API.")
@option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="The port to listen on; 0 picks a free one.",
)
@option(
    "--public-url",
    type=BASE_URL,
    help="How clients reach this server, when that is not its host and port: the base URL that it"
    " prints, and that of every ingest_url.",
)
@database_option
@option("--ephemeral", is_flag=True, help="Keep the data in a temporary folder, gone at the end.")
@option(
    "--durability",
    type=click.Choice(["process", "full"]),
    default="process",
    show_default=True,
    help="What an answered write survives: the death of the process, or a power cut too.",
)
@option(
    "--demo/--no-demo",
    default=None,
    help="Put in the demo tenant with its data and key, or do not; by default a database that"
    " nobody has used yet gets it, if the host is loopback.",
)
@option(
    "--demo-key",
    type=DEMO_KEY,
    help="The demo tenant's key (zpk_…), instead of the one kept beside the database.",
)
@option(
    RISK,
    is_flag=True,
    help="Listen on a network address though the demo key works, or --seed makes keys guessable:"
    " whoever reaches the port and knows the key can read and change everything.",
)
@option(
    "--seed",
    type=int,
    help="Make ids, cursors, keys and the clock repeatable: equal requests, equal bytes. The clock"
    " starts in December 2026 and moves one second whenever it is read. Kept with the database."
    " Attempts are made beside the requests, in their own time: what they add differs.",
)
@option(
    "--rate-limit",
    type=RATE,
    help="Answer 429 to a tenant's requests beyond this, like 100/minute; off by default.",
)
@option(
    "--cors-origin",
    type=ORIGIN,
    multiple=True,
    help="Let pages of this origin call the API; repeat it, or separate by spaces in the variable.",
)
@jwt_options
@option(
    "--jwks",
    type=file(must_exist=True),
    metavar="FILE",
    help="Take RS256, ES256 and EdDSA tokens too, signed with a key of this JWKS file.",
)
@option(
    "--validate-responses",
    is_flag=True,
    help="Hold each answer to the contract; one that breaks it is a 500 and an error on stderr.",
)
@option(
    "--lock-timeout",
    type=SECONDS,
    default=5.0,
    show_default=True,
    help="Seconds that a write waits for another process before it is a 503.",
)
@option(
    "--max-in-flight",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    help="Requests under way at once; further ones are a 503.",
)
@option(
    "--retention-days",
    type=click.IntRange(1, 3650),
    default=30,
    show_default=True,
    help="How long attempts, events and log entries are kept, by the tenant's clock.",
)
@option(
    "--allow-targets",
    type=NETWORK,
    multiple=True,
    help="Let attempts reach this private network too (CIDR); repeat it, or separate by spaces in"
    " the variable. Public addresses are always allowed, loopback when the host is loopback.",
)
@option(
    "--allow-console",
    type=NETWORK,
    multiple=True,
    help="Let browsers of this network into the console too (CIDR), with a link like everybody; by"
    " default only this machine's. Needed where the sandbox runs in a container.",
)
@option(
    "--admin-token",
    help="The token for what is below /sandbox/; by default one is made and kept beside the"
    " database.",
)
@option(
    "--write-target",
    type=file(),
    metavar="FILE",
    help="Write what a conformance suite needs to test this server: two tenants of their own, fresh"
    " credentials for them (those of the last start end), capabilities. Mode 600.",
)
@option(
    "--log-format",
    type=click.Choice(["text", "json", "none"]),
    default="none",
    show_default=True,
    help="Log each request to stderr, without query string, headers and body. Errors are written"
    " there in any case.",
)
@json_option
@click.pass_context
def serve(
    ctx: click.Context,
    /,
    db: Path | None,
    ephemeral: bool,
    jwt_secret_file: Path | None,
    **given: Any,
) -> None:
    """Serve the Zen Mesh customer API from one database file.

    \b
    Examples:
      zen-sandbox serve
      zen-sandbox serve --ephemeral --port 0 --json --seed 1
      zen-sandbox serve --db ./shop.db --no-demo --log-format text

    The first prints the base URL, a tenant, its key and a curl to paste. Ctrl-C ends it; the data
    stays, and so does the key. Each option is also a variable, shown beside it.
    """
    given["jwt_secret"] = chosen_secret(given["jwt_secret"], jwt_secret_file)
    path = None if _is_ephemeral(ctx, db, ephemeral) else database_path(db)
    if path and db is None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = ServeOptions(db=path, **given)
    with ended_by_signals():
        from zen_sandbox.cli.serving import run

        run(options)


def _is_ephemeral(ctx: click.Context, db: Path | None, ephemeral: bool) -> bool:
    """Whether there is to be no lasting file; the command line goes before variables."""
    if ephemeral and db is not None:
        sources = ctx.get_parameter_source("db"), ctx.get_parameter_source("ephemeral")
        if sources[0] is sources[1]:
            raise click.UsageError("Give one of --db and --ephemeral.")
        ephemeral = sources[1] is ParameterSource.COMMANDLINE
    if ephemeral and ctx.get_parameter_source("durability") is ParameterSource.COMMANDLINE:
        raise click.UsageError(
            "--ephemeral keeps nothing, so --durability has no use; leave it out."
        )
    return ephemeral
