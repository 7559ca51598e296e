"""The run of the delivery benchmark: events in at the server's hooks, and out at the target.

One server per backlog, all up for the whole run; in each round each is measured in turn, so that
what else the machine does falls on all of them alike.
"""

import itertools
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from benchmarks.contenders import Contender
from benchmarks.fill_events import Backlog, prepare, source_id
from benchmarks.load import CONNECTIONS, burst
from benchmarks.measure import say
from benchmarks.process import BenchmarkError, ServerProcess
from benchmarks.target import Target, body_of, number_of

_PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.005


class Load(NamedTuple):
    """How events are sent; without `per_second`, each as soon as another was accepted."""

    connections: int
    per_second: float | None = None


FLOOD = Load(CONNECTIONS)
BUSY = Load(2 * CONNECTIONS, 1_000)
IDLE = Load(1, 25)


class Pace(NamedTuple):
    """How long to measure: rounds, and in each round seconds of each kind of load."""

    rounds: int
    flood: float
    busy: float
    idle: float


class Flood(NamedTuple):
    """What came of sending as fast as the server takes events, until the last had arrived."""

    accepted_per_second: float
    meanwhile_per_second: float  # delivered while events were still coming in
    delivered_per_second: float  # from the first event sent to the last one's first byte
    cpu_us: float  # of the server, per event


class Delays(NamedTuple):
    """Milliseconds of each event until its first byte was at the target, in ascending order."""

    from_accept: list[float]
    from_send: list[float]


class Cell(NamedTuple):
    """One server, one number of targets: a sample per round."""

    backlog: Backlog
    targets: int
    floods: list[Flood]
    busy: list[Delays]
    idle: list[Delays]


class _Trip(NamedTuple):
    seconds: float  # in which events were sent
    came_meanwhile: int
    until_last: float
    delays: Delays


def measure(
    contender: Contender,
    source: Path,
    folder: Path,
    target: Target,
    backlogs: Sequence[Backlog],
    counts: Sequence[int],
    pace: Pace,
) -> list[Cell]:
    """Starts a server for each backlog, over a copy of `source`, and measures them all."""
    with ExitStack() as stack:
        servers: dict[Backlog, ServerProcess] = {}
        for place, backlog in enumerate(backlogs):
            say(f"starting a server with {backlog_title(backlog)}")
            database = folder / f"backlog-{place}.db"
            prepare(source, database, target.urls, target.stuck_url, backlog)
            servers[backlog] = contender.start(database, folder)
            stack.callback(servers[backlog].stop)
            flood(servers[backlog], target, max(counts), pace.flood)  # warms it up
        cells = [Cell(backlog, n, [], [], []) for n in counts for backlog in backlogs]
        for number in range(pace.rounds):
            say(f"round {number + 1} of {pace.rounds}")
            for place in range(len(cells)):
                cell = cells[(place + number) % len(cells)]  # nobody is always first
                _sample(cell, servers[cell.backlog], target, pace)
        return cells


def backlog_title(backlog: Backlog) -> str:
    """What is in the queue besides."""
    if backlog.waiting:
        return f"{backlog.waiting:,} waiting for a retry"
    return f"{backlog.stuck:,} stuck at a dead target" if backlog.stuck else "no backlog"


def flood(server: ServerProcess, target: Target, targets: int, seconds: float) -> Flood:
    """As many events as the server takes."""
    before = server.cpu_seconds()
    trip = _trip(server, target, targets, FLOOD, seconds)
    events = len(trip.delays.from_send)
    cpu = server.cpu_seconds() - before
    return Flood(
        events / trip.seconds,
        trip.came_meanwhile / trip.seconds,
        events / trip.until_last,
        cpu / events * 1e6,
    )


def send(
    server: ServerProcess, targets: int, load: Load, seconds: float
) -> tuple[float, dict[int, tuple[float, float]]]:
    """Posts events for so long; seconds it took, and when each was sent and when accepted."""
    accepted: dict[int, tuple[float, float]] = {}

    def note(request: bytes, sent_at: float, answered_at: float) -> None:
        accepted[number_of(request)] = (sent_at, answered_at)

    sent = burst(
        server.port,
        _posts(targets),
        202,
        seconds,
        connections=load.connections,
        per_second=load.per_second,
        answered=note,
    )
    return sent.seconds, accepted


def await_arrivals(target: Target, events: int) -> None:
    """Returns when so many requests came; BenchmarkError when they do not, or when more do."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while target.came < events:
        if time.monotonic() > deadline:
            raise BenchmarkError(
                f"Of {events} accepted events {target.came} reached the target; run again, and if"
                " it stays so, look at what the server wrote to stderr."
            )
        time.sleep(_LOOK_SECONDS)


def _sample(cell: Cell, server: ServerProcess, target: Target, pace: Pace) -> None:
    cell.floods.append(flood(server, target, cell.targets, pace.flood))
    for load, seconds, samples in ((BUSY, pace.busy, cell.busy), (IDLE, pace.idle, cell.idle)):
        samples.append(_trip(server, target, cell.targets, load, seconds).delays)


def _trip(server: ServerProcess, target: Target, targets: int, load: Load, seconds: float) -> _Trip:
    target.forget()
    begun = time.perf_counter()
    took, accepted = send(server, targets, load, seconds)
    came_meanwhile = target.came
    await_arrivals(target, len(accepted))
    if target.came > len(accepted):
        raise BenchmarkError(f"{len(accepted)} events made {target.came} attempts; run again.")
    arrived = [(target.arrivals[number], *times) for number, times in accepted.items()]
    return _Trip(
        took,
        came_meanwhile,
        max(at for at, _, _ in arrived) - begun,
        Delays(
            sorted((at - answered) * 1e3 for at, _, answered in arrived),
            sorted((at - sent) * 1e3 for at, sent, _ in arrived),
        ),
    )


def _posts(targets: int) -> Iterator[bytes]:
    """Events of consecutive numbers, in turn to the endpoints of that many targets."""
    for number in itertools.count():
        body = body_of(number)
        head = (
            f"POST /hooks/{source_id(number % targets)} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            "User-Agent: zen-benchmarks\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body
