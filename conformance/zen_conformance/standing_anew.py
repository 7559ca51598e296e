"""A pytest plugin: what a check may have left changed is not what the next ones build on."""

from collections.abc import Generator

import pytest

from zen_conformance.failures import ConformanceFailure
from zen_conformance.running import DOING
from zen_conformance.standing import forget_standing, standing
from zen_conformance.suite import Suite
from zen_conformance.traffic import Recording


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A request that was served instead of refused may have taken standing resources away."""
    report = yield
    suite = getattr(item, "funcargs", {}).get("suite")
    failed = call.excinfo is not None and isinstance(call.excinfo.value, ConformanceFailure)
    if isinstance(suite, Suite) and (failed or _took_away(suite, item.stash[DOING].recording)):
        forget_standing(suite.primary)
        forget_standing(suite.other)
    return report


def _took_away(suite: Suite, recording: Recording) -> bool:
    """Whether a standing resource was deleted, though the check had nothing to say of it."""
    gone = {
        one.sent.path.partition("?")[0].rpartition("/")[2]
        for one in recording.exchanges
        if one.sent.method == "DELETE" and one.received is not None and one.received.status < 300
    }
    return any(standing(tenant).holds(gone) for tenant in (suite.primary, suite.other))
