"""A server in front of the sandbox that passes every request on, and may spoil the answer."""

import http.client
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

DEADLINE = 30.0
_HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding", "content-length", "date", "server")


@dataclass(frozen=True)
class Passing:
    """A request, and the answer to it that is on its way back."""

    method: str
    path: str
    asked_with: dict[str, str]  # the request's headers
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def without(self, name: str) -> "Passing":
        """The same without that header."""
        kept = tuple(one for one in self.headers if one[0].lower() != name.lower())
        return replace(self, headers=kept)


Spoil = Callable[[Passing], Passing]


class Front:
    """Listens on a free port of loopback. Use it in a `with`.

    `spoil` may raise ConnectionAbortedError: the connection is then closed without an answer.
    """

    def __init__(self, base_url: str, spoil: Spoil, tls: ssl.SSLContext | None = None) -> None:
        self.behind, self.spoil = base_url, spoil
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "https" if tls else "http"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.go_away()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    def go_away(self) -> None:
        """From its return on, connections are refused."""
        self._server.shutdown()
        self._server.server_close()


def _handler(front: Front) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            try:
                answer = front.spoil(self.passed_on())
            except ConnectionAbortedError:
                self.close_connection = True  # how a test says that there is no answer
                return
            self.send_response_only(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            if answer.status != 204:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
            self.wfile.flush()

        def passed_on(self) -> Passing:
            asked: Any = self.headers
            body = self.rfile.read(int(asked.get("Content-Length", 0)))
            behind = http.client.HTTPConnection(urlsplit(front.behind).netloc, timeout=DEADLINE)
            sent = {name: value for name, value in asked.items() if name.lower() != "connection"}
            behind.request(self.command, self.path, body or None, sent)
            answer = behind.getresponse()
            headers = [one for one in answer.getheaders() if one[0].lower() not in _HOP_BY_HOP]
            whole = answer.read()
            behind.close()
            return Passing(
                self.command, self.path, dict(asked.items()), answer.status, tuple(headers), whole
            )

    return Handler
