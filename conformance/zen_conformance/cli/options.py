"""Options that several commands share."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from zen_conformance.target_file import Target

target_option = click.option(
    "--target",
    "target_path",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="What the suite is told about the server (TOML).",
)
base_url_option = click.option(
    "--base-url", metavar="URL", help="Where the server is, instead of the file's base_url."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
report_argument = click.Path(path_type=Path, dir_okay=False)


def target(path: Path, base_url: str | None) -> "Target":
    """The server that the two options name."""
    from zen_conformance import target_file

    found = target_file.read(path)
    return found.at(base_url) if base_url else found
