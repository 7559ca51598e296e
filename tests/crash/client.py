"""A plain HTTP client that knows one more answer than others: none, as the server is gone."""

import http.client
import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

_TIMEOUT = 20.0


class Answer(NamedTuple):
    """A whole answer; `replayed` when the server says it has given it before."""

    status: int
    body: bytes
    location: str | None
    replayed: bool

    @property
    def json(self) -> Any:
        """The body's value."""
        return json.loads(self.body)

    def first(self) -> "Answer":
        """The answer as it was the first time."""
        return self._replace(replayed=False)


class Client:
    """One connection with one credential."""

    def __init__(self, base_url: str, token: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=_TIMEOUT)
        self._token = token

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        request_id: str | None = None,
    ) -> Answer | None:
        """The answer, or None when no whole answer came."""
        headers = {"Authorization": f"Bearer {self._token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if key is not None:
            headers["Idempotency-Key"] = key
        if request_id is not None:
            headers["X-Request-Id"] = request_id
        content = None if body is None else json.dumps(body)
        try:
            self._connection.request(method, path, content, headers)
            response = self._connection.getresponse()
            return Answer(
                response.status,
                response.read(),
                response.getheader("Location"),
                response.getheader("Idempotency-Replayed") == "true",
            )
        except TimeoutError:
            raise
        except (OSError, http.client.HTTPException):
            return None

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()
