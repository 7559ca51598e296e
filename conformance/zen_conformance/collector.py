"""What a run hears from pytest: every finished check, and how the session ended."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from zen_conformance import plugin
from zen_conformance.running import RUNNING

Listener = Callable[[Mapping[str, Any]], None]


class Collector:
    """A pytest plugin that hears of every finished check."""

    def __init__(self, listen: Listener) -> None:
        self._listen = listen
        self.records: list[Mapping[str, Any]] = []
        self.errors: list[str] = []
        self.left_behind: list[str] = []
        self.interrupted = False
        self.ended_early: str | None = None
        self.unreachable: str | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if session.items:
            self._listen({"event": "collected", "checks": len(session.items)})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, record in report.user_properties:
            if name == plugin.PROPERTY and (report.when == "call" or not report.passed):
                self._keep(record)
        if report.failed and report.when == "teardown":
            self.errors.append(f"{report.nodeid}: {_last_line(report.longreprtext)}")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.errors.append(f"{report.nodeid}: {_last_line(report.longreprtext)}")

    def pytest_internalerror(self, excrepr: object) -> None:
        self.errors.append(_last_line(str(excrepr)))

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        # pytest.Session.Interrupted, which ends a session early, is a subclass.
        if excinfo.type is KeyboardInterrupt:
            self.interrupt()
        else:
            self.ended_early = str(excinfo.value)

    def interrupt(self) -> None:
        """The session was ended by Ctrl-C or SIGTERM."""
        self.interrupted = True
        self.ended_early = "the run was interrupted before"

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        if RUNNING in config.stash:
            self.left_behind = config.stash[RUNNING].left_behind

    def _keep(self, record: Any) -> None:
        self.records.append(record)
        if record["outcome"] == "error":
            self.errors.append(f"{record['check']}: {record['reason']}")
        if record["unreachable"]:
            self.unreachable = record["reason"]
        self._listen({"event": "check", "record": record})


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason was given"])[-1]
