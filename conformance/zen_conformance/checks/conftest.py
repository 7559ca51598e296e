"""What checks of several modules stand on, made once in a run."""

from collections.abc import Callable

import pytest

from zen_conformance.failing import FailingFlow
from zen_conformance.kept import Kept
from zen_conformance.listings import Stock, View
from zen_conformance.provocations import provoke
from zen_conformance.suite import Suite
from zen_conformance.writes import Write, Writes


@pytest.fixture(scope="session")
def writes(suite: Suite) -> Writes:
    """Writes of the primary tenant that take an Idempotency-Key."""
    return Writes(suite, suite.primary)


@pytest.fixture(scope="session")
def other_writes(suite: Suite) -> Writes:
    """The same in the other tenant."""
    return Writes(suite, suite.other)


@pytest.fixture
def write(request: pytest.FixtureRequest, writes: Writes) -> Write:
    """A write of the operation that the check is parametrized with, not sent yet."""
    return writes.fresh(request.param)


@pytest.fixture(scope="session")
def stock(suite: Suite) -> Stock:
    """Rows of the primary tenant for checks of lists."""
    return Stock(suite)


@pytest.fixture
def view(request: pytest.FixtureRequest, stock: Stock) -> View:
    """The list that the check is parametrized with, with rows of ours."""
    return stock.view(request.param)


@pytest.fixture(scope="session")
def failing(suite: Suite) -> FailingFlow:
    """Events of the primary tenant with one failed attempt; each is given to one check."""
    return FailingFlow.of(suite.primary, backoff_seconds=3600)


@pytest.fixture(scope="session")
def provoked(suite: Suite) -> Callable[[str], Kept]:
    """Errors of each kind, from each operation that can answer it."""
    known: dict[str, Kept] = {}

    def of(slug: str) -> Kept:
        if slug not in known:
            known[slug] = Kept(provoke(suite, slug))
        return known[slug]

    return of
