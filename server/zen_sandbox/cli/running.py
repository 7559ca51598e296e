"""What the commands about a running server share: finding it, asking it, and saying why it did not.

A server of a database of this machine is found by that database, its admin token too; any other by
`--url` and `--admin-token`.
"""

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zen_sandbox.cli.options import database_option, database_path, json_option, option
from zen_sandbox.cli.values import BASE_URL

if TYPE_CHECKING:
    from zen_sandbox.http_client import HttpClient

Command = Callable[..., Any]

PATIENCE = 3600.0
"""Seconds that an answer may take for which the server makes attempts first."""

_options = (
    database_option,
    option("--url", type=BASE_URL, help="The server, instead of the one that serves --db."),
    option("--admin-token", help="Its admin token; not needed for a server found by --db."),
    json_option,
)


class Gone(click.ClickException):
    """The server does not answer, or not now."""


class RunningServer:
    """A running server, which is asked for what is below /sandbox/ and told of events."""

    def __init__(self, url: str, admin_token: str | None) -> None:
        from zen_sandbox.http_client import HttpClient

        self.url = url
        self._admin_token = admin_token
        self._admin: HttpClient | None = None
        self._anybody = HttpClient(url)

    def ask(self, method: str, path: str, document: object = None, **more: Any) -> Any:
        """What an operation of /sandbox/ answers; what goes wrong is a sentence."""
        with self._in_sentences():
            return self._as_admin().ask(method, f"/sandbox/{path}", document, **more)

    def post_event(self, ingester_id: str, headers: Mapping[str, str], body: bytes) -> Any:
        """Posts to an endpoint as its provider would; what is answered."""
        with self._in_sentences():
            reply = self._anybody.send("POST", f"/hooks/{ingester_id}", headers, body)
            return self._anybody.understood(reply)

    def console_link(self) -> str:
        """A link that opens the console once; the server is there and takes the admin token."""
        from zen_sandbox.console.access.links import link

        self.ask("GET", "tenants")
        return link(self.url, self._as_admin().token or "")

    def close(self) -> None:
        """Closes its connections."""
        self._anybody.close()
        if self._admin is not None:
            self._admin.close()

    def _as_admin(self) -> "HttpClient":
        from zen_sandbox.http_client import HttpClient

        if self._admin_token is None:
            raise click.UsageError("Give --admin-token with --url; `zen-sandbox serve` prints it.")
        if self._admin is None:
            self._admin = HttpClient(self.url, token=self._admin_token)
        return self._admin

    @contextmanager
    def _in_sentences(self) -> Iterator[None]:
        from zen_sandbox.http_client import Refused, Unreachable

        try:
            yield
        except Unreachable as error:
            raise Gone(f"The server at {self.url} cannot be asked: {error}.") from error
        except Refused as error:
            if error.status == 401:
                raise click.ClickException(
                    f"The server at {self.url} takes another admin token; give the one that"
                    " `zen-sandbox serve` printed with --admin-token."
                ) from error
            kind = Gone if error.status == 503 else click.ClickException
            raise kind(str(error)) from error


@contextmanager
def connected(db: Path | None, url: str | None, admin_token: str | None) -> Iterator[RunningServer]:
    """The running server that the options name; Gone when there is none."""
    server = _found(db, url, admin_token)
    try:
        yield server
    finally:
        server.close()


def server_options(function: Command) -> Command:
    """The options that say which server is meant, and `--json`."""
    for one in reversed(_options):
        function = one(function)
    return function


def command(group: click.Group, name: str) -> Callable[[Command], click.Command]:
    """A command of a group that is called with a running server, and can print JSON."""

    def make(function: Command) -> click.Command:
        @functools.wraps(function)
        def run(*, db: Path | None, url: str | None, admin_token: str | None, **given: Any) -> None:
            with connected(db, url, admin_token) as server:
                function(server, **given)

        return group.command(name)(server_options(run))

    return make


class Listing(click.Group):
    """A group whose first word may be left out: then its first command is meant."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts in the word that was left out."""
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = [next(iter(self.commands)), *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which they were defined."""
        return list(self.commands)


def _found(db: Path | None, url: str | None, admin_token: str | None) -> RunningServer:
    from zen_sandbox.files import kept_admin_token, running

    if url is not None:
        kept = kept_admin_token(database_path(db)) if db is not None else None
        return RunningServer(url, admin_token or kept)
    path = database_path(db)
    found = running(path)
    if found is None:
        raise Gone(
            f"No server is running on {path}; start `zen-sandbox serve`, or name another with --db"
            " or --url."
        )
    return RunningServer(found.own_url, admin_token or kept_admin_token(path))
