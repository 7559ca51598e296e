"""Sends bytes that are no well-formed request, on a connection of their own."""

import contextlib
import socket
from urllib.parse import urlsplit

from zen_conformance.failures import Unreachable
from zen_conformance.http.client import tls_context
from zen_conformance.http.exchange import Exchange, Headers, Received, Sent
from zen_conformance.http.reading import BadAnswer, read
from zen_conformance.target_file import Tls

_TIMEOUT_SECONDS = 10.0


def send_bytes(base_url: str, tls: Tls, request: bytes) -> Exchange:
    """What the server makes of these bytes; the client then sends no more."""
    line = request.split(b"\r\n", 1)[0].decode("latin-1")
    sent = Sent(line.split(" ")[0][:20], base_url, line[:200], Headers(), request)
    parts = urlsplit(base_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        connection = socket.create_connection((parts.hostname or "", port), _TIMEOUT_SECONDS)
    except OSError as error:
        raise Unreachable(f"No connection to {base_url}: {error}.") from error
    with contextlib.closing(connection):
        if parts.scheme == "https":
            connection = tls_context(tls).wrap_socket(connection, server_hostname=parts.hostname)
        try:
            return Exchange(sent, _exchange(connection, request))
        except (OSError, BadAnswer) as error:
            return Exchange(sent, None, trouble=str(error) or type(error).__name__)


def _exchange(connection: socket.socket, request: bytes) -> Received:
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall(request)
    received, _ = read(connection, request.partition(b" ")[0].decode("latin-1"))
    return received
