"""`zen-conformance verify`: does a report's verdict follow from what it says?"""

from pathlib import Path

import click

from zen_conformance.cli.options import report_argument


@click.command(short_help="Recompute a report's verdict.")
@click.argument("report", type=report_argument)
def verify(report: Path) -> None:
    """Recompute the verdict of a JSON report from its requirements, and say whether it agrees.

    Exit code 0: it agrees; 1: it does not, or it is about another contract; 2: not a report.
    """
    from zen_conformance.report import json_file, verification

    found = json_file.read(report)
    wrong = list(verification.disagreements(found))
    for sentence in wrong:
        click.echo(sentence)
    if wrong:
        raise click.exceptions.Exit(1)
    click.echo(
        f"{found.headline}: the verdict follows from its {len(found.requirements)} requirements,"
        f" and contract {found.contract_version} is this suite's."
    )
