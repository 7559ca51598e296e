"""A pytest plugin: what a failed check may have left changed is not what the next ones build on."""

from collections.abc import Generator

import pytest

from zen_conformance.failures import ConformanceFailure
from zen_conformance.standing import forget_standing
from zen_conformance.suite import Suite


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A request that was served instead of refused may have taken standing resources away."""
    report = yield
    suite = getattr(item, "funcargs", {}).get("suite")
    failed = call.excinfo is not None and isinstance(call.excinfo.value, ConformanceFailure)
    if failed and isinstance(suite, Suite):
        forget_standing(suite.primary)
        forget_standing(suite.other)
    return report
