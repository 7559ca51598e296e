"""`zen-conformance diff`: what changed between two reports."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zen_conformance.cli.options import json_option, report_argument

if TYPE_CHECKING:
    from zen_conformance.report.difference import Change


@click.command(short_help="Compare two reports.")
@click.argument("before", type=report_argument)
@click.argument("after", type=report_argument)
@json_option
def diff(before: Path, after: Path, as_json: bool) -> None:
    """Print each requirement whose outcome changed from one JSON report to the next.

    Exit code 0: nothing got worse; 1: something did (a new failure or warning, or a pass that could
    not be run again); 2: not a report.
    """
    from zen_conformance.report import difference, json_file

    found = difference.changes(json_file.read(before), json_file.read(after))
    if as_json:
        _print_json(found)
    else:
        for one in found:
            words = f"{one.before or 'unknown'} → {one.after or 'unknown'}"
            mark = "worse " if one.is_regression else "      "
            line = f"{mark} {one.id:<12} {words.replace('_', ' '):<20} {one.title}"
            click.echo(click.style(line, fg="red" if one.is_regression else None))
        worse = sum(one.is_regression for one in found)
        click.echo(f"{len(found)} changed, {worse} for the worse.")
    raise click.exceptions.Exit(int(any(one.is_regression for one in found)))


def _print_json(found: Sequence["Change"]) -> None:
    click.echo(json.dumps([asdict(one) for one in found]))
