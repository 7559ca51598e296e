"""`zen-conformance list`: the ledger of requirements, for people and for programs."""

import click

from zen_conformance.cli.options import json_option


@click.command(name="list", short_help="Print the requirements.")
@click.argument("wanted", nargs=-1, metavar="[ID|AREA]...")
@json_option
@click.option("--markdown", is_flag=True, help="Print the page docs/requirements.md.")
def list_command(wanted: tuple[str, ...], as_json: bool, markdown: bool) -> None:
    """Print every requirement that the suite holds a server to, or those of an id or area."""
    from zen_conformance import catalogue

    chosen = catalogue.chosen(wanted)
    if as_json:
        click.echo(catalogue.as_json(chosen))
    elif markdown:
        click.echo(catalogue.as_markdown(chosen), nl=False)
    else:
        for line in catalogue.as_text(chosen):
            click.echo(line)
