"""Sends requests exactly as they are given and keeps connections open between them.

Requests are written here because checks send what friendlier libraries correct: paths that are
not normalised, headers twice, bodies without a type.  A request is not sent twice: an answer that
does not come is what the check has to see.  But a server may end a connection with an error and not
say so; the request that meets this end goes out on another one.
"""

import contextlib
import select
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from zen_conformance.failures import Unreachable
from zen_conformance.http.exchange import Exchange, Headers, Received, Sent
from zen_conformance.http.reading import BadAnswer, NoAnswer, read
from zen_conformance.target_file import Tls

TIMEOUT_SECONDS = 35.0
# Servers close what lies idle, some after two seconds: no request is to meet such an end.
_KEPT_SECONDS = 1.0
_ERROR = 400
_NOT_READ = (408, 413, 414, 431)  # after these the rest of a request may lie in the way
_CHUNK = 64 * 1024


class HttpClient:
    """One server; safe to share between threads, each of which has a connection of its own."""

    def __init__(self, base_url: str, tls: Tls = Tls(), timeout: float = TIMEOUT_SECONDS) -> None:  # noqa: B008
        parts = urlsplit(base_url)
        self._base = base_url
        self._host, self._port = parts.hostname or "", parts.port
        self._netloc = parts.netloc.rpartition("@")[2]
        self._prefix = parts.path
        self._tls = tls
        self._context = tls_context(tls) if parts.scheme == "https" else None
        self._timeout = timeout
        self._local = threading.local()
        self._elsewhere: dict[str, HttpClient] = {}
        self._lock = threading.Lock()

    def at(self, origin: str) -> "HttpClient":
        """The client for another address of the server; paths are then below that one."""
        if origin == self._base.rstrip("/"):
            return self
        with self._lock:
            if origin not in self._elsewhere:
                self._elsewhere[origin] = HttpClient(origin, self._tls, self._timeout)
            return self._elsewhere[origin]

    def send(
        self,
        method: str,
        path: str,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        *,
        chunked: bool = False,
    ) -> Exchange:
        """The exchange; Unreachable when no connection can be made at all.

        `path` begins with a slash and is percent-encoded already. `body` None sends neither a body
        nor a length (POST, PUT and PATCH then say `Content-Length: 0`).
        """
        target = self._prefix + path
        lines = [("Host", self._netloc), *headers]
        if body is not None and not chunked:
            lines.append(("Content-Length", str(len(body))))
        elif body is None and method in ("POST", "PUT", "PATCH"):
            lines.append(("Content-Length", "0"))
        if chunked:
            lines.append(("Transfer-Encoding", "chunked"))
        sent = Sent(method, self._base + path, target, Headers(tuple(lines)), body or b"", chunked)
        try:
            return Exchange(sent, self._exchange(sent))
        except (OSError, BadAnswer) as error:
            ended_before = self._may_have_ended(error)
            self.close()
            if ended_before:
                return self.send(method, path, headers, body, chunked=chunked)
            return Exchange(sent, None, trouble=_why(error))

    def _may_have_ended(self, error: Exception) -> bool:
        """Whether the server ended the connection with its last answer, an error, without a word.

        The end may be under way while the next request is, which then was not seen by anybody.
        """
        after_an_error = getattr(self._local, "connection", None) and self._local.status >= _ERROR
        return bool(after_an_error) and isinstance(error, ConnectionError | NoAnswer)

    def reach(self) -> None:
        """Connect and do nothing more, else Unreachable."""
        self._connection()

    def close(self) -> None:
        """Close this thread's connections."""
        for client in list(self._elsewhere.values()):
            client.close()
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def _exchange(self, sent: Sent) -> Received:
        connection = self._connection()
        # A server may answer 413 and close before it has read the body: the answer counts.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            _write(connection, sent)
        received, keep = read(connection, sent.method)
        if not keep or received.status in _NOT_READ or sent.is_too_large:
            self.close()
        self._local.used, self._local.status = time.monotonic(), received.status
        return received

    def _connection(self) -> socket.socket:
        kept: socket.socket | None = getattr(self._local, "connection", None)
        if kept is not None and self._is_open(kept):
            return kept
        self.close()
        try:
            connection = self._connected()
        except OSError as error:
            raise Unreachable(f"No connection to {self._base}: {_why(error)}.") from error
        self._local.connection, self._local.status = connection, 0
        self._local.used = time.monotonic()
        return connection

    def _is_open(self, kept: socket.socket) -> bool:
        """Whether a kept connection can be used; one with something to read has ended."""
        return time.monotonic() - self._local.used < _KEPT_SECONDS and not _readable(kept)

    def _connected(self) -> socket.socket:
        port = self._port or (80 if self._context is None else 443)
        connection = socket.create_connection((self._host, port), self._timeout)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._context is None:
            return connection
        try:
            return self._context.wrap_socket(connection, server_hostname=self._host)
        except OSError:
            connection.close()
            raise


def _write(connection: socket.socket, sent: Sent) -> None:
    lines = [f"{name}: {value}" for name, value in sent.headers]
    if any("\r" in one or "\n" in one for one in (sent.path, *lines)):
        raise ValueError("a header or path of two lines would be another request")
    head = "\r\n".join((f"{sent.method} {sent.path} HTTP/1.1", *lines, "\r\n"))
    first = head.encode("latin-1", "surrogateescape")
    if not sent.chunked and not sent.is_too_large:
        connection.sendall(first + sent.body)
        return
    connection.sendall(first)
    for start in range(0, len(sent.body), _CHUNK):
        if sent.is_too_large and _is_answered(connection):
            return
        piece = sent.body[start : start + _CHUNK]
        connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if sent.chunked else piece)
    if sent.chunked:
        connection.sendall(b"0\r\n\r\n")


def _is_answered(connection: socket.socket) -> bool:
    """Whether the answer is there before more of the request can be written."""
    if isinstance(connection, ssl.SSLSocket):
        return False  # what there is to read may be TLS's own
    return bool(select.select([connection], [connection], [], TIMEOUT_SECONDS)[0])


def _readable(sock: socket.socket) -> bool:
    """Whether a kept connection has something to read, which between requests means it ended."""
    return bool(select.select([sock], [], [], 0)[0])


def tls_context(tls: Tls) -> ssl.SSLContext:
    """How to trust the server."""
    context = ssl.create_default_context(cafile=str(tls.ca_file) if tls.ca_file else None)
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error) or type(error).__name__
