"""One pytest session's part of a run: what its hooks and fixtures share, and how it ends."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from zen_conformance import records
from zen_conformance.departure import Departure
from zen_conformance.redaction import Redaction
from zen_conformance.scenarios import Scenarios
from zen_conformance.selection import Selection
from zen_conformance.suite import Configuration, Suite
from zen_conformance.trace import Tracer
from zen_conformance.traffic import Recording


class Running:
    """The run as one process sees it; with several workers each has its own."""

    def __init__(
        self, configuration: Configuration, selection: Selection, workers: int = 1
    ) -> None:
        self.workers = workers
        self.selection = selection
        self.scribe = records.Scribe(
            Redaction(configuration.target, show_secrets=configuration.show_secrets)
        )
        self.suite = Suite(configuration, Tracer(self.scribe) if configuration.trace else None)
        self.departure = Departure(self.suite.client)
        self.scenarios = Scenarios(self.suite)
        self.wanted_scenarios: list[Callable[..., Any]] = []
        self.checks: Counter[str | None] = Counter()  # collected, by requirement
        self.left_behind: list[str] = []  # paths of what could not be deleted

    def tidy(self) -> None:
        """End what is under way and take away what was created."""
        self.scenarios.stop()
        self.suite.traffic.record(Recording())
        self.left_behind += [thing.path for thing in self.suite.clean()]
        self.suite.close()


class Doing:
    """One check under way."""

    def __init__(self) -> None:
        self.recording = Recording()
        self.began = time.perf_counter()


RUNNING = pytest.StashKey[Running]()
DOING = pytest.StashKey[Doing]()
