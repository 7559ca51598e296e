"""What reaches the target, byte for byte: headers, body, and signatures that libraries accept."""

import gzip
import json
import subprocess
import time
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.server import given
from tests.server.delivery_target import Seen
from tests.server.delivery_world import World
from zen_contract import node_tools
from zen_sandbox.delivery import signing

NODE = Path(__file__).parents[1] / "node"
SECRET = given.SECRET
OTHER_SECRET = "whsec_" + "A" * 32


def test_the_request_has_exactly_the_headers_that_are_promised(world: World) -> None:
    flow = world.flow(secret={"value": SECRET})
    event_id = world.event(
        flow,
        b"{}",
        {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": "t=1,v1=00",
            "X-GitHub-Event": "push",
            "Authorization": "Bearer of-the-provider",
            "Cookie": "session=1",
            "X-Zen-Attempt": "99",
            "X-ZEN-Whatever": "1",
            "webhook-id": "msg_of_the_provider",
            "Connection": "X-Only-Here",
            "X-Only-Here": "1",
            "TE": "trailers",
        },
    )
    [seen] = world.target.wait(world.path)
    [row] = world.executed(event_id)
    at = seen.needed("webhook-timestamp")
    assert seen.line == f"POST {world.path} HTTP/1.1"
    assert {name.lower(): value for name, value in seen.headers} == {
        "host": f"127.0.0.1:{world.target.port}",
        "user-agent": "zen-sandbox",
        "content-type": "application/json; charset=utf-8",
        "content-length": "2",
        "stripe-signature": "t=1,v1=00",
        "x-github-event": "push",
        "x-zen-event-id": event_id,
        "x-zen-delivery-id": row["id"],
        "x-zen-delivery-idempotency-key": seen.needed("x-zen-delivery-idempotency-key"),
        "x-zen-attempt": "1",
        "webhook-id": event_id,
        "webhook-timestamp": at,
        "webhook-signature": signing.signature(SECRET, event_id, int(at), b"{}"),
    }
    assert len(seen.headers) == 13, "a header was sent twice"
    assert abs(int(at) - time.time()) < 30


