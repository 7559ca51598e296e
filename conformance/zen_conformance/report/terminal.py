"""The report as text: the verdict, a line per area, each failure with what to do about it."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from zen_conformance.report.model import OUTCOMES, Report, Result
from zen_conformance.trace import printable

_IN_FULL = 20  # failures; the rest by name, or nobody scrolls up to the verdict
_NAMED = 12  # requirements per reason of not being run
_STYLES = {"passed": "green", "failed": "bold red", "warned": "yellow", "not_run": "dim"}
_VERDICTS = {"conformant": "bold green", "nonconformant": "bold red", "incomplete": "bold yellow"}
_LABEL = 10
_COMMANDS = ("try", "again")


def show(report: Report, console: Console) -> None:
    """Print it."""
    _show_verdict(report, console)
    console.print(_areas(report))
    _show_failures("Failed", report.failed(expected=False), report, console)
    _show_failures("Warnings", report.ended("warned"), report, console)
    _show_failures("Failed as expected", report.failed(expected=True), report, console)
    _show_variables(report, console)
    _show_not_run(report, console)
    _show_list("Passed, but expected to fail", report.unexpected_passes, console)
    _show_list("Created and not deleted", report.left_behind, console)
    _show_list("Faults of the suite itself", report.errors, console)


def _show_verdict(report: Report, console: Console) -> None:
    style = _VERDICTS[report.verdict]
    counts = [f"{report.counted(one)} {one.replace('_', ' ')}" for one in OUTCOMES]
    console.print(Text(report.headline, style), Text(f"({', '.join(counts)})"))
    if report.interrupted:
        console.print(Text("The run was interrupted.", "bold red"))
    if report.unreachable:
        console.print(Text(printable(report.unreachable), "bold red"))
    asked = report.configuration
    console.print(
        Text(
            f"{asked['base_url']}, contract {report.contract_version}, suite"
            f" {report.suite_version}, profile {asked['profile']}, budget {asked['budget']},"
            f" seed {asked['seed']}, {report.seconds:.1f} s\n",
            "dim",
        )
    )


def _areas(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Area")
    for outcome in OUTCOMES:
        table.add_column(outcome.replace("_", " ").capitalize(), justify="right")
    for area in report.areas():
        counts = [(outcome, report.counted(outcome, area)) for outcome in OUTCOMES]
        cells = [Text(str(count), _STYLES[one] if count else "dim") for one, count in counts]
        table.add_row(area, *cells)
    return table


def _show_failures(heading: str, failed: list[Result], report: Report, console: Console) -> None:
    if not failed:
        return
    _show_heading(heading, console)
    for one in failed[:_IN_FULL]:
        _show_failure(one, report.expected_failures.get(one.id), console)
    for one in failed[_IN_FULL:]:
        console.print(Text.assemble((one.id, "bold"), "  ", one.title))
    if len(failed) > _IN_FULL:
        console.print(
            Text(f"{len(failed)} in all; --report-html FILE shows each of them in full.", "dim")
        )


def _show_failure(one: Result, expected: str | None, console: Console) -> None:
    failure = one.failures[0]
    style = _STYLES[one.outcome]
    console.print(Text.assemble((one.id, style), f" {one.level}  ", (one.title, "bold")))
    _show_member("contract", f"{one.contract} ({one.source})", console)
    _show_member("known", expected, console)
    _show_member("check", failure["check"], console)
    _show_member("found", failure["message"], console)
    _show_member("expected", failure.get("expected"), console)
    _show_member("got", failure.get("got"), console)
    _show_member("input", failure.get("smallest_input"), console)
    _show_member("try", failure["curl"], console)
    _show_member("again", one.replay, console)
    more = len(one.failures) - 1
    if more:
        _show_member("", f"and {more} more failure{'s' * (more > 1)} of {one.id}", console)
    console.print()


def _show_variables(report: Report, console: Console) -> None:
    shown = [one.failures[0]["curl"] for one in report.requirements if one.failures]
    if any("${ZEN_TOKEN_" in command for command in shown):
        words = (
            "ZEN_TOKEN_1 is the first token of the target file; --show-secrets writes tokens out."
        )
        console.print(Text(words, "dim"))


def _show_member(label: str, value: str | None, console: Console) -> None:
    """One member of a failure; commands are not wrapped, so that they can be pasted."""
    if not value:
        return
    if label in _COMMANDS:
        line = Text.assemble((f"  {label:<{_LABEL}}", "dim"), printable(value))
        console.print(line, soft_wrap=True)
    else:
        grid = Table.grid(padding=(0, 0))
        grid.add_column(width=_LABEL + 2, no_wrap=True)
        grid.add_column(overflow="fold")
        grid.add_row(Text(f"  {label}", "dim"), Text(printable(value)))
        console.print(grid)


def _show_not_run(report: Report, console: Console) -> None:
    groups = report.not_run()
    if groups:
        _show_heading("Not run", console)
    left_out: Counter[str] = Counter()
    for reason, group in groups.items():
        if group[0].selected:
            named = ", ".join(one.id for one in group[:_NAMED])
            more = f" and {len(group) - _NAMED} more" if len(group) > _NAMED else ""
            _show_indented(f"{len(group)}: {reason}", "yellow", console)
            _show_indented(f"{named}{more}", "dim", console, 5)
        else:
            # Why each of them cannot be tested is a matter for the other reports.
            left_out[reason.partition(": ")[0]] += len(group)
    for reason, count in left_out.items():
        _show_indented(f"{count}: {reason}", "dim", console)


def _show_list(heading: str, lines: Sequence[str], console: Console) -> None:
    if lines:
        _show_heading(heading, console)
    for line in lines:
        console.print(Text(f"  {printable(line)}"), soft_wrap=True)


def _show_indented(text: str, style: str, console: Console, by: int = 2) -> None:
    console.print(Padding(Text(printable(text), style), (0, 0, 0, by), expand=False))


def _show_heading(text: str, console: Console) -> None:
    console.print(Text(f"\n{text}", "bold underline"))
