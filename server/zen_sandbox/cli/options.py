"""Options that several commands share, and the rule that a variable sets each of them too."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from zen_sandbox.cli.values import ID, MINIMUM_SECRET, SECRET

VARIABLES = "ZEN_SANDBOX_"

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
Decorator = Callable[[Decorated], Decorated]


def option(*declarations: str, **settings: Any) -> Decorator[Any]:
    """An option that a variable sets too: `--lock-timeout` is ZEN_SANDBOX_LOCK_TIMEOUT."""
    long = next(one for one in declarations if one.startswith("--")).partition("/")[0]
    variable = VARIABLES + long.removeprefix("--").replace("-", "_").upper()
    return click.option(*declarations, envvar=variable, show_envvar=True, **settings)


def file(*, must_exist: bool = False) -> click.Path:
    """A file's path."""
    return click.Path(path_type=Path, dir_okay=False, exists=must_exist, readable=must_exist)


tenant_filter = click.option("--tenant", "tenant_id", type=ID, help="Only this tenant's.")

database_option = option(
    "--db",
    type=file(),
    metavar="PATH",
    help="The database file; by default the one in your data folder that `serve` uses.",
)
json_option = option("--json", "as_json", is_flag=True, help="Print one line of JSON.")


def jwt_options(command: Decorated) -> Decorated:
    """What JWTs are signed with and checked against."""
    for one in reversed(
        (
            option(
                "--jwt-secret",
                type=SECRET,
                metavar="TEXT",
                help="Sign and check HS256 tokens with this instead of the database's own secret;"
                " others on this machine can see a command line, but not a variable or a file.",
            ),
            option(
                "--jwt-secret-file",
                type=file(must_exist=True),
                metavar="FILE",
                help="The same, read from a file; a line end at its end is left off.",
            ),
            option("--jwt-issuer", metavar="TEXT", help="Demand (and give) this `iss`."),
            option("--jwt-audience", metavar="TEXT", help="Demand (and give) this `aud`."),
        )
    ):
        command = one(command)
    return command


def chosen_secret(text: str | None, path: Path | None) -> bytes | None:
    """The secret that the two options choose, if any."""
    if text is not None and path is not None:
        raise click.UsageError("Give one of --jwt-secret and --jwt-secret-file.")
    if path is None:
        return None if text is None else text.encode("utf-8", "surrogateescape")
    secret = path.read_bytes().removesuffix(b"\n").removesuffix(b"\r")
    if len(secret) < MINIMUM_SECRET:
        raise click.BadParameter(
            f"{path} holds {len(secret)} bytes; a secret for HS256 has {MINIMUM_SECRET} or more.",
            param_hint="--jwt-secret-file",
        )
    return secret


def database_path(given: Path | None) -> Path:
    """The database of `--db`, or the default one."""
    from zen_sandbox.files import default_database

    return given.expanduser() if given else default_database()
