"""The options that every benchmark command has."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from platformdirs import user_cache_path

Command = Callable[..., Any]


def shared_options(heading: str, size: str) -> Callable[[Command], Command]:
    """--json, --markdown, --sandbox and --cache; `heading` is the report's section."""
    options = (
        click.option(
            "--json", "json_file", type=click.Path(path_type=Path), help="Write all samples there."
        ),
        click.option(
            "--markdown",
            "markdown_file",
            type=click.Path(path_type=Path),
            help=f"Put the report there, as the section '{heading}'.",
        ),
        click.option(
            "--sandbox",
            "command",
            help="The command line to start instead of zen-sandbox, to measure another build.",
        ),
        click.option(
            "--cache",
            type=click.Path(path_type=Path, file_okay=False),
            default=user_cache_path("zen-back", appauthor=False) / "benchmarks",
            show_default=True,
            help=f"Where the filled databases are kept ({size}).",
        ),
    )

    def apply(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return apply
