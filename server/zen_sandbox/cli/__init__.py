"""The command `zen-sandbox`: its subcommands, and what a person reads when one of them fails.

Imports here and in the modules that define commands are light, so that `--help` is quick and works
without the libraries of the sandbox; what does the work is imported when a command runs.
"""

import os
from typing import Any

import click

from zen_sandbox import __version__
from zen_sandbox.cli.clock import clock
from zen_sandbox.cli.clusters import clusters
from zen_sandbox.cli.faults import faults
from zen_sandbox.cli.keys import keys
from zen_sandbox.cli.open import open_console
from zen_sandbox.cli.reset import reset
from zen_sandbox.cli.serve import serve
from zen_sandbox.cli.snapshots import snapshot
from zen_sandbox.cli.tail import tail
from zen_sandbox.cli.tenants import tenants
from zen_sandbox.cli.token import token
from zen_sandbox.cli.trigger import trigger

TRACEBACK = "ZEN_SANDBOX_TRACEBACK"


class Failed(click.ClickException):
    """Something went wrong while a command ran: one sentence, exit code 1."""


class Commands(click.Group):
    """A group in which no failure ends in a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the subcommand."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if os.environ.get(TRACEBACK):
                raise
            raise Failed(_sentence(error)) from error


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="zen-sandbox")
def main() -> None:
    """A sandbox of the Zen Mesh customer API, with real state, scopes and errors.

    \b
    Start here:
      zen-sandbox serve
    It prints a base URL, a tenant, a key and a first curl.

    The commands trigger, tail, open, clock, faults and snapshot talk to the running server. The
    others change its database, also while it is being served, and the server notices at once.
    Each explains itself: zen-sandbox keys create --help
    """


def _sentence(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith("zen_"):
        return f"This needs {error.name}; install it with: pip install 'zen-back[sandbox]'"
    if isinstance(error, _written_for_people()):
        return str(error)
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename} cannot be used ({error.strerror}); give another place."
    return (
        f"A fault of zen-sandbox ({type(error).__name__}: {error});"
        f" set {TRACEBACK}=1 to see where, and please report it."
    )


def _written_for_people() -> tuple[type[Exception], ...]:
    from zen_sandbox.http.server import CannotListen, CannotStart
    from zen_sandbox.store import DatabaseProblem

    return (DatabaseProblem, CannotListen, CannotStart)


for command in (
    serve,
    trigger,
    tail,
    open_console,
    clock,
    faults,
    snapshot,
    tenants,
    keys,
    clusters,
    token,
    reset,
):
    main.add_command(command)
