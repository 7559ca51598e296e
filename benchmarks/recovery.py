"""What a `kill -9` costs: from the start of the next server to its answers and to its attempts."""

import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.arrivals import FLOOD, await_arrivals, send
from benchmarks.contenders import Contender
from benchmarks.measure import say
from benchmarks.process import BenchmarkError, ServerProcess
from benchmarks.target import Target

_LAST_WORDS_SECONDS = 0.2  # for what a dead server had sent, and the target not yet read


class Recovery(NamedTuple):
    """Seconds from the command that starts the server again."""

    to_first_answer: float
    to_first_attempt: float
    to_last_attempt: float
    queued: int


def recoveries(
    contender: Contender, database: Path, target: Target, *, kills: int, seconds: float
) -> list[Recovery]:
    """Kills a server that many times, each time just after a load, with attempts under way.

    The target stays silent until then, so that every event which was accepted is in the queue.
    BenchmarkError when one of them is lost.
    """
    found = []
    server = contender.start(database, database.parent)
    try:
        for number in range(kills):
            say(f"kill {number + 1} of {kills}")
            accepted = _kill(server, target, seconds)
            server = contender.start(database, database.parent)
            found.append(_recovered(server, target, accepted))
    finally:
        server.stop()
    return found


def _kill(server: ServerProcess, target: Target, seconds: float) -> set[int]:
    """The events that were accepted and that no target has taken."""
    target.be_silent(True)
    _, accepted = send(server, len(target.ports), FLOOD, seconds)
    server.kill()
    time.sleep(_LAST_WORDS_SECONDS)
    target.be_silent(False)
    target.forget()
    return set(accepted)


def _recovered(server: ServerProcess, target: Target, accepted: set[int]) -> Recovery:
    await_arrivals(target, len(accepted))
    arrivals = [target.arrivals[number] for number in accepted]
    if not all(arrivals):
        raise BenchmarkError(f"{arrivals.count(0.0)} accepted events were lost by a kill -9.")
    return Recovery(
        server.seconds_to_first_answer,
        min(arrivals) - server.begun,
        max(arrivals) - server.begun,
        len(accepted),
    )
