"""`--validate-responses`: the server notices when it is about to break the contract itself."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.server.calls import OPERATIONS, World
from tests.server.harness import Sandbox
from zen_sandbox import wire
from zen_sandbox.request.exchange import Response
from zen_sandbox.settings import Settings


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server that checks its own answers."""
    settings = Settings(validate_responses=True)
    with Sandbox(tmp_path_factory.mktemp("validating") / "sandbox.db", settings) as sandbox:
        yield World(sandbox, "tnt_a")


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_no_answer_of_the_server_is_found_to_be_wrong(world: World, operation_id: str) -> None:
    call = world.call(operation_id)
    assert call.send(world.api).status < 300
    assert call.send(world.sandbox.anonymous()).status in (200, 401)
    if "404" in call.operation.responses:
        world.missing(operation_id).send(world.api).refused("not-found")
    if "400" in call.operation.responses and call.operation.request_body:
        call.saying([]).send(world.api).refused("validation-error")


Change = Callable[[Response], Response]
DESTINATION = b'{"id":"dest_1","name":"n","url":"http://x/","type":"webhook","status":"active"'
BROKEN: dict[str, tuple[Change, str]] = {
    "an undocumented status": (lambda r: r._replace(status=202), "status 202 is not documented"),
    "a missing member": (lambda r: r._replace(body=DESTINATION + b"}"), "created_at"),
    "a value off its schema": (
        lambda r: r._replace(body=r.body.replace(b'"active"', b'""')),
        "status",
    ),
    "another media type": (lambda r: r._replace(content_type=b"text/plain"), "text/plain"),
    "a body that is no object": (lambda r: r._replace(body=b"[]"), "body"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_an_answer_against_the_contract_becomes_a_500_and_is_logged(
    world: World, fault: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    change, said = BROKEN[fault]
    real = wire.ok
    monkeypatch.setattr(wire, "ok", lambda document: change(real(document)))
    with caplog.at_level(logging.ERROR, "zen_sandbox"):
        world.call("getDestination").send(world.api).refused("internal-error")
    assert "getDestination answered against the contract" in caplog.text
    assert said in caplog.text


def test_a_create_without_its_location_becomes_a_500(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = wire.created

    def without_location(*arguments: Any, **more: Any) -> Response:
        return real(*arguments, **more)._replace(location=None)

    monkeypatch.setattr(wire, "created", without_location)
    with caplog.at_level(logging.ERROR, "zen_sandbox"):
        world.call("createDestination").send(world.api).refused("internal-error")
    assert "header location is missing" in caplog.text


def test_without_the_option_answers_are_not_checked(
    shared: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(shared)
    real = wire.ok
    monkeypatch.setattr(wire, "ok", lambda document: real({**document, "status": ""}))
    with pytest.raises(AssertionError, match="is against the contract"):
        world.call("getDestination").send(world.api)
