"""Stories that take time, told once and beside everything else.

A scenario sets something in motion on the server and waits for how it ends: an event whose target
fails twice, say.  All scenarios of the selected checks start together, each in a thread of its own,
and the checks that judge them run last, so that waiting costs a run its longest wait and not the
sum.
"""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from zen_conformance.suite import Suite
from zen_conformance.traffic import Recording, end_with

Scenario = Callable[[Suite], Any]
_THREADS = 48  # they wait, mostly
_GRACE_SECONDS = 5.0


@dataclass
class Told:
    """How a scenario went: what it returned or raised, and what it did on the wire."""

    recording: Recording
    result: Any = None
    error: BaseException | None = None


@dataclass
class Scenarios:
    """The scenarios of one run."""

    suite: Suite
    _futures: dict[Scenario, "Future[Told]"] = field(default_factory=dict)
    _pool: ThreadPoolExecutor | None = None
    _stop: threading.Event = field(default_factory=threading.Event)

    def start(self, wanted: Iterable[Scenario]) -> None:
        """Begin those that have not begun."""
        for scenario in dict.fromkeys(wanted):
            if scenario not in self._futures:
                if self._pool is None:
                    self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="scenario")
                self._futures[scenario] = self._pool.submit(self._tell, scenario)

    def told(self, scenario: Scenario) -> Told:
        """How it went; waits for its end."""
        self.start([scenario])
        return self._futures[scenario].result()

    def stop(self) -> None:
        """Begin no more of them, and let those under way end with their next request or wait."""
        self._stop.set()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            wait(self._futures.values(), timeout=_GRACE_SECONDS)

    def _tell(self, scenario: Scenario) -> Told:
        told = Told(Recording())
        end_with(self._stop)
        self.suite.traffic.record(told.recording)
        try:
            told.result = scenario(self.suite)
        except BaseException as error:  # raised again in the checks that judge it
            told.error = error
        finally:
            self.suite.client.close()
        return told
