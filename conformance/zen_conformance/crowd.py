"""Requests sent at one moment, each from a thread with a connection of its own."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

from zen_conformance.suite import Suite

_PATIENCE_SECONDS = 30.0
T = TypeVar("T")


class Crowd:
    """Threads that wait for each other before each of them makes its call.

    They and their connections stay for further rounds; what they send belongs to the check that
    opened the crowd.
    """

    def __init__(self, suite: Suite, size: int) -> None:
        self._suite = suite
        self._size = size
        self._start = threading.Barrier(size)
        recording = suite.traffic.recording
        self._pool = ThreadPoolExecutor(
            size, "crowd", initializer=suite.traffic.record, initargs=(recording,)
        )

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.at_once([self._suite.client.close] * self._size)
        self._pool.shutdown()

    def at_once(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        """Make the calls, one per thread, and return what each returned."""
        if len(calls) != self._size:
            raise ValueError(f"a crowd of {self._size} cannot make {len(calls)} calls at once")
        futures = [self._pool.submit(self._after_all, call) for call in calls]
        return [future.result() for future in futures]

    def _after_all(self, call: Callable[[], T]) -> T:
        self._start.wait(_PATIENCE_SECONDS)
        return call()
