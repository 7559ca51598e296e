"""HTTP/1.1 between a socket and the ASGI app: what is read, refused, waited for and written.

Every refusal and every crash is a problem document. `Exchange` is one request and its answer as
the app sees them, `ProblemProtocol` the connection that makes exchanges out of bytes.
"""

from __future__ import annotations

import asyncio
import logging
import math
import re
import urllib.parse
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import httptools
import orjson
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]

ABORT: Final = "zen_sandbox.abort"
"""The ASGI extension with which an app closes a connection in the middle of things."""

ERROR_BASE: Final = "https://api.zen-mesh.io/errors/"

_SLASH: Final = ord("/")
_CONTENT_LENGTH: Final = b"content-length: "
_TRANSFER_ENCODING: Final = b"transfer-encoding: "
_CONNECTION: Final = b"connection: "
_FRAMING: Final = frozenset((_CONTENT_LENGTH, _TRANSFER_ENCODING, _CONNECTION))
_CONTROLS: Final = bytes((set(range(32)) - {ord("\t")}) | {127})
_TOKEN: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_KEPT_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_FINAL_STATUS_LINE: Final = {code: line for code, line in STATUS_LINE.items() if code >= 200}
# Requests of one connection that wait for an earlier one before no more are read from it.
_MOST_WAITING: Final = 64

# The start of each header line by the name the app gave, so that a name is checked once, not once
# per response. The app's names are few; the bound is for an app that makes them up.
_line_starts: dict[bytes, bytes] = {}
_MOST_LINE_STARTS: Final = 1024

logger = logging.getLogger("zen_sandbox.http")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a client may send and how long it may take: bytes, counts and seconds."""

    target_bytes: int = 16 * 1024
    head_bytes: int = 64 * 1024
    headers: int = 100
    # How much of a body that nobody wants is read, and for how long, so that a client which is
    # still sending gets to read the answer: closing on unread bytes would reset the connection.
    unwanted_bytes: int = 4 * 1024 * 1024
    unwanted_seconds: float = 2.0
    head_seconds: float = 10.0
    body_seconds: float = 15.0
    idle_seconds: float = 75.0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the server itself refuses a request or gives up on it."""

    status: int
    slug: str
    title: str
    detail: str
    field: str | None = None
    retry_after: int | None = None


def malformed(reason: str) -> Failure:
    """The 400 of what is not HTTP as this server reads it."""
    return Failure(400, "validation-error", "Validation Error", reason, field="request")


_TIMEOUT: Final = (408, "request-timeout", "Request Timeout")
HEAD_TOO_SLOW: Final = Failure(*_TIMEOUT, "The request line and headers did not end in time.")
BODY_TOO_SLOW: Final = Failure(*_TIMEOUT, "The request body stopped before its end.")
TARGET_TOO_LONG: Final = Failure(
    414, "uri-too-long", "URI Too Long", "The request target is longer than this server reads."
)
HEAD_TOO_LARGE: Final = Failure(
    431,
    "request-header-fields-too-large",
    "Request Header Fields Too Large",
    "The request line and headers are larger, or more, than this server reads.",
)
CRASHED: Final = Failure(
    500,
    "internal-error",
    "Internal Server Error",
    "The server failed to answer this request; its log says why.",
)
STOPPING: Final = Failure(
    503,
    "service-unavailable",
    "Service Unavailable",
    "The server is stopping; send the request again once it is back.",
    retry_after=1,
)


def problem_body(failure: Failure, instance: str) -> bytes:
    """The RFC 9457 document of a failure; `instance` is the request id."""
    detail = failure.detail if failure.field is None else f"{failure.field}: {failure.detail}"
    document: dict[str, object] = {
        "type": ERROR_BASE + failure.slug,
        "title": failure.title,
        "status": failure.status,
        "detail": detail,
        "instance": instance,
    }
    if failure.field is not None:
        document["errors"] = [{"field": failure.field, "message": failure.detail}]
    return orjson.dumps(document)


