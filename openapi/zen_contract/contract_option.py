"""The option `--contract` of the commands that are about one contract."""

import click

contract_option = click.option(
    "--contract",
    "source",
    default="zen-back.v1",
    show_default=True,
    metavar="NAME_OR_PATH",
    help="A contract of this package by name, or any contract file.",
)
