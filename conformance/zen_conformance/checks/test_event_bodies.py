"""What an event may be: bytes of any type, up to 1 MiB of them."""

from typing import Any

import pytest

from zen_conformance.answer import Answer
from zen_conformance.check import requirement
from zen_conformance.failures import NotRun
from zen_conformance.matching import a_flow_between, a_silent_target, taken_in
from zen_conformance.stories import ingest
from zen_conformance.tenant import Tenant

_MIB = 1024 * 1024
_TYPES = (
    "application/json",
    "application/json; charset=utf-8",
    "APPLICATION/JSON",
    "application/vnd.zc.event+json; version=1",
    "application/cloudevents+json",
    "application/problem+json",
    "application/merge-patch+json",
    "application/xml",
    "text/xml; charset=iso-8859-1",
    "text/plain",
    "text/plain; charset=utf-16",
    "text/html",
    "text/csv",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=zc",
    "application/octet-stream",
    "application/x-protobuf",
    "image/png",
    "x-zc/anything",
    "*/*",
    None,
)
_BODIES = {
    "no bytes": b"",
    "JSON": b'{"type":"test.event"}',
    "a JSON list": b"[1,2]",
    "a JSON null": b"null",
    "broken JSON": b'{"type":',
    "a member twice": b'{"a":1,"a":2}',
    "all bytes": bytes(range(256)) * 3,
    "not UTF-8": b"\xff\xfe\x80",
    "NUL bytes": b"\0" * 100,
    "deep JSON": b"[" * 5000 + b"]" * 5000,
    "lines": b"a=1\r\n\r\nb=2\n",
    "text": "Grüße, 世界 🎉".encode(),
}
_SIZES = (1, 1023, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 100_000, 512 * 1024, _MIB - 1, _MIB)
_TOO_LARGE = (_MIB + 1, _MIB + 4096, 3 * _MIB)


@pytest.mark.parametrize("name", _BODIES)
@requirement("EVENT-006")
def test_an_event_of_any_type_is_taken(api: Tenant, name: str) -> None:
    ingester = _taking(api)
    for media_type in _TYPES:
        answer = ingest(api, ingester, _BODIES[name], media_type)
        answer.expect(202, why=f"{name} as {media_type}")


@requirement("EVENT-006")
def test_an_event_without_a_body_or_in_small_chunks_is_taken(api: Tenant) -> None:
    ingester = _taking(api)
    for media_type in (None, "application/json"):
        ingest(api, ingester, None, media_type).expect(202, why="it had no body")
    for body in (b"", b"{}", b"\0" * 2000):
        ingest(api, ingester, body, None, chunked=True).expect(202, why="it came in chunks")


@pytest.mark.parametrize("chunked", [False, True])
@requirement("EVENT-006")
def test_an_event_of_up_to_a_mebibyte_is_taken(api: Tenant, chunked: bool) -> None:
    ingester = _taking(api)
    for size in _SIZES:
        body = b'"' + b"x" * (size - 2) + b'"' if size > 1 else b"1"
        for media_type in ("application/json", "application/octet-stream"):
            answer = ingest(api, ingester, body, media_type, chunked=chunked)
            answer.expect(202, why=f"it had {size:,} bytes")


@pytest.mark.parametrize("chunked", [False, True])
@requirement("EVENT-006")
def test_an_event_over_a_mebibyte_is_refused(api: Tenant, chunked: bool) -> None:
    ingester, target = _taking(api), a_silent_target(api)
    a_flow_between(api, ingester, target)
    for size in _TOO_LARGE:
        for media_type in ("application/json", "application/octet-stream", None):
            answer = _large(api, ingester, b"x" * size, media_type, chunked=chunked)
            answer.expect_problem(413, "payload-too-large", why=f"it had {size:,} bytes")
    listed = api.call("listDeliveries", query={"destination_id": target["id"]}).expect(200)
    listed.must(not listed.rows("deliveries"), "an event that was refused has an attempt")


@requirement("EVENT-006")
def test_the_limit_of_an_event_is_of_bytes(api: Tenant) -> None:
    ingester = _taking(api)
    text = "é".encode() * (_MIB // 2)
    ingest(api, ingester, text, "text/plain; charset=utf-8").expect(202)
    answer = _large(api, ingester, text + b"!", "text/plain; charset=utf-8", chunked=False)
    answer.expect(413, why="it had fewer characters and more bytes")


def _taking(api: Tenant) -> dict[str, Any]:
    """An endpoint that takes a plain event, a precondition of what is asked of others."""
    ingester: dict[str, Any] = api.an_ingester()
    taken_in(api, ingester)
    return ingester


def _large(
    api: Tenant,
    ingester: dict[str, Any],
    body: bytes,
    media_type: str | None,
    *,
    chunked: bool,
) -> Answer:
    """The answer; a server may close early, and the answer may be lost then."""
    for _ in range(3):
        answer = ingest(api, ingester, body, media_type, chunked=chunked)
        if answer.exchange.received is not None:
            return answer
    raise NotRun("the server closed the connection before its answer could be read")
