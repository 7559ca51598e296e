"""The console's own way into the API: the same stations, with a credential of its own.

Routing, validation, transactions, handlers and log entries are those of every request. What
differs: the bearer is the tenant that is looked at, the actor is `console`, no scope is missing,
faults do not strike, and the log of API requests does not show it. No address leads here.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, urlencode

import orjson
from connexion.security import BearerSecurityHandler
from starlette.types import ASGIApp, Message, Scope

from zen_sandbox.bench.request_log import RequestLog
from zen_sandbox.domain import Credential
from zen_sandbox.request.endpoint import Endpoint
from zen_sandbox.request.exchange import exchange_of
from zen_sandbox.request.gate import Gate
from zen_sandbox.request.security import bearer_token
from zen_sandbox.scopes import EVERYTHING, expanded

ACTOR = "console"
PATIENCE = 60.0
"""Seconds that a page waits for the API: moving a clock makes attempts first."""

_MOST_IN_FLIGHT = 1000

T = TypeVar("T")


class Reply(NamedTuple):
    """What the API answered."""

    status: int
    body: bytes

    @property
    def is_refusal(self) -> bool:
        """Whether it is a problem document."""
        return self.status >= 400

    @property
    def document(self) -> dict[str, Any]:
        """The JSON; nothing where there is none."""
        return orjson.loads(self.body) if self.body else {}


class Refused(Exception):
    """A problem document, for who did not expect one."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply.document.get("detail", reply.status)))
        self.reply = reply


class Door:
    """Asks the API from any thread, once it is known on which event loop the API runs."""

    def __init__(
        self,
        endpoint: Endpoint,
        stations: Callable[[BearerSecurityHandler], ASGIApp],
        new_request_id: Callable[[], str],
    ) -> None:
        self._endpoint = endpoint
        self._stations = stations
        self._new_request_id = new_request_id
        self._gate: Gate | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def opens_here(self) -> None:
        """Notes the running event loop, which is the API's."""
        self._loop = asyncio.get_running_loop()

    def on_the_loop(self, work: Callable[[], Awaitable[T]]) -> T:
        """The result of work that belongs on the API's event loop; waits for it in this thread."""
        if self._loop is None:
            raise RuntimeError("the door was used before the console was looked at")

        async def done() -> T:
            return await work()

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result(PATIENCE)

    def ask(
        self,
        method: str,
        path: str,
        document: object = None,
        *,
        tenant_id: str,
        query: Mapping[str, object] | None = None,
    ) -> Reply:
        """The answer to a request on behalf of a tenant, refusals included."""
        body = b"" if document is None else orjson.dumps(document)
        headers = {"content-type": "application/json"} if body else {}
        return self.send(method, path, headers, body, tenant_id=tenant_id, query=query)

    def read(
        self, path: str, *, tenant_id: str, query: Mapping[str, object] | None = None
    ) -> dict[str, Any]:
        """What a GET answers; Refused for a problem document."""
        reply = self.ask("GET", path, tenant_id=tenant_id, query=query)
        if reply.is_refusal:
            raise Refused(reply)
        return reply.document

    def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        tenant_id: str,
        query: Mapping[str, object] | None = None,
    ) -> Reply:
        """The answer to a request with a body of any kind."""
        given = {name: value for name, value in (query or {}).items() if value not in (None, "")}
        pairs = {**headers, "authorization": f"Bearer {tenant_id}"}
        if body:
            pairs["content-length"] = str(len(body))
        scope: Scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": quote(path, safe="/%").encode(),
            "query_string": urlencode(given).encode(),
            "headers": [
                (name.lower().encode("latin-1"), value.encode("latin-1"))
                for name, value in pairs.items()
            ],
            "extensions": {},
        }
        return self.on_the_loop(lambda: self._answer(scope, body))

    async def _answer(self, scope: Scope, body: bytes) -> Reply:
        if self._gate is None:
            self._gate = self._opened()
        status, parts = 0, []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                parts.append(message.get("body", b""))

        await self._gate(scope, receive, send)
        return Reply(status, b"".join(parts))

    def _opened(self) -> Gate:
        return Gate(
            self._stations(_Console()),
            self._endpoint,
            new_request_id=self._new_request_id,
            max_in_flight=_MOST_IN_FLIGHT,
            requests=RequestLog(),
        )


class _Console(BearerSecurityHandler):
    """Takes the tenant's id for the token of the actor `console`."""

    def get_fn(
        self, security_scheme: dict[str, Any], required_scopes: list[str]
    ) -> Callable[[Any], Coroutine[Any, Any, dict[str, Any]]]:
        """The check for one operation; those of the sandbox itself know no tenant's credential."""
        of_the_sandbox = security_scheme.get("x-zen-credential") == "admin"

        async def check(request: Any) -> dict[str, Any]:
            exchange = exchange_of(request.scope)
            if not of_the_sandbox:
                tenant_id = bearer_token(exchange.headers.get(b"authorization"))
                exchange.credential = Credential(
                    ACTOR, tenant_id, expanded(EVERYTHING), "console", None
                )
            return {"sub": ACTOR}

        return check
