"""A connection: bytes become cycles of request and answer; what is read, refused and waited for."""

from __future__ import annotations

import asyncio
import logging
import math
import urllib.parse
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, NoReturn

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from zen_sandbox.http.cycle import ABORT, App, Cycle
from zen_sandbox.http.failures import (
    BODY_TOO_SLOW,
    CRASHED,
    HEAD_TOO_LARGE,
    HEAD_TOO_SLOW,
    TARGET_TOO_LONG,
    Failure,
    Limits,
    malformed,
    problem_response,
)
from zen_sandbox.identifiers import sent_request_id

_SLASH: Final = ord("/")
# Requests of one connection that wait for an earlier one before no more are read from it.
_MOST_WAITING: Final = 64

logger = logging.getLogger("zen_sandbox.http")


class _Refused(Exception):
    """Raised inside a parser callback to stop the parser."""


class ProblemProtocol(HttpToolsProtocol):
    """A connection: bytes become cycles, answered one after the other in the order they came.

    One timer runs per connection, not per request. It looks at what the connection waits for when
    it fires, which is at least once in the shortest of the limits, and so is never late.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        app: App,
        new_request_id: Callable[[], str],
        limits: Limits,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.app = app
        self._new_request_id = new_request_id
        self._limits = limits
        # The cycle the app works on, those that wait for it, the one whose body is being read.
        self._active: Cycle | None = None
        self._queue: deque[Cycle] = deque()
        self._receiving: Cycle | None = None
        self._request: dict[str, Any] = {}
        # Between the first byte of a request and the end of its headers.
        self._in_head = False
        # Bytes of the head so far; then of what frames the body, chunk sizes and trailers.
        self._overhead = 0
        self._hosts = 0
        self._method = ""
        self._segment = 0
        self._segment_fresh = False
        self._refusal: Failure | None = None
        # After the last request: the answer still to be given, and the reading past what follows.
        self._parted = False
        self._farewell: bytes | None = None
        self._lingering = False
        self._stopping = False
        self.client_done = False
        self._unwanted = 0
        self._since = 0.0
        self._patience = min(limits.head_seconds, limits.body_seconds, limits.idle_seconds)
        self._timer: asyncio.TimerHandle | None = None

    # The transport's callbacks

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._since = self.loop.time()
        self._timer = self.loop.call_later(self._patience, self._on_timer)

    def connection_lost(self, exc: Exception | None) -> None:
        self.connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        self._parted = True
        self._queue.clear()
        for cycle in (self._active, self._receiving):
            if cycle is not None:
                cycle.disconnect()
        self.flow.resume_writing()
        self.parser = None  # type: ignore[assignment] # it and its protocol hold each other

    def data_received(self, data: bytes) -> None:
        size = self._segment = len(data)
        if self._parted:
            self._read_past(size)
            return
        idle = self._segment_fresh = not self._in_head and self._receiving is None
        if not idle:
            self._overhead += size
        upgrade_at = -1
        try:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as wish:
                upgrade_at = wish.args[0]
            if upgrade_at >= 0:
                self._read_without_upgrade(data, upgrade_at)
            if self._in_head or self._receiving is not None:
                self._check_unfinished(data, from_its_start=idle)
        except (httptools.HttpParserError, _Refused) as error:
            self._fail(self._refusal or self._malformed(error))
        if self._queue:
            if self._active is None:
                self._next()
            if len(self._queue) > _MOST_WAITING:
                self.flow.pause_reading()

    def eof_received(self) -> bool:  # type: ignore[override]
        """The client sends no more. What it asked for is answered; half a request gets a 400."""
        self.client_done = True
        receiving = self._receiving is not None and not self._receiving.complete
        if not self._parted and (self._in_head or receiving):
            self._fail(malformed("the request ended before it was complete"))
        if self._active is None:
            return False
        self._active.stir()
        return True

    def shutdown(self) -> None:
        """Called by the server when it stops."""
        self._stopping = True
        if self._active is None:
            self.transport.close()
        else:
            self._active.keep_alive = False

    # The parser's callbacks

    def on_message_begin(self) -> None:
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._in_head = True
        self._since = self.loop.time()
        self._hosts = 0
        # When other requests came before it in this segment, these bytes are not all its own.
        self._overhead = self._segment if self._segment_fresh else 0
        self._segment_fresh = False
        self._request = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "root_path": "",
            "headers": self.headers,
            "state": self.app_state.copy(),
        }

    def on_url(self, url: bytes) -> None:
        self.url += url
        if len(self.url) > self._limits.target_bytes:
            self._refuse(TARGET_TOO_LONG)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            return  # a trailer: the app already has its headers
        name = name.lower()
        if name == b"host":
            self._hosts += 1
        elif name == b"expect":
            self.expect_100_continue = value.strip().lower() == b"100-continue"
        elif name == b"transfer-encoding" and value.strip().lower() != b"chunked":
            self._refuse(malformed("the only transfer encoding read here is chunked"))
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        limits, request, version = self._limits, self._request, self.parser.get_http_version()
        if (
            version != "1.1"
            or self._hosts != 1
            or len(self.headers) > limits.headers
            or self._overhead + self._segment > limits.head_bytes
        ):
            self._check_head(version)
        method = self.parser.get_method().decode("ascii")
        if self.parser.should_upgrade():
            if method == "CONNECT":
                self._refuse(malformed("CONNECT is for proxies, and this is none"))
            return  # to be read once more by _read_without_upgrade
        url = self.url
        if url[0] != _SLASH or b"#" in url:
            url = self._origin_form()
        path, _, query = url.partition(b"?")
        request["method"] = self._method = method
        request["raw_path"] = path
        request["query_string"] = query
        text = path.decode("ascii")
        request["path"] = urllib.parse.unquote(text) if "%" in text else text
        self._in_head = False
        self._overhead = 0
        cycle = self._receiving = Cycle(
            self, request, keep_alive=version == "1.1" and self.parser.should_keep_alive()
        )
        request["extensions"] = {ABORT: cycle.abort}
        self._queue.append(cycle)

    def on_body(self, body: bytes) -> None:
        cycle = self._receiving
        if cycle is None:
            return
        # The shortest chunk takes six bytes on the wire for one of the body: let that much pass.
        self._overhead -= 8 * len(body)
        if cycle.complete:
            self._read_past(len(body))
            return
        cycle.take(body)
        if cycle.buffered > HIGH_WATER_LIMIT:
            self.flow.pause_reading()

    def on_message_complete(self) -> None:
        cycle = self._receiving
        if cycle is None:
            return
        self._receiving = None
        cycle.more_body = False
        if cycle.complete:
            self._since = self.loop.time()
            self._unwanted = 0
        else:
            cycle.wake()

    # What is read

    def _refuse(self, failure: Failure) -> NoReturn:
        self._refusal = failure
        raise _Refused

    def _malformed(self, error: Exception) -> Failure:
        fault = error.__context__
        if fault is None:
            part = "request line or header" if self._in_head else "request body"
            return malformed(f"malformed HTTP {part} ({error})")
        if isinstance(fault, UnicodeDecodeError):
            return malformed("the request target holds a byte outside of ASCII")
        logger.error("Reading a request failed.", exc_info=fault)
        return CRASHED

    def _check_head(self, version: str) -> None:
        """Refuse a complete head for what the parser lets pass."""
        limits = self._limits
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if len(self.headers) > limits.headers or size > limits.head_bytes:
            self._refuse(HEAD_TOO_LARGE)
        if version not in ("1.0", "1.1"):
            self._refuse(malformed(f"HTTP/{version} is not spoken here, HTTP/1.1 is"))
        if self._hosts > 1 or (not self._hosts and version == "1.1"):
            self._refuse(malformed("a request has one Host header"))
        if version == "1.0":
            self._request["http_version"] = version
            self.expect_100_continue = False  # RFC 9110 §10.1.1

    def _check_unfinished(self, data: bytes, *, from_its_start: bool) -> None:
        """Refuse a request that goes on without end, or will never have one."""
        if self._overhead > self._limits.head_bytes:
            self._refuse(HEAD_TOO_LARGE if self._in_head else malformed("chunks of almost nothing"))
        if self._in_head and from_its_start and self._overhead == len(data):
            line, end, _ = data.lstrip(b"\r\n").partition(b"\n")
            if end and b" HTTP/" not in line:
                self._refuse(malformed("HTTP/0.9 is not spoken here, HTTP/1.1 is"))

    def _origin_form(self) -> bytes:
        """The path and query of a target that was written as a whole URL (RFC 9112 §3.2.2)."""
        if self.url == b"*":
            self._refuse(malformed("the request target * stands for nothing here"))
        try:
            target = httptools.parse_url(self.url)
        except httptools.HttpParserInvalidURLError:
            self._refuse(malformed("the request target is not a path or a URL"))
        query = b"?" + target.query if target.query else b""
        return (target.path or b"/") + query

    def _read_without_upgrade(self, data: bytes, offset: int) -> None:
        """Parse a request that asks for another protocol as one that does not.

        The parser takes what follows such a head for the other protocol, a body included, so the
        head is given once more to a new parser, without its wish.
        """
        rest = memoryview(data)
        while True:
            lines = [b"%b: %b\r\n" % header for header in self.headers if header[0] != b"upgrade"]
            method, version = self.parser.get_method(), self.parser.get_http_version().encode()
            head = b"%b %b HTTP/%b\r\n%b\r\n" % (method, self.url, version, b"".join(lines))
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
            self.parser.feed_data(head)
            rest = rest[offset:]
            try:
                self.parser.feed_data(rest)
            except httptools.HttpParserUpgrade as wish:
                offset = wish.args[0]
            else:
                return

    def _read_past(self, size: int) -> None:
        self._unwanted += size
        if self._unwanted <= self._limits.unwanted_bytes:
            return
        if self._active is None:
            self.transport.close()
        else:
            self.flow.pause_reading()

    def can_read_past(self, cycle: Cycle) -> bool:
        """Whether the connection will be of use after the rest of a body that nobody wants."""
        if cycle.awaits_continue:
            return False  # the client may send that body or not (RFC 9110 §10.1.1)
        lengths = (int(value) for name, value in self.headers if name == b"content-length")
        return next(lengths, 0) <= self._limits.unwanted_bytes

    # What is answered

    def _next(self) -> None:
        if self._queue:
            cycle = self._active = self._queue.popleft()
            cycle.task = self.loop.create_task(cycle.run(self.app))
            self.tasks.add(cycle.task)
        elif self._farewell is not None:
            self.transport.write(self._farewell)
            self._part()

    def finished(self, cycle: Cycle) -> None:
        """The response of the active cycle is complete."""
        self.server_state.total_requests += 1
        self._active = None
        if self.transport.is_closing():
            return
        self._since = self.loop.time()
        if not cycle.keep_alive:
            self._part()
            return
        if self._queue or self._farewell is not None:
            self._next()
        elif self.client_done:
            self.transport.close()
        elif cycle.more_body:
            self._arm(self._limits.unwanted_seconds)
        if len(self._queue) <= _MOST_WAITING and not self._parted:
            self.flow.resume_reading()

    def answer_for(self, cycle: Cycle, failure: Failure) -> str:
        """Answer instead of the app, or cut off what it began; returns the answer's request id."""
        headers = cycle.scope["headers"]
        instance = self._instance(headers)
        if cycle.answered:
            cycle.disconnect()
            self._part()
            return instance
        to_head = cycle.scope["method"] == "HEAD"
        extra = self.server_state.default_headers
        self.transport.write(problem_response(failure, instance, to_head=to_head, extra=extra))
        cycle.answered = cycle.complete = True
        cycle.keep_alive = False
        self.finished(cycle)
        return instance

    def _instance(self, headers: Sequence[tuple[bytes, bytes]]) -> str:
        """The client's own request id where it sent a good one (decisions §5), else a new one."""
        given = [value for name, value in headers if name == b"x-request-id"]
        sent = given[0] if len(given) == 1 else None
        return sent_request_id(sent) or self._new_request_id()

    def _fail(self, failure: Failure) -> None:
        """Read no more requests; answer this one when all before it have been answered."""
        self._refusal = None
        self._parted = True
        owner = self._receiving
        if owner is not None:
            if owner.answered:
                owner.disconnect()
                self._part()
                return
            if owner is self._active:
                owner.disconnect()
                self._active = None
            else:
                self._queue.pop()
        # The parser's method is the previous request's until it has read this one's.
        to_head = self.parser.get_method() == b"HEAD" and (
            self.url != b"" or self._method != "HEAD"
        )
        extra = self.server_state.default_headers
        instance = self._instance(self.headers)
        self._farewell = problem_response(failure, instance, to_head=to_head, extra=extra)
        if self._active is None:
            self._next()

    def _part(self) -> None:
        """Close the connection, giving the client the time to read the answer (RFC 9112 §9.6)."""
        self._parted = True
        self._active = None
        self._queue.clear()
        if self.client_done or self._stopping:
            self.transport.close()
        elif not self.transport.is_closing():
            self._lingering = True
            self._unwanted = 0
            self._since = self.loop.time()
            self.flow.resume_reading()
            self._arm(self._limits.unwanted_seconds)
            try:
                self.transport.write_eof()
            except OSError:
                self.transport.close()  # the client has gone already

    # What is waited for

    def _arm(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(seconds, self._on_timer)

    def _on_timer(self) -> None:
        if self.transport.is_closing():
            if self._lingering:
                self.transport.abort()
            return
        due, failure = self._patience_ends()
        left = due - self.loop.time()
        self._arm(min(left, self._patience) if left > 0 else self._patience)
        if left > 0:
            return
        if failure is None:
            self.transport.close()
        else:
            self._fail(failure)

    def _patience_ends(self) -> tuple[float, Failure | None]:
        """When the wait for the client is over, and the answer then; None just closes."""
        limits, active, receiving = self._limits, self._active, self._receiving
        if self._lingering or (receiving is not None and receiving.complete):
            return self._since + limits.unwanted_seconds, None
        if self._in_head and not self._parted and not self.flow.read_paused:
            return self._since + limits.head_seconds, HEAD_TOO_SLOW
        if active is None:
            return self._since + limits.idle_seconds, None
        if active.more_body and active.waiting_since is not None:
            return active.waiting_since + limits.body_seconds, BODY_TOO_SLOW
        return math.inf, None
