"""Senders that are slow, endless, rude or many: each is answered, and nobody else has to wait."""

import select
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.server.hostile_requests import (
    AUTH,
    DESTINATIONS,
    HOST,
    JSON,
    ONE,
    destination,
    get,
    head,
    send,
)
from tests.server.hostile_site import Site, running_site
from tests.server.hostile_verdict import check
from tests.server.hostile_wire import DEADLINE, Reply, read_replies, talk
from zen_sandbox.http.failures import Limits

HASTY = Limits(head_seconds=0.4, body_seconds=0.4, idle_seconds=0.4, unwanted_seconds=0.4)
POST = b"POST " + DESTINATIONS + b" HTTP/1.1"
CHUNKED = b"Transfer-Encoding: chunked"

STALLS = {
    "within the request line": b"GET /v1/ten",
    "behind the request line": b"GET " + ONE + b" HTTP/1.1\r\n",
    "within a header": b"GET " + ONE + b" HTTP/1.1\r\nHost: sand",
    "before the last line feed": get(ONE)[:-1],
    "before the body": head(POST, HOST, AUTH, JSON, b"Content-Length: 100"),
    "within the body": head(POST, HOST, AUTH, JSON, b"Content-Length: 100") + b'{"name"',
    "before the first chunk": head(POST, HOST, AUTH, JSON, CHUNKED),
    "within a chunk's size": head(POST, HOST, AUTH, JSON, CHUNKED) + b"1",
    "within a chunk": head(POST, HOST, AUTH, JSON, CHUNKED) + b"9\r\n{",
    "before the last chunk": head(POST, HOST, AUTH, JSON, CHUNKED) + b"2\r\n{}\r\n",
    "within the trailers": head(POST, HOST, AUTH, JSON, CHUNKED) + b"2\r\n{}\r\n0\r\nX-A: ",
    "before a body it asked leave for": head(
        POST, HOST, AUTH, JSON, b"Content-Length: 9", b"Expect: 100-continue"
    ),
}

ENDLESS: dict[str, tuple[bytes, bytes, set[int]]] = {
    "target": (b"GET /", b"a" * 4096, {414}),
    "query": (b"GET /v1/logs?", b"a=1&" * 1024, {414}),
    "header": (get(ONE)[:-2] + b"X-A: ", b"a" * 4096, {431}),
    "row of headers": (get(ONE)[:-2], b"X-A: 1\r\n" * 512, {431}),
    "body in chunks": (head(POST, HOST, AUTH, JSON, CHUNKED), b"1000\r\n%4096d\r\n" % 0, {413}),
    "body in tiny chunks": (head(POST, HOST, AUTH, JSON, CHUNKED), b"1\r\n \r\n" * 512, {413}),
    "body of unwanted type": (
        head(POST, HOST, AUTH, b"Content-Type: text/plain", CHUNKED),
        b"1000\r\n%4096d\r\n" % 0,
        {413, 415},
    ),
    "chunk extension": (head(POST, HOST, AUTH, JSON, CHUNKED) + b"1;", b"a" * 4096, {400}),
    "row of trailers": (head(POST, HOST, AUTH, JSON, CHUNKED) + b"0\r\n", b"X: 1\r\n" * 512, {400}),
}
# The longest that is read of one request is 6.3 MB (a mebibyte in chunks of one byte); when the
# machine is busy as much again, and more, is in the buffers of the connection.
MOST_SENT = 64 * 1024 * 1024


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with the patience that it has in use."""
    with running_site(tmp_path_factory.mktemp("patient") / "site.db") as running:
        yield running


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with little patience."""
    with running_site(tmp_path_factory.mktemp("hasty") / "site.db", limits=HASTY) as running:
        yield running


@contextmanager
def unharmed(site: Site) -> Iterator[None]:
    """Afterwards nothing in the site has changed, it has met no fault, and it still serves."""
    site.faults.take()
    before = site.digest()
    yield
    assert site.digest() == before
    assert site.faults.take() == []
    serves(site)


def serves(site: Site) -> None:
    """The server answers a good request."""
    [reply] = talk(site.address, get(ONE))
    check(reply)
    assert reply.status == 200


