"""What `zen-sandbox serve` does, in order: listen, open, let the demo in, serve, tidy up."""

import contextlib
import gc
import secrets
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from zen_sandbox import demo_access, opening, target_file
from zen_sandbox.cli.banner import Banner
from zen_sandbox.cli.ending import not_interrupted, noted_from_now_on
from zen_sandbox.cli.serve import RISK, ServeOptions
from zen_sandbox.console.access import links
from zen_sandbox.demo import DemoTenant
from zen_sandbox.files import (
    DATABASE_NAME,
    keep_admin_token,
    kept_admin_token,
    noted_as_running,
    write_privately,
)
from zen_sandbox.http import server
from zen_sandbox.identifiers import RequestIds, seeded_entropy
from zen_sandbox.minting import rules_for
from zen_sandbox.request.request_log import RequestLog, write_logs
from zen_sandbox.settings import Settings
from zen_sandbox.store import Store
from zen_sandbox.tokens import JwtRules, read_jwks

if TYPE_CHECKING:
    from jwt import PyJWKSet
    from starlette.types import ASGIApp

_SHOWN_AS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - it is what is not shown


def run(options: ServeOptions) -> None:
    """Serves until told to end."""
    write_logs(options.log_format)
    jwks = _jwks(options.jwks)
    with (
        _bound(options) as sockets,
        _database(options) as (path, durability),
        opening.opened(path, durability=durability, seed=options.seed) as store,
    ):
        _serve(options, store, sockets, jwks)


def _serve(
    options: ServeOptions,
    store: Store,
    sockets: Sequence[socket.socket],
    jwks: "PyJWKSet | None",
) -> None:
    seed = options.seed if options.seed is not None else opening.seed_of(store.database)
    if seed is not None:
        _refuse_on_network(options, sockets, "a seed makes keys that anybody can compute")
    if demo_access.is_live(store):
        path = store.database.path
        _refuse_on_network(options, sockets, f"{path} has the demo key, which opens everything")
    if seed is not None:
        opening.keep_seed(store, seed)
    access = _demo_access(options, store, sockets)
    rules = rules_for(
        store,
        secret=options.jwt_secret,
        jwks=jwks,
        issuer=options.jwt_issuer,
        audience=options.jwt_audience,
    )
    own_url = _url(options.host, sockets[0].getsockname()[1])
    admin_token = _admin_token(options, store)
    settings = _settings(
        options,
        rules,
        seed,
        options.public_url or own_url,
        admin_token=admin_token,
        on_loopback=_are_loopback(sockets),
    )
    target = None
    if options.write_target:
        target = target_file.document(settings, target_file.renew(store, rules))
    app = _app(store, settings)
    banner = Banner(
        settings,
        own_url=own_url,
        database=store.database.path,
        tenant=access,
        ephemeral=options.db is None,
        console=links.link(own_url, admin_token),
    )

    noted = contextlib.ExitStack()

    def announce(host: str, port: int) -> None:
        noted.enter_context(noted_as_running(store.database.path, own_url))
        if options.write_target and target:
            write_privately(options.write_target, target)
        banner.show(as_json=options.as_json)

    with noted:
        server.serve(
            app if options.log_format == "none" else RequestLog(app),
            sockets=sockets,
            on_started=announce,
            new_request_id=_request_ids(seed).new,
            stop=noted_from_now_on(),
        )


def _app(store: Store, settings: Settings) -> "ASGIApp":
    """The application, from imports that are dear enough to come last and without the collector.

    What is there by the end stays to the end; frozen, the collector never looks at it again.
    """
    gc.disable()
    try:
        from zen_sandbox.app import create_app

        return create_app(store, settings)
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def _bound(options: ServeOptions) -> Iterator[list[socket.socket]]:
    """The sockets, bound before anything else is done: a busy port leaves no trace."""
    sockets = server.bind(options.host, options.port)
    try:
        if options.demo:
            _refuse_on_network(options, sockets, "--demo makes a key that opens everything")
        yield sockets
    finally:
        for each in sockets:
            each.close()


@contextmanager
def _database(options: ServeOptions) -> Iterator[tuple[Path, str]]:
    """Where the database is and how durable."""
    if options.db is not None:
        yield options.db.absolute(), options.durability
        return
    with not_interrupted():  # it would leave a folder that nobody knows of
        temporary = TemporaryDirectory(prefix="zen-sandbox-")
    with temporary as folder:
        yield Path(folder) / DATABASE_NAME, "none"


def _refuse_on_network(
    options: ServeOptions, sockets: Sequence[socket.socket], reason: str
) -> None:
    """Nobody on a network gets in with a credential that this machine's user did not give them."""
    if not options.allow_demo_credentials_on_network and not _are_loopback(sockets):
        raise click.ClickException(
            f"{options.host} can be reached from a network, and {reason}; serve on 127.0.0.1, give"
            f" another --db, or accept the risk with {RISK}."
        )


def _demo_access(
    options: ServeOptions, store: Store, sockets: Sequence[socket.socket]
) -> DemoTenant | None:
    if options.demo is False:
        demo_access.decline(store)
    wanted = options.demo
    if wanted is None and not _are_loopback(sockets):
        wanted = False
    return demo_access.ensure(store, wanted, chosen=options.demo_key)


def _admin_token(options: ServeOptions, store: Store) -> str:
    """The token for what is below /sandbox/: chosen, or kept beside the database."""
    path = store.database.path
    token = options.admin_token or kept_admin_token(path) or f"zsa_{secrets.token_urlsafe(32)}"
    keep_admin_token(path, token)
    return token


def _jwks(path: Path | None) -> "PyJWKSet | None":
    try:
        return read_jwks(path) if path else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--jwks") from error


def _settings(
    options: ServeOptions,
    rules: JwtRules,
    seed: int | None,
    base_url: str,
    *,
    admin_token: str,
    on_loopback: bool,
) -> Settings:
    return Settings(
        base_url=base_url,
        jwt=rules,
        rate_limit=options.rate_limit,
        cors_origins=options.cors_origin,
        validate_responses=options.validate_responses,
        seed=seed,
        lock_timeout=options.lock_timeout,
        max_in_flight=options.max_in_flight,
        retention_days=options.retention_days,
        admin_token=admin_token,
        loopback_targets=on_loopback,
        allowed_targets=options.allow_targets,
        console_networks=options.allow_console,
    )


def _url(host: str, port: int) -> str:
    host = _SHOWN_AS.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _are_loopback(sockets: Sequence[socket.socket]) -> bool:
    return all(ip_address(each.getsockname()[0]).is_loopback for each in sockets)


def _request_ids(seed: int | None) -> RequestIds:
    """For what is answered before it reaches the application, which makes its own."""
    return RequestIds() if seed is None else RequestIds(seeded_entropy(seed, "connections"))
