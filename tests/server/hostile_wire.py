"""A client that sends any bytes at all, and reads back whole HTTP answers, or raises.

Answers are read with h11, which shares no code with the server's parser.
"""

import contextlib
import socket
from collections.abc import Sequence
from typing import NamedTuple

import h11

DEADLINE = 10.0
Address = tuple[str, int]


class Malformed(AssertionError):
    """What came back is not a sequence of whole HTTP/1.1 responses."""


class Reply(NamedTuple):
    """One response; header names are in lower case, `headers` in the order they came."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    to_head: bool

    def header(self, name: str) -> str | None:
        """The only value of a header, or None; AssertionError when it came twice."""
        found = [value for key, value in self.headers if key == name]
        assert len(found) <= 1, f"{name} came {len(found)} times: {found}"
        return found[0] if found else None


def talk(
    address: Address,
    *parts: bytes,
    methods: Sequence[str] = ("GET",),
    hang_up: bool = False,
    deadline: float = DEADLINE,
) -> list[Reply]:
    """Sends the parts and returns every answer that came until the server ended the connection.

    After as many answers as there are methods, the client says that it has no more to send, so
    that an answer too many is seen as well. `hang_up` says so at once, for half a request.
    """
    with socket.create_connection(address, timeout=deadline) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _send(client, parts)
        if hang_up:
            _no_more(client)
        return read_replies(client, methods, hung_up=hang_up)


def _send(client: socket.socket, parts: Sequence[bytes]) -> None:
    # A server that refuses early may close before all is sent; its answer is what counts.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for part in parts:
            client.sendall(part)


def _no_more(client: socket.socket) -> None:
    with contextlib.suppress(OSError):
        client.shutdown(socket.SHUT_WR)


def read_replies(
    client: socket.socket, methods: Sequence[str] = ("GET",), *, hung_up: bool = False
) -> list[Reply]:
    """Every answer until the server ends the connection; see `talk` for when the client does."""
    replies: list[Reply] = []
    left = b""
    while True:
        if len(replies) >= len(methods) and not hung_up:
            _no_more(client)
            hung_up = True
        method = methods[min(len(replies), len(methods) - 1)]
        reply, left = _read_one(client, method, left)
        if reply is None:
            return replies
        replies.append(reply)


def _read_one(client: socket.socket, method: str, raw: bytes) -> tuple[Reply | None, bytes]:
    """The next reply and the bytes after it; None when the server closed instead."""
    reader = _reader(method)
    if raw:
        reader.receive_data(raw)
    came = len(raw)
    head: h11.Response | None = None
    body: list[bytes] = []
    while True:
        try:
            event = reader.next_event()
        except h11.RemoteProtocolError as error:
            raise Malformed(f"after {came} bytes: {error}") from error
        if event is h11.NEED_DATA:
            data = client.recv(65536)
            if not data and came == 0:
                return None, b""
            came += len(data)
            reader.receive_data(data)
        elif isinstance(event, h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            body.append(bytes(event.data))
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            reply = _reply(head, b"".join(body), to_head=method == "HEAD")
            return reply, reader.trailing_data[0]
        elif not isinstance(event, h11.InformationalResponse):
            raise Malformed(f"the connection ended within an answer: {event!r}")


def _reader(method: str) -> h11.Connection:
    reader = h11.Connection(h11.CLIENT)
    reader.send(h11.Request(method=method, target="/", headers=[("Host", "sandbox")]))
    reader.send(h11.EndOfMessage())
    return reader


def _reply(head: h11.Response, body: bytes, *, to_head: bool) -> Reply:
    headers = tuple((name.decode(), value.decode("latin-1")) for name, value in head.headers)
    return Reply(head.status_code, headers, body, to_head)