def connect(site: Site) -> socket.socket:
    client = socket.create_connection(site.address, timeout=DEADLINE)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def the_answer(client: socket.socket) -> Reply:
    """The one answer on a connection that the server then ends."""
    [reply] = read_replies(client)
    check(reply)
    return reply


@pytest.mark.parametrize("place", STALLS)
def test_a_sender_that_stops_is_told_so_with_a_408(hasty: Site, place: str) -> None:
    with unharmed(hasty), connect(hasty) as client:
        client.sendall(STALLS[place])
        assert the_answer(client).status == 408


def test_a_sender_that_never_starts_is_left_without_an_answer(hasty: Site) -> None:
    with unharmed(hasty), connect(hasty) as client:
        assert client.recv(1) == b""


def test_a_head_that_comes_byte_by_byte_is_cut_off(hasty: Site) -> None:
    sent = 0
    with unharmed(hasty), connect(hasty) as client:
        for byte in get(ONE, b"X-Slow: " + b"a" * 10_000):
            client.sendall(bytes([byte]))
            sent += 1
            if select.select([client], [], [], 0.02)[0]:
                break
        assert sent < 500
        assert the_answer(client).status == 408


def test_others_are_served_while_a_hundred_senders_stall(site: Site) -> None:
    half = head(POST, HOST, AUTH, JSON, b"Content-Length: 100") + b"{"
    with unharmed(site), ExitStack() as stack:
        clients = [stack.enter_context(connect(site)) for _ in range(100)]
        for client in clients:
            client.sendall(half)
        serves(site)
        assert select.select(clients, [], [], 0)[0] == [], "they were to be stalling still"
        for client in clients:
            client.shutdown(socket.SHUT_WR)
        assert [the_answer(client).status for client in clients] == [400] * 100


@pytest.mark.parametrize("what", ENDLESS)
def test_what_has_no_end_is_refused_while_it_is_still_being_sent(site: Site, what: str) -> None:
    start, more, statuses = ENDLESS[what]
    with unharmed(site), connect(site) as client:
        assert send_until_answered(client, start, more) < MOST_SENT
        assert the_answer(client).status in statuses


def send_until_answered(client: socket.socket, start: bytes, more: bytes) -> int:
    """How many bytes went out before something came back."""
    client.sendall(start)
    sent = len(start)
    while sent < MOST_SENT and not select.select([client], [], [], 0)[0]:
        try:
            client.sendall(more)
        except (BrokenPipeError, ConnectionResetError):
            break
        sent += len(more)
    return sent


def reset(client: socket.socket) -> None:
    """Ends the connection with a reset, as a crashed or rude client does."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


@pytest.mark.parametrize("place", STALLS)
def test_a_sender_that_resets_in_the_middle_leaves_no_trace(site: Site, place: str) -> None:
    with unharmed(site):
        client = connect(site)
        client.sendall(STALLS[place])
        reset(client)


def test_a_sender_that_resets_behind_its_request_leaves_all_of_it_or_nothing(site: Site) -> None:
    site.faults.take()
    names = [f"left alone {number}" for number in range(20)]
    for name in names:
        client = connect(site)
        client.sendall(send(DESTINATIONS, destination(name=name), b"Idempotency-Key: " + key(name)))
        reset(client)
    for name in names:
        [reply] = talk(
            site.address,
            send(DESTINATIONS, destination(name=name), b"Idempotency-Key: " + key(name)),
        )
        check(reply)
        assert reply.status == 201  # made now, or remembered whole
    assert site.faults.take() == []


def key(name: str) -> bytes:
    return name.replace(" ", "-").encode()


def test_a_client_that_asks_and_never_reads_delays_nobody(site: Site) -> None:
    with unharmed(site), connect(site) as client:
        client.setblocking(False)
        left = memoryview(get(DESTINATIONS) * 5000)
        while left and select.select([], [client], [], 0.2)[1]:
            left = left[client.send(left) :]
        serves(site)


def test_a_thousand_requests_in_one_write_get_a_thousand_answers_in_order(site: Site) -> None:
    ids = [f"in-order-{number}" for number in range(1000)]
    requests = b"".join(get(ONE, b"X-Request-Id: " + one.encode()) for one in ids)
    with unharmed(site):
        replies = talk(site.address, requests, methods=["GET"] * 1000)
    for reply in replies:
        check(reply)
    assert [reply.header("x-request-id") for reply in replies] == ids
