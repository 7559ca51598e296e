"""`zen-conformance run`: the suite against one server, a verdict, an exit code."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from zen_conformance import run as runner
from zen_conformance import target_file


@click.command()
@click.option("--target", required=True, type=click.Path(path_type=Path))
@click.option("--budget", default="standard")
@click.option("--only", multiple=True)
@click.option("--skip", multiple=True)
@click.option("--seed", default=1)
@click.option("--workers", default=1)
@click.option("--show-secrets", is_flag=True)
@click.option("--report-json", type=click.Path(path_type=Path))
def run(target: Path, report_json: Path | None, **options: object) -> None:
    """Run the suite."""
    try:
        order = runner.Order(target_path=target, target=target_file.read(target), **options)  # type: ignore[arg-type]
    except ValueError as error:
        click.echo(f"zen-conformance: {error}", err=True)
        sys.exit(2)
    report = runner.run(order)
    for one in report.requirements:
        if one.outcome in ("failed", "warned"):
            click.echo(f"{one.outcome:8} {one.id} {one.title}")
            for failure in one.failures[:3]:
                click.echo(f"         {failure['check']}: {failure['message']}")
                click.echo(f"         {failure['curl']}")
        elif one.outcome == "not_run" and one.selected:
            click.echo(f"not run  {one.id} {one.title}: {one.reason}")
    for fault in report.errors:
        click.echo(f"error    {fault}")
    counts = ", ".join(
        f"{report.counted(outcome)} {outcome}"
        for outcome in ("passed", "failed", "warned", "not_run")
    )
    click.echo(f"{report.verdict}: {counts} in {report.seconds:.1f} s")
    if report_json:
        report_json.write_text(json.dumps(asdict(report), indent=1))
    sys.exit(runner.exit_code(report))
