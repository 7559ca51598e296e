"""`zen-conformance run`: the suite against one server, a verdict, reports, an exit code."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zen_conformance.cli.options import base_url_option, target, target_option

if TYPE_CHECKING:
    from zen_conformance.report.model import Report

_MOST_WORKERS = 4  # more of them wait for the server
_FORMATS = ("json", "junit", "html")


class _NewFile(click.Path):
    """A file that is to be written; a folder that is not there is noticed before the run."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, dir_okay=False, writable=True)

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        path = Path(value)
        super().convert(path, param, ctx)
        if not path.parent.is_dir():
            self.fail(f"there is no folder {path.parent}; make it first.", param, ctx)
        return path


@click.command(short_help="Check a server and say where it departs from the contract.")
@target_option
@base_url_option
@click.option(
    "--profile",
    type=click.Choice(["core", "full"]),
    default="full",
    show_default=True,
    help="core leaves out deliveries, retry, logs and rate limits.",
)
@click.option(
    "--only", multiple=True, metavar="ID|AREA", help="Check nothing but this (repeat it)."
)
@click.option("--skip", multiple=True, metavar="ID|AREA", help="Leave this out (repeat it).")
@click.option("--reason", "skip_reason", metavar="TEXT", help="Why --skip; the report quotes it.")
@click.option("--seed", type=int, default=1, show_default=True, help="For generated requests.")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=lambda: min(os.cpu_count() or 1, _MOST_WORKERS),
    show_default=f"the machine's cores, at most {_MOST_WORKERS}",
    help="Processes that share the checks.",
)
@click.option(
    "--budget",
    type=click.Choice(["quick", "standard", "deep"]),
    default="standard",
    show_default=True,
    help="quick leaves out what has to wait; deep tries more generated requests.",
)
@click.option("--report-json", type=_NewFile(), metavar="FILE", help="Write the report as JSON.")
@click.option("--report-junit", type=_NewFile(), metavar="FILE", help="… as JUnit XML.")
@click.option("--report-html", type=_NewFile(), metavar="FILE", help="… as one HTML page.")
@click.option("--trace", is_flag=True, help="Print each request and answer on standard error.")
@click.option("--strict", is_flag=True, help="Let warnings (SHOULD, MAY) fail the run.")
@click.option("--fail-fast", is_flag=True, help="End after the first failed MUST.")
@click.option(
    "--expect-failures",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Known failures, a line each: ID reason.",
)
@click.option("--show-secrets", is_flag=True, help="Leave tokens in reports and curl commands.")
def run(
    target_path: Path,
    base_url: str | None,
    expect_failures: Path | None,
    report_json: Path | None,
    report_junit: Path | None,
    report_html: Path | None,
    **asked: Any,
) -> None:
    """Check a running server against the contract, requirement by requirement.

    \b
    Exit code 0: conformant; 1: not; 2: wrong usage or target file; 3: the server cannot be
    reached; 4: something required could not be run; 5: a fault of the suite; 130: interrupted.

    \b
    Examples:
      zen-conformance run --target target.toml --report-html report.html
      zen-conformance run --target target.toml --only DEST --only LIST-004
      zen-conformance run --target target.toml --skip RATE --reason "behind a proxy"
    """
    from zen_conformance import expected
    from zen_conformance import run as runner
    from zen_conformance.cli.progress import progress

    _require_reason(asked)
    order = runner.Order(
        target_path=target_path,
        target=target(target_path, base_url),
        base_url=base_url,
        expected_failures=expected.read(expect_failures) if expect_failures else {},
        **asked,
    )
    with progress(quiet=order.trace) as listen:
        report = runner.run(order, listen)
    # Files first: who pipes the summary into `head` closes it before its end.
    _write(report, dict(zip(_FORMATS, (report_json, report_junit, report_html), strict=True)))
    _show(report)
    raise click.exceptions.Exit(runner.exit_code(report))


def _require_reason(asked: dict[str, Any]) -> None:
    if asked["skip"] and not (asked["skip_reason"] or "").strip():
        raise click.UsageError("--skip needs --reason TEXT; the report says why it was left out.")
    if asked["skip_reason"] and not asked["skip"]:
        raise click.UsageError("--reason says why something is skipped; give --skip too.")


def _show(report: "Report") -> None:
    from rich.console import Console

    from zen_conformance.report import terminal

    try:
        terminal.show(report, Console(highlight=False, markup=False, emoji=False))
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # the second is what rich makes of the first
        # `head` has seen enough; the exit code stays the verdict's.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write(report: "Report", paths: dict[str, Path | None]) -> None:
    from zen_conformance.report import html, json_file, junit

    renderings = {
        "json": lambda: json_file.text(report).encode(),
        "junit": lambda: junit.text(report),
        "html": lambda: html.text(report).encode(),
    }
    for form, path in paths.items():
        if path is not None:
            path.write_bytes(renderings[form]())
