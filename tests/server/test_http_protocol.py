"""The protocol layer on real sockets: whatever arrives gets one well-formed answer, or none is due.

Answers are parsed by h11, which shares no code with the server's parser.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import re
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import h11
import orjson
import pytest

from zen_sandbox.http import server as http_server
from zen_sandbox.http.cycle import Receive, Scope, Send
from zen_sandbox.http.failures import Limits, problem_body
from zen_sandbox.http.failures import malformed as malformed_request
from zen_sandbox.http.server import CannotListen, CannotStart, serve

DEADLINE = 10.0
MIB = 1024 * 1024
HOST = b"Host: sandbox\r\n"
GOOD = b"GET /echo HTTP/1.1\r\n" + HOST + b"\r\n"

# --- an ASGI app that does what the path says ------------------------------------------------


class Switchboard:
    """A plain ASGI app whose misbehaviour the client picks by path."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.requests = 0
        self.entered = threading.Event()
        self.release = threading.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        self.requests += 1
        name = scope["path"].strip("/").replace("-", "_").split("/")[0]
        await cast("Callable[..., Any]", getattr(self, name, self.echo))(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            event = (await receive())["type"]
            self.events.append(event)
            await send({"type": f"{event}.complete"})
            if event == "lifespan.shutdown":
                return

    async def echo(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the whole body, then tell what arrived."""
        body = b""
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.events.append("disconnect")
                return
            body += message["body"]
            more = message["more_body"]
        document = {
            "method": scope["method"],
            "path": scope["path"],
            "query": scope["query_string"].decode("latin-1"),
            "version": scope["http_version"],
            "headers": [[k.decode("latin-1"), v.decode("latin-1")] for k, v in scope["headers"]],
            "length": len(body),
        }
        await answer(send, 200, orjson.dumps(document))

    async def unread(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse without a look at the body."""
        headers = [(b"connection", b"close")] if scope["query_string"] == b"close" else []
        await answer(send, 413, b'{"too":"large"}', headers)

    async def half_read(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse once more than 1 MiB has come, as a body limit does."""
        seen = 0
        while seen <= MIB:
            seen += len((await receive())["body"])
        await answer(send, 413, b'{"too":"large"}')

    async def crash(self, scope: Scope, receive: Receive, send: Send) -> None:
        raise LookupError("a secret of the app")

    async def exit(self, scope: Scope, receive: Receive, send: Send) -> None:
        raise SystemExit(3)

    async def silent(self, scope: Scope, receive: Receive, send: Send) -> None:
        return

    async def start_only(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def start_and_crash(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.start_only(scope, receive, send)
        raise LookupError("a secret of the app")

    async def crash_midway(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.start_only(scope, receive, send)
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise LookupError("a secret of the app")

    async def bad_header_value(self, scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, 200, b"x", [(b"x-a", b"1\r\nset-cookie: stolen=1")])

    async def bad_header_name(self, scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, 200, b"x", [(b"x a", b"1")])

    async def bad_status(self, scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, 101, b"x")

    async def short_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, 200, b"x", [(b"content-length", b"5")])

    async def long_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, 200, b"x" * 9, [(b"content-length", b"5")])

    async def stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.start_only(scope, receive, send)
        for part in (b"one ", b"", b"two"):
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def empty(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def hold(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer once the test says so."""
        self.entered.set()
        await asyncio.to_thread(self.release.wait, DEADLINE)
        await answer(send, 200, b'{"held":true}')

    async def until_gone(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer nothing until the client has gone."""
        self.entered.set()
        while (await receive())["type"] != "http.disconnect":
            pass
        self.events.append("gone")


async def answer(
    send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    headers = headers or []
    if not any(name == b"content-length" for name, _ in headers):
        headers = [*headers, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


# --- a server in a thread, a client on a socket ------------------------------------------------


@dataclass
class Running:
    app: Switchboard
    port: int
    stop: threading.Event
    thread: threading.Thread
    failures: list[BaseException] = field(default_factory=list)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE)

    def finish(self) -> None:
        self.app.release.set()
        self.stop.set()
        self.thread.join(DEADLINE)
        assert not self.thread.is_alive()


def start(limits: Limits | None = None, app: Any = None) -> Running:
    app = app or Switchboard()
    started = threading.Event()
    running = Running(app, 0, threading.Event(), threading.Thread())
    ids = itertools.count()

    def on_started(host: str, port: int) -> None:
        running.port = port
        started.set()

    def run() -> None:
        try:
            serve(
                app,
                port=0,
                on_started=on_started,
                new_request_id=lambda: f"req_{next(ids)}",
                limits=limits,
                stop=running.stop,
            )
        except BaseException as error:
            running.failures.append(error)
        finally:
            started.set()

    running.thread = threading.Thread(target=run)
    running.thread.start()
    assert started.wait(DEADLINE)
    return running


@pytest.fixture(autouse=True)
def no_fault_reaches_the_event_loop(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """An exception out of a protocol's callback closes the connection and is only logged."""
    yield
    assert [record for record in caplog.get_records("call") if record.name == "asyncio"] == []


@pytest.fixture(scope="module", params=["uvloop", "asyncio"])
def loop_kind(request: pytest.FixtureRequest) -> Iterator[str]:
    """Both event loops: uvloop where it can be imported, else the one of Python itself."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "uvloop":
            pytest.importorskip("uvloop")
        else:
            patch.setitem(sys.modules, "uvloop", cast("Any", None))
        yield request.param


@pytest.fixture(scope="module")
def server(loop_kind: str) -> Iterator[Running]:
    running = start()
    yield running
    running.finish()


@pytest.fixture(scope="module")
def impatient(loop_kind: str) -> Iterator[Running]:
    """A server that waits a quarter of a second for anything."""
    limits = Limits(head_seconds=0.25, body_seconds=0.25, idle_seconds=0.5, unwanted_seconds=0.25)
    running = start(limits)
    yield running
    running.finish()


@pytest.fixture
def own(loop_kind: str) -> Iterator[Running]:
    """A server of this test's own, whose app it may hold up."""
    running = start()
    yield running
    running.finish()


@dataclass
class Answer:
    status: int
    version: str
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        return cast("dict[str, Any]", orjson.loads(self.body))


def parse(raw: bytes, methods: list[str], *, ended: bool) -> list[Answer]:
    """Every answer in `raw`, to requests of these methods; what is malformed or left raises."""
    answers: list[Answer] = []
    while raw:
        client = h11.Connection(h11.CLIENT)
        method = methods[min(len(answers), len(methods) - 1)]
        client.send(h11.Request(method=method, target="/", headers=[("host", "x")]))
        client.send(h11.EndOfMessage())
        client.receive_data(raw)
        if ended:
            client.receive_data(b"")
        head = next_final(client)
        body = b""
        while isinstance(event := client.next_event(), h11.Data):
            body += bytes(event.data)
        assert isinstance(event, h11.EndOfMessage), f"cut short: {raw!r}"
        names = [name.decode() for name, _ in head.headers]
        assert len(names) == len(set(names)), names
        headers = {name.decode(): value.decode("latin-1") for name, value in head.headers}
        answers.append(Answer(head.status_code, head.http_version.decode(), headers, body))
        raw = client.trailing_data[0]
    return answers


def next_final(client: h11.Connection) -> h11.Response:
    while isinstance(event := client.next_event(), h11.InformationalResponse):
        pass
    assert isinstance(event, h11.Response), event
    return event


def read_to_end(client: socket.socket) -> bytes:
    """All that comes until the server ends the connection; a reset raises."""
    parts = []
    while part := client.recv(65536):
        parts.append(part)
    return b"".join(parts)


def read_answer(client: socket.socket, method: str = "GET") -> Answer:
    """One answer from a connection that stays open."""
    raw = b""
    while True:
        part = client.recv(65536)
        assert part, f"the connection ended after {raw!r}"
        raw += part
        head, blank, body = raw.partition(b"\r\n\r\n")
        length = re.search(rb"(?mi)^content-length: (\d+)\r?$", head + b"\r\n")
        if blank and (method == "HEAD" or (length and len(body) >= int(length[1]))):
            [answer] = parse(raw, [method], ended=False)
            return answer


def ask(running: Running, *parts: bytes, methods: list[str] | None = None) -> list[Answer]:
    """Send all parts, keep the sending side open, and read until the server closes."""
    with running.connect() as client:
        for part in parts:
            client.sendall(part)
        return parse(read_to_end(client), methods or ["GET"], ended=True)


def check_problem(answer: Answer, status: int, slug: str) -> dict[str, Any]:
    """The answer is the problem document of the contract, and announces the connection's end."""
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["connection"] == "close"
    assert answer.headers["content-length"] == str(len(answer.body))
    document = answer.document
    assert set(document) - {"errors"} == {"type", "title", "status", "detail", "instance"}
    assert document["type"] == f"https://api.zen-mesh.io/errors/{slug}"
    assert document["status"] == status
    assert document["instance"] == answer.headers["x-request-id"]
    assert document["instance"].startswith("req_")
    assert all(isinstance(document[name], str) for name in ("title", "detail", "instance"))
    return document


def post(path: str, *headers: str, body: bytes = b"") -> bytes:
    lines = "".join(f"{line}\r\n" for line in headers)
    return f"POST {path} HTTP/1.1\r\nHost: sandbox\r\n{lines}\r\n".encode("latin-1") + body


def get(target: str | bytes, *headers: str, version: str = "1.1", method: str = "GET") -> bytes:
    target = target.encode("latin-1") if isinstance(target, str) else target
    lines = "".join(f"{line}\r\n" for line in ("Host: sandbox", *headers))
    start_line = method.encode() + b" " + target + f" HTTP/{version}\r\n".encode()
    return start_line + lines.encode("latin-1") + b"\r\n"


CHUNKED = "Transfer-Encoding: chunked"

MALFORMED = {
    "noise": b"\x00\x01\x02\x03\r\n\r\n",
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32),
    "an HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no request line": b"\r\n\r\nHost: sandbox\r\n\r\n",
    "an unknown method": get("/echo", method="FETCH"),
    "a method in small letters": get("/echo", method="get"),
    "a method with a control character": get("/echo", method="G\x01T"),
    "no target": b"GET HTTP/1.1\r\n" + HOST + b"\r\n",
    "a target without a slash": get("echo"),
    "a target that is a query only": get("?a=1"),
    "a space in the target": get("/echo me"),
    "a NUL in the target": get("/echo\x00"),
    "a tab in the target": get("/echo\tme"),
    "a DEL in the target": get("/echo\x7f"),
    "UTF-8 in the path": get("/caf\u00e9".encode()),
    "a byte that is not UTF-8 in the path": get(b"/\xff"),
    "UTF-8 in the query": get("/echo?q=caf\u00e9".encode()),
    "a byte that is not UTF-8 in the query": get(b"/echo?q=\xff"),
    "a URL of no host": get("http:///echo"),
    "a URL with a bad port": get("http://sandbox:99999999/echo"),
    "the asterisk": get("*", method="OPTIONS"),
    "the asterisk with GET": get("*"),
    "CONNECT to an authority": get("sandbox:443", method="CONNECT"),
    "CONNECT to a path": get("/echo", method="CONNECT"),
    "HTTP/0.9": b"GET /echo\r\n",
    "HTTP/0.9 with a header": b"GET /echo\r\n" + HOST + b"\r\n",
    "HTTP/0.9 in so many words": get("/echo", version="0.9"),
    "HTTP/1.2": get("/echo", version="1.2"),
    "HTTP/2.0": get("/echo", version="2.0"),
    "HTTP/9": b"GET /echo HTTP/9\r\n" + HOST + b"\r\n",
    "another protocol": b"GET /echo SPDY/1.1\r\n" + HOST + b"\r\n",
    "bare line feeds": b"GET /echo HTTP/1.1\nHost: sandbox\n\n",
    "no Host": b"GET /echo HTTP/1.1\r\nAccept: */*\r\n\r\n",
    "two Hosts": get("/echo", "Host: other"),
    "a header without a colon": get("/echo", "Accept"),
    "a header without a name": get("/echo", ": x"),
    "a space before the colon": get("/echo", "Accept : x"),
    "a folded header": get("/echo", "Accept: a", " b"),
    "a NUL in a header": get("/echo", "Accept: a\x00b"),
    "a control character in a header": get("/echo", "Accept: a\x01b"),
    "a carriage return in a header": get("/echo", "Accept: a\rb"),
    "a header name with a bracket": get("/echo", "Acc[ept: a"),
    "a negative length": post("/echo", "Content-Length: -1"),
    "a length with an underscore": post("/echo", "Content-Length: 1_0"),
    "a length with a plus": post("/echo", "Content-Length: +3", body=b"abc"),
    "an empty length": post("/echo", "Content-Length:"),
    "a length past 64 bits": post("/echo", "Content-Length: 99999999999999999999"),
    "a length of 5,000 digits": post("/echo", "Content-Length: " + "9" * 5000),
    "two lengths": post("/echo", "Content-Length: 3", "Content-Length: 4", body=b"abcd"),
    "one length twice": post("/echo", "Content-Length: 3", "Content-Length: 3", body=b"abc"),
    "a list of lengths": post("/echo", "Content-Length: 3, 3", body=b"abc"),
    "length, then chunked": post("/echo", "Content-Length: 5", CHUNKED, body=b"0\r\n\r\n"),
    "chunked, then length": post("/echo", CHUNKED, "Content-Length: 5", body=b"0\r\n\r\n"),
    "an unknown transfer encoding": post("/echo", "Transfer-Encoding: gzip", body=b"abc"),
    "gzip and chunked": post("/echo", "Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"),
    "chunked twice": post("/echo", CHUNKED, CHUNKED, body=b"0\r\n\r\n"),
    "chunked by another name": post("/echo", "Transfer-Encoding: xchunked", body=b"0\r\n\r\n"),
    "a chunk size that is no number": post("/echo", CHUNKED, body=b"zz\r\nabc\r\n0\r\n\r\n"),
    "a negative chunk size": post("/echo", CHUNKED, body=b"-1\r\nabc\r\n0\r\n\r\n"),
    "a chunk size past 64 bits": post("/echo", CHUNKED, body=b"f" * 17 + b"\r\nabc\r\n"),
    "a chunk longer than it says": post("/echo", CHUNKED, body=b"2\r\nabc\r\n0\r\n\r\n"),
    "chunks that end in a line feed": post("/echo", CHUNKED, body=b"3\nabc\n0\n\n"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_not_http_gets_one_400_problem_document_and_the_connection_ends(
    server: Running, name: str
) -> None:
    [answer] = ask(server, MALFORMED[name])
    document = check_problem(answer, 400, "validation-error")
    assert document["title"] == "Validation Error"
    [error] = document["errors"]
    assert error["field"] == "request"
    assert document["detail"] == f"request: {error['message']}"


# Of a request that is nothing but its first line, only the silence after it tells.
@pytest.mark.parametrize("name", sorted(MALFORMED.keys() - {"HTTP/0.9"}))
def test_a_fault_in_the_second_request_of_a_pipeline_leaves_the_first_answer_whole(
    server: Running, name: str
) -> None:
    first, second = ask(server, GOOD + MALFORMED[name])
    assert first.status == 200
    assert first.document["path"] == "/echo"
    assert "connection" not in first.headers
    check_problem(second, 400, "validation-error")


@pytest.mark.parametrize("name", MALFORMED)
def test_a_fault_that_arrives_byte_by_byte_is_found_as_well(server: Running, name: str) -> None:
    with server.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for index in range(min(len(MALFORMED[name]), 300)):
            client.sendall(MALFORMED[name][index : index + 1])
        client.sendall(MALFORMED[name][300:])
        client.shutdown(socket.SHUT_WR)
        [answer] = parse(read_to_end(client), ["GET"], ended=True)
    check_problem(answer, 400, "validation-error")


def test_head_with_a_fault_is_answered_without_a_body(server: Running) -> None:
    [answer] = ask(server, get(b"/echo?\xff", method="HEAD"), methods=["HEAD"])
    assert answer.status == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["content-length"]) > 0
    assert answer.body == b""


def test_the_client_s_own_request_id_is_kept_when_it_is_one(server: Running) -> None:
    [kept] = ask(server, get("/crash", "X-Request-Id: mine-1.2_3"))
    assert kept.headers["x-request-id"] == kept.document["instance"] == "mine-1.2_3"
    [replaced] = ask(server, get("/crash", "X-Request-Id: not mine"))
    check_problem(replaced, 500, "internal-error")
    [early] = ask(server, get("/echo", "X-Request-Id: mine", "X-A: b", "Accept : x"))
    assert early.headers["x-request-id"] == early.document["instance"] == "mine"


# --- limits -----------------------------------------------------------------------------------


def test_a_target_longer_than_16_kib_is_414(server: Running) -> None:
    [answer] = ask(server, get("/" + "a" * 16 * 1024))
    check_problem(answer, 414, "uri-too-long")


def test_a_target_of_16_kib_is_read(server: Running) -> None:
    [answer] = ask(server, get("/" + "a" * (16 * 1024 - 1), "Connection: close"))
    assert answer.status == 200


def test_a_target_without_end_is_414_and_is_not_waited_for(server: Running) -> None:
    [answer] = ask(server, b"GET /", *[b"a" * 1024] * 64)
    check_problem(answer, 414, "uri-too-long")


HEADS_TOO_LARGE = {
    "200 KB in one header": get("/echo", "X-A: " + "a" * 200_000),
    "200 KB in one header name": get("/echo", "X" * 200_000 + ": a"),
    "200 KB in 90 headers": get("/echo", *[f"X-{n}: " + "a" * 2_300 for n in range(90)]),
    "101 headers": get("/echo", *[f"X-{n}: a" for n in range(100)]),
    "5,000 headers": get("/echo", *[f"X-{n}: a" for n in range(5_000)]),
    "a header without end": get("/echo")[:-2] + b"X-A: " + b"a" * 100_000,
    "headers without end": get("/echo")[:-2] + b"".join(b"X-%d: a\r\n" % n for n in range(9_999)),
}


@pytest.mark.parametrize("name", HEADS_TOO_LARGE)
def test_a_head_too_large_is_431(server: Running, name: str) -> None:
    [answer] = ask(server, HEADS_TOO_LARGE[name])
    check_problem(answer, 431, "request-header-fields-too-large")


@pytest.mark.parametrize("name", HEADS_TOO_LARGE)
def test_a_head_too_large_after_other_requests_is_431_as_well(server: Running, name: str) -> None:
    # The size of a head that began amid a segment is only known within the size of a segment.
    *good, last = ask(server, GOOD * 3 + HEADS_TOO_LARGE[name] + b"a" * 300_000)
    assert [each.status for each in good] == [200, 200, 200]
    check_problem(last, 431, "request-header-fields-too-large")


def test_many_small_requests_in_one_segment_are_not_one_large_head(server: Running) -> None:
    with server.connect() as client:
        client.sendall(GOOD * 3_000 + get("/echo", "Connection: close"))
        answers = parse(read_to_end(client), ["GET"], ended=True)
    assert [each.status for each in answers] == [200] * 3_001


def test_the_start_of_a_request_after_many_others_is_waited_for(server: Running) -> None:
    with server.connect() as client:
        client.sendall(GOOD * 2_500 + GOOD[:20])
        answers = b""
        while answers.count(b"HTTP/1.1 200 OK") < 2_500:
            answers += client.recv(65536)
        client.sendall(GOOD[20:])
        client.shutdown(socket.SHUT_WR)
        answers += read_to_end(client)
    assert [each.status for each in parse(answers, ["GET"], ended=True)] == [200] * 2_501


def test_a_head_of_60_kib_in_100_headers_is_read(server: Running) -> None:
    headers = [f"X-{n:02}: " + "a" * 600 for n in range(98)]
    [answer] = ask(server, get("/echo", *headers, "Connection: close"))
    assert answer.status == 200
    assert len(answer.document["headers"]) == 100


def test_trailers_without_end_are_refused(server: Running) -> None:
    endless = post("/echo", CHUNKED, body=b"1\r\na\r\n0\r\nX-A: " + b"a" * 400_000)
    [answer] = ask(server, endless)
    check_problem(answer, 400, "validation-error")


def test_a_chunk_extension_without_end_is_refused(server: Running) -> None:
    [answer] = ask(server, post("/echo", CHUNKED, body=b"1;" + b"a" * 400_000))
    check_problem(answer, 400, "validation-error")


def test_a_body_in_one_byte_chunks_is_read(server: Running) -> None:
    chunks = b"1\r\na\r\n" * 100_000 + b"0\r\n\r\n"
    [answer] = ask(server, post("/echo", CHUNKED, "Connection: close", body=chunks))
    assert answer.document["length"] == 100_000


# --- what is slow -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sent",
    [b"G", b"GET /echo HTTP/1.1\r\n", get("/echo")[:-1], get("/echo")[:-2] + b"X-A: b"],
    ids=["one byte", "a request line", "all but one byte", "half a header"],
)
def test_headers_that_do_not_end_in_time_are_408(impatient: Running, sent: bytes) -> None:
    [answer] = ask(impatient, sent)
    check_problem(answer, 408, "request-timeout")


def test_headers_that_trickle_in_are_408(impatient: Running) -> None:
    with impatient.connect() as client:
        client.sendall(b"GET /echo HTTP/1.1\r\n")
        client.settimeout(0.02)
        raw = b""
        deadline = time.monotonic() + DEADLINE
        while not raw and time.monotonic() < deadline:
            client.sendall(b"X-A: b\r\n")
            try:
                raw = client.recv(65536)
            except TimeoutError:
                continue
        [answer] = parse(raw, ["GET"], ended=False)
    check_problem(answer, 408, "request-timeout")


@pytest.mark.parametrize(
    "sent",
    [
        post("/echo", "Content-Length: 5"),
        post("/echo", "Content-Length: 5", body=b"ab"),
        post("/echo", CHUNKED),
        post("/echo", CHUNKED, body=b"3\r\nab"),
        post("/echo", CHUNKED, body=b"3\r\nabc\r\n0\r\n"),
    ],
    ids=["no body", "half a body", "no chunk", "half a chunk", "no end of chunks"],
)
def test_a_body_that_stops_is_408_and_the_app_is_told(impatient: Running, sent: bytes) -> None:
    impatient.app.events.clear()
    [answer] = ask(impatient, sent)
    check_problem(answer, 408, "request-timeout")
    wait_for(lambda: "disconnect" in impatient.app.events)


def test_a_slow_body_that_keeps_coming_is_read(loop_kind: str) -> None:
    running = start(Limits(body_seconds=1))
    with running.connect() as client:
        client.sendall(post("/echo", "Content-Length: 6"))
        for _ in range(6):
            time.sleep(0.25)  # the pace is the point: longer in all than the limit between bytes
            client.sendall(b"a")
        assert read_answer(client).document["length"] == 6
    running.finish()


def test_an_idle_connection_is_closed_without_an_answer(impatient: Running) -> None:
    assert ask(impatient) == []
    [answer] = ask(impatient, GOOD)
    assert answer.status == 200
    assert "connection" not in answer.headers


@pytest.mark.parametrize(
    "sent", [get("/hold"), post("/hold", "Content-Length: 5")], ids=["GET", "POST"]
)
def test_an_app_that_takes_long_is_not_timed_out(impatient: Running, sent: bytes) -> None:
    impatient.app.entered.clear()
    impatient.app.release.clear()
    with impatient.connect() as client:
        client.sendall(sent)
        assert impatient.app.entered.wait(DEADLINE)
        client.settimeout(0.8)
        with pytest.raises(TimeoutError):
            client.recv(1)
        impatient.app.release.set()
        client.settimeout(DEADLINE)
        assert read_answer(client).status == 200


def test_a_late_second_request_of_a_pipeline_is_408_after_the_first_answer(
    impatient: Running,
) -> None:
    first, second = ask(impatient, GOOD + b"GET /ech")
    assert first.status == 200
    check_problem(second, 408, "request-timeout")


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


# --- bodies that nobody reads ------------------------------------------------------------------


def chunked(size: int) -> bytes:
    piece = b"8000\r\n" + b"a" * 0x8000 + b"\r\n"
    return piece * (size // 0x8000) + b"0\r\n\r\n"


@pytest.mark.parametrize("path", ["/unread", "/unread?close", "/half-read"])
@pytest.mark.parametrize("framing", ["declared", "chunked"])
def test_a_413_is_readable_by_a_client_that_sends_3_mib_before_it_reads(
    server: Running, path: str, framing: str
) -> None:
    if framing == "declared":
        request = post(path, f"Content-Length: {3 * MIB}", body=b"a" * 3 * MIB)
    else:
        request = post(path, CHUNKED, body=chunked(3 * MIB))
    with server.connect() as client:
        client.sendall(request)
        answer = read_answer(client)
        assert answer.status == 413
        assert answer.body == b'{"too":"large"}'
        if "connection" in answer.headers:
            assert path == "/unread?close"
            assert read_to_end(client) == b""
        else:
            client.sendall(GOOD)
            assert read_answer(client).status == 200


def test_a_413_to_a_body_beyond_what_is_read_past_announces_the_end(server: Running) -> None:
    with server.connect() as client:
        client.sendall(post("/unread", f"Content-Length: {100 * MIB}", body=b"a" * 1000))
        answer = read_answer(client)
        assert answer.status == 413
        assert answer.headers["connection"] == "close"
        assert client.recv(1) == b""


def test_an_unwanted_body_is_not_read_for_ever(server: Running) -> None:
    with server.connect() as client:
        client.sendall(post("/unread", CHUNKED))
        assert read_answer(client).status == 413
        piece = chunked(0x8000)[: -len(b"0\r\n\r\n")]
        sent = 0
        try:
            while sent < 64 * MIB:
                client.sendall(piece)
                sent += len(piece)
        except ConnectionError:
            pass
    assert 4 * MIB <= sent < 64 * MIB


@pytest.mark.parametrize("path", ["/unread", "/unread?close"])
def test_an_unwanted_body_that_stops_is_not_waited_for(loop_kind: str, path: str) -> None:
    running = start(Limits(unwanted_seconds=0.1))
    begun = time.monotonic()
    [answer] = ask(running, post(path, "Content-Length: 5000", body=b"a"))
    assert answer.status == 413
    assert time.monotonic() - begun < 5
    running.finish()


@pytest.mark.parametrize(
    "request_",
    [get("/hold") + GOOD * 1_000, post("/hold", "Content-Length: 99999999", body=b"a" * MIB)],
    ids=["requests", "a body"],
)
def test_what_the_app_is_not_ready_for_is_left_to_the_client(own: Running, request_: bytes) -> None:
    flood = GOOD * 10_000
    sent = 0
    with own.connect() as client:
        client.sendall(request_)
        client.settimeout(0.3)
        while sent < 32 * MIB:
            try:
                sent += client.send(flood)
            except TimeoutError:
                break
    assert sent < 32 * MIB


def test_a_fault_in_an_unwanted_body_does_not_make_a_second_answer(server: Running) -> None:
    with server.connect() as client:
        client.sendall(post("/unread", CHUNKED))
        raw = client.recv(65536)
        client.sendall(b"zz\r\n")
        raw += read_to_end(client)
    [answer] = parse(raw, ["POST"], ended=True)
    assert answer.status == 413


def test_a_client_that_still_sends_a_refused_head_can_read_the_answer(server: Running) -> None:
    with server.connect() as client:
        client.sendall(get("/echo", "X-A: " + "a" * 3 * MIB))
        [answer] = parse(read_to_end(client), ["GET"], ended=True)
    check_problem(answer, 431, "request-header-fields-too-large")


def test_expect_100_continue_is_answered_when_the_app_wants_the_body(server: Running) -> None:
    with server.connect() as client:
        client.sendall(post("/echo", "Content-Length: 3", "Expect: 100-continue"))
        assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"abc")
        assert read_answer(client).document["length"] == 3


def test_expect_100_continue_is_not_answered_when_the_app_refuses(server: Running) -> None:
    [answer] = ask(server, post("/unread", "Content-Length: 3", "Expect: 100-continue"))
    assert answer.status == 413
    assert answer.headers["connection"] == "close"


# --- the app fails -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/crash",
        "/exit",
        "/silent",
        "/start-only",
        "/start-and-crash",
        "/bad-header-value",
        "/bad-header-name",
        "/bad-status",
        "/short-body",
        "/long-body",
    ],
)
def test_an_app_that_fails_is_answered_for_with_a_500_that_tells_nothing(
    server: Running, path: str
) -> None:
    [answer] = ask(server, get(path))
    document = check_problem(answer, 500, "internal-error")
    assert document["title"] == "Internal Server Error"
    assert "secret" not in answer.body.decode()
    assert "errors" not in document


def test_an_app_that_fails_while_a_body_is_sent_is_answered_for(server: Running) -> None:
    with server.connect() as client:
        client.sendall(post("/crash", f"Content-Length: {3 * MIB}", body=b"a" * 3 * MIB))
        [answer] = parse(read_to_end(client), ["POST"], ended=True)
    check_problem(answer, 500, "internal-error")


def test_an_app_that_fails_midway_cuts_its_answer_off(server: Running) -> None:
    with server.connect() as client:
        client.sendall(get("/crash-midway"))
        raw = read_to_end(client)
    assert raw.endswith(b"4\r\nhalf\r\n")


def test_a_crash_does_not_end_the_server(server: Running) -> None:
    ask(server, get("/exit"))
    [answer] = ask(server, get("/echo", "Connection: close"))
    assert answer.status == 200


# --- what is ordinary ----------------------------------------------------------------------------


@pytest.mark.parametrize("wish", ["websocket", "h2c", "TLS/1.0"])
def test_a_wish_to_upgrade_is_an_ordinary_request(
    server: Running, wish: str, capfd: pytest.CaptureFixture[str]
) -> None:
    upgrade = (f"Upgrade: {wish}", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMA")
    with server.connect() as client:
        client.sendall(post("/echo", *upgrade, "Content-Length: 3", body=b"abc") + GOOD)
        client.sendall(get("/echo", *upgrade) + post("/echo", *upgrade, CHUNKED)[:-1])
        client.sendall(b"\n3\r\nabc\r\n0\r\n\r\n" + get("/echo", "Connection: close"))
        answers = parse(read_to_end(client), ["GET"], ended=True)
    assert [each.status for each in answers] == [200] * 5
    assert [each.document["length"] for each in answers] == [3, 0, 0, 3, 0]
    assert "upgrade" not in dict(answers[0].document["headers"])
    assert capfd.readouterr().err == ""


def test_a_segment_full_of_wishes_to_upgrade_is_answered(server: Running) -> None:
    wish = get("/echo", "Upgrade: h2c", "Connection: Upgrade")
    answers = ask(server, wish * 1_500 + get("/echo", "Connection: close"))
    assert [each.status for each in answers] == [200] * 1_501


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/echo", "/echo", ""),
        ("/echo?a=1&b=%20", "/echo", "a=1&b=%20"),
        ("/echo?a?b", "/echo", "a?b"),
        ("//echo//x", "//echo//x", ""),
        ("/echo/%2Fa%00%0A", "/echo//a\x00\n", ""),
        ("/echo/%ff", "/echo/\ufffd", ""),
        ("/echo/%zz%", "/echo/%zz%", ""),
        ("/echo#part", "/echo", ""),
        ("/echo?a#part?b", "/echo", "a"),
        ("http://sandbox/echo?a=1", "/echo", "a=1"),
        ("http://sandbox:8080/echo", "/echo", ""),
        ("HTTP://SANDBOX/echo", "/echo", ""),
        ("http://sandbox", "/", ""),
        ("http://sandbox?a=1", "/", "a=1"),
    ],
)
def test_the_path_and_query_of_a_target_reach_the_app(
    server: Running, target: str, path: str, query: str
) -> None:
    [answer] = ask(server, get(target, "Connection: close"))
    assert answer.status == 200
    assert (answer.document["path"], answer.document["query"]) == (path, query)


