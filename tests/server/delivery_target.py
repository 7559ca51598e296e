"""A target on loopback: it keeps every byte it is sent and answers as told, well or badly."""

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

DEADLINE = 20.0
_RESET = struct.pack("ii", 1, 0)  # linger for no time at all: closing sends a reset


@dataclass(frozen=True)
class Seen:
    """One request as it came; header values in latin-1, so each character is a byte."""

    line: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    at: float  # time.monotonic() when it was whole
    connection: int

    def values(self, name: str) -> list[str]:
        """Every value of a header, whatever the case of its name."""
        return [value for known, value in self.headers if known.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        """The value of a header that is sent once or not at all."""
        values = self.values(name)
        assert len(values) <= 1, f"{name} was sent {len(values)} times"
        return values[0] if values else None

    def needed(self, name: str) -> str:
        """The value of a header that is there."""
        value = self.header(name)
        assert value is not None, f"{name} is missing among {self.headers}"
        return value


@dataclass(frozen=True)
class Reply:
    """What to answer: a status with headers and body, or `raw` bytes; and what comes then."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b"ok"
    raw: bytes | None = None
    then: Literal["keep", "close", "reset", "hang"] = "keep"

    @property
    def bytes(self) -> bytes:
        """The answer as it goes out."""
        if self.raw is not None:
            return self.raw
        lines = [f"HTTP/1.1 {self.status} Told", f"Content-Length: {len(self.body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


NO_ANSWER = Reply(raw=b"", then="hang")
Answering = Callable[[Seen], Reply]


class Target:
    """A server in a thread of its own. Use it in a `with`; give it to as many tests as you like.

    It answers by path: `answer` sets what, a path without an answer gets 200.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listening = socket.create_server((host, port), family=family, backlog=1024)
        self.host, self.port = self._listening.getsockname()[:2]
        self.connections = 0
        self._open = 0
        self._seen: list[Seen] = []
        self._answers: dict[str, Answering] = {}
        self._arrival = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._serve, name=f"target-{self.port}")

    def __enter__(self) -> "Target":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(DEADLINE)
        assert not self._thread.is_alive(), "the target did not stop"

    def url(self, path: str) -> str:
        """The URL of a path."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}{path}"

    def answer(self, path: str, *replies: Reply | int) -> None:
        """Answers these in turn on a path, and the last of them ever after."""
        given = [Reply(one) if isinstance(one, int) else one for one in replies]
        self.answer_with(path, lambda seen: given.pop(0) if len(given) > 1 else given[0])

    def answer_with(self, path: str, answering: Answering) -> None:
        """Answers what a function says."""
        self._answers[path] = answering

    def seen(self, path: str) -> list[Seen]:
        """What came to a path so far."""
        with self._arrival:
            return [one for one in self._seen if one.line.split(" ")[1] == path]

    def wait(self, path: str, count: int = 1, seconds: float = DEADLINE) -> list[Seen]:
        """What came to a path, once there are so many."""
        with self._arrival:
            enough = self._arrival.wait_for(lambda: len(self._of(path)) >= count, seconds)
            assert enough, f"{len(self._of(path))} of {count} requests came to {path}"
            return self._of(path)

    def wait_until_alone(self) -> None:
        """Returns when every connection is closed, and so everything sent on it was read."""
        with self._arrival:
            assert self._arrival.wait_for(lambda: not self._open, DEADLINE), "still connected"

    def _of(self, path: str) -> list[Seen]:
        return [one for one in self._seen if one.line.split(" ")[1] == path]

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._run())

    async def _run(self) -> None:
        server = await asyncio.start_server(self._talk, sock=self._listening)
        await self._over.wait()
        server.close()
        talks = [one for one in asyncio.all_tasks() if one is not asyncio.current_task()]
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await asyncio.sleep(0)  # in which the connections are closed

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        self._open += 1
        try:
            while await self._exchange(number, reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            with self._arrival:
                self._open -= 1
                self._arrival.notify_all()

    async def _exchange(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *rest = head.strip("\r\n").split("\r\n")
        pairs = tuple((name, value.strip()) for name, _, value in (x.partition(":") for x in rest))
        length = next((int(value) for name, value in pairs if name == "Content-Length"), 0)
        seen = Seen(line, pairs, await reader.readexactly(length), time.monotonic(), number)
        with self._arrival:
            self._seen.append(seen)
            self._arrival.notify_all()
        answering = self._answers.get(line.split(" ")[1])
        reply = answering(seen) if answering else Reply()
        writer.write(reply.bytes)
        await writer.drain()
        if reply.then == "hang":
            await reader.read()  # until the other side gives up
        if reply.then == "reset":
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()
        return reply.then == "keep"


def closed_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port
