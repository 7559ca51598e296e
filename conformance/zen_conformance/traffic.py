"""Every request of a run passes here: sent, judged, recorded, and repeated after a 429.

Two things hold for all checks because they are done here.  429 and 503 slow the suite down instead
of failing it; and every answer is held to what the contract says of all answers, whatever the check
that asked was about.
"""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from zen_conformance import judge
from zen_conformance.created import Created
from zen_conformance.failures import NotRun
from zen_conformance.http.client import HttpClient
from zen_conformance.http.exchange import Exchange, Received
from zen_conformance.interrupts import Interrupts
from zen_conformance.judge.finding import Finding

_LONGEST_WAIT_SECONDS = 60.0
_IN_VAIN = 3  # waits running, after which the next ones are short
_SHORTLY = 0.1  # of the time
_WAITS = 8


@dataclass
class Recording:
    """What one check did: its exchanges, what the judge found in them, and what it could judge."""

    exchanges: list[Exchange] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    judged: set[str] = field(default_factory=set)  # ids that an answer could have broken


class Traffic:
    """The way to the server under test; threads share it, recordings belong to threads."""

    def __init__(
        self,
        client: HttpClient,
        created: Created,
        watch: Callable[[Exchange], None] | None = None,
    ) -> None:
        self._client = client
        self._created = created
        self._watch = watch
        self.interrupts = Interrupts()
        self._local = threading.local()
        self._stray = Recording()
        self._numbers = itertools.count(1)
        self.patience = Patience()

    def record(self, recording: Recording) -> None:
        """From now on this thread's exchanges go there."""
        self._local.recording = recording

    @property
    def recording(self) -> Recording:
        """Where this thread's exchanges go."""
        return getattr(self._local, "recording", self._stray)

    def send(
        self,
        method: str,
        path: str,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        *,
        chunked: bool = False,
        operation_id: str | None = None,
        credential: str = "",
        patient: bool = True,
        origin: str | None = None,
    ) -> Exchange:
        """The exchange, recorded and judged; waits out 429 and 503 when `patient`.

        With an `origin` the path is below that address instead of `base_url`.
        """
        rest(0.0)
        client = self._client if origin is None else self._client.at(origin)
        for attempt in itertools.count(1):
            with self.interrupts.held():
                raw = client.send(method, path, headers, body, chunked=chunked)
                exchange = replace(raw, operation_id=operation_id, credential=credential)
                self._keep(exchange)
            pause = _asked_to_wait(exchange.received)
            if pause is None or not patient or attempt > _WAITS:
                return exchange
            rest(pause)  # the server said how long
        raise AssertionError("the loop ends by returning")

    def _keep(self, exchange: Exchange) -> None:
        recording = self.recording
        recording.exchanges.append(exchange)
        self._created.see(exchange)
        if self._watch is not None:
            self._watch(exchange)
        for finding in judge.findings(exchange, recording.judged):
            recording.findings.append(finding)


def _asked_to_wait(received: Received | None) -> float | None:
    if received is None or received.status not in (429, 503):
        return None
    try:
        seconds = float(received.headers.get("Retry-After") or "1")
    except ValueError:
        seconds = 1.0
    return min(max(seconds, 0.05), _LONGEST_WAIT_SECONDS)


_THREAD = threading.local()


def end_with(stop: threading.Event) -> None:
    """From now on this thread's requests and waits end with NotRun once the event is set."""
    _THREAD.stop = stop


def rest(seconds: float) -> None:
    """Sleep, unless the run ends meanwhile."""
    stop = getattr(_THREAD, "stop", None)
    if stop is None:
        if seconds:  # even a sleep of nothing costs a turn of the interpreter's lock
            time.sleep(seconds)
    elif stop.wait(seconds):
        raise NotRun("the run ended before")


def until(condition: Callable[[], object], *, seconds: float, every: float = 0.03) -> bool:
    """Whether the condition came true within that time; asked again at short, growing intervals."""
    deadline = time.monotonic() + seconds
    pause = every
    while True:
        if condition():
            return True
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        rest(min(pause, left))
        pause = min(pause * 1.3, 0.25)


class Patience:
    """How long a run waits for what many checks build on: long, until it is plainly in vain.

    A server may be slow.  On one that never makes an attempt, or never logs one, every such check
    would wait as long, and a run of a minute would become one of many.
    """

    def __init__(self) -> None:
        self._in_vain: Counter[str] = Counter()
        self._lock = threading.Lock()

    def until(
        self, what: str, condition: Callable[[], object], *, seconds: float, every: float = 0.03
    ) -> bool:
        """Whether the condition came true within that time, or shortly when `what` never does."""
        if self._in_vain[what] >= _IN_VAIN:
            seconds *= _SHORTLY
        came = until(condition, seconds=seconds, every=every)
        with self._lock:
            self._in_vain[what] = 0 if came else self._in_vain[what] + 1
        return came
