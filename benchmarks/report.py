"""What a run came to, for people (Markdown, read in a terminal too) and for programs (JSON)."""

import os
import platform
import sqlite3
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.cases import Case
from benchmarks.floors import Verdict
from benchmarks.measure import Measured, Plan

_LIBRARIES = ("connexion", "uvicorn", "httptools", "uvloop", "orjson", "starlette", "sqlite-utils")

_SETTING = (
    "The sandbox runs with `--retention-days=3650`, or it would take the filled tables for old and"
    " remove them meanwhile."
)


class Run(NamedTuple):
    """A run and everything that it found."""

    command: str
    plan: Plan
    cases: Sequence[Case]
    measured: Sequence[Measured]
    starts: Mapping[str, Sequence[float]]  # seconds to the first 200, by server
    verdicts: Sequence[Verdict]
    load_before: float  # of the machine, before the run put its own on it


def markdown(run: Run) -> str:
    """The tables, under the command that made them."""
    parts = [
        f"{_made_by(run)} {_SETTING}",
        circumstances_list(run.load_before),
        table(
            ("case", "server", "CPU µs", "low–high", "requests/s", "p50 ms", "p99 ms"),
            _figures(run),
        ),
        demands(run.verdicts),
        table(("server", "MB after the load"), _memory(run)),
        table(("start", "seconds to the first 200", "low–high"), _starts(run)),
    ]
    return "\n\n".join(parts) + "\n"


def _made_by(run: Run) -> str:
    rounds, seconds = run.plan.rounds, run.plan.seconds
    return f"`{run.command}`, {rounds} rounds of {seconds:g} s per server and case."


def document(run: Run) -> dict[str, Any]:
    """The same, with every sample."""
    return {
        "command": run.command,
        "circumstances": circumstances(run.load_before),
        "plan": run.plan._asdict(),
        "measured": [
            one._asdict()
            | {
                "samples": {
                    case: [sample._asdict() for sample in samples]
                    for case, samples in one.samples.items()
                }
            }
            for one in run.measured
        ],
        "seconds_to_first_answer": {name: list(seconds) for name, seconds in run.starts.items()},
        "verdicts": [one._asdict() | {"is_met": one.is_met} for one in run.verdicts],
    }


def circumstances(load_before: float) -> dict[str, str]:
    """What the figures depend on."""
    return {
        "when": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{_processor()}, {len(os.sched_getaffinity(0))} cores, {platform.system()}",
        "load of the machine before the run": f"{load_before:.2f}",
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "libraries": ", ".join(f"{name} {version(name)}" for name in _LIBRARIES),
    }


def circumstances_list(load_before: float) -> str:
    """The same as a list."""
    return "\n".join(f"- {name}: {value}" for name, value in circumstances(load_before).items())


def demands(verdicts: Iterable[Verdict]) -> str:
    """What was asked for, and what came out."""
    return table(("demand", "median", "low–high", "bound", "met"), map(_judged, verdicts))


def spread(values: Sequence[float], form: str) -> tuple[str, str]:
    """The median, and the lowest and highest."""
    low, high = min(values), max(values)
    return f"{statistics.median(values):{form}}", f"{low:{form}}–{high:{form}}"


def put_section(path: Path, heading: str, text: str) -> None:
    """Puts the text under that heading of a document, instead of what is there, or at its end."""
    start = f"## {heading}\n"
    before = path.read_text("utf-8") if path.exists() else ""
    head, found, rest = f"\n{before}".partition(f"\n{start}")
    following = "\n## ".join(["", *rest.split("\n## ")[1:]]) if found else ""
    head = head.strip("\n")
    whole = f"{head}\n\n{start}\n{text.strip()}\n{following}"
    path.write_text(whole.strip("\n") + "\n", "utf-8")


def _figures(run: Run) -> Iterator[tuple[str, ...]]:
    for case in run.cases:
        for one in run.measured:
            samples = one.samples[case.name]
            cpu = [sample.cpu_us for sample in samples]
            yield (
                case.title,
                _server(one),
                f"{statistics.median(cpu):.1f}",
                f"{min(cpu):.1f}–{max(cpu):.1f}",
                f"{statistics.median(sample.per_second for sample in samples):,.0f}",
                f"{statistics.median(sample.p50_ms for sample in samples):.2f}",
                f"{statistics.median(sample.p99_ms for sample in samples):.2f}",
            )


def _judged(one: Verdict) -> tuple[str, ...]:
    return (
        one.demand,
        f"{one.value:.2f}",
        f"{one.low:.2f}–{one.high:.2f}",
        f"{'≥' if one.is_floor else '≤'} {one.bound:g}",
        "yes" if one.is_met else "NO",
    )


def _memory(run: Run) -> Iterator[tuple[str, ...]]:
    for one in run.measured:
        yield _server(one), f"{one.megabytes:.0f}"


def _starts(run: Run) -> Iterator[tuple[str, ...]]:
    for name, seconds in run.starts.items():
        yield name, f"{statistics.median(seconds):.2f}", f"{min(seconds):.2f}–{max(seconds):.2f}"


def _server(one: Measured) -> str:
    return f"{one.contender}, {one.rows:,} deliveries" if one.rows else one.contender


def table(head: Sequence[str], rows: Iterable[tuple[str, ...]]) -> str:
    """A table of Markdown, its columns aligned."""
    cells = [tuple(head), *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    cells.insert(1, tuple("-" * width for width in widths))
    return "\n".join("| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in cells)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
