"""`zen-conformance doctor`: is everything there that a run needs?"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zen_conformance import exit_codes
from zen_conformance.cli.options import base_url_option, json_option, target, target_option

if TYPE_CHECKING:
    from zen_conformance.doctor import Finding

_COLOURS = {"ok": "green", "missing": "yellow", "wrong": "red", "note": "cyan"}


@click.command(short_help="Say what a run would miss, without writing anything.")
@target_option
@base_url_option
@json_option
@click.option("--verbose", "-v", is_flag=True, help="Also print what is in order.")
def doctor(target_path: Path, base_url: str | None, as_json: bool, verbose: bool) -> None:
    """Look at the target file and the server, and name what is missing and what it costs.

    It only reads: nothing is created on the server.

    \b
    Exit code 0: nothing is missing; 2: the target file cannot be used; 3: the server cannot be
    reached; 4: a run would be incomplete.
    """
    from zen_conformance.doctor import examine
    from zen_conformance.redaction import Redaction

    found = target(target_path, base_url)
    redaction = Redaction(found)
    findings = list(examine(found))
    if as_json:
        import json

        click.echo(json.dumps([redaction.value(asdict(one)) for one in findings]))
    else:
        for one in findings:
            if verbose or one.state != "ok":
                click.echo(redaction.text(_line(one)))
        click.echo(_summary(findings))
    if any(one.state in ("missing", "wrong") for one in findings):
        raise click.exceptions.Exit(exit_codes.INCOMPLETE)


def _line(one: "Finding") -> str:
    state = click.style(f"{one.state:<8}", fg=_COLOURS[one.state])
    lost = f"\n         not run: {one.lost}" if one.lost else ""
    return f"{state} {one.what}{lost}"


def _summary(findings: list["Finding"]) -> str:
    states = [one.state for one in findings]
    if "missing" in states or "wrong" in states:
        counts = f"{states.count('missing')} missing, {states.count('wrong')} wrong"
        return f"{counts}, {states.count('ok')} in order: a run would be incomplete."
    return f"Everything is there: {len(states)} things looked at, {states.count('ok')} in order."
