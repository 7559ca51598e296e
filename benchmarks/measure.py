"""The run: servers side by side, each case measured on one after the other, again and again.

All servers are up for the whole run. In each round each case is sent to every server in turn, so
that what else the machine does falls on all of them alike, and ratios are taken within a round.
"""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.cases import DEEP, Case, depth, requests, walk
from benchmarks.contenders import Contender
from benchmarks.fill import Table
from benchmarks.load import burst
from benchmarks.process import ServerProcess, cores, on_core


class Plan(NamedTuple):
    """How long to measure: rounds, seconds per server and case in each, and starts to time."""

    rounds: int
    seconds: float
    warm_up: float
    starts: int


class Sample(NamedTuple):
    """One server, one case, one round."""

    cpu_us: float  # of the server, per request
    per_second: float
    p50_ms: float
    p99_ms: float


class Measured(NamedTuple):
    """What is known of one server over one table (of no rows where it keeps no state)."""

    contender: str
    rows: int
    samples: dict[str, list[Sample]]  # by the case's name
    megabytes: float
    deep_pages: int


class _Running(NamedTuple):
    contender: str
    rows: int
    process: ServerProcess
    streams: dict[Case, Iterator[bytes]]
    samples: dict[str, list[Sample]]
    deep_pages: int


def measure(
    entrants: Sequence[tuple[Contender, Table]], cases: Sequence[Case], plan: Plan
) -> list[Measured]:
    """Starts a server for each entrant, on a copy of its table, and measures them all."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zen-benchmarks-")))
        running: list[_Running] = []
        cursor = ""
        for number, (contender, table) in enumerate(entrants):
            say(f"starting {contender.name}, {table.deliveries:,} deliveries")
            copy = folder / f"{number}.db"
            if contender.keeps_state:
                copy_of(table, copy)
            process = contender.start(copy, folder)
            stack.callback(process.stop)
            if contender.keeps_state and DEEP in cases:
                cursor = walk(process.port, depth(table))
            streams = {case: requests(case, cursor) for case in cases}
            samples: dict[str, list[Sample]] = {case.name: [] for case in cases}
            rows = table.deliveries if contender.keeps_state else 0
            one = _Running(contender.name, rows, process, streams, samples, depth(table))
            running.append(one)
        _run(running, cases, plan)
        return [
            Measured(one.contender, one.rows, one.samples, one.process.megabytes(), one.deep_pages)
            for one in running
        ]


def time_starts(contender: Contender, table: Table | None, starts: int) -> list[float]:
    """Seconds from the command to the first 200; without a table, each time over a new database."""
    found = []
    with tempfile.TemporaryDirectory(prefix="zen-benchmarks-") as scratch:
        folder = Path(scratch)
        if table is not None:
            copy_of(table, folder / "filled.db")
        for number in range(starts):
            database = folder / ("filled.db" if table is not None else f"{number}.db")
            process = contender.start(database, folder)
            process.stop()
            found.append(process.seconds_to_first_answer)
    return found


def copy_of(table: Table, path: Path) -> Path:
    """A table of one's own, on the disk before anything is measured."""
    shutil.copyfile(table.path, path)
    with path.open("rb") as copy:
        os.fsync(copy.fileno())
    return path


def say(what: str) -> None:
    """Tells the person how far the run is."""
    print(f"· {what}", file=sys.stderr, flush=True)


def _run(running: Sequence[_Running], cases: Sequence[Case], plan: Plan) -> None:
    with on_core(cores()[1]):
        for one in running:
            for case in cases:
                burst(one.process.port, one.streams[case], case.status, plan.warm_up)
        for number in range(plan.rounds):
            say(f"round {number + 1} of {plan.rounds}")
            for case in cases:
                for place in range(len(running)):
                    one = running[(place + number) % len(running)]  # nobody is always first
                    one.samples[case.name].append(_sample(one, case, plan.seconds))


def _sample(one: _Running, case: Case, seconds: float) -> Sample:
    before = one.process.cpu_seconds()
    load = burst(one.process.port, one.streams[case], case.status, seconds)
    cpu = one.process.cpu_seconds() - before
    return Sample(
        cpu_us=cpu / load.answers * 1e6,
        per_second=load.answers / load.seconds,
        p50_ms=load.latencies[load.answers // 2] * 1e3,
        p99_ms=load.latencies[load.answers * 99 // 100] * 1e3,
    )
