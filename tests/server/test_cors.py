"""Cross-origin requests: answered for the origins that were named, unknown to all others."""

import http.client
from collections.abc import Iterator, Mapping

import pytest

from tests.server import given
from tests.server.calls import OPERATIONS, World
from tests.server.client import Answer
from tests.server.harness import Sandbox
from zen_sandbox.settings import Settings

ORIGIN = "https://console.example.com"
ANOTHER = "http://localhost:3000"
EXPOSED = {
    "location",
    "retry-after",
    "x-request-id",
    "idempotency-replayed",
    "www-authenticate",
    "allow",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server that knows two origins."""
    settings = Settings(cors_origins=(ORIGIN, ANOTHER))
    with Sandbox(tmp_path_factory.mktemp("cors") / "sandbox.db", settings) as sandbox:
        yield World(sandbox, "tnt_a")


def preflight(
    sandbox: Sandbox, path: str, origin: str, method: str, headers: str = ""
) -> tuple[int, Mapping[str, str], bytes]:
    """What a browser asks before a request; judged here, as OPTIONS is on no contract's path."""
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=20)
    sent = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers:
        sent["Access-Control-Request-Headers"] = headers
    connection.request("OPTIONS", path, headers=sent)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, {k.lower(): v for k, v in response.getheaders()}, body


def assert_shared(answer: Answer, origin: str) -> None:
    """The answer may be read by a page of that origin, every documented header included."""
    assert answer.headers["access-control-allow-origin"] == origin
    assert "origin" in answer.headers["vary"].lower()
    exposed = answer.headers["access-control-expose-headers"].lower()
    assert set(exposed.split(", ")) >= EXPOSED


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_a_preflight_of_a_known_origin_allows_each_operation(
    world: World, operation_id: str
) -> None:
    operation = OPERATIONS[operation_id]
    for origin in (ORIGIN, ANOTHER):
        status, headers, _ = preflight(
            world.sandbox,
            world.path(operation),
            origin,
            operation.method,
            "authorization, content-type, idempotency-key, x-request-id",
        )
        assert status == 200
        assert headers["access-control-allow-origin"] == origin
        assert operation.method in headers["access-control-allow-methods"]
        assert headers["x-request-id"]
        allowed = headers["access-control-allow-headers"].lower()
        for name in ("authorization", "content-type", "idempotency-key", "x-request-id"):
            assert name in allowed


@pytest.mark.parametrize(
    ("origin", "method", "headers"),
    [
        ("https://evil.example", "GET", ""),
        (ORIGIN + ".evil.example", "GET", ""),
        ("null", "GET", ""),
        (ORIGIN.upper(), "GET", ""),
        (ORIGIN, "TRACE", ""),
        (ORIGIN, "GET", "x-other"),
    ],
)
def test_a_preflight_that_is_not_allowed_is_a_problem_document(
    world: World, origin: str, method: str, headers: str
) -> None:
    path = world.api.at("destinations")
    status, got, body = preflight(world.sandbox, path, origin, method, headers)
    assert status == 405
    assert got["content-type"] == "application/problem+json"
    assert got["x-request-id"].encode() in body
    assert got.get("access-control-allow-origin") in (None, origin if origin == ORIGIN else None)


def test_answers_to_a_known_origin_may_be_read_whatever_they_say(world: World) -> None:
    api, nobody = world.api, world.sandbox.anonymous()
    path, origin = api.at("destinations"), {"Origin": ORIGIN}
    taken = given.destination_body()
    for answer, status in (
        (api.get(path, headers=origin), 200),
        (api.post(path, taken, headers=origin), 201),
        (api.post(path, taken, headers=origin), 409),
        (api.post(path, {}, headers=origin), 400),
        (nobody.get(path, headers=origin), 401),
        (api.get(api.at("destinations", "missing"), headers=origin), 404),
        (api.put(path, headers=origin), 405),
        (api.post(path, data=b"{}", headers=origin), 415),
        (api.get("/nope", headers=origin), 404),
        (nobody.get("/health", headers=origin), 200),
    ):
        assert_shared(answer.expect(status), ORIGIN)


def test_answers_to_an_unknown_origin_may_not_be_read(world: World) -> None:
    for origin in ("https://evil.example", "null", ORIGIN + "/", ""):
        answer = world.api.get(world.api.at("destinations"), headers={"Origin": origin})
        assert "access-control-allow-origin" not in answer.expect(200).headers


def test_an_origin_is_no_credential(world: World) -> None:
    nobody = world.sandbox.anonymous()
    nobody.get(nobody.at("destinations"), headers={"Origin": ORIGIN}).refused("unauthorized")


def test_credentials_of_the_browser_are_never_asked_for(world: World) -> None:
    answer = world.api.get(world.api.at("destinations"), headers={"Origin": ORIGIN})
    assert "access-control-allow-credentials" not in answer.headers


def test_without_the_option_no_origin_is_known(shared: Sandbox) -> None:
    api = shared.api()
    answer = api.get(api.at("destinations"), headers={"Origin": ORIGIN}).expect(200)
    assert not [name for name in answer.headers if name.startswith("access-control")]
    status, headers, _ = preflight(shared, api.at("destinations"), ORIGIN, "GET")
    assert status == 405
    assert "access-control-allow-origin" not in headers


def test_every_origin_may_be_named_by_a_star(tmp_path: object, sandbox: Sandbox) -> None:
    settings = Settings(cors_origins=("*",))
    with Sandbox(sandbox.path.with_name("star.db"), settings) as star:
        api = star.api()
        answer = api.get(api.at("destinations"), headers={"Origin": "https://any.example"})
        assert answer.expect(200).headers["access-control-allow-origin"] == "*"
        status, headers, _ = preflight(star, api.at("destinations"), "https://any.example", "GET")
        assert (status, headers["access-control-allow-origin"]) == (200, "*")
