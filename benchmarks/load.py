"""The load generator: keep-alive connections, each sending its next request once it was answered.

Parses no more of a response than it needs to find its end, so that one core of Python keeps a
server's core busy. A server's CPU time is read from its process, and does not depend on this one.
"""

import asyncio
import re
import time
from collections.abc import Iterator
from typing import NamedTuple, cast

import uvloop

from benchmarks.process import BenchmarkError

CONNECTIONS = 8

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_LAST_CHUNK = b"\r\n0\r\n\r\n"
_STALL_SECONDS = 30.0


class Burst(NamedTuple):
    """What a few seconds of load came to; latencies in seconds, in ascending order."""

    answers: int
    seconds: float
    latencies: list[float]


def burst(port: int, requests: Iterator[bytes], status: int, seconds: float) -> Burst:
    """Sends requests for so long; BenchmarkError at an answer with another status."""
    return uvloop.run(_burst(port, requests, status, seconds))


async def _burst(port: int, requests: Iterator[bytes], status: int, seconds: float) -> Burst:
    loop = asyncio.get_running_loop()
    begun = time.perf_counter()
    clients = [
        _Client(requests, b"HTTP/1.1 %d" % status, begun + seconds, loop.create_future())
        for _ in range(CONNECTIONS)
    ]
    for client in clients:
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
        self, requests: Iterator[bytes], status: bytes, end: float, done: asyncio.Future[None]
    ) -> None:
        self.done = done
        self.latencies: list[float] = []
        self._requests = requests
        self._status = status
        self._end = end
        self._sent_at = 0.0
        self._response = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        response = self._response = self._response + data if self._response else data
        if not _is_complete(response):
            return
        now = time.perf_counter()
        self.latencies.append(now - self._sent_at)
        self._response = b""
        if not response.startswith(self._status):
            self._fail(f"A server answered under load: {response[-500:].decode('latin-1')}")
        elif now < self._end:
            self._send()
        else:
            if not self.done.done():
                self.done.set_result(None)
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail("A server closed a connection under load; run again.")

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(next(self._requests))

    def _fail(self, reason: str) -> None:
        if not self.done.done():
            self.done.set_exception(BenchmarkError(reason))


def _is_complete(response: bytes) -> bool:
    head = response.find(b"\r\n\r\n")
    if head < 0:
        return False
    length = _LENGTH.search(response, 0, head)
    if length is None:
        return response.endswith(_LAST_CHUNK)
    return len(response) >= head + 4 + int(length[1])
