"""Reads one answer from a connection: its framing is httptools' business, its meaning nobody's.

The standard library's reader takes four times as long, most of it for headers, and a run reads some
thirty thousand answers.
"""

import socket
import time

import httptools

from zen_conformance.http.exchange import Headers, Received

_CHUNK = 64 * 1024


class BadAnswer(Exception):
    """No whole answer came; the message says why."""


class NoAnswer(BadAnswer):
    """Not a byte of one came."""


def read(connection: socket.socket, method: str) -> tuple[Received, bool]:
    """The next answer to a request of that method, and whether the connection can be kept."""
    began = time.perf_counter()
    reading = _Reading(method)
    while not reading.over:
        piece = connection.recv(_CHUNK)
        if not piece:
            reading.end()
            break
        reading.feed(piece)
    seconds = time.perf_counter() - began
    headers = Headers(tuple(reading.headers))
    return Received(reading.status, headers, b"".join(reading.body), seconds), reading.keep


class _Reading:
    """What httptools tells of one answer; interim ones (1xx) are passed over."""

    def __init__(self, method: str) -> None:
        self._head = method == "HEAD"
        self._parser = httptools.HttpResponseParser(self)
        self._begun = False
        self.over = False
        self.on_message_begin()

    def feed(self, piece: bytes) -> None:
        """Take in what came."""
        self._begun = True
        try:
            self._parser.feed_data(piece)
        except httptools.HttpParserError as error:
            self.keep = False
            # What follows a whole answer is not part of it.
            if not self.over:
                raise BadAnswer(f"it is not HTTP/1.1 ({error})") from error

    def end(self) -> None:
        """The server closed the connection."""
        self.keep = False
        if not self._begun:
            raise NoAnswer("the server closed the connection without an answer")
        if not self._headers_there or self._announces_its_end():
            raise BadAnswer("the answer ended before its announced length")

    def on_message_begin(self) -> None:
        if self.over:
            return
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.body: list[bytes] = []
        self.keep = False
        self._headers_there = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.over:
            self.headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        if self.over:
            return
        self.status = self._parser.get_status_code()
        self._headers_there = True
        if self._head and self.status >= 200:
            self.over = True
            self.keep = self._parser.should_keep_alive()

    def on_body(self, piece: bytes) -> None:
        if not self.over:
            self.body.append(piece)

    def on_message_complete(self) -> None:
        if self.status >= 200 and not self.over:
            self.over = True
            self.keep = self._parser.should_keep_alive()

    def _announces_its_end(self) -> bool:
        names = {name.lower() for name, _ in self.headers}
        return not names.isdisjoint({"content-length", "transfer-encoding"})
