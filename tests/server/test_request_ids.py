"""X-Request-Id: one on every answer, the client's own where it fits."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.server import given, snapshots
from tests.server.calls import OPERATIONS, World
from tests.server.client import Answer, Api
from tests.server.harness import Sandbox

GOOD = ["a", "A-b_c.9", "req_abc123", "0" * 128, "...", "-", "_", "4f8a2c1e-7d35-4b9e-9a60-2f1c0d"]
BAD = ["", "a b", "x" * 129, "é", "a/b", "a,b", "a;b", "<script>", 'a"b', "a\tb", "a:b", "ÿ", "a+b"]


@pytest.fixture(scope="module")
def world(shared: Sandbox) -> World:
    return World(shared)


def answers(world: World, headers: dict[str, str]) -> list[Answer]:
    """One of each kind: success, every layer's refusal, no path, a page."""
    api, nobody = world.api, world.sandbox.anonymous()
    path = api.at("destinations")
    return [
        api.get(path, headers=headers).expect(200),
        api.post(path, given.destination_body(), headers=headers).expect(201),
        api.delete(api.at("destinations", "missing"), headers=headers).expect(404),
        api.get(f"{path}?limit=0", headers=headers).expect(400),
        nobody.get(path, headers=headers).expect(401),
        api.put(path, headers=headers).expect(405),
        api.get("/nope", headers=headers).expect(404),
        api.get("/health", headers=headers).expect(200),
    ]


@pytest.mark.parametrize("sent", GOOD)
def test_a_clients_own_id_that_fits_is_kept(world: World, sent: str) -> None:
    for answer in answers(world, {"X-Request-Id": sent}):
        assert answer.request_id == sent
        if answer.status >= 400:
            assert answer.json["instance"] == sent


@pytest.mark.parametrize("sent", BAD)
def test_any_other_id_is_replaced(world: World, sent: str) -> None:
    for answer in answers(world, {"X-Request-Id": sent}):
        assert answer.request_id.startswith("req_")
        assert answer.request_id != sent


def test_two_ids_are_replaced_by_one(world: World) -> None:
    headers = [("X-Request-Id", "one"), ("X-Request-Id", "two")]
    answer = world.api.get("/health", headers=headers)
    assert answer.request_id.startswith("req_")


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_every_operation_keeps_the_clients_id(world: World, operation_id: str) -> None:
    answer = world.call(operation_id).send(world.api, headers={"X-Request-Id": "mine"})
    assert answer.request_id == "mine"


def test_an_id_that_the_server_makes_is_made_once(shared: Sandbox) -> None:
    api = shared.anonymous()
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda _: api.get("/health").request_id, range(500)))
    assert len(set(ids)) == 500


def test_the_log_entry_of_a_write_has_its_id(shared: Sandbox, api: Api) -> None:
    api.post(api.at("destinations"), given.destination_body(), headers={"X-Request-Id": "mine"})
    api.post(api.at("destinations"), {}, headers={"X-Request-Id": "mine-too"})
    assert [row["request_id"] for row in snapshots.log(shared, api.tenant_id)] == [
        "mine",
        "mine-too",
    ]


def test_the_front_page_has_an_id_too(shared: Sandbox) -> None:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", shared.port, timeout=20)
    connection.request("GET", "/", headers={"X-Request-Id": "mine"})
    response = connection.getresponse()
    response.read()
    connection.close()
    assert (response.status, response.getheader("X-Request-Id")) == (200, "mine")
