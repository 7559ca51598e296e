"""The fixtures of the delivery tests, for looking at deliveries; and somebody who looks."""

from collections.abc import Iterator

import pytest

from tests.server.console.visitor import Visitor
from tests.server.delivery.conftest import bench, target, world
from tests.server.delivery_world import World

__all__ = ["bench", "target", "visitor", "world"]


@pytest.fixture
def visitor(world: World) -> Iterator[Visitor]:
    """Somebody signed in who looks at the world's tenant."""
    with Visitor(world.sandbox, tenant=world.tenant) as visitor:
        yield visitor
