"""The requests that the matrices are made of do succeed, one for each operation."""

import pytest

from tests.server.calls import OPERATIONS, World
from tests.server.harness import Sandbox


@pytest.fixture(scope="module")
def world(shared: Sandbox) -> World:
    return World(shared)


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_each_operation_succeeds_with_its_request(world: World, operation_id: str) -> None:
    call = world.call(operation_id)
    answer = call.send(world.api)
    success = [int(status) for status in call.operation.responses if status < "300"]
    assert success == [answer.status]


@pytest.mark.parametrize(
    "operation_id", [name for name, one in OPERATIONS.items() if one.method == "GET"]
)
def test_head_is_a_get_without_a_body(world: World, operation_id: str) -> None:
    call = world.call(operation_id)
    whole = call.send(world.api)
    head = world.api.request("HEAD", call.path)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-type"] == whole.headers["content-type"]
    assert head.headers["content-length"] == whole.headers["content-length"]
