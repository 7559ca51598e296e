"""What the tests of the delivery path share: a target, a server whose clock may be moved, a tenant.

The first two are a module's own, so that modules may run side by side; the tenant is each test's.
"""

from collections.abc import Iterator

import pytest

from tests.server.delivery_target import Target
from tests.server.delivery_world import World, settings
from tests.server.harness import Sandbox


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with Target() as running:
        yield running


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(
        tmp_path_factory.mktemp("bench") / "sandbox.db", settings(), deliver=True
    ) as running:
        yield running


@pytest.fixture
def world(bench: Sandbox, target: Target) -> World:
    return World(bench, target)