def test_headers_reach_the_app_in_order_with_small_names_and_raw_values(server: Running) -> None:
    [answer] = ask(server, get("/echo", "X-B: 1", "x-a:  \xe92", "X-B: 3", "Connection: close"))
    assert answer.document["headers"][1:4] == [["x-b", "1"], ["x-a", "\xe92"], ["x-b", "3"]]


def test_trailers_are_not_taken_for_headers(server: Running) -> None:
    body = b"3\r\nabc\r\n0\r\nAuthorization: Bearer x\r\nHost: other\r\n\r\n"
    [answer] = ask(server, post("/echo", CHUNKED, "Connection: close", body=body))
    assert answer.document["length"] == 3
    assert "authorization" not in dict(answer.document["headers"])


def test_http_1_0_is_answered_and_closed(server: Running) -> None:
    [plain] = ask(server, b"GET /echo HTTP/1.0\r\n\r\n")
    assert (plain.status, plain.document["version"]) == (200, "1.0")
    assert plain.headers["connection"] == "close"
    [stream] = ask(server, b"GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    assert stream.body == b"one two"
    assert "transfer-encoding" not in stream.headers


def test_a_response_of_unknown_length_is_chunked(server: Running) -> None:
    [answer] = ask(server, get("/stream", "Connection: close"))
    assert answer.headers["transfer-encoding"] == "chunked"
    assert answer.body == b"one two"


def test_head_and_204_have_no_body_and_keep_the_connection(server: Running) -> None:
    requests = get("/echo", method="HEAD") + get("/stream", method="HEAD") + get("/empty")
    answers = ask(
        server,
        requests + get("/echo", "Connection: close"),
        methods=["HEAD", "HEAD", "GET", "GET"],
    )
    assert [each.status for each in answers] == [200, 200, 204, 200]
    assert [len(each.body) for each in answers[:3]] == [0, 0, 0]
    assert int(answers[0].headers["content-length"]) > 0


def test_requests_are_answered_alike_however_their_bytes_are_cut(server: Running) -> None:
    requests = (
        GOOD
        + post("/echo?n=2", "Content-Length: 5", body=b"abcde")
        + b"\r\n"
        + post("/echo", CHUNKED, body=b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n")
        + post("/unread", "Content-Length: 4", body=b"1234")
        + get("/echo", "Upgrade: h2c", "Connection: upgrade")
        + get("/echo?last", "Connection: close")
    )
    expected = [(each.status, each.body) for each in ask(server, requests)]
    assert [status for status, _ in expected] == [200, 200, 200, 413, 200, 200]
    dice = random.Random(20)
    for pieces in (len(requests), 2, 3, 5, 8, 13, 40, 80):
        cuts = sorted(dice.choices(range(len(requests)), k=pieces - 1))
        if pieces == len(requests):
            cuts = list(range(1, len(requests)))
        with server.connect() as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for begin, end in itertools.pairwise([0, *cuts, len(requests)]):
                client.sendall(requests[begin:end])
            answers = parse(read_to_end(client), ["GET"], ended=True)
        assert [(each.status, each.body) for each in answers] == expected


def test_what_follows_a_request_that_closes_is_not_answered(server: Running) -> None:
    [answer] = ask(server, get("/echo", "Connection: close") + GOOD * 5)
    assert answer.status == 200


def test_what_follows_an_answer_that_closes_is_not_answered(server: Running) -> None:
    before = server.app.requests
    [answer] = ask(server, get("/unread?close") + GOOD * 5)
    assert answer.status == 413
    assert server.app.requests == before + 1


def test_what_comes_later_than_a_request_that_closes_does_not_reset_the_answer(
    server: Running,
) -> None:
    with server.connect() as client:
        client.sendall(get("/echo", "Connection: close"))
        head = client.recv(10)
        for _ in range(20):
            client.sendall(GOOD)
        [answer] = parse(head + read_to_end(client), ["GET"], ended=True)
    assert answer.status == 200


def test_a_client_that_has_sent_all_and_says_so_is_answered(server: Running) -> None:
    for sent in (GOOD, GOOD * 3, post("/echo", "Content-Length: 3", body=b"abc")):
        with server.connect() as client:
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)
            answers = parse(read_to_end(client), ["GET"], ended=True)
        assert {each.status for each in answers} == {200}
        assert len(answers) == max(1, sent.count(b"GET"))


@pytest.mark.parametrize(
    "sent",
    [GOOD[:-1], GOOD[:20], post("/echo", "Content-Length: 5", body=b"ab"), post("/echo", CHUNKED)],
)
def test_a_request_that_ends_before_its_end_is_400(server: Running, sent: bytes) -> None:
    with server.connect() as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        [answer] = parse(read_to_end(client), ["GET"], ended=True)
    check_problem(answer, 400, "validation-error")


def test_pipelined_answers_keep_their_order_when_the_first_is_slow(own: Running) -> None:
    with own.connect() as client:
        client.sendall(get("/hold") + GOOD + post("/echo", CHUNKED, body=b"zz\r\n"))
        assert own.app.entered.wait(DEADLINE)
        client.settimeout(0.1)
        with pytest.raises(TimeoutError):
            client.recv(1)
        assert own.app.requests == 1
        client.settimeout(DEADLINE)
        own.app.release.set()
        first, second, third = parse(read_to_end(client), ["GET"], ended=True)
    assert first.document == {"held": True}
    assert second.document["path"] == "/echo"
    check_problem(third, 400, "validation-error")


def test_an_app_is_told_when_its_client_goes(own: Running) -> None:
    client = own.connect()
    client.sendall(get("/until-gone") + GOOD)
    assert own.app.entered.wait(DEADLINE)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.close()
    wait_for(lambda: "gone" in own.app.events)
    assert own.app.requests == 1


@pytest.mark.parametrize("after", [b"", GOOD, MALFORMED["noise"]], ids=["", "good", "malformed"])
def test_an_app_that_waits_for_its_client_to_go_hears_of_the_end_of_sending(
    own: Running, after: bytes
) -> None:
    with own.connect() as client:
        client.sendall(get("/until-gone") + after)
        assert own.app.entered.wait(DEADLINE)
        client.shutdown(socket.SHUT_WR)
        wait_for(lambda: "gone" in own.app.events)
        assert read_to_end(client) == b""


def test_a_large_body_is_handed_over_as_the_app_reads_it(server: Running) -> None:
    body = b"a" * 20 * MIB
    [answer] = ask(
        server, post("/echo", f"Content-Length: {len(body)}", "Connection: close", body=body)
    )
    assert answer.document["length"] == len(body)


# --- starting and stopping ------------------------------------------------------------------------


def test_the_lifespan_of_the_app_is_told_of_the_start_and_the_stop() -> None:
    running = start()
    assert running.app.events == ["lifespan.startup"]
    running.finish()
    assert running.app.events == ["lifespan.startup", "lifespan.shutdown"]
    assert running.failures == []
    with pytest.raises(ConnectionError):
        running.connect()


def serve_nothing(**options: Any) -> None:
    stop = threading.Event()
    stop.set()
    options.setdefault("app", Switchboard())
    serve(new_request_id=lambda: "req_1", stop=stop, **options)


def test_a_port_in_use_is_told_in_one_sentence() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        with pytest.raises(CannotListen, match=rf"^Port {port} of 127\.0\.0\.1 is in use; .*\.$"):
            serve_nothing(host="127.0.0.1", port=port)


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("192.0.2.1", 0),
        ("", 0),
        ("not a host", 0),
        ("a" * 300, 0),
        ("127.0.0.1", 65_536),
        ("127.0.0.1", -1),
        ("127.0.0.1", 1 << 70),
    ],
)
def test_an_address_that_cannot_be_had_is_told_in_one_sentence(host: str, port: int) -> None:
    app = Switchboard()
    with pytest.raises(CannotListen) as caught:
        serve_nothing(host=host, port=port, app=app)
    assert re.fullmatch(r"[^.]+(\.\d[^.]*)*\.", str(caught.value).replace("127.0.0.1.", "it."))
    assert app.events == []


