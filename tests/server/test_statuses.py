"""Every documented status of every operation, each by a cause that can happen to a user.

The operations come from the contracts; `tests/conftest.py` fails a whole run in which some
documented status was not produced, here or elsewhere.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from limits import parse

from tests.server import given, snapshots
from tests.server.calls import OPERATIONS, READS, SECURED, WRITES, World
from tests.server.client import Answer
from tests.server.harness import Sandbox
from tests.server.snapshots import RESOURCES
from zen_sandbox.handlers import itself
from zen_sandbox.settings import Settings

MIB = 1024 * 1024
OPEN_TO_ALL = [name for name in OPERATIONS if name not in SECURED]
DEADLINE = 10.0


def documenting(status: int) -> list[str]:
    """The operations whose contract names that status."""
    return [name for name, one in OPERATIONS.items() if str(status) in one.responses]


@pytest.fixture(scope="module")
def world(shared: Sandbox) -> World:
    return World(shared)


@pytest.fixture(scope="module")
def other_world(shared: Sandbox) -> World:
    return World(shared)


@contextmanager
def writer_lock(sandbox: Sandbox) -> Iterator[None]:
    """Holds the lock that every write needs, as a second process would."""
    with closing(sqlite3.connect(sandbox.path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


@pytest.mark.parametrize("operation_id", documenting(400))
def test_400_for_a_request_that_is_not_valid(world: World, operation_id: str) -> None:
    call = world.call(operation_id)
    if operation_id in WRITES:
        call.send(world.api, key="two words").invalid("Idempotency-Key")
    elif operation_id.startswith("list"):
        call.at(f"{call.path}?limit=0").send(world.api).invalid("limit")
    else:
        last = call.operation.parameters[-1]["name"]
        path = world.path(call.operation, **{last: "a.b"})
        call.at(path).send(world.api).invalid(last)


@pytest.mark.parametrize("operation_id", documenting(401))
def test_401_without_a_token(world: World, operation_id: str) -> None:
    answer = world.call(operation_id).send(world.sandbox.anonymous())
    answer.refused("unauthorized", "Send a token: 'Authorization: Bearer <token>'.")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("operation_id", documenting(403))
def test_403_without_a_scope(world: World, operation_id: str) -> None:
    call = world.call(operation_id)
    document = call.send(world.sandbox.api([], tenant=world.tenant)).refused("insufficient-scope")
    assert document["required_scope"] == call.operation.scope
    assert document["detail"] == f"API key does not have {call.operation.scope} scope."


@pytest.mark.parametrize("operation_id", documenting(404))
def test_404_for_what_is_not_there(world: World, operation_id: str) -> None:
    document = world.missing(operation_id).send(world.api).refused("not-found")
    assert "missing" in document["detail"]


@pytest.mark.parametrize("path", sorted({one.path for one in OPERATIONS.values()}))
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST", "TRACE", "OPTIONS", "PURGE"])
def test_405_for_a_method_that_a_path_does_not_serve(world: World, path: str, method: str) -> None:
    served = {one.method for one in OPERATIONS.values() if one.path == path}
    if method in served:
        return
    answer = world.api.request(method, path.format(**world.ids))
    answer.refused("method-not-allowed")
    allowed = set(answer.headers["allow"].split(", "))
    assert allowed == served | ({"HEAD"} if "GET" in served else set())


@pytest.mark.parametrize("operation_id", documenting(409))
def test_409_for_a_key_that_was_used_for_another_request(world: World, operation_id: str) -> None:
    key = given.name("key")
    world.api.post(world.api.at("ingesters"), given.ingester_body(), key=key).expect(201)
    document = world.call(operation_id).send(world.api, key=key).refused("idempotency-conflict")
    assert document["idempotency_key"] == key


@pytest.mark.parametrize("operation_id", documenting(413))
@pytest.mark.parametrize("chunked", [False, True])
def test_413_for_a_body_over_a_mebibyte(world: World, operation_id: str, chunked: bool) -> None:
    body = b'{"name": "' + b"x" * MIB + b'"}'
    headers = {"Content-Type": "application/json"}
    call = world.call(operation_id)
    world.api.request(
        call.operation.method, call.path, data=body, headers=headers, chunked=chunked
    ).refused("payload-too-large")


@pytest.mark.parametrize("operation_id", documenting(415))
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/problem+json"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json; charset="},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
    ids=lambda headers: " ".join(headers.values()) or "none",
)
def test_415_for_a_body_that_is_not_json_in_utf_8(
    world: World, operation_id: str, headers: dict[str, str]
) -> None:
    call = world.call(operation_id)
    world.api.request(call.operation.method, call.path, data=b"{}", headers=headers).refused(
        "unsupported-media-type"
    )


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server of 60 requests an hour, and a tenant that has made them."""
    settings = Settings(rate_limit=parse("60/hour"))
    with Sandbox(tmp_path_factory.mktemp("limited") / "sandbox.db", settings) as sandbox:
        world = World(sandbox, "tnt_b")
        while world.api.get(world.api.at("destinations")).status != 429:
            pass
        yield world


@pytest.mark.parametrize("operation_id", documenting(429))
def test_429_for_one_request_too_many(world: World, limited: World, operation_id: str) -> None:
    call = world.call(operation_id)  # made where there is no limit
    path = call.path.replace(world.tenant, limited.tenant)
    answer = call.at(path).send(limited.api)
    document = answer.refused("rate-limit-exceeded")
    assert 0 < document["retry_after_seconds"] <= 3601


