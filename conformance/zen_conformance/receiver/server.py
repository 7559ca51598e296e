"""Listens where the target file allows it, and answers by the script of the box asked for."""

import socket
import struct
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from zen_conformance.receiver.box import Box, Delivered, Reply
from zen_conformance.target_file import Target

_CHUNK = 64 * 1024
_DRIPS_PER_SECOND = 4


class Receiver:
    """A listening receiver; `close` ends it."""

    def __init__(self, target: Target) -> None:
        host, port, self._base = _where(target)
        self._boxes: dict[str, Box] = {}
        self._server = _Server((host, port), self._boxes)
        if self._base is None:
            shown = f"[{host}]" if ":" in host else host
            self._base = f"http://{shown}:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, name="receiver", daemon=True).start()

    def box(self, *replies: Reply, path: str = "", query: str = "") -> Box:
        """A new address that answers so; 200 without a reply."""
        key = uuid.uuid4().hex
        box = Box(f"{self._base}/{key}{path}{query}", replies or (Reply(),))
        self._boxes[key] = box
        return box

    def close(self) -> None:
        """Stop listening; what is under way is dropped."""
        self._server.stopping.set()
        self._server.shutdown()
        self._server.server_close()


def closed_port_url(host: str = "127.0.0.1") -> str:
    """An address of this machine where nothing listens."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return f"http://{host}:{probe.getsockname()[1]}/refused"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], boxes: dict[str, Box]) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, _Handler)
        self.boxes = boxes
        self.stopping = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A server under test that hangs up is its own affair."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def handle_one_request(self) -> None:
        """Read one request of any method and answer it by its box."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self._body()
        box = self.server.boxes.get(self.path.split("/")[1].split("?")[0])
        if box is None:
            self._answer(Reply(404))
            return
        lines = tuple((name, str(value)) for name, value in self.headers.items())
        arrived = Delivered(self.command, self.path, lines, body, time.time(), time.monotonic())
        self._answer(box.take(arrived))

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        pieces = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(pieces)

    def _answer(self, reply: Reply) -> None:
        if self.server.stopping.wait(reply.wait_seconds):
            self.close_connection = True
            return
        if reply.hang_up:
            self._reset()
            return
        bodiless = reply.status in (204, 304)
        announced = len(reply.body) + (1000 if reply.cut_off else 0)
        head = [f"HTTP/1.1 {reply.status} Scripted"]
        head += [f"{name}: {value}" for name, value in reply.headers]
        head += [] if bodiless else [f"Content-Length: {announced}"]
        self.wfile.write(("\r\n".join(head) + "\r\n\r\n").encode("latin-1"))
        if not bodiless:
            self._drip(reply)
        if reply.cut_off:
            self.close_connection = True

    def _drip(self, reply: Reply) -> None:
        count = max(1, int(reply.drip_seconds * _DRIPS_PER_SECOND))
        size = max(1, -(-len(reply.body) // count))
        began = time.monotonic()
        for number, start in enumerate(range(0, len(reply.body), size), 1):
            self.wfile.write(reply.body[start : start + size])
            # By the clock: on a busy machine waits of equal length add up to more than was asked.
            left = began + number * reply.drip_seconds / count - time.monotonic()
            if reply.drip_seconds and self.server.stopping.wait(max(left, 0.0)):
                return

    def _reset(self) -> None:
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True


def _where(target: Target) -> tuple[str, int, str | None]:
    """Host and port to listen on, and the address the server knows us by when it differs."""
    if target.receiver_url is None:
        return target.receiver_host or "127.0.0.1", 0, None
    parts = urlsplit(target.receiver_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return target.receiver_host or "0.0.0.0", port, target.receiver_url.rstrip("/")  # noqa: S104
