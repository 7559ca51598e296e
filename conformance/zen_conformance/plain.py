"""The suite under plain pytest: the same verdict, below pytest's own summary.

`pytest -p zen_conformance.plugin --pyargs zen_conformance.checks --zen-target target.toml`
"""

import io
import time
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from zen_conformance import exit_codes
from zen_conformance.collector import Collector
from zen_conformance.report import terminal
from zen_conformance.report.model import Report
from zen_conformance.run import Order, exit_code, report
from zen_conformance.suite import Configuration

_WIDTH = 100


class PlainRun(Collector):
    """Makes the report of a session that pytest itself was asked for."""

    def __init__(self, config: pytest.Config, configuration: Configuration) -> None:
        super().__init__(lambda event: None)
        self._order = Order(
            target_path=Path(config.getoption("--zen-target")),
            target=configuration.target,
            base_url=config.getoption("--zen-base-url"),
            profile=config.getoption("--zen-profile"),
            budget=configuration.budget,
            seed=configuration.seed,
            only=tuple(config.getoption("--zen-only")),
            skip=tuple(config.getoption("--zen-skip")),
            show_secrets=configuration.show_secrets,
            fail_fast=configuration.fail_fast,
        )
        self._started, self._began = datetime.now(UTC), time.perf_counter()
        self._report: Report | None = None

    @pytest.hookimpl(wrapper=True, trylast=True)  # after cleaning up, before pytest's summary
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """A finding on a check's way to another requirement fails the session too."""
        result = yield
        if self.records:
            self.pytest_unconfigure(session.config)
            seconds = time.perf_counter() - self._began
            self._report = report(self._order, self, self._started, seconds)
            code = exit_code(self._report)
            if session.exitstatus == pytest.ExitCode.OK and code != exit_codes.CONFORMANT:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
        return result

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The verdict and what led to it."""
        if self._report is not None:
            written = io.StringIO()
            terminal.show(self._report, Console(file=written, width=_WIDTH))
            terminalreporter.section("zen-conformance")
            terminalreporter.write(written.getvalue())