@contextmanager
def tables_gone(sandbox: Sandbox) -> Iterator[None]:
    """The fault: somebody renames the tables underneath the running server."""
    tables = [*RESOURCES, "logs"]
    with closing(sqlite3.connect(sandbox.path, isolation_level=None)) as connection:
        for table in tables:
            connection.execute(f"ALTER TABLE {table} RENAME TO {table}_gone")
        try:
            yield
        finally:
            for table in tables:
                connection.execute(f"ALTER TABLE {table}_gone RENAME TO {table}")


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world of these tests' own, in a database that may be broken and mended."""
    with Sandbox(tmp_path_factory.mktemp("fragile") / "sandbox.db") as sandbox:
        yield World(sandbox)


def assert_says_nothing_of_its_insides(answer: Answer) -> None:
    document = answer.refused("internal-error", "The server failed to answer this request.")
    assert document.keys() == {"type", "title", "status", "detail", "instance"}


@pytest.mark.parametrize("operation_id", SECURED)
def test_500_when_a_table_is_gone_and_then_nothing_has_changed(
    fragile: World, operation_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    call = fragile.call(operation_id)
    before = snapshots.resources(fragile.sandbox, fragile.tenant)
    with tables_gone(fragile.sandbox), caplog.at_level(logging.ERROR, "zen_sandbox"):
        answer = call.send(fragile.api, key="k" if operation_id in WRITES else None)
    assert_says_nothing_of_its_insides(answer)
    assert operation_id in caplog.text
    assert answer.request_id in caplog.text
    assert snapshots.resources(fragile.sandbox, fragile.tenant) == before


@pytest.mark.parametrize("operation_id", OPEN_TO_ALL)
def test_500_when_an_open_operation_fails(
    world: World, operation_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(itself, "wire", None)
    monkeypatch.setattr(itself, "Response", None)
    assert_says_nothing_of_its_insides(world.call(operation_id).send(world.api))


def test_a_failed_write_gives_the_writer_lock_back(fragile: World) -> None:
    with tables_gone(fragile.sandbox):
        fragile.call("createDestination").send(fragile.api).refused("internal-error")
    given.destination(fragile.api)


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server that waits a twentieth of a second for the writer lock."""
    settings = Settings(lock_timeout=0.05)
    with Sandbox(tmp_path_factory.mktemp("impatient") / "sandbox.db", settings) as sandbox:
        yield World(sandbox)


@pytest.mark.parametrize("operation_id", WRITES)
def test_503_for_a_write_when_another_process_keeps_the_lock(
    impatient: World, operation_id: str
) -> None:
    call = impatient.call(operation_id)
    before = snapshots.resources(impatient.sandbox, impatient.tenant)
    with writer_lock(impatient.sandbox):
        answer = call.send(impatient.api, key=given.name("key"))
        invalid = call.send(impatient.api, key="two words")
    answer.refused("service-unavailable")
    invalid.refused("service-unavailable")  # its log entry could not be written
    assert snapshots.resources(impatient.sandbox, impatient.tenant) == before


def test_reads_are_answered_while_another_process_keeps_the_lock(impatient: World) -> None:
    with writer_lock(impatient.sandbox):
        for operation_id in READS:
            impatient.call(operation_id).send(impatient.api).expect(200)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server with room for two requests, both taken by writes that wait for the lock."""
    settings = Settings(max_in_flight=2, lock_timeout=60.0)
    with Sandbox(tmp_path_factory.mktemp("full") / "sandbox.db", settings) as sandbox:
        world = World(sandbox)
        made: list[Answer] = []
        path, bodies = world.api.at("destinations"), [given.destination_body() for _ in range(2)]
        threads = [
            threading.Thread(target=lambda body=body: made.append(world.api.post(path, body)))
            for body in bodies
        ]
        with writer_lock(sandbox):
            for thread in threads:
                thread.start()
            deadline = time.monotonic() + DEADLINE
            while world.api.get("/health").status != 503:
                assert time.monotonic() < deadline, "the waiting writes took no room"
            yield world
        for thread in threads:
            thread.join(DEADLINE)
        assert [answer.status for answer in made] == [201, 201]


@pytest.mark.parametrize("operation_id", [*READS, *OPEN_TO_ALL])
def test_503_when_as_many_requests_as_there_is_room_for_are_waiting(
    full: World, operation_id: str
) -> None:
    full.call(operation_id).send(full.api).refused("service-unavailable")


def test_503_from_readiness_when_the_database_is_broken(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "sandbox.db") as sandbox:
        api = sandbox.anonymous()
        api.get("/ready").expect(200)
        with closing(sqlite3.connect(sandbox.path)) as connection:
            connection.execute("ALTER TABLE meta RENAME TO meta_gone")
        api.get("/ready").refused("service-unavailable")
        api.get("/health").expect(200)
        with closing(sqlite3.connect(sandbox.path)) as connection:
            connection.execute("ALTER TABLE meta_gone RENAME TO meta")
        api.get("/ready").expect(200)


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/tenants", "/nope", "/v1/logs/", "//v1/logs", "/V1/logs", "/v2/logs"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_404_for_a_path_that_no_contract_knows_whoever_asks(
    world: World, path: str, method: str
) -> None:
    for client in (world.api, world.sandbox.anonymous()):
        client.request(method, path).refused("not-found", "There is nothing at this path.")
