"""One request and its answer, as the ASGI application sees them."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from zen_sandbox.http.failures import CRASHED, STOPPING, Headers

if TYPE_CHECKING:
    from zen_sandbox.http.protocol import ProblemProtocol

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

ABORT: Final = "zen_sandbox.abort"
"""The ASGI extension with which an app closes a connection in the middle of things."""

_CONTENT_LENGTH: Final = b"content-length: "
_TRANSFER_ENCODING: Final = b"transfer-encoding: "
_CONNECTION: Final = b"connection: "
_FRAMING: Final = frozenset((_CONTENT_LENGTH, _TRANSFER_ENCODING, _CONNECTION))
_CONTROLS: Final = bytes((set(range(32)) - {ord("\t")}) | {127})
_TOKEN: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_FINAL_STATUS_LINE: Final = {code: line for code, line in STATUS_LINE.items() if code >= 200}

# The start of each header line by the name the app gave, so that a name is checked once, not once
# per response. The app's names are few; the bound is for an app that makes them up.
_line_starts: dict[bytes, bytes] = {}
_MOST_LINE_STARTS: Final = 1024

logger = logging.getLogger("zen_sandbox.http")


def _line_start(name: bytes) -> bytes:
    if not _TOKEN.fullmatch(name):
        raise RuntimeError(f"{name!r} cannot be the name of a response header.")
    start = name.lower() + b": "
    if len(_line_starts) < _MOST_LINE_STARTS:
        _line_starts[name] = start
    return start


class Cycle:
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
