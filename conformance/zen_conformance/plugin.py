"""The pytest plugin that runs checks.

`pytest -p zen_conformance.plugin --pyargs zen_conformance.checks --zen-target t.toml` is enough.

It selects checks by requirement, hands them the server, records what each did, and leaves one
record per check in the test report's `user_properties`, from where `zen_conformance.run` (or,
under plain pytest, the summary at the end) makes a verdict.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any, Literal

import pytest

from zen_conformance import check, records, requirements, target_file
from zen_conformance.departure import Departure
from zen_conformance.failures import ConformanceFailure, NotRun, Unreachable
from zen_conformance.judge.finding import Finding
from zen_conformance.receiver import Receiver
from zen_conformance.redaction import Redaction
from zen_conformance.requirements import BUDGETS
from zen_conformance.scenarios import Scenarios
from zen_conformance.selection import Selection
from zen_conformance.suite import Configuration, Suite
from zen_conformance.tenant import Tenant
from zen_conformance.trace import Tracer
from zen_conformance.traffic import Recording

pytest_plugins = ("zen_conformance.standing_anew",)
PROPERTY = "zen-conformance"
_RUN = pytest.StashKey["_Run"]()
_ITEM = pytest.StashKey["_Doing"]()


class _Run:
    """One pytest session's part of a run."""

    def __init__(self, configuration: Configuration, selection: Selection) -> None:
        self.selection = selection
        self.scribe = records.Scribe(
            Redaction(configuration.target, show_secrets=configuration.show_secrets)
        )
        self.suite = Suite(configuration, Tracer(self.scribe) if configuration.trace else None)
        self.departure = Departure(self.suite.client)
        self.scenarios = Scenarios(self.suite)
        self.wanted_scenarios: list[Callable[..., Any]] = []
        self.checks: Counter[str | None] = Counter()  # collected, by requirement


class _Doing:
    """One check under way."""

    def __init__(self) -> None:
        self.recording = Recording()
        self.began = time.perf_counter()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a run; `zen-conformance run` sets them."""
    group = parser.getgroup("zen-conformance", "Zen Mesh API conformance")
    group.addoption("--zen-target", metavar="FILE", help="the target file (TOML)")
    group.addoption("--zen-base-url", metavar="URL", help="instead of the target file's base_url")
    group.addoption("--zen-budget", choices=BUDGETS, default="standard")
    group.addoption("--zen-seed", type=int, default=1)
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
    config.stash[_RUN] = _Run(configuration, selection)
    config.stash[_RUN].suite.traffic.interrupts.install()
    if not config.pluginmanager.is_blocked("terminal") and not hasattr(config, "workerinput"):
        from zen_conformance.plain import PlainRun  # it needs all that this module is part of

        config.pluginmanager.register(PlainRun(config, configuration))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Give signals back."""
    if _RUN in config.stash:
        config.stash[_RUN].suite.traffic.interrupts.uninstall()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the checks of selected requirements, those that judge scenarios last."""
    run = config.stash.get(_RUN, None)
    if run is None:
        return
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        found = check.of(item)
        (left if found and not run.selection.has(found) else kept).append(item)
    shared = config.pluginmanager.hasplugin("dsession") or hasattr(config, "workerinput")
    for item in kept:
        if shared and check.scenario_of(item) is not None:
            item.add_marker(pytest.mark.xdist_group("scenarios"))
    # Alone, waiting checks come last; shared out, they come first and keep one worker waiting.
    kept.sort(key=lambda item: (check.scenario_of(item) is None) == shared)
    items[:] = kept
    run.checks = Counter(map(check.of, kept))
    config.hook.pytest_deselected(items=left)
    run.wanted_scenarios = [s for item in kept if (s := check.scenario_of(item)) is not None]
    if not shared:
        run.scenarios.start(run.wanted_scenarios)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Every exchange from here on belongs to this check."""
    run = item.config.stash.get(_RUN, None)
    if run is not None:
        item.stash[_ITEM] = _Doing()
        run.suite.traffic.record(item.stash[_ITEM].recording)
    try:
        return (yield)
    finally:
        if run is not None:
            # pytest keeps its items to the end, and bodies of a whole run are a gigabyte.
            item.stash[_ITEM] = _Doing()


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
    run = item.config.stash.get(_RUN, None)
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
    run = session.config.stash.get(_RUN, None)
    if run is None:
        return
    run.scenarios.stop()
    run.suite.traffic.record(Recording())
    left = [thing.path for thing in run.suite.clean()]
    run.suite.close()
    worker_output = getattr(session.config, "workeroutput", None)
    if worker_output is not None:
        worker_output["zen_left_behind"] = left
    else:
        session.config.stash[LEFT_BEHIND] = left


LEFT_BEHIND = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def suite(request: pytest.FixtureRequest) -> Suite:
    """The run's view of the server."""
    run = request.config.stash.get(_RUN, None)
    if run is None:
        pytest.skip("no --zen-target")
    return run.suite


@pytest.fixture
def api(suite: Suite) -> Tenant:
    """The primary tenant, with every scope."""
    return suite.primary


@pytest.fixture
def other(suite: Suite) -> Tenant:
    """The other tenant, with every scope."""
    return suite.other


@pytest.fixture
def receiver(suite: Suite) -> Receiver:
    """The suite's own webhook receiver."""
    return suite.receiver


@pytest.fixture
def chance(request: pytest.FixtureRequest, suite: Suite) -> random.Random:
    """Randomness that depends on the run's seed and the check alone."""
    return random.Random(f"{suite.configuration.seed} {request.node.nodeid}")


@pytest.fixture
def told(request: pytest.FixtureRequest) -> Any:
    """What the check's scenario returned; what it raised is raised again."""
    run = request.config.stash[_RUN]
    scenario = check.scenario_of(request.node)
    if scenario is None:
        raise ValueError(f"{request.node.nodeid} uses `told` without a scenario")
    run.scenarios.start(run.wanted_scenarios)
    told = run.scenarios.told(scenario)
    recording = request.node.stash[_ITEM].recording
    recording.exchanges.extend(told.recording.exchanges)
    recording.findings.extend(told.recording.findings)
    recording.judged.update(told.recording.judged)
    if told.error is not None:
        raise told.error
    return told.result


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Report what was found for another requirement and go on: `note("WIRE-009", "…", answer)`.

    Without a message it says that the requirement was looked at and kept.
    """
    recording = request.node.stash[_ITEM].recording

    def noted(requirement: str, message: str | None = None, answer: Any = None) -> None:
        recording.judged.add(requirement)
        if message is not None:
            recording.findings.append(Finding(requirement, message, answer.exchange))

    return noted


def _record(
    run: _Run, item: pytest.Item, requirement: str, call: pytest.CallInfo[None]
) -> dict[str, Any]:
    doing = item.stash[_ITEM]
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


def _why_stop(run: _Run, record: Mapping[str, Any]) -> str | Literal[False]:
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
