"""A client that asks over a real socket and has every answer judged by the contract."""

import http.client
import json as json_module
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from tests.server.judge import SLUGS, TYPE_BASE, Seen, judge

DEADLINE = 30.0
LONG_IDLE = 20.0
NOTHING: Any = object()

HeaderList = Mapping[str, str] | Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """What came back. `headers` by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body's value."""
        return json_module.loads(self.body)

    @property
    def request_id(self) -> str:
        """The X-Request-Id it came with."""
        return self.headers["x-request-id"]

    @property
    def is_replay(self) -> bool:
        """Whether it says that it is a remembered answer."""
        return self.headers.get("idempotency-replayed") == "true"

    def expect(self, status: int) -> "Answer":
        """Itself, when it has that status."""
        assert self.status == status, f"{self.status} instead of {status}: {self.body[:2000]!r}"
        return self

    def refused(self, slug: str, detail: str | None = None) -> dict[str, Any]:
        """The problem document, when it is one of that slug (and that detail)."""
        self.expect(SLUGS[slug][0])
        document: dict[str, Any] = self.json
        assert document["type"] == TYPE_BASE + slug, document
        if detail is not None:
            assert document["detail"] == detail
        return document

    def invalid(self, field: str, message: str | None = None) -> dict[str, Any]:
        """The problem document of a 400 that names the field (with that message)."""
        document = self.refused("validation-error")
        found = {error["field"]: error["message"] for error in document["errors"]}
        assert field in found, f"{field} is not among {found}"
        if message is not None:
            assert found[field] == message
        return document


class Connections:
    """Connections to one server that are kept alive, one per thread.

    One that was long idle is opened anew: the server may be closing it at that very moment.
    """

    def __init__(self, base_url: str) -> None:
        self._address = urlsplit(base_url).netloc
        self._local = threading.local()
        self._all: list[http.client.HTTPConnection] = []

    def of_this_thread(self) -> http.client.HTTPConnection:
        """This thread's connection, opened when first used."""
        try:
            connection: http.client.HTTPConnection = self._local.connection
        except AttributeError:
            connection = http.client.HTTPConnection(self._address, timeout=DEADLINE)
            self._local.connection = connection
            self._all.append(connection)
        now = time.monotonic()
        if now - getattr(self._local, "used", now) > LONG_IDLE:
            connection.close()
        self._local.used = now
        return connection

    def close(self) -> None:
        """Closes those of all threads; the next use opens them again."""
        for connection in self._all:
            connection.close()


class Api:
    """One credential's view of a server."""

    def __init__(
        self,
        connections: Connections,
        *,
        token: str | None = None,
        tenant_id: str = "",
    ) -> None:
        self.token = token
        self.tenant_id = tenant_id
        self._connections = connections

    def at(self, *segments: str, **query: object) -> str:
        """A path of the tenant: `at("destinations", id)` -> `/v1/tenants/…/destinations/…`."""
        tail = "/".join(quote(segment, safe="") for segment in segments)
        return f"/v1/tenants/{self.tenant_id}/{tail}" + (f"?{urlencode(query)}" if query else "")

    def cluster(self, cluster_id: str, **query: object) -> str:
        """The recipe's path in a cluster of the tenant."""
        path = f"/tenants/{self.tenant_id}/clusters/{cluster_id}/delivery-flows"
        return path + (f"?{urlencode(query)}" if query else "")

    def get(self, path: str, **more: Any) -> Answer:
        """GET."""
        return self.request("GET", path, **more)

    def post(self, path: str, json: Any = NOTHING, **more: Any) -> Answer:
        """POST."""
        return self.request("POST", path, json=json, **more)

    def put(self, path: str, json: Any = NOTHING, **more: Any) -> Answer:
        """PUT."""
        return self.request("PUT", path, json=json, **more)

    def patch(self, path: str, json: Any = NOTHING, **more: Any) -> Answer:
        """PATCH."""
        return self.request("PATCH", path, json=json, **more)

    def delete(self, path: str, **more: Any) -> Answer:
        """DELETE."""
        return self.request("DELETE", path, **more)

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = NOTHING,
        data: bytes | None = None,
        headers: HeaderList = (),
        key: str | None = None,
        chunked: bool = False,
    ) -> Answer:
        """Sends a request as it is given and returns the judged answer.

        `path` goes out byte for byte. With `json` a Content-Type is sent unless `headers` have one,
        with `data` none is. An Authorization among the headers replaces the credential's own.
        """
        body = data if json is NOTHING else json_module.dumps(json).encode()
        lines = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
        given = {name.lower() for name, _ in lines}
        if self.token is not None and "authorization" not in given:
            lines.append(("Authorization", f"Bearer {self.token}"))
        if json is not NOTHING and "content-type" not in given:
            lines.append(("Content-Type", "application/json"))
        if key is not None:
            lines.append(("Idempotency-Key", key))
        answer = self._exchange(method, path, body, lines, chunked=chunked)
        seen = Seen(method, path.partition("?")[0], answer.status, answer.headers, answer.body)
        judge(seen)
        return answer

    def walk(self, path: str, member: str, limit: int = 100) -> list[dict[str, Any]]:
        """Every row of a list, page by page."""
        rows: list[dict[str, Any]] = []
        cursor = ""
        while True:
            joint = "&" if "?" in path else "?"
            page = self.get(f"{path}{joint}limit={limit}{cursor}").expect(200).json
            rows += page[member]
            if "next_cursor" not in page:
                return rows
            cursor = f"&cursor={page['next_cursor']}"

    def _exchange(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: list[tuple[str, str]],
        *,
        chunked: bool,
    ) -> Answer:
        connection = self._connections.of_this_thread()
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            if chunked:
                connection.putheader("Transfer-Encoding", "chunked")
            elif body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body, encode_chunked=chunked)
            response = connection.getresponse()
            got = {name.lower(): value for name, value in response.getheaders()}
            assert len(got) == len(response.getheaders()), "a header was answered twice"
            return Answer(response.status, got, response.read())
        except BaseException:
            connection.close()
            raise
