"""The command line: `zen-conformance run` and what helps with it."""

import click

from zen_conformance.cli.run import run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="zen-back", prog_name="zen-conformance")
def main() -> None:
    """Hold a running server to the Zen Mesh customer API contract."""


main.add_command(run)
