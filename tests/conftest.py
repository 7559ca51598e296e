"""Fails a whole run in which some documented status of some operation was never produced.

Workers of pytest-xdist write their notes into one folder, which the process that started them reads
at the end. A run of a part of tests/server, or one with failures, is not judged.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import hypothesis
import pytest

# The same examples in every run, and no failure because a machine was busy for a moment.
hypothesis.settings.register_profile(
    "repeatable", derandomize=True, deadline=None, database=None, print_blob=False
)
hypothesis.settings.load_profile("repeatable")

pytest.register_assert_rewrite("tests.server.client", "tests.server.harness", "tests.server.judge")

from tests.server import produced  # noqa: E402

SERVER_TESTS = Path(__file__).parent / "server"
FOLDER = "statuses_folder"


class StatusCoverage:
    """Knows in each process where notes go, and in the first one whether the run was whole."""

    def __init__(self, config: pytest.Config) -> None:
        self.workerinput: dict[str, str] | None = getattr(config, "workerinput", None)
        given = self.workerinput[FOLDER] if self.workerinput else tempfile.mkdtemp("-statuses")
        self.folder = Path(given)
        self.collected: set[str] = set()
        self.is_part = any("::" in argument for argument in config.args)
        self.missing: list[str] = []
        produced.note_in(self.folder)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Any:
        self.collected |= {str(item.path) for item in items}
        return (yield)

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        if any("slow" not in item.keywords and SERVER_TESTS in item.path.parents for item in items):
            self.is_part = True

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput[FOLDER] = str(self.folder)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        told = getattr(node, "workeroutput", {}).get(FOLDER)
        if error or told is None:
            self.is_part = True
        else:
            self.collected |= set(told["collected"])
            self.is_part = self.is_part or told["is_part"]

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Any:
        if self.workerinput is not None:
            # Before the others: one of them is xdist's, which sends it off.
            workeroutput: dict[str, Any] = session.config.workeroutput  # type: ignore[attr-defined]
            workeroutput[FOLDER] = {"collected": sorted(self.collected), "is_part": self.is_part}
        result = yield
        if self.workerinput is None:
            if session.exitstatus == pytest.ExitCode.OK and self._is_whole():
                self.missing = produced.missing(self.folder)
            if self.missing:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
            shutil.rmtree(self.folder, ignore_errors=True)
        return result

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.missing:
            terminalreporter.section("documented statuses that no test produced", red=True)
            for line in self.missing:
                terminalreporter.write_line(line)

    def _is_whole(self) -> bool:
        wanted = {str(path) for path in SERVER_TESTS.glob("test_*.py")}
        return not self.is_part and wanted <= self.collected


def pytest_configure(config: pytest.Config) -> None:
    """Registered as an object, as each process needs its own state."""
    config.pluginmanager.register(StatusCoverage(config), "status-coverage")
