"""What a target receives: address, bytes, type and headers."""

import gzip
import zlib
from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest

from zen_conformance.answered import Tales, backing_off
from zen_conformance.check import requirement
from zen_conformance.failures import NotOffered, NotRun
from zen_conformance.payloads import PAYLOADS
from zen_conformance.receiver import Reply
from zen_conformance.stories import PROMPTLY_SECONDS
from zen_conformance.suite import Suite
from zen_conformance.tales import Tale, see, tell

FORWARDED = {
    "X-GitHub-Event": "push",
    "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    "Stripe-Signature": "t=1492774577,v1=5257a869e7",
    "X-Shopify-Topic": "orders/create",
    "X-Twilio-Signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
    "X-Custom-Thing": "a value; with, marks",
}
KEPT_BACK = {
    "Authorization": "Bearer zc-secret-of-the-sender",
    "Proxy-Authorization": "Basic zc-secret-of-the-sender",
    "Cookie": "session=zc-secret-of-the-sender",
    "Keep-Alive": "timeout=zc",
    "TE": "trailers",
    "Upgrade": "zc-protocol",
    "Trailer": "X-Zc-Trailer",
    "Proxy-Connection": "zc",
    "X-Zc-Named": "hop",
    "X-Zen-Event-Id": "evt_of_the_sender",
    "X-Zen-Delivery-Id": "dlv_of_the_sender",
    "X-Zen-Attempt": "77",
    "X-Zen-Delivery-Idempotency-Key": "key-of-the-sender",
    "X-Zen-Anything-Else": "zc",
    "x-zen-tenant": "zc",
}
_BETWEEN = [("Connection", "X-Zc-Named, keep-alive")]

Sent = Mapping[str, Tale]


def payloads(suite: Suite) -> Sent:
    """One event for each payload, the smaller ones tried twice."""
    tales = {
        name: tell(
            suite,
            Reply(500),
            Reply(200),
            max_attempts=2,
            event={"body": body, "content_type": content_type},
        )
        for name, (body, content_type) in PAYLOADS.items()
    }
    see(list(tales.values()), seconds=PROMPTLY_SECONDS + 5)
    return tales


@pytest.mark.parametrize("name", PAYLOADS)
@requirement("ATTEMPT-002", scenario=payloads)
def test_the_bytes_arrive_unchanged(told: Sent, name: str) -> None:
    body, _ = PAYLOADS[name]
    for number in (1, 2):
        arrived = told[name].arrival(number).body
        if arrived != body:
            raise told[name].fails(
                f"{name}: attempt {number} carried other bytes",
                expected=f"{len(body)} bytes {body[:100]!r}",
                got=f"{len(arrived)} bytes {arrived[:100]!r}",
            )


@pytest.mark.parametrize("name", PAYLOADS)
@requirement("ATTEMPT-002", scenario=payloads)
def test_the_content_type_arrives_unchanged(told: Sent, name: str) -> None:
    for number in (1, 2):
        shown = told[name].arrival(number).all("Content-Type")
        wanted = PAYLOADS[name][1]
        told[name].must(shown == [wanted], f"Content-Type {wanted!r} arrived as {shown}")


_PLAIN = b'{"type":"test.event","data":"' + b"zc" * 100 + b'"}'
_PACKED = {"gzip": gzip.compress(_PLAIN), "deflate": zlib.compress(_PLAIN)}


def packed(suite: Suite) -> Sent:
    """Events that say how their bytes are packed, as far as they are taken."""
    tales: dict[str, Tale] = {}
    for coding, body in _PACKED.items():
        event = {"body": body, "headers": [("Content-Encoding", coding)]}
        try:
            tales[coding] = tell(suite, Reply(200), event=event)
        except NotRun:  # a body in a content encoding may be a 415
            continue
    see(list(tales.values()))
    return tales


@pytest.mark.parametrize("coding", _PACKED)
@requirement("ATTEMPT-002", scenario=packed)
def test_packed_bytes_arrive_as_what_they_are_said_to_be(told: Sent, coding: str) -> None:
    if coding not in told:
        raise NotOffered
    arrived = told[coding].arrival(1)
    said = arrived.all("Content-Encoding")
    fits = arrived.body == _PACKED[coding] or (not said and arrived.body == _PLAIN)
    told[coding].must(fits, f"an event of {coding} arrived as other bytes, said to be {said}")


