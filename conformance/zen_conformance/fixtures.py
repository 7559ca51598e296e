"""What checks are handed: the server, the tenants, the receiver, and what their scenario told."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from zen_conformance import check
from zen_conformance.failures import ConformanceFailure, NotRun
from zen_conformance.judge.finding import Finding
from zen_conformance.receiver import Receiver
from zen_conformance.running import DOING, RUNNING
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant


@pytest.fixture(scope="session")
def suite(request: pytest.FixtureRequest) -> Suite:
    """The run's view of the server."""
    running = request.config.stash.get(RUNNING, None)
    if running is None:
        pytest.skip("no --zen-target")
    return running.suite


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
    running = request.config.stash[RUNNING]
    scenario = check.scenario_of(request.node)
    if scenario is None:
        raise ValueError(f"{request.node.nodeid} uses `told` without a scenario")
    running.scenarios.start(running.wanted_scenarios)
    told = running.scenarios.told(scenario)
    recording = request.node.stash[DOING].recording
    recording.exchanges.extend(told.recording.exchanges)
    recording.findings.extend(told.recording.findings)
    recording.judged.update(told.recording.judged)
    if isinstance(told.error, ConformanceFailure) and told.error.requirement is None:
        # Which of the checks that judge the scenario it would be a failure of, nobody can say.
        raise NotRun(f"a precondition failed: {told.error.message}") from told.error
    if told.error is not None:
        raise told.error
    return told.result


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Report what was found for another requirement and go on: `note("WIRE-009", "…", answer)`.

    Without a message it says that the requirement was looked at and kept.
    """
    recording = request.node.stash[DOING].recording

    def noted(requirement: str, message: str | None = None, answer: Any = None) -> None:
        recording.judged.add(requirement)
        if message is not None:
            recording.findings.append(Finding(requirement, message, answer.exchange))

    return noted
