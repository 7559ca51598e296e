"""The server as an ASGI application. Every request comes in here, every answer goes out here.

App            request id, unknown path (404), wrong method (405), problem documents
  -> connexion   the contract's security: security.py (401, 403)
  -> _Endpoint   request.py (413, 415, 400), then the handler
"""

import json
import logging
import re
import secrets
import warnings
from collections.abc import Mapping
from typing import Any, cast

from pydantic import BaseModel
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

with warnings.catch_warnings():
    # connexion imports a test client, which warns about another library of its own.
    warnings.simplefilter("ignore")
    from connexion.middleware.main import ConnexionMiddleware
    from connexion.middleware.routing import RoutingMiddleware
    from connexion.middleware.security import SecurityMiddleware

from connexion.resolver import Resolution, Resolver

from .call import Call, Created, Exchange, exchange_of
from .operation import Operation
from .problems import InternalError, MethodNotAllowed, NotFound, NotImplementedYet, Problem
from .request import Arguments, ClientGone, read_raw
from .security import CredentialOf, ScopedBearer

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
log = logging.getLogger(__name__)


class App:
    """The operations of a contract, answered by their handlers."""

    def __init__(
        self,
        contract: dict[str, Any],
        operations: Mapping[str, Operation],
        credential_of: CredentialOf,
    ) -> None:
        self._operations = operations
        self._api = ConnexionMiddleware(
            _Endpoint(operations),
            middlewares=cast("list[ASGIApp]", [RoutingMiddleware, SecurityMiddleware]),
            security_map={"bearer": lambda: ScopedBearer(credential_of)},
            resolver=_ByOperationId(operations),
        )
        self._api.add_api(contract)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        sent = Headers(scope=scope).get("x-request-id", "")
        exchange = Exchange(sent if _REQUEST_ID.fullmatch(sent) else f"req_{secrets.token_hex(8)}")
        exchange.put_into(scope)
        try:
            self._find(scope, exchange)
            await self._api(scope, receive, send)
        except ClientGone:
            return
        except Problem as problem:
            await _refuse(send, exchange, problem)
        except NotImplementedError:
            detail = f"{exchange.operation_id} is not implemented yet."
            await _refuse(send, exchange, NotImplementedYet(detail))
        except Exception:
            log.exception("%s failed (request %s)", exchange.operation_id, exchange.request_id)
            detail = "The server failed to answer this request."
            await _refuse(send, exchange, InternalError(detail))

    def _find(self, scope: Scope, exchange: Exchange) -> None:
        """The operation of the request; connexion's router would redirect, and forget methods."""
        found = {
            one.method: (one, matched.groupdict())
            for one in self._operations.values()
            if (matched := one.path.fullmatch(scope["path"]))
        }
        if not found:
            raise NotFound("There is nothing at this path.")
        if scope["method"] not in found:
            allowed = ", ".join(sorted(found))
            detail = f"{scope['method']} is not served here; {allowed} may be."
            raise MethodNotAllowed(detail, headers={"Allow": allowed})
        operation, exchange.path_values = found[scope["method"]]
        exchange.operation_id = operation.operation_id


class _Endpoint:
    """The application behind connexion: asks the handler what the request asks."""

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        self._operations = operations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange, headers = exchange_of(scope), Headers(scope=scope)
        operation = self._operations[exchange.operation_id]
        arguments = Arguments(operation)
        raw = await read_raw(operation.body, headers, receive) if operation.body else b""
        arguments.read(exchange.path_values, scope["query_string"], headers)
        if operation.body:
            arguments.read_body(operation.body, raw)
        values = arguments.checked()
        values.pop("tenant_id", None)  # it is the credential's own, which the call has
        key = arguments.headers.get("Idempotency-Key")
        call = Call(exchange.credential, exchange.request_id, key)
        answer = await operation.handler(call, **values)
        await _answer(send, exchange, operation.success, answer)


class _ByOperationId(Resolver):
    """Resolves an operationId to our handler instead of to a dotted Python name."""

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        super().__init__()
        self._operations = operations

    def resolve(self, operation: Any) -> Resolution:
        operation_id = operation.operation_id
        return Resolution(  # type: ignore[no-untyped-call]
            self._operations[operation_id].handler, operation_id
        )


async def _answer(send: Send, exchange: Exchange, status: int, answer: Any) -> None:
    headers: dict[str, str] = {}
    if isinstance(answer, Created):
        headers["Location"], answer = answer.location, answer.body
    body = b""
    if isinstance(answer, BaseModel):
        headers["Content-Type"] = "application/json"
        body = answer.model_dump_json(by_alias=True).encode()
    await _respond(send, exchange, status, headers, body)


async def _refuse(send: Send, exchange: Exchange, problem: Problem) -> None:
    headers = {**problem.headers, "Content-Type": "application/problem+json"}
    document = problem.document(exchange.request_id)
    body = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
    await _respond(send, exchange, problem.status, headers, body)


async def _respond(
    send: Send, exchange: Exchange, status: int, headers: Mapping[str, str], body: bytes
) -> None:
    pairs = {"X-Request-Id": exchange.request_id, **headers}
    if status != 204:
        pairs["Content-Length"] = str(len(body))
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in pairs.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Receive, send: Send) -> None:
    for stage in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{stage}.complete"})
