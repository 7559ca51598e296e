"""Requests to a running sandbox, with the standard library alone.

For the command line tools and for the pytest plugin, which work without the server's libraries.
Connections are kept alive, one per thread.
"""

import http.client
import json
import selectors
import socket
import threading
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

_TIMEOUT = 30.0


class Unreachable(Exception):
    """No answer came; the message is a clause that says why."""


class Refused(Exception):
    """An answer of 400 or more. The message is the problem document's `detail`."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(str(problem.get("detail", f"the server answered {status}")))
        self.status = status
        self.problem = problem


class Reply(NamedTuple):
    """An answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpClient:
    """Asks one server, with one token or none."""

    def __init__(self, base_url: str, *, token: str | None = None) -> None:
        parts = urlsplit(base_url)
        self.base_url = base_url
        self.token = token
        self._prefix = parts.path
        self._address = parts.netloc
        self._kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        self._local = threading.local()
        self._all: list[http.client.HTTPConnection] = []

    def ask(
        self,
        method: str,
        path: str,
        document: object = None,
        *,
        query: Mapping[str, object] | None = None,
        timeout: float = _TIMEOUT,
    ) -> Any:
        """The JSON that is answered, None when there is none. Refused, Unreachable.

        `document` is sent as JSON; members of the query that are None are left out.
        """
        headers = {}
        body = None
        if document is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(document).encode()
        given = {name: value for name, value in (query or {}).items() if value is not None}
        where = f"{path}?{urlencode(given)}" if given else path
        return self.understood(self.send(method, where, headers, body, timeout=timeout))

    def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        *,
        timeout: float = _TIMEOUT,
    ) -> Reply:
        """The answer, whatever it is; Unreachable when none came."""
        if self.token is not None:
            headers = {"Authorization": f"Bearer {self.token}", **headers}
        connection = self._connection(timeout)
        try:
            connection.request(method, self._prefix + path, body, dict(headers))
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise Unreachable(_why(error)) from error
        except BaseException:
            connection.close()
            raise
        named = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, named, content)

    def understood(self, reply: Reply) -> Any:
        """The JSON of an answer below 400, None when there is none; Refused, Unreachable."""
        try:
            value = json.loads(reply.body) if reply.body else None
        except ValueError:
            raise Unreachable("what answers there is no zen-sandbox") from None
        if reply.status >= 400:
            raise Refused(reply.status, value if isinstance(value, dict) else {})
        return value

    def close(self) -> None:
        """Closes the connections of all threads."""
        for connection in self._all:
            connection.close()

    def _connection(self, timeout: float) -> http.client.HTTPConnection:
        try:
            connection: http.client.HTTPConnection = self._local.connection
        except AttributeError:
            connection = self._local.connection = self._kind(self._address, timeout=timeout)
            self._all.append(connection)
        connection.timeout = timeout
        if connection.sock is not None:
            connection.sock.settimeout(timeout)
            if _is_over(connection.sock):
                connection.close()
        return connection


def _is_over(idle: socket.socket) -> bool:
    """Whether there is something to read though nothing was asked: the server's goodbye."""
    with selectors.DefaultSelector() as selector:
        selector.register(idle, selectors.EVENT_READ)
        return bool(selector.select(0))


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, http.client.RemoteDisconnected):
        return "it closed the connection without an answer"
    if isinstance(error, http.client.IncompleteRead):
        return "its answer was cut off"
    return "what answers there does not speak HTTP"
