"""`python -m benchmarks.deliveries`: events in, deliveries out, with a backlog, and after kill -9.

Run from the checkout, with the extra `sandbox` installed.
"""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import click

from benchmarks import contenders, delivery_report
from benchmarks.arrivals import Pace, measure
from benchmarks.delivery_report import DeliveryRun
from benchmarks.fill_events import TARGETS, Backlog, past, prepare
from benchmarks.options import shared_options
from benchmarks.process import BenchmarkError, cores, on_core
from benchmarks.recovery import recoveries
from benchmarks.report import put_section
from benchmarks.target import Target

HEADING = "Deliveries"
COUNTS = (1, 10, TARGETS)


class _Plan(NamedTuple):
    """How long, and how much is in the databases."""

    pace: Pace
    backlog: int
    events: int
    kills: int


_QUICK = _Plan(Pace(rounds=1, flood=0.2, busy=0.1, idle=0.2), backlog=300, events=3_000, kills=1)
_NORMAL = _Plan(
    Pace(rounds=7, flood=2.0, busy=1.0, idle=2.0), backlog=100_000, events=1_000_000, kills=5
)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--quick", is_flag=True, help="Little of everything, to see that it runs; seconds.")
@click.option("--rounds", type=click.IntRange(min=1), help="Other than 7 rounds, or 1 when quick.")
@shared_options(HEADING, "2.5 GB; as much again while it runs")
def main(
    quick: bool,
    rounds: int | None,
    json_file: Path | None,
    markdown_file: Path | None,
    command: str | None,
    cache: Path,
) -> None:
    """Measures deliveries: how many a second, how soon, with a backlog, and after kill -9.

    The server runs on one core, the load and the target on another; 10 minutes.
    """
    plan = _QUICK if quick else _NORMAL
    if rounds is not None:
        plan = plan._replace(pace=plan.pace._replace(rounds=rounds))
    try:
        found = run(plan, command or contenders.default_command(), cache)
    except BenchmarkError as error:
        raise click.ClickException(str(error)) from error
    text = delivery_report.markdown(found)
    click.echo(text)
    if markdown_file is not None:
        put_section(markdown_file, HEADING, text)
    if json_file is not None:
        json_file.write_text(json.dumps(delivery_report.document(found), indent=1), "utf-8")


def run(plan: _Plan, command: str, cache: Path) -> DeliveryRun:
    """Everything, in order: the speeds with each backlog, then the kills."""
    if sys.platform != "linux":
        raise BenchmarkError("CPU time is read from /proc; run the benchmarks on Linux.")
    load_before = os.getloadavg()[0]
    sandbox = contenders.sandbox(command)
    many, empty = past(cache, plan.events), past(cache, 0)
    backlogs = (Backlog(), Backlog(waiting=plan.backlog), Backlog(stuck=plan.backlog))
    with (
        tempfile.TemporaryDirectory(prefix="zen-benchmarks-") as scratch,
        on_core(cores()[1]),
        Target(TARGETS) as target,
    ):
        folder = Path(scratch)
        cells = measure(sandbox, empty, folder, target, backlogs, COUNTS, plan.pace)
        database = folder / "many.db"
        prepare(many, database, target.urls, target.stuck_url, Backlog())
        found = recoveries(sandbox, database, target, kills=plan.kills, seconds=plan.pace.flood)
    return DeliveryRun(
        command=" ".join(["python -m benchmarks.deliveries", *sys.argv[1:]]),
        pace=plan.pace,
        cells=cells,
        recoveries=found,
        events_stored=plan.events,
        load_before=load_before,
    )


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.deliveries")
