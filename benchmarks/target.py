"""The lean end of every delivery: a process of its own that notes when an event's first byte came.

An event carries its number in its last bytes, and the moments lie in memory that the process
shares with who started it: nothing is asked for, and nothing parsed, while it is measured. Moments
are of the clock that all processes of the machine have in common, `time.perf_counter`.
"""

import asyncio
import ctypes
import multiprocessing
import socket
import time
from collections.abc import Sequence
from ctypes import Array, memset, sizeof
from functools import partial
from multiprocessing.sharedctypes import RawArray, RawValue
from typing import Any, NamedTuple, cast

import uvloop

from benchmarks.load import is_complete

CAPACITY = 1_000_000
"""Events between two calls of `forget`."""

_TAIL = b'"}'
_DIGITS = 10
_FILLER = "x" * 400
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def body_of(number: int) -> bytes:
    """An event's body, of half a kilobyte."""
    return (
        b'{"type":"invoice.paid","livemode":false,"data":{"object":"invoice","description":"'
        + _FILLER.encode()
        + b'"},"number":"%0*d%b' % (_DIGITS, number, _TAIL)
    )


def number_of(message: bytes) -> int:
    """The number of the event whose body ends a message."""
    return int(message[-_DIGITS - len(_TAIL) : -len(_TAIL)])


class _Shared(NamedTuple):
    """The memory of both processes."""

    arrivals: Any
    came: Any
    is_silent: Any


class Target:
    """The process, listening on ports that it answers on and one that it does not.

    Use it in a `with`. `arrivals` holds the moment of each event's first byte by the event's
    number, 0 before it came.
    """

    def __init__(self, ports: int) -> None:
        listening = [socket.create_server(("127.0.0.1", 0), backlog=1024) for _ in range(ports + 1)]
        *self.ports, self._stuck_port = [each.getsockname()[1] for each in listening]
        self.arrivals = cast("Array[ctypes.c_double]", RawArray(ctypes.c_double, CAPACITY))
        self._came = RawValue(ctypes.c_long, 0)
        self._is_silent = RawValue(ctypes.c_bool, False)
        self._listening = listening
        shared = _Shared(self.arrivals, self._came, self._is_silent)
        # Not forked: a copy of this process would be anything but lean.
        self._process = multiprocessing.get_context("spawn").Process(
            target=_serve, args=(listening, shared), daemon=True
        )

    def __enter__(self) -> "Target":
        self._process.start()
        for each in self._listening:
            each.close()
        return self

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        self._process.join()

    @property
    def urls(self) -> list[str]:
        """The address of each target that answers."""
        return [_url(port) for port in self.ports]

    @property
    def stuck_url(self) -> str:
        """The address of the one that does not."""
        return _url(self._stuck_port)

    @property
    def came(self) -> int:
        """How many requests came since `forget`, an event's further ones included."""
        return int(self._came.value)

    def be_silent(self, is_silent: bool) -> None:
        """Whether requests on any port stay without an answer from now on."""
        self._is_silent.value = is_silent

    def forget(self) -> None:
        """Starts over, while nothing is under way."""
        memset(self.arrivals, 0, sizeof(self.arrivals))
        self._came.value = 0


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}/hooks/zen-mesh"


def _serve(listening: Sequence[socket.socket], shared: _Shared) -> None:
    uvloop.run(_run(listening, shared))


async def _run(listening: Sequence[socket.socket], shared: _Shared) -> None:
    loop = asyncio.get_running_loop()
    for place, each in enumerate(listening):
        stuck = place == len(listening) - 1
        await loop.create_server(partial(_Connection, shared, stuck), sock=each)
    await asyncio.Event().wait()


class _Connection(asyncio.Protocol):
    """One connection, on which one request follows the answer to the other."""

    def __init__(self, shared: _Shared, stuck: bool) -> None:
        self._arrivals, self._came, self._is_silent = shared
        self._stuck = stuck
        self._request = b""
        self._first_byte = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._stuck:
            return
        if not self._request:
            self._first_byte = time.perf_counter()
        self._request += data
        if not is_complete(self._request):
            return
        number = number_of(self._request)
        self._request = b""
        self._came.value += 1
        if not self._arrivals[number]:
            self._arrivals[number] = self._first_byte
        if not self._is_silent.value:
            self._transport.write(_ANSWER)
