"""`python -m benchmarks`: the sandbox against Prism and against the same SQL by hand.

Run from the checkout, with the extras `sandbox` and `lint` installed; see README.md of the project.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

import click

from benchmarks import contenders, report, statements
from benchmarks.cases import CASES, Case
from benchmarks.fill import Table, table
from benchmarks.floors import verdicts
from benchmarks.measure import Plan, measure, say, time_starts
from benchmarks.options import shared_options
from benchmarks.process import BenchmarkError, cores

HEADING = "Requests"
SMALL, BIG = 100_000, 2_000_000

_PLANS = {
    "quick": Plan(rounds=5, seconds=0.3, warm_up=0.3, starts=3),
    "normal": Plan(rounds=7, seconds=1.0, warm_up=1.0, starts=5),
    "full": Plan(rounds=15, seconds=2.0, warm_up=2.0, starts=9),
}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--quick", "pace", flag_value="quick", help="100,000 deliveries only; a minute.")
@click.option("--full", "pace", flag_value="full", help="More and longer rounds; 15 minutes.")
@click.option(
    "--only",
    "chosen",
    multiple=True,
    type=click.Choice([case.name for case in CASES]),
    help="Only this case; may be given several times.",
)
@shared_options(HEADING, "2 GB")
def main(
    pace: str | None,
    chosen: tuple[str, ...],
    json_file: Path | None,
    markdown_file: Path | None,
    command: str | None,
    cache: Path,
) -> None:
    """Measures the sandbox beside Prism and beside the same SQL by hand, and prints the ratios.

    The server runs on one core, the load on another. Other work on the machine widens the spread:
    the ratios, taken round by round, are what to trust.
    """
    cases = [case for case in CASES if not chosen or case.name in chosen]
    sizes = (SMALL,) if pace == "quick" else (SMALL, BIG)
    try:
        found = run(cases, sizes, _PLANS[pace or "normal"], command, cache)
    except BenchmarkError as error:
        raise click.ClickException(str(error)) from error
    text = report.markdown(found)
    click.echo(text)
    if markdown_file is not None:
        report.put_section(markdown_file, HEADING, text)
    if json_file is not None:
        json_file.write_text(json.dumps(report.document(found), indent=1), "utf-8")


def run(
    cases: list[Case], sizes: tuple[int, ...], plan: Plan, command: str | None, cache: Path
) -> report.Run:
    """Everything, in order: the tables, the check of the peer, the starts, the rounds."""
    if sys.platform != "linux":
        raise BenchmarkError("CPU time is read from /proc; run the benchmarks on Linux.")
    if cores()[0] == cores()[1]:
        say("there is one core only: the load takes its share of what the server could do")
    load_before = os.getloadavg()[0]
    sandbox = command or contenders.default_command()
    ours, peer, prism = contenders.sandbox(sandbox), contenders.peer(), contenders.prism()
    tables = [table(cache, size) for size in sizes]
    check_peer(tables[0])
    starts: dict[str, list[float]] = {}
    timed = [(contenders.new_sandbox(sandbox), None), (ours, tables[-1]), (peer, tables[-1])]
    for contender, filled in (*timed, (prism, None)):
        say(f"timing {plan.starts} starts of {contender.name}")
        starts[contender.name] = time_starts(contender, filled, plan.starts)
    entrants = [(ours, tables[0]), (peer, tables[0]), (prism, tables[0])]
    entrants += [pair for big in tables[1:] for pair in ((ours, big), (peer, big))]
    measured = measure(entrants, cases, plan)
    return report.Run(
        command=" ".join(["python -m benchmarks", *sys.argv[1:]]),
        plan=plan,
        cases=cases,
        measured=measured,
        starts=starts,
        verdicts=verdicts(measured, cases, starts),
        load_before=load_before,
    )


def check_peer(of: Table) -> None:
    """Refuses to run when the peer's SQL is not the sandbox's."""
    say("comparing the statements of sandbox and peer")
    with tempfile.TemporaryDirectory(prefix="zen-benchmarks-") as scratch:
        for case, found in statements.check(of, Path(scratch)).items():
            say(f"{case}: the same {len(found)} statements")


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
