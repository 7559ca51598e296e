"""Odd servers that say the same in other bytes: how HTTP frames an answer, and a delivery."""

import gzip
import re
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.tolerance.odd import odd
from zen_sandbox.clock import WallClock
from zen_sandbox.delivery import attempt
from zen_sandbox.delivery.transport import Transport
from zen_sandbox.http.cycle import Cycle

_PIECE = 1000


def _heads(server: Faulty, change: Any) -> None:
    """The head of every answer is other bytes: `change(head)` makes them."""

    @server.around(Cycle, "_compose")
    def compose(original: Any, self: Any, status: int, headers: Any) -> bytes:
        head: bytes = change(original(self, status, headers))
        return head


@odd("Early hints come before every answer.")
def early_hints(server: Faulty) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n"
    _heads(server, lambda head: hints + head)


@odd("Header names are in capitals, with no blank before the value and no Date.")
def shouted_headers(server: Faulty) -> None:
    def shouted(head: bytes) -> bytes:
        first, *lines = re.sub(rb"(?mi)^date:[^\r]*\r\n", b"", head).split(b"\r\n")
        pairs = [line.partition(b": ") for line in lines]
        return b"\r\n".join([first, *(n.upper() + (b":" if c else b"") + v for n, c, v in pairs)])

    _heads(server, shouted)


@odd("Answers are of HTTP/1.0: the connection ends with each, without a word.")
def an_older_http(server: Faulty) -> None:
    @server.around(Cycle, "_compose")
    def compose(original: Any, self: Any, status: int, headers: Any) -> bytes:
        self.scope["http_version"], self.keep_alive = "1.0", False
        head: bytes = original(self, status, headers)
        return head.replace(b"HTTP/1.1", b"HTTP/1.0", 1).replace(b"connection: close\r\n", b"")


@odd("Answers come in chunks.")
def chunked_answers(server: Faulty) -> None:
    @server.around(Cycle, "_compose")
    def compose(original: Any, self: Any, status: int, headers: Any) -> bytes:
        kept = [pair for pair in headers if pair[0].lower() != b"content-length"]
        head: bytes = original(self, status, kept)
        return head


@odd("The connection ends after every error, which does not say so.")
def errors_end_connections(server: Faulty) -> None:
    @server.around(Cycle, "_write")
    def write(original: Any, self: Any, head: bytes, body: bytes, *, more: bool) -> None:
        original(self, head, body, more=more)
        if not more and head[9:10] in b"45":
            self.connection.transport.close()


@odd("Who does not say which encodings he takes is answered in gzip.")
def gzip_unless_refused(server: Faulty) -> None:
    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if asked.header("accept-encoding") is None and answer.body:
            answer.body = gzip.compress(answer.body)
            answer.set_header("content-encoding", "gzip")


@odd("Deliveries come in chunks.")
def chunked_deliveries(server: Faulty) -> None:
    async def pieces(body: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(body), _PIECE * 100):
            yield body[start : start + _PIECE * 100]

    @server.around(Transport, "_exchange")
    async def exchange(original: Any, self: Any, url: str, headers: Any, body: Any, to: Any) -> Any:
        await original(self, url, headers, pieces(body), to)


@odd("Deliveries have more headers, and two signatures where they have one.")
def more_headers_on_deliveries(server: Faulty) -> None:
    @server.around(attempt, "request_of")
    def request_of(original: Any, due: Any, plan: Any) -> Any:
        made = original(due, plan)
        headers = {
            **made.headers,
            "Accept": "*/*",
            "Accept-Encoding": "gzip",
            "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "X-Zen-Region": "eu-1",
        }
        signature = headers.get("webhook-signature")
        if signature is not None:
            headers["webhook-signature"] = f"v1a,bm90aGluZw== {signature}"
        return made._replace(headers=headers)


def _clock_off(server: Faulty, seconds: int) -> None:
    @server.around(WallClock, "now_ms")
    def now_ms(original: Any, self: Any) -> int:
        self._latest = max(self._latest, time.time_ns() // 1_000_000 + 1000 * seconds)
        latest: int = self._latest
        return latest

    off = SimpleNamespace(time=lambda: time.time() + seconds)
    server.replace(attempt, "time", lambda original: off)


@odd("The server's clock is three seconds ahead.")
def a_clock_ahead(server: Faulty) -> None:
    _clock_off(server, 3)


@odd("The server's clock is three seconds behind.")
def a_clock_behind(server: Faulty) -> None:
    _clock_off(server, -3)
