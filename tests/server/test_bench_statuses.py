"""Every documented status of every operation of the test bench, by an honest cause."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.server import given
from tests.server.bench_calls import ADMIN, OPERATIONS, WITH_BODY, Bench
from tests.server.client import Answer
from tests.server.harness import Sandbox
from zen_sandbox.request import endpoint
from zen_sandbox.settings import Settings

MIB = 1024 * 1024
DEADLINE = 10.0


def documenting(status: int) -> list[str]:
    """The operations whose contract names that status."""
    return [name for name, one in OPERATIONS.items() if str(status) in one.responses]


@pytest.fixture(scope="module")
def bench(delivering: Sandbox) -> Bench:
    return Bench(delivering)


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_a_request_that_is_right_succeeds(bench: Bench, operation_id: str) -> None:
    answer = bench.send(operation_id)
    assert str(answer.status) in OPERATIONS[operation_id].responses
    assert answer.status < 300


@pytest.mark.parametrize("operation_id", documenting(400))
def test_400_names_the_field_that_is_not_valid(bench: Bench, operation_id: str) -> None:
    operation = OPERATIONS[operation_id]
    in_path = [one["name"] for one in operation.parameters if one["in"] == "path"]
    if in_path:
        path = bench.path(operation_id, **{in_path[-1]: "a.b"})
        bench.send(operation_id, path=path).invalid(in_path[-1])
    elif operation_id in WITH_BODY:
        bench.send(operation_id, json={"nonsense": 1}).invalid("nonsense")
    else:
        path = f"{bench.path(operation_id)}?tenant_id=a.b"
        bench.send(operation_id, path=path).invalid("tenant_id")


@pytest.mark.parametrize("operation_id", ADMIN)
def test_401_without_the_admin_token_whatever_other_token_is_sent(
    bench: Bench, operation_id: str
) -> None:
    path = bench.path(operation_id)
    refused = bench.send(operation_id, bench.sandbox.anonymous(), path=path)
    refused.refused("unauthorized")
    assert refused.headers["www-authenticate"] == "Bearer"
    bench.send(operation_id, bench.api, path=path).refused("unauthorized")


@pytest.mark.parametrize("operation_id", documenting(404))
def test_404_for_what_is_not_there(bench: Bench, operation_id: str) -> None:
    operation = OPERATIONS[operation_id]
    in_path = [one["name"] for one in operation.parameters if one["in"] == "path"]
    if in_path:
        answer = bench.send(operation_id, path=bench.path(operation_id, **{in_path[-1]: "missing"}))
    elif operation_id in WITH_BODY:
        body = {**bench.body(operation_id), "tenant_id": "missing"}
        answer = bench.send(operation_id, json=body)
    else:
        answer = bench.send(operation_id, path=f"{bench.path(operation_id)}?tenant_id=missing")
    assert "missing" in answer.refused("not-found")["detail"]


@pytest.mark.parametrize("path", sorted({one.path for one in OPERATIONS.values()}))
def test_405_for_a_method_that_a_path_does_not_serve(bench: Bench, path: str) -> None:
    operation_id = next(name for name, one in OPERATIONS.items() if one.path == path)
    bench.admin.request("PATCH", bench.path(operation_id)).refused("method-not-allowed")


NAMED_BY = {"createReceiver": "name", "createTenant": "tenant_id", "createCluster": "cluster_id"}
OF_A_LIVE_TENANT = ["createKey", "createCluster"]


def test_every_documented_409_has_its_cause_below() -> None:
    assert {*NAMED_BY, *OF_A_LIVE_TENANT} == set(documenting(409))


@pytest.mark.parametrize("operation_id", OF_A_LIVE_TENANT)
def test_409_for_a_tenant_that_was_revoked(bench: Bench, operation_id: str) -> None:
    tenant = bench.sandbox.new_tenant()
    path, body = bench.path(operation_id, tenant_id=tenant), bench.body(operation_id)
    bench.admin.delete(f"/sandbox/tenants/{tenant}").expect(204)
    if "tenant_id" in body:
        body = {**body, "tenant_id": tenant}
    refused = bench.send(operation_id, path=path, json=body)
    refused.refused("conflict", f"Tenant {tenant} was revoked.")


@pytest.mark.parametrize("operation_id", NAMED_BY)
def test_409_for_a_name_that_is_taken(bench: Bench, operation_id: str) -> None:
    name = given.name("taken")
    member = NAMED_BY[operation_id]
    bench.send(operation_id, json={member: name}).expect(201)
    assert name in bench.send(operation_id, json={member: name}).refused("conflict")["detail"]


@pytest.mark.parametrize("operation_id", documenting(413))
def test_413_for_a_body_over_a_mebibyte(bench: Bench, operation_id: str) -> None:
    operation = OPERATIONS[operation_id]
    bench.admin.request(
        operation.method,
        bench.path(operation_id),
        data=b"x" * (MIB + 1),
        headers={"Content-Type": "application/json"},
    ).refused("payload-too-large")


@pytest.mark.parametrize("operation_id", documenting(415))
def test_415_for_a_body_that_is_not_json(bench: Bench, operation_id: str) -> None:
    operation = OPERATIONS[operation_id]
    bench.admin.request(operation.method, bench.path(operation_id), data=b"{}").refused(
        "unsupported-media-type"
    )


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_500_says_nothing_of_the_fault(
    bench: Bench, operation_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, body = bench.path(operation_id), bench.body(operation_id)
    monkeypatch.setattr(endpoint, "Call", None)
    answer = bench.send(operation_id, path=path, json=body)
    answer.refused("internal-error", "The server failed to answer this request.")


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A server with room for two requests, both taken by writes that wait for the lock."""
    settings = Settings(max_in_flight=2, lock_timeout=60.0)
    with Sandbox(tmp_path_factory.mktemp("full") / "sandbox.db", settings) as sandbox:
        bench = Bench(sandbox)
        made: list[Answer] = []

        def write() -> None:
            path = bench.api.at("destinations")
            made.append(bench.api.post(path, given.destination_body()))

        threads = [threading.Thread(target=write) for _ in range(2)]
        with closing(sqlite3.connect(sandbox.path, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            for thread in threads:
                thread.start()
            deadline = time.monotonic() + DEADLINE
            while bench.admin.get("/health").status != 503:
                assert time.monotonic() < deadline, "the waiting writes took no room"
            yield bench
            connection.execute("ROLLBACK")
        for thread in threads:
            thread.join(DEADLINE)
        assert [answer.status for answer in made] == [201, 201]


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_503_when_there_is_no_room_for_another_request(full: Bench, operation_id: str) -> None:
    operation = OPERATIONS[operation_id]
    names = [one["name"] for one in operation.parameters if one["in"] == "path"]
    path = operation.path.format(**dict.fromkeys(names, "anything"))
    full.send(operation_id, path=path).refused("service-unavailable")