def test_without_a_secret_nothing_is_signed_and_the_providers_own_signature_goes_on(
    world: World,
) -> None:
    theirs = {
        "webhook-id": "msg_1",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,abc",
        "User-Agent": "Provider/1.0",
    }
    world.event(world.flow(), b"{}", theirs)
    [seen] = world.target.wait(world.path)
    assert {name: seen.header(name) for name in theirs} == theirs


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", None),
        (b"", "text/plain"),
        (b'{"a": 1,  "a": 2}', "application/json"),
        (b"not json {", "application/json"),
        (bytes(range(256)), "application/octet-stream"),
        (b"\xff\xfe\x00\xd8", None),
        ("Zürich ✓".encode(), "text/plain; charset=utf-8"),
        (b"a=1&b=%20", "application/x-www-form-urlencoded"),
        (b"\r\n0\r\n\r\n", "multipart/form-data; boundary=x"),
        (b"y" * (1 << 20), "application/octet-stream"),
    ],
)
def test_body_and_content_type_arrive_as_they_were_sent(
    world: World, body: bytes, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    event_id = world.event(world.flow(secret={"value": SECRET}), body, headers)
    [seen] = world.target.wait(world.path)
    assert seen.body == body
    assert seen.header("Content-Type") == content_type
    assert seen.needed("Content-Length") == str(len(body))
    assert seen.header("Transfer-Encoding") is None
    signed = signing.signature(SECRET, event_id, int(seen.needed("webhook-timestamp")), body)
    assert seen.header("webhook-signature") == signed


def test_an_encoded_body_is_passed_on_with_its_encoding(world: World) -> None:
    body = gzip.compress(b'{"hello":1}')
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    world.event(world.flow(), body, headers)
    [seen] = world.target.wait(world.path)
    assert seen.body == body
    assert seen.header("Content-Encoding") == "gzip"


def test_a_chunked_event_arrives_whole(world: World) -> None:
    flow = world.flow()
    world.anybody.post(f"/hooks/{flow['source_id']}", data=b"abc" * 1000, chunked=True).expect(202)
    [seen] = world.target.wait(world.path)
    assert seen.body == b"abc" * 1000
    assert seen.header("Transfer-Encoding") is None


def test_bytes_of_a_providers_header_arrive_as_they_were_sent(world: World) -> None:
    world.event(world.flow(), b"{}", {"X-Shop": "Zürich".encode().decode("latin-1")})
    [seen] = world.target.wait(world.path)
    assert seen.needed("X-Shop").encode("latin-1") == "Zürich".encode()


def test_attempts_of_a_chain_differ_in_id_number_and_time_only(world: World) -> None:
    world.target.answer(world.path, 500)
    event_id = world.event(world.flow(attempts=2, secret={"value": SECRET}))
    [first] = world.target.wait(world.path)
    world.executed(event_id)
    begun = int(time.time())
    while int(time.time()) == begun:  # a timestamp is in whole seconds
        time.sleep(0.01)
    world.advance(7000)
    first, second = world.target.wait(world.path, 2)
    for name in ("X-Zen-Event-Id", "X-Zen-Delivery-Idempotency-Key", "webhook-id"):
        assert first.needed(name) == second.needed(name)
    rows = world.trace(event_id)
    assert [first.header("X-Zen-Delivery-Id"), second.header("X-Zen-Delivery-Id")] == [
        row["id"] for row in rows
    ]
    assert [first.header("X-Zen-Attempt"), second.header("X-Zen-Attempt")] == ["1", "2"]
    one, two = (int(seen.needed("webhook-timestamp")) for seen in (first, second))
    assert one < two, "the timestamp is not fresh"
    assert abs(two - time.time()) < 30, "the timestamp is not of wall time"
    assert first.header("webhook-signature") != second.header("webhook-signature")
    verify(second)


def test_chains_of_different_events_have_different_idempotency_keys(world: World) -> None:
    flow = world.flow()
    for _ in range(3):
        world.event(flow)
    seen = world.target.wait(world.path, 3)
    assert len({one.needed("X-Zen-Delivery-Idempotency-Key") for one in seen}) == 3


@pytest.mark.parametrize(
    "body", [b"{}", b" 0\r\n", '{"city": "Zürich ✓"}\n'.encode(), b'{"a":"%s"}' % (b"x" * 9999)]
)
def test_the_python_library_accepts_what_arrives(world: World, body: bytes) -> None:
    world.event(world.flow(secret={"value": SECRET}), body)
    [seen] = world.target.wait(world.path)
    verify(seen)
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER_SECRET).verify(seen.body.decode(), webhook_headers(seen))
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(seen.body.decode() + " ", webhook_headers(seen))


@pytest.mark.timeout(700)
def test_the_javascript_library_accepts_what_arrives(world: World) -> None:
    flow = world.flow(secret={"value": SECRET})
    bodies = [b'{"a":1}', '{"city":"Zürich ✓"}'.encode(), b'{"long":"%s"}' % (b"x" * 9999)]
    for body in bodies:
        world.event(flow, body)
    seen = world.target.wait(world.path, 3)
    assert sorted(one.body for one in seen) == sorted(bodies)
    cases = [case(SECRET, one, one.body.decode()) for one in seen]
    cases.append(case(OTHER_SECRET, seen[0], seen[0].body.decode()))
    cases.append(case(SECRET, seen[0], seen[0].body.decode() + " "))
    assert judged_by_javascript(cases) == ["valid"] * 3 + ["No matching signature found"] * 2


def verify(seen: Seen) -> None:
    """WebhookVerificationError when the Python library does not accept a request."""
    Webhook(SECRET).verify(seen.body.decode(), webhook_headers(seen))


def webhook_headers(seen: Seen) -> dict[str, str]:
    """The three headers that the libraries read."""
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    return {name: seen.needed(name) for name in names}


def case(secret: str, seen: Seen, body: str) -> str:
    """A line for verify.cjs."""
    return json.dumps({"secret": secret, "headers": webhook_headers(seen), "body": body})


def judged_by_javascript(cases: list[str]) -> list[str]:
    """What the JavaScript library says about each case."""
    modules = node_tools.install(NODE)
    program = (NODE / "verify.cjs").read_text(encoding="utf-8")
    done = subprocess.run(
        [node_tools.node(), "--eval", program],
        input="\n".join(cases),
        cwd=modules.parent,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    return done.stdout.splitlines()