def test_localhost_is_served_on_every_address_it_stands_for() -> None:
    bound = http_server.bind("localhost", 0)
    families = {each.family for each in bound}
    ports = {each.getsockname()[1] for each in bound}
    for each in bound:
        each.close()
    assert socket.AF_INET in families
    assert len(ports) == 1


def test_sockets_that_are_handed_in_are_served() -> None:
    bound = http_server.bind("127.0.0.1", 0)
    told: list[tuple[str, int]] = []
    serve_nothing(sockets=bound, on_started=lambda host, port: told.append((host, port)))
    assert told[0][0] == "127.0.0.1"
    assert told[0][1] > 0


def test_an_app_that_fails_to_start_raises_its_own_exception() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise PermissionError("the database is not mine")

    with pytest.raises(PermissionError, match="the database is not mine"):
        serve_nothing(port=0, app=app)


def test_an_app_that_says_it_failed_to_start_is_believed() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    with pytest.raises(CannotStart, match="no database"):
        serve_nothing(port=0, app=app)


def test_a_failing_announcement_stops_the_app_and_is_raised() -> None:
    app = Switchboard()

    def on_started(host: str, port: int) -> None:
        raise PermissionError("cannot write the target file")

    with pytest.raises(PermissionError, match="cannot write the target file"):
        serve_nothing(port=0, app=app, on_started=on_started)
    assert app.events == ["lifespan.startup", "lifespan.shutdown"]