def problem_response(
    failure: Failure, instance: str, *, to_head: bool = False, extra: Headers = ()
) -> bytes:
    """A whole HTTP response that tells of a failure and ends the connection.

    An answer `to_head` has no body; its Content-Length still tells the length of the one left out.
    """
    body = problem_body(failure, instance)
    headers = [
        *extra,
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(body)),
        (b"x-request-id", instance.encode("ascii")),
        (b"connection", b"close"),
    ]
    if failure.retry_after is not None:
        headers.append((b"retry-after", b"%d" % failure.retry_after))
    lines = b"".join(b"%b: %b\r\n" % header for header in headers)
    return STATUS_LINE[failure.status] + lines + b"\r\n" + (b"" if to_head else body)


def _line_start(name: bytes) -> bytes:
    if not _TOKEN.fullmatch(name):
        raise RuntimeError(f"{name!r} cannot be the name of a response header.")
    start = name.lower() + b": "
    if len(_line_starts) < _MOST_LINE_STARTS:
        _line_starts[name] = start
    return start


class Exchange:
    """A request and its answer: the `receive` and `send` of one call of the ASGI app.

    The head of the response is kept back until the first part of its body comes, as ASGI asks.
    Both then leave in one write, and until then an app that fails can still be answered for.
    """

    __slots__ = (
        "_chunked",
        "_event",
        "_fresh",
        "_head",
        "_parts",
        "_told_of_end",
        "_unsent",
        "_without_body",
        "answered",
        "awaits_continue",
        "buffered",
        "complete",
        "connection",
        "disconnected",
        "keep_alive",
        "more_body",
        "scope",
        "task",
        "waiting_since",
    )

    def __init__(self, connection: ProblemProtocol, scope: Scope, *, keep_alive: bool) -> None:
        self.connection = connection
        self.scope = scope
        self.keep_alive = keep_alive
        self.awaits_continue = connection.expect_100_continue
        self.task: asyncio.Task[None] | None = None
        # Of the request: the bytes that came and were not handed to the app, and the end of it.
        self._parts: list[bytes] = []
        self.buffered = 0
        self.more_body = True
        self.disconnected = False
        self._fresh = False
        self._event: asyncio.Event | None = None
        self._told_of_end = False
        self.waiting_since: float | None = None
        # Of the response: its head, the bytes it promised and still owes, what has gone out.
        self._head: bytes | None = None
        self._unsent: int | None = None
        self._chunked = False
        self._without_body = False
        self.answered = False
        self.complete = False

    async def run(self, app: App) -> None:
        """Ask the app, and answer for it when it does not."""
        try:
            await app(self.scope, self.receive, self.send)
        except BaseException as error:
            # Also SystemExit: an app must not end the server.
            self._give_up(error)
        else:
            if not self.complete:
                self._give_up(RuntimeError("The app returned before its response was complete."))
        finally:
            # A done callback would cost the loop one more call per request.
            if self.task is not None:
                self.connection.tasks.discard(self.task)

    def _give_up(self, error: BaseException) -> None:
        stopping = isinstance(error, asyncio.CancelledError)
        if self.disconnected or (self.complete and stopping):
            return
        if self._told_of_end and not self.complete and not stopping:
            # An app that asks for the client's end, and hears of it, may leave the rest undone.
            self.connection.transport.close()
            return
        instance = "after its response"
        if not self.complete:
            instance = self.connection.answer_for(self, STOPPING if stopping else CRASHED)
        if not stopping:
            request = f"{self.scope['method']} {self.scope['path']!r}"
            logger.error("The app failed at %s (%s).", request, instance, exc_info=error)

    def take(self, body: bytes) -> None:
        """Keep body bytes for the app."""
        self._parts.append(body)
        self.buffered += len(body)
        self.wake()

    def wake(self) -> None:
        """Let `receive` look again: there are bytes, or the end of them."""
        self._fresh = True
        self.stir()

    def stir(self) -> None:
        """Let a `receive` that waits for the client's end look again."""
        if self._event is not None:
            self._event.set()

    def abort(self) -> None:
        """Closes the connection at once, whatever of the answer has left."""
        self.disconnect()
        self.connection.transport.abort()

    def disconnect(self) -> None:
        """Nothing more comes from the client or goes to it."""
        self.disconnected = True
        self.wake()

    async def receive(self) -> Message:
        """The ASGI callable."""
        if self.awaits_continue and not self.disconnected and not self.complete:
            self.awaits_continue = False
            self.connection.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if not self._fresh and not self.complete:
            await self._next_part()
        if self.disconnected or self.complete or not self._fresh:
            self._told_of_end = not self.complete
            return {"type": "http.disconnect"}
        self._fresh = False
        body = b"".join(self._parts)
        self._parts.clear()
        self.buffered = 0
        return {"type": "http.request", "body": body, "more_body": self.more_body}

    async def _next_part(self) -> None:
        if self.more_body:
            self.connection.flow.resume_reading()
        elif self.connection.client_done:
            return
        if self._event is None:
            self._event = asyncio.Event()
        self._event.clear()
        self.waiting_since = self.connection.loop.time()
        try:
            await self._event.wait()
        finally:
            self.waiting_since = None

    async def send(self, message: Message) -> None:
        """The ASGI callable. Raises RuntimeError for a response that HTTP cannot carry."""
        if self.connection.flow.write_paused and not self.disconnected:
            await self.connection.flow.drain()
        if self.disconnected:
            return
        kind, head = message["type"], self._head
        if kind == "http.response.start" and head is None:
            self._head = self._compose(message["status"], message.get("headers", ()))
        elif kind == "http.response.body" and head is not None and not self.complete:
            self._write(head, message.get("body", b""), more=message.get("more_body", False))
        else:
            raise RuntimeError(f"The app sent {kind!r} out of turn.")

    def _compose(self, status: int, headers: Headers) -> bytes:
        keep_alive = self.keep_alive
        if self.more_body and keep_alive:
            keep_alive = self.connection.can_read_past(self)
        length: int | None = None
        parts: list[bytes] = []
        for name, value in (*self.connection.server_state.default_headers, *headers):
            start = _line_starts.get(name) or _line_start(name)
            if start in _FRAMING:
                # Where a response ends is for the server to say; of the app it takes two hints.
                if start == _CONNECTION:
                    keep_alive = keep_alive and b"close" not in value.lower()
                if start != _CONTENT_LENGTH:
                    continue
                length = _declared_length(value)
            parts += (start, value, b"\r\n")
        without_body = self.scope["method"] == "HEAD" or status in (204, 304)
        chunked = length is None and not without_body and self.scope["http_version"] != "1.0"
        if chunked:
            parts += (_TRANSFER_ENCODING, b"chunked", b"\r\n")
        if not keep_alive:
            parts += (_CONNECTION, b"close", b"\r\n")
        fields = b"".join(parts)
        if len(fields) - len(fields.translate(None, _CONTROLS)) != 2 * (len(parts) // 3):
            raise RuntimeError("The value of a response header holds a control character.")
        self.keep_alive, self._chunked, self._without_body = keep_alive, chunked, without_body
        self._unsent = None if without_body else length
        return _FINAL_STATUS_LINE[status] + fields + b"\r\n"

    def _write(self, head: bytes, body: bytes, *, more: bool) -> None:
        if self._without_body:
            body = b""
        elif self._chunked:
            body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + (
                b"" if more else b"0\r\n\r\n"
            )
        elif self._unsent is not None:
            self._unsent -= len(body)
            if self._unsent < 0 or (self._unsent and not more):
                raise RuntimeError("The app sent a body of another length than it declared.")
        transport = self.connection.transport
        if self.answered:
            transport.write(body)
        else:
            self.answered = True
            transport.write(head + body)
        if not more:
            self.complete = True
            self.stir()
            self.connection.finished(self)


def _declared_length(value: bytes) -> int:
    if not value.isdigit():
        raise RuntimeError(f"{value!r} cannot be a Content-Length.")
    return int(value)


class _Refused(Exception):
    """Raised inside a parser callback to stop the parser."""


class ProblemProtocol(HttpToolsProtocol):
    """A connection: bytes become exchanges, answered one after the other in the order they came.

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
        # The exchange the app works on, those that wait for it, the one whose body is being read.
        self._active: Exchange | None = None
        self._queue: deque[Exchange] = deque()
        self._receiving: Exchange | None = None
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
        for exchange in (self._active, self._receiving):
            if exchange is not None:
                exchange.disconnect()
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
        exchange = self._receiving = Exchange(
            self, request, keep_alive=version == "1.1" and self.parser.should_keep_alive()
        )
        request["extensions"] = {ABORT: exchange.abort}
        self._queue.append(exchange)

    def on_body(self, body: bytes) -> None:
        exchange = self._receiving
        if exchange is None:
            return
        # The shortest chunk takes six bytes on the wire for one of the body: let that much pass.
        self._overhead -= 8 * len(body)
        if exchange.complete:
            self._read_past(len(body))
            return
        exchange.take(body)
        if exchange.buffered > HIGH_WATER_LIMIT:
            self.flow.pause_reading()

    def on_message_complete(self) -> None:
        exchange = self._receiving
        if exchange is None:
            return
        self._receiving = None
        exchange.more_body = False
        if exchange.complete:
            self._since = self.loop.time()
            self._unwanted = 0
        else:
            exchange.wake()

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

    def can_read_past(self, exchange: Exchange) -> bool:
        """Whether the connection will be of use after the rest of a body that nobody wants."""
        if exchange.awaits_continue:
            return False  # the client may send that body or not (RFC 9110 §10.1.1)
        lengths = (int(value) for name, value in self.headers if name == b"content-length")
        return next(lengths, 0) <= self._limits.unwanted_bytes

    # What is answered

    def _next(self) -> None:
        if self._queue:
            exchange = self._active = self._queue.popleft()
            exchange.task = self.loop.create_task(exchange.run(self.app))
            self.tasks.add(exchange.task)
        elif self._farewell is not None:
            self.transport.write(self._farewell)
            self._part()

    def finished(self, exchange: Exchange) -> None:
        """The response of the active exchange is complete."""
        self.server_state.total_requests += 1
        self._active = None
        if self.transport.is_closing():
            return
        self._since = self.loop.time()
        if not exchange.keep_alive:
            self._part()
            return
        if self._queue or self._farewell is not None:
            self._next()
        elif self.client_done:
            self.transport.close()
        elif exchange.more_body:
            self._arm(self._limits.unwanted_seconds)
        if len(self._queue) <= _MOST_WAITING and not self._parted:
            self.flow.resume_reading()

    def answer_for(self, exchange: Exchange, failure: Failure) -> str:
        """Answer instead of the app, or cut off what it began; returns the answer's request id."""
        headers = exchange.scope["headers"]
        instance = self._instance(headers)
        if exchange.answered:
            exchange.disconnect()
            self._part()
            return instance
        to_head = exchange.scope["method"] == "HEAD"
        extra = self.server_state.default_headers
        self.transport.write(problem_response(failure, instance, to_head=to_head, extra=extra))
        exchange.answered = exchange.complete = True
        exchange.keep_alive = False
        self.finished(exchange)
        return instance

    def _instance(self, headers: Sequence[tuple[bytes, bytes]]) -> str:
        """The client's own request id where it sent a good one (decisions §5), else a new one."""
        given = [value for name, value in headers if name == b"x-request-id"]
        if len(given) == 1 and _KEPT_REQUEST_ID.fullmatch(given[0]):
            return given[0].decode("ascii")
        return self._new_request_id()

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
