"""The load generator: keep-alive connections, each sending its next request once it was answered.

Parses no more of a response than it needs to find its end, so that one core of Python keeps a
server's core busy. A server's CPU time is read from its process, and does not depend on this one.
"""

import asyncio
import re
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, cast

import uvloop

from benchmarks.process import BenchmarkError

CONNECTIONS = 8

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_LAST_CHUNK = b"\r\n0\r\n\r\n"
_STALL_SECONDS = 30.0


Answered = Callable[[bytes, float, float], None]
"""Told of each request: its bytes, when it was to be sent, and when it was answered."""


class Burst(NamedTuple):
    """What a few seconds of load came to; latencies in seconds, in ascending order."""

    answers: int
    seconds: float
    latencies: list[float]


def burst(
    port: int,
    requests: Iterator[bytes],
    status: int,
    seconds: float,
    *,
    connections: int = CONNECTIONS,
    per_second: float | None = None,
    answered: Answered | None = None,
) -> Burst:
    """Sends requests for so long; BenchmarkError at an answer with another status.

    At most `per_second` where that is given, each connection at moments of its own. A request that
    goes out late, because its connection waited for an answer, counts from its moment.
    """
    pace = 0.0 if per_second is None else connections / per_second
    clients = [
        _Client(requests, b"HTTP/1.1 %d" % status, pace, answered) for _ in range(connections)
    ]
    return uvloop.run(_burst(port, clients, seconds))


async def _burst(port: int, clients: Sequence["_Client"], seconds: float) -> Burst:
    loop = asyncio.get_running_loop()
    begun = time.perf_counter()
    for place, client in enumerate(clients):
        client.begin(begun + client.pace * place / len(clients), begun + seconds)
        await loop.create_connection(lambda client=client: client, "127.0.0.1", port)  # type: ignore[misc]
    try:
        async with asyncio.timeout(seconds + _STALL_SECONDS):
            await asyncio.gather(*(client.done for client in clients))
    except TimeoutError:
        raise BenchmarkError("A server stopped answering under load; run again.") from None
    latencies = sorted(latency for client in clients for latency in client.latencies)
    return Burst(len(latencies), time.perf_counter() - begun, latencies)


class _Client(asyncio.Protocol):
    """One connection."""

    def __init__(
        self, requests: Iterator[bytes], status: bytes, pace: float, answered: Answered | None
    ) -> None:
        self.pace = pace  # seconds from one request to the next, 0 for no pause
        self.latencies: list[float] = []
        self._requests = requests
        self._status = status
        self._answered = answered
        self._response = b""

    def begin(self, first: float, end: float) -> None:
        """Sets the moments of the first request and of the end, inside the loop."""
        self._loop = asyncio.get_running_loop()
        self.done: asyncio.Future[None] = self._loop.create_future()
        self._due_at, self._end = first, end

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._send_when_due()

    def data_received(self, data: bytes) -> None:
        response = self._response = self._response + data if self._response else data
        if not is_complete(response):
            return
        now = time.perf_counter()
        self.latencies.append(now - self._sent_at)
        self._response = b""
        if not response.startswith(self._status):
            self._fail(f"A server answered under load: {response[-500:].decode('latin-1')}")
            return
        if self._answered is not None:
            self._answered(self._request, self._sent_at, now)
        self._due_at = self._due_at + self.pace if self.pace else now
        if max(self._due_at, now) < self._end:
            self._send_when_due()
        else:
            if not self.done.done():
                self.done.set_result(None)
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail("A server closed a connection under load; run again.")

    def _send_when_due(self) -> None:
        wait = self._due_at - time.perf_counter() if self.pace else 0.0
        if wait > 0:
            self._loop.call_later(wait, self._send)
        else:
            self._send()

    def _send(self) -> None:
        now = time.perf_counter()
        # The loop's timers are of whole milliseconds, and may be early by less than one.
        self._sent_at = min(self._due_at, now) if self.pace else now
        self._request = next(self._requests)
        self._transport.write(self._request)

    def _fail(self, reason: str) -> None:
        if not self.done.done():
            self.done.set_exception(BenchmarkError(reason))


def is_complete(message: bytes) -> bool:
    """Whether a response, or a request with a body, is there to its end."""
    head = message.find(b"\r\n\r\n")
    if head < 0:
        return False
    length = _LENGTH.search(message, 0, head)
    if length is None:
        return message.endswith(_LAST_CHUNK)
    return len(message) >= head + 4 + int(length[1])