PROGRAM = textwrap.dedent("""
    import asyncio, sys
    from zen_sandbox.http.server import serve

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            if "stuck" in sys.argv:
                print("stuck", flush=True)
                await asyncio.sleep(60)
            print("bye", flush=True)
            await send({"type": "lifespan.shutdown.complete"})
            return
        print("request", flush=True)
        await asyncio.sleep(60)

    serve(
        app,
        port=0,
        on_started=lambda host, port: print(host, port, flush=True),
        new_request_id=lambda: "req_1",
    )
    print("returned", flush=True)
""")


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], int]]]:
    """Runs PROGRAM and returns the process and its port, once it accepts connections."""
    started: list[subprocess.Popen[str]] = []
    (tmp_path / "program.py").write_text(PROGRAM)

    def run(*arguments: str) -> tuple[subprocess.Popen[str], int]:
        process = subprocess.Popen(
            [sys.executable, str(tmp_path / "program.py"), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        started.append(process)
        assert process.stdout is not None
        host, port = process.stdout.readline().split()
        assert host == "127.0.0.1"
        return process, int(port)

    yield run
    for process in started:
        process.kill()
        process.wait(DEADLINE)
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            stream.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_server_within_2_s_and_the_request_in_flight_gets_a_503(
    program: Callable[..., tuple[subprocess.Popen[str], int]], number: signal.Signals
) -> None:
    process, port = program()
    address = ("127.0.0.1", port)
    with (
        socket.create_connection(address, timeout=DEADLINE) as idle,
        socket.create_connection(address, timeout=DEADLINE) as busy,
    ):
        busy.sendall(GOOD)
        assert process.stdout is not None
        assert process.stdout.readline() == "request\n"
        begun = time.monotonic()
        process.send_signal(number)
        output, errors = process.communicate(timeout=DEADLINE)
        assert time.monotonic() - begun < 2
        assert idle.recv(1) == b""
        [answer] = parse(read_to_end(busy), ["GET"], ended=True)
    check_problem(answer, 503, "service-unavailable")
    assert answer.headers["retry-after"] == "1"
    assert (process.returncode, output, errors) == (0, "bye\nreturned\n", "")


def test_a_second_ctrl_c_does_not_wait_for_an_app_that_will_not_stop(
    program: Callable[..., tuple[subprocess.Popen[str], int]],
) -> None:
    process, _ = program("stuck")
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    assert process.stdout.readline() == "stuck\n"
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=DEADLINE)
    assert (process.returncode, output, errors) == (0, "returned\n", "")


def test_the_problem_document_of_a_failure_is_json_with_its_field() -> None:
    document = orjson.loads(problem_body(malformed_request("bad"), "req_1"))
    assert document == {
        "type": "https://api.zen-mesh.io/errors/validation-error",
        "title": "Validation Error",
        "status": 400,
        "detail": "request: bad",
        "instance": "req_1",
        "errors": [{"field": "request", "message": "bad"}],
    }
