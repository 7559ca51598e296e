"""Input that nobody thought of: made by hypothesis, the same each time, held to the same rules."""

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from tests.server.hostile_requests import (
    BATCH,
    DELIVERIES,
    DESTINATIONS,
    FLOWS,
    INGESTERS,
    LOGS,
    ONE,
    ONE_FLOW,
    ONE_INGESTER,
    RECIPE,
    RETRY,
    V1,
    chunked,
    destination,
    flow,
    get,
    place_of,
    send,
)
from tests.server.hostile_site import Site, running_site
from tests.server.hostile_verdict import check, check_by_contract
from tests.server.hostile_wire import Reply, talk

bounded = settings(
    max_examples=200,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)

# No DELETE that could succeed: later examples need what is there.
SOUND = [
    get(ONE),
    get(DESTINATIONS + b"?limit=5&cursor=" + b"A" * 32),
    get(DELIVERIES + b"?status=failed&event_id=evt_hostile"),
    get(LOGS + b"?since=2026-01-01T00:00:00Z&level=warn", b"X-Request-Id: req_fuzz"),
    get(DESTINATIONS + b"/dest_stranger", method=b"DELETE"),
    send(DESTINATIONS, destination(name="fuzz", secret={"value": "whsec_" + "A" * 32})),
    send(DESTINATIONS, b"", b"Transfer-Encoding: chunked").replace(b"Content-Length: 0\r\n", b"")
    + chunked(b'{"name":"a",', b'"url":"https://example.com"}'),
    send(FLOWS, flow(b'{"max_attempts":3,"backoff_seconds":10}')),
    send(ONE, b'{"status":"disabled"}', method=b"PATCH"),
    send(BATCH, b'{"delivery_ids":["dlv_hostile","dlv_2"]}'),
    get(ONE) + get(b"/nowhere"),
]
WORDS = [
    *(
        b"\r\n",
        b"\r\n\r\n",
        b"\n",
        b"\r",
        b"\x00",
        b" ",
        b"\t",
        b"%00",
        b"%0a",
        b"%ff",
        b"//",
        b"..",
    ),
    *(b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n"),
    *(b"Upgrade: h2c\r\n", b"Connection: close\r\n", b"0\r\n\r\n", b"ffffffffffffffff\r\n"),
    *(
        b'"',
        b"\\ud800",
        b"\\u0000",
        b"{",
        b"[" * 300,
        b"1e999",
        b"9" * 400,
        b"\xed\xa0\x80",
        b"NaN",
    ),
    *("５".encode(), b"Host: b\r\n", b"HTTP/1.0", b"HTTP/2.0", b"GET /health HTTP/1.1\r\n\r\n"),
]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
FIELDS = [
    *("name", "url", "type", "secret", "value", "status", "source_id", "destination_id", "config"),
    *("retry_policy", "max_attempts", "backoff_seconds", "source", "target", "id", "delivery_ids"),
]
near_bodies = st.dictionaries(
    st.sampled_from(FIELDS),
    json_values | st.dictionaries(st.sampled_from(FIELDS), json_values),
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for all examples: what one of them breaks, the next ones see."""
    with running_site(tmp_path_factory.mktemp("fuzz") / "site.db") as running:
        yield running


def send_and_judge(site: Site, sent: bytes) -> list[Reply]:
    """Every answer, each as it must be; the store has changed only if one of them says so."""
    note(f"sent {sent!r}")
    site.faults.take()
    before = site.digest()
    # Also the word alone: half a request to HEAD, for all that the server can know.
    method = "HEAD" if sent.lstrip(b"\r\n").startswith(b"HEAD") else "GET"
    replies = talk(site.address, sent, methods=[method], hang_up=True)
    for reply in replies:
        check(reply)
    if len(replies) == 1:
        check_by_contract(replies[0], place_of(sent))
    assert replies or not sent.strip(b"\r\n"), "there was no answer at all"
    if not any(reply.status < 300 for reply in replies):
        assert site.digest() == before
    assert site.faults.take() == []
    [reply] = talk(site.address, get(ONE))
    assert reply.status == 200
    return replies


@st.composite
def mutilated(draw: st.DrawFn) -> bytes:
    """A sound request after one to four accidents."""
    text = draw(st.sampled_from(SOUND))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 40)))
        new = draw(st.sampled_from(WORDS) | st.binary(max_size=8) | st.just(text[start:end] * 2))
        text = text[:start] + new + text[end:]
    return text


@bounded
@given(sent=st.binary(max_size=400))
def test_any_bytes_get_a_sound_answer(site: Site, sent: bytes) -> None:
    send_and_judge(site, sent)


@bounded
@given(sent=mutilated())
def test_a_mutilated_request_gets_a_sound_answer(site: Site, sent: bytes) -> None:
    send_and_judge(site, sent)


@bounded
@given(path=st.lists(st.text(max_size=20) | st.sampled_from(["", ".", "..", "destinations"])))
def test_any_path_gets_one_sound_answer(site: Site, path: list[str]) -> None:
    target = V1 + b"".join(b"/" + quote(part, safe="", errors="replace").encode() for part in path)
    assert len(send_and_judge(site, get(target))) == 1


@bounded
@given(
    of=st.sampled_from([DESTINATIONS, DELIVERIES, LOGS, RECIPE]),
    names=st.lists(
        st.sampled_from(["limit", "cursor", "status", "event_id", "since", "level"]), max_size=3
    ),
    value=st.binary(max_size=30)
    | st.text(alphabet="0123456789+-_.eTZ:", max_size=30).map(str.encode),
)
def test_any_query_gets_one_sound_answer(
    site: Site, of: bytes, names: list[str], value: bytes
) -> None:
    query = "&".join(f"{name}={quote(value)}" for name in names).encode()
    assert len(send_and_judge(site, get(of + b"?" + query))) == 1


@bounded
@given(
    place=st.sampled_from(
        [
            *((b"POST", path) for path in (DESTINATIONS, FLOWS, INGESTERS, RECIPE, RETRY, BATCH)),
            *((b"PUT", path) for path in (ONE_FLOW, ONE_INGESTER)),
            (b"PATCH", ONE),
        ]
    ),
    body=(near_bodies | json_values).map(lambda value: json.dumps(value).encode())
    | near_bodies.map(
        lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    ),
)
def test_any_json_gets_one_sound_answer(
    site: Site, place: tuple[bytes, bytes], body: bytes
) -> None:
    method, path = place
    assert len(send_and_judge(site, send(path, body, method=method))) == 1


@bounded
@given(
    name=st.sampled_from(
        [b"Authorization", b"Idempotency-Key", b"X-Request-Id", b"Content-Type", b"Host", b"Expect"]
    ),
    value=st.binary(max_size=40),
)
def test_any_header_value_gets_a_sound_answer(site: Site, name: bytes, value: bytes) -> None:
    send_and_judge(site, send(DESTINATIONS, b"{}", name + b": " + value))