def addresses(suite: Suite) -> Mapping[str, Tale]:
    """One event for each form of address."""
    tales = {}
    for path, query in (
        ("", ""),
        ("/", ""),
        ("/a/b/", ""),
        ("/hook", "?a=1&b=two&a=3"),
        ("", "?token=x%2Fy%20z&empty="),
        ("/with%20space/%E2%98%83", "?q=%26"),
        ("/a;v=1/b,c", "?x=a+b"),
    ):
        box = suite.receiver.box(Reply(500), Reply(200), path=path, query=query)
        tales[path + query] = tell(suite, box=box, max_attempts=2)
    see(list(tales.values()))
    return tales


@requirement("ATTEMPT-001", scenario=addresses)
def test_path_and_query_of_the_url_are_kept(told: Mapping[str, Tale]) -> None:
    for tale in told.values():
        parts = urlsplit(tale.story.box.url)
        wanted = parts.path + (f"?{parts.query}" if parts.query else "")
        for number in (1, 2):
            came = tale.arrival(number)
            tale.must(came.path == wanted, f"the target {wanted!r} was asked for {came.path!r}")
            tale.must(came.method == "POST", f"an attempt was a {came.method}")


@requirement("ATTEMPT-003", scenario=backing_off)
def test_the_headers_name_the_row(told: Tales) -> None:
    for tale in told.values():
        for place, row in enumerate(tale.rows, 1):
            came, number = tale.arrival(place), row.get("attempt_number")
            wanted = {
                "X-Zen-Event-Id": tale.event.id,
                "X-Zen-Delivery-Id": row.get("id"),
                "X-Zen-Attempt": str(number),
            }
            for name, value in wanted.items():
                shown = came.all(name)
                tale.must(shown == [value], f"{name} of attempt {number} is {shown}, not {value}")


@requirement("ATTEMPT-004", scenario=backing_off)
def test_the_idempotency_key_stays_over_a_chain(told: Tales) -> None:
    chains: dict[str, object] = {}
    for name, tale in told.items():
        tale.arrival(1)
        keys = {tuple(one.all("X-Zen-Delivery-Idempotency-Key")) for one in tale.story.box.arrived}
        tale.must(len(keys) == 1, f"{name}: the keys of one chain are {sorted(keys)}")
        (key,) = keys
        tale.must(len(key) == 1 and key[0], f"X-Zen-Delivery-Idempotency-Key is {key}")
        tale.must(key[0] not in chains, f"{name} and {chains.get(key[0])} have one key")
        chains[key[0]] = name


def from_a_provider(suite: Suite) -> Tale:
    """An event with the headers that providers and proxies send."""
    headers = [*FORWARDED.items(), *KEPT_BACK.items(), *_BETWEEN]
    event = {"headers": headers}
    tale = tell(suite, Reply(500), Reply(200), max_attempts=2, event=event)
    see([tale])
    return tale


@pytest.mark.parametrize("name", FORWARDED)
@requirement("ATTEMPT-005", scenario=from_a_provider)
def test_the_providers_headers_are_forwarded(told: Tale, name: str) -> None:
    for number in (1, 2):
        shown = told.arrival(number).all(name)
        told.must(shown == [FORWARDED[name]], f"{name} of attempt {number} is {shown}")


@pytest.mark.parametrize("name", KEPT_BACK)
@requirement("ATTEMPT-006", scenario=from_a_provider)
def test_the_senders_own_headers_are_kept_back(told: Tale, name: str) -> None:
    for number in (1, 2):
        shown = told.arrival(number).all(name)
        told.must(
            not any(KEPT_BACK[name] in value for value in shown),
            f"{name} of the sender came with attempt {number}: {shown}",
        )


@requirement("ATTEMPT-006", scenario=from_a_provider)
def test_the_host_is_the_targets(told: Tale) -> None:
    netloc = urlsplit(told.story.box.url).netloc
    for number in (1, 2):
        shown = told.arrival(number).all("Host")
        told.must(shown == [netloc], f"Host is {shown}, the target is {netloc}")
