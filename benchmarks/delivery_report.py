"""What a run of the delivery benchmark came to, and whether the demands were met."""

import statistics
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

from benchmarks.arrivals import (
    BUSY,
    IDLE,
    Cell,
    Delays,
    Pace,
    backlog_title,
)
from benchmarks.floors import Verdict, at_least, at_most
from benchmarks.recovery import Recovery
from benchmarks.report import circumstances, circumstances_list, demands, spread, table

PER_SECOND = 1_000.0
IDLE_MS = 15.0
BACKLOG_OF_NONE = 0.8
SECONDS_TO_FIRST_ANSWER = 2.0

_SETTING = (
    "An event of half a kilobyte makes one attempt; each target has an endpoint, a flow and a port"
    " of its own. The server has one core, the load generator and the target's process share the"
    " other. The servers run with `--retention-days=3650`, so that no stored event is too old."
)
_FLOODED = (
    "Delivered: from the first event sent to the last one's first byte at its target; meanwhile: of"
    " these, those delivered while events were still coming in. CPU is the server's, per event."
)
_DELAYED = (
    "Milliseconds from the 202, and from sending, to the first byte at the target. The 202 counts"
    " when the load generator has read it: the event may have been at its target before."
)
_RESTARTED = "Seconds from the command that starts the next server."
_FLOOD_HEAD = (
    "targets",
    "backlog",
    "accepted/s",
    "low–high",
    "delivered/s",
    "low–high",
    "meanwhile/s",
    "CPU µs",
)
_DELAY_HEAD = ("targets", "backlog", "202 p50", "low–high", "202 p99", "sent p50", "sent p99")


class DeliveryRun(NamedTuple):
    """A run and everything that it found."""

    command: str
    pace: Pace
    cells: Sequence[Cell]
    recoveries: Sequence[Recovery]
    events_stored: int  # when the server was killed
    load_before: float  # of the machine, before the run put its own on it

    @property
    def verdicts(self) -> list[Verdict]:
        """Every demand on the delivery path."""
        seconds = [one.to_first_answer for one in self.recoveries]
        demand = f"seconds to the first 200 after kill -9, {self.events_stored:,} events"
        return [
            *_speeds(self.cells),
            *_idle_delays(self.cells),
            *_backlogs(self.cells),
            at_most(demand, seconds, SECONDS_TO_FIRST_ANSWER),
        ]


def markdown(run: DeliveryRun) -> str:
    """The tables, each below what it shows."""
    parts = [
        f"`{run.command}`, {run.pace.rounds} rounds. {_SETTING}",
        circumstances_list(run.load_before),
        f"Sent as fast as the server takes them, {run.pace.flood:g} s. {_FLOODED}",
        table(_FLOOD_HEAD, map(_flooded, run.cells)),
        f"At {BUSY.per_second:,} events a second, for {run.pace.busy:g} s. {_DELAYED}",
        table(_DELAY_HEAD, (_delayed(cell, cell.busy) for cell in run.cells)),
        f"Idle: {IDLE.per_second} events a second, one after the other, for {run.pace.idle:g} s.",
        table(_DELAY_HEAD, (_delayed(cell, cell.idle) for cell in run.cells)),
        f"{_killed(run)} {_RESTARTED}",
        table(("until", "seconds", "low–high"), _recovered(run.recoveries)),
        demands(run.verdicts),
    ]
    return "\n\n".join(parts) + "\n"


def document(run: DeliveryRun) -> dict[str, Any]:
    """The same, with every sample."""
    return {
        "command": run.command,
        "circumstances": circumstances(run.load_before),
        "pace": run.pace._asdict(),
        "cells": [
            {
                "targets": cell.targets,
                "backlog": cell.backlog._asdict(),
                "floods": [one._asdict() for one in cell.floods],
                "busy": [one._asdict() for one in cell.busy],
                "idle": [one._asdict() for one in cell.idle],
            }
            for cell in run.cells
        ],
        "recoveries": [one._asdict() for one in run.recoveries],
        "verdicts": [one._asdict() | {"is_met": one.is_met} for one in run.verdicts],
    }


def _speeds(cells: Sequence[Cell]) -> Iterator[Verdict]:
    for cell in cells:
        found = [one.delivered_per_second for one in cell.floods]
        yield at_least(f"delivered/s, {_place(cell)}", found, PER_SECOND)


def _idle_delays(cells: Sequence[Cell]) -> Iterator[Verdict]:
    for cell in cells:
        found = [statistics.median(one.from_accept) for one in cell.idle]
        yield at_most(f"p50 ms from accept to target when idle, {_place(cell)}", found, IDLE_MS)


def _backlogs(cells: Sequence[Cell]) -> Iterator[Verdict]:
    """A round's ratio is of the accepted events a second with a backlog and without."""
    without = {cell.targets: cell for cell in cells if not any(cell.backlog)}
    for cell in cells:
        if any(cell.backlog):
            pairs = zip(cell.floods, without[cell.targets].floods, strict=True)
            found = [one.accepted_per_second / other.accepted_per_second for one, other in pairs]
            demand = f"accepted/s of those without backlog, {_place(cell)}"
            yield at_least(demand, found, BACKLOG_OF_NONE)


def _flooded(cell: Cell) -> tuple[str, ...]:
    return (
        str(cell.targets),
        backlog_title(cell.backlog),
        *spread([one.accepted_per_second for one in cell.floods], ",.0f"),
        *spread([one.delivered_per_second for one in cell.floods], ",.0f"),
        f"{statistics.median(one.meanwhile_per_second for one in cell.floods):,.0f}",
        f"{statistics.median(one.cpu_us for one in cell.floods):.0f}",
    )


def _delayed(cell: Cell, samples: Sequence[Delays]) -> tuple[str, ...]:
    return (
        str(cell.targets),
        backlog_title(cell.backlog),
        *spread([statistics.median(one.from_accept) for one in samples], ".2f"),
        _p99([one.from_accept for one in samples]),
        f"{statistics.median([statistics.median(one.from_send) for one in samples]):.2f}",
        _p99([one.from_send for one in samples]),
    )


def _p99(samples: Sequence[Sequence[float]]) -> str:
    """Of all rounds together: one of them has too few events when idle."""
    ascending = sorted(chain.from_iterable(samples))
    return f"{ascending[len(ascending) * 99 // 100]:.2f}"


def _killed(run: DeliveryRun) -> str:
    queued = statistics.median(one.queued for one in run.recoveries)
    return (
        f"After `kill -9`, {len(run.recoveries)} times, with {run.events_stored:,} events stored"
        f" and {queued:,.0f} in the queue."
    )


def _recovered(found: Sequence[Recovery]) -> Iterator[tuple[str, ...]]:
    yield "the first 200", *spread([one.to_first_answer for one in found], ".2f")
    yield (
        "the first queued attempt is at its target",
        *spread([one.to_first_attempt for one in found], ".2f"),
    )
    yield (
        "the last queued attempt is at its target",
        *spread([one.to_last_attempt for one in found], ".2f"),
    )


def _place(cell: Cell) -> str:
    targets = "1 target" if cell.targets == 1 else f"{cell.targets} targets"
    return f"{targets}, {backlog_title(cell.backlog)}"
