"""The command `zen-conformance`: its subcommands, and what a person reads when one of them fails.

Imports here and in the modules that define commands are light, so that `--help` is quick and works
without the libraries of the suite; what does the work is imported when a command runs.
"""

import os
from typing import Any

import click

from zen_conformance import exit_codes
from zen_conformance.cli.diff import diff
from zen_conformance.cli.doctor import doctor
from zen_conformance.cli.explain import explain
from zen_conformance.cli.listing import list_command
from zen_conformance.cli.run import run
from zen_conformance.cli.verify import verify
from zen_contract import __version__

TRACEBACK = "ZEN_CONFORMANCE_TRACEBACK"


class Failed(click.ClickException):
    """Something went wrong while a command ran: one sentence and an exit code."""

    def __init__(self, sentence: str, exit_code: int) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code  # type: ignore[misc]  # click reads it so


class Commands(click.Group):
    """A group in which no failure ends in a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the subcommand."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except (KeyboardInterrupt, click.Abort) as error:
            raise Failed("It was interrupted.", exit_codes.INTERRUPTED) from error
        except Exception as error:
            if os.environ.get(TRACEBACK):
                raise
            raise _failed(error) from error


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="zen-conformance")
def main() -> None:
    """Hold a running server to the Zen Mesh customer API contract.

    \b
    Start here, with a target file that says where the server is:
      zen-conformance doctor --target target.toml
      zen-conformance run --target target.toml
    """


def _failed(error: Exception) -> Failed:
    if isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith("zen_"):
        needed = f"This needs {error.name}; install it with: pip install 'zen-back[conformance]'"
        return Failed(needed, exit_codes.USAGE)
    from zen_conformance.failures import Unreachable
    from zen_conformance.report.json_file import NotAReport
    from zen_conformance.selection import UnknownRequirement
    from zen_conformance.target_file import TargetFileError

    if isinstance(error, Unreachable):
        return Failed(
            f"{error} Is the server running, and is base_url its address?", exit_codes.UNREACHABLE
        )
    if isinstance(error, TargetFileError | UnknownRequirement | NotAReport):
        return Failed(str(error), exit_codes.USAGE)
    if isinstance(error, OSError) and error.filename:
        sentence = f"{error.filename} cannot be used ({error.strerror}); give another place."
        return Failed(sentence, exit_codes.USAGE)
    return Failed(
        f"A fault of zen-conformance ({type(error).__name__}: {error});"
        f" set {TRACEBACK}=1 to see where, and please report it.",
        exit_codes.FAULT,
    )


for command in (run, list_command, explain, doctor, verify, diff):
    main.add_command(command)
