"""The pytest plugin that runs checks.

`pytest -p zen_conformance.plugin --pyargs zen_conformance.checks --zen-target t.toml` is enough.

It selects checks by requirement, hands them the server, records what each did, and leaves one
record per check in the test report's `user_properties`, from where `zen_conformance.run` (or,
under plain pytest, the summary at the end) makes a verdict.
"""

import time
from collections import Counter
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, Literal

import pytest

from zen_conformance import check, records, requirements, target_file, workers
from zen_conformance.failures import ConformanceFailure, NotRun, Unreachable
from zen_conformance.requirements import BUDGETS
from zen_conformance.running import DOING, RUNNING, Doing, Running
from zen_conformance.selection import Selection
from zen_conformance.suite import Configuration

pytest_plugins = (
    "zen_conformance.fixtures",
    "zen_conformance.standing_anew",
    "zen_conformance.workers",
)
PROPERTY = "zen-conformance"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a run; `zen-conformance run` sets them."""
    group = parser.getgroup("zen-conformance", "Zen Mesh API conformance")
    group.addoption("--zen-target", metavar="FILE", help="the target file (TOML)")
    group.addoption("--zen-base-url", metavar="URL", help="instead of the target file's base_url")
    group.addoption("--zen-budget", choices=BUDGETS, default="standard")
    group.addoption("--zen-seed", type=int, default=1)
    group.addoption("--zen-workers", type=int, default=1, help="processes that share the checks")
    group.addoption("--zen-profile", choices=("core", "full"), default="full")
    group.addoption("--zen-only", action="append", default=[], metavar="ID|AREA")
    group.addoption("--zen-skip", action="append", default=[], metavar="ID|AREA")
    group.addoption("--zen-show-secrets", action="store_true")
    group.addoption("--zen-trace", action="store_true", help="each exchange on standard error")
    group.addoption("--zen-fail-fast", action="store_true", help="end after the first failure")
    group.addoption("--zen-expect-failure", action="append", default=[], metavar="ID")


def pytest_configure(config: pytest.Config) -> None:
    """Read the target file, unless this pytest run is about something else."""
    config.addinivalue_line(
        "markers", f"{check.MARK}(id, scenario=None): the requirement of a check"
    )
    config.addinivalue_line("markers", f"{check.EARLY}: a check whose turn is before the others")
    if not config.getoption("--zen-target"):
        return
    try:
        target = target_file.read(Path(config.getoption("--zen-target")))
        if config.getoption("--zen-base-url"):
            target = target.at(config.getoption("--zen-base-url"))
        selection = Selection(
            target,
            profile=config.getoption("--zen-profile"),
            budget=config.getoption("--zen-budget"),
            only=tuple(config.getoption("--zen-only")),
            skip=tuple(config.getoption("--zen-skip")),
        )
    except ValueError as error:
        raise pytest.UsageError(str(error)) from error
    configuration = Configuration(
        target,
        seed=config.getoption("--zen-seed"),
        budget=config.getoption("--zen-budget"),
        show_secrets=config.getoption("--zen-show-secrets"),
        trace=config.getoption("--zen-trace"),
        fail_fast=config.getoption("--zen-fail-fast"),
        expected_failures=frozenset(config.getoption("--zen-expect-failure")),
    )
    shared = config.getoption("--zen-workers") if workers.possible(target.receiver_url) else 1
    config.stash[RUNNING] = Running(configuration, selection, shared)
    config.stash[RUNNING].suite.traffic.interrupts.install()
    if not config.pluginmanager.is_blocked("terminal") and not hasattr(config, "workerinput"):
        from zen_conformance.plain import PlainRun  # it needs all that this module is part of

        config.pluginmanager.register(PlainRun(config, configuration))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Give signals back."""
    if RUNNING in config.stash:
        config.stash[RUNNING].suite.traffic.interrupts.uninstall()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the checks of selected requirements, those that judge scenarios last."""
    run = config.stash.get(RUNNING, None)
    if run is None:
        return
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        found = check.of(item)
        (left if found and not run.selection.has(found) else kept).append(item)
    kept.sort(key=check.turn)
    items[:] = kept
    run.checks = Counter(map(check.of, kept))
    config.hook.pytest_deselected(items=left)
    run.wanted_scenarios = [s for item in kept if (s := check.scenario_of(item)) is not None]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Every exchange from here on belongs to this check."""
    run = item.config.stash.get(RUNNING, None)
    if run is not None:
        item.stash[DOING] = Doing()
        run.suite.traffic.record(item.stash[DOING].recording)
    try:
        return (yield)
    finally:
        if run is not None:
            # pytest keeps its items to the end, and bodies of a whole run are a gigabyte.
            item.stash[DOING] = Doing()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    """An unmet precondition is a skip to pytest."""
    try:
        return (yield)
    except NotRun as reason:
        pytest.skip(str(reason))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """An unmet precondition is a skip to pytest."""
    try:
        return (yield)
    except NotRun as reason:
        pytest.skip(str(reason))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach the check's record to its report."""
    report = yield
    run = item.config.stash.get(RUNNING, None)
    ended = report.when == "call" or (report.when == "setup" and not report.passed)
    found = check.of(item)
    if run is not None and ended and found is not None:
        record = _record(run, item, found, call)
        report.user_properties.append((PROPERTY, record))
        item.session.shouldstop = item.session.shouldstop or _why_stop(run, record)
        if isinstance(getattr(call.excinfo, "value", None), ConformanceFailure):
            report.longrepr = str(call.excinfo.value)  # type: ignore[union-attr]
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Take away what was created, also after Ctrl-C."""
    run = session.config.stash.get(RUNNING, None)
    if run is None:
        return
    run.tidy()


def _record(
    run: Running, item: pytest.Item, requirement: str, call: pytest.CallInfo[None]
) -> dict[str, Any]:
    doing = item.stash[DOING]
    error = call.excinfo.value if call.excinfo else None
    gone = run.departure.during(doing.recording)
    if gone is not None:
        error = Unreachable(gone)
    outcome, reason = records.outcome(error, doing.recording)
    failures = []
    if isinstance(error, ConformanceFailure):
        exchanges = doing.recording.exchanges
        failures.append(
            run.scribe.failure(
                _name(item),
                error.requirement or requirement,
                error.message,
                error.exchange or (exchanges[-1] if exchanges else None),
                exchanges,
                expected=error.expected,
                got=error.got,
                deliveries=error.deliveries,
                smallest_input=records.smallest_input(error),
            )
        )
    record = run.scribe.record(
        _name(item),
        requirement,
        outcome,
        reason=reason,
        seconds=time.perf_counter() - doing.began,
        recording=doing.recording,
        failures=failures,
    )
    more = {"of_checks": run.checks[requirement], "unreachable": isinstance(error, Unreachable)}
    return {**record, **more}


def _why_stop(run: Running, record: Mapping[str, Any]) -> str | Literal[False]:
    """Why no further check is worth while, else False."""
    if record["unreachable"]:
        return str(record["reason"])
    configuration, ledger = run.suite.configuration, requirements.load()
    for failure in record["failures"] if configuration.fail_fast else ():
        broken = ledger.get(failure["requirement"])
        if broken and broken.level == "MUST" and broken.id not in configuration.expected_failures:
            return f"--fail-fast: the run ended when {broken.id} failed"
    return False


def _name(item: pytest.Item) -> str:
    return f"{item.path.name}::{item.nodeid.partition('::')[2]}"
