"""The outermost station: every request comes in here, and every answer goes out here.

It gives the request its id, turns what the other stations raise into problem documents, and keeps
the number of requests under way bounded. Pages for people are handed to Flask from here, so that
the API knows nothing of them.
"""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zen_sandbox import audit
from zen_sandbox.bench.request_log import RequestLog, Seen
from zen_sandbox.http.cycle import ABORT
from zen_sandbox.identifiers import sent_request_id
from zen_sandbox.problems import InternalError, Problem, ServiceUnavailable
from zen_sandbox.request.endpoint import Endpoint
from zen_sandbox.request.exchange import (
    SCOPE_KEY,
    DropConnection,
    Exchange,
    Response,
    exchange_of,
)
from zen_sandbox.request.problem_response import problem_response
from zen_sandbox.request.validation import ClientGone
from zen_sandbox.store.database import is_locked

log = logging.getLogger("zen_sandbox.request")


class ResponseCheck(Protocol):
    """What `--validate-responses` adds: judges a response by the contract."""

    def violations(self, exchange: Exchange, response: Response) -> list[str]:
        """What is wrong with the response; nothing when it is as the contract says."""


class Gate:
    """The ASGI application that the HTTP server calls."""

    def __init__(
        self,
        api: ASGIApp,
        endpoint: Endpoint,
        *,
        new_request_id: Callable[[], str],
        max_in_flight: int,
        pages: Callable[[str], ASGIApp | None] = lambda path: None,
        check: ResponseCheck | None = None,
        requests: RequestLog,
        background: Callable[[], Coroutine[Any, Any, None]] | None = None,
    ) -> None:
        self._background = background
        self._requests = requests
        self._api = api
        self._endpoint = endpoint
        self._new_request_id = new_request_id
        self._max_in_flight = max_in_flight
        self._pages = pages
        self._check = check
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await _lifespan(receive, send, self._background)
            return
        headers = read_headers(scope["headers"])
        exchange = Exchange(self.request_id(headers), headers)
        scope[SCOPE_KEY] = exchange
        page = self._pages(scope["path"])
        if page is not None:
            await _show(page, scope, receive, send)
            return
        began = time.perf_counter()
        try:
            response = await self._answer(scope, receive, send, exchange)
        except ClientGone:
            return
        except DropConnection:
            scope["extensions"][ABORT]()
            return
        self._note(scope, exchange, response, began)
        if exchange.close_early < 1.0:
            await respond(send, response, exchange.request_id, share=exchange.close_early)
            scope["extensions"][ABORT]()
            return
        await respond(send, response, exchange.request_id)

    def _note(self, scope: Scope, exchange: Exchange, response: Response, began: float) -> None:
        """For the request log of the test bench, which is about the API and not about itself."""
        path = scope["path"]
        if path.startswith("/sandbox/"):
            return
        problem = response.body if response.status >= 400 else None
        self._requests.add(
            Seen(
                exchange.request_id,
                time.time_ns() // 1_000_000,
                exchange.credential.tenant_id if exchange.credential else None,
                exchange.operation.operation_id if exchange.operation else None,
                scope["method"],
                path,
                response.status,
                (time.perf_counter() - began) * 1000,
                problem,
                exchange.schema_pointer,
            )
        )

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, exchange: Exchange
    ) -> Response:
        if self._in_flight >= self._max_in_flight:
            return problem_response(ServiceUnavailable(), exchange.request_id)
        self._in_flight += 1
        try:
            await self._api(scope, receive, send)
            response = exchange.response
            if response is None:
                raise RuntimeError("no station answered")
        except Problem as problem:
            response = await self._refusal(exchange, problem)
        except (ClientGone, DropConnection):
            raise
        except Exception as error:
            response = problem_response(_unexpected(error, exchange), exchange.request_id)
        finally:
            self._in_flight -= 1
        return self._checked(exchange, response)

    async def _refusal(self, exchange: Exchange, problem: Problem) -> Response:
        try:
            if audit.is_audited(exchange, problem):
                await self._endpoint.log_refusal(exchange, problem)
        except Problem as busy:
            problem = busy
        except Exception as error:
            problem = _unexpected(error, exchange)
        return problem_response(problem, exchange.request_id)

    def _checked(self, exchange: Exchange, response: Response) -> Response:
        found = None if self._check is None else self._check.violations(exchange, response)
        if not found:
            return response
        operation = exchange.operation.operation_id if exchange.operation else "no operation"
        log.error("%s answered against the contract: %s", operation, "; ".join(found))
        return problem_response(InternalError(), exchange.request_id)

    def request_id(self, headers: dict[bytes, bytes]) -> str:
        """The id of the request that has these headers: the client's own where it fits."""
        return sent_request_id(headers.get(b"x-request-id")) or self._new_request_id()


async def _show(page: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Has a page answer; the request's id goes with its answer as with any other."""
    request_id = exchange_of(scope).request_id.encode()

    async def send_with_id(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"x-request-id", request_id)]
        await send(message)

    await page(scope, receive, send_with_id)


def read_headers(pairs: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Headers by lower-case name; one given twice is joined, which no single value survives."""
    headers: dict[bytes, bytes] = {}
    for name, value in pairs:
        headers[name] = headers[name] + b", " + value if name in headers else value
    return headers


async def respond(send: Send, response: Response, request_id: str, *, share: float = 1.0) -> None:
    """Sends a response, whole unless only a share of its body is to leave."""
    headers = [(b"x-request-id", request_id.encode()), *response.headers]
    if response.status != 204:
        headers.append((b"content-type", response.content_type))
        headers.append((b"content-length", str(len(response.body)).encode()))
    if response.location is not None:
        headers.append((b"location", response.location.encode()))
    if response.replayed:
        headers.append((b"idempotency-replayed", b"true"))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    if share < 1.0:
        part = response.body[: int(len(response.body) * share)]
        await send({"type": "http.response.body", "body": part, "more_body": True})
        return
    await send({"type": "http.response.body", "body": response.body})


def _unexpected(error: Exception, exchange: Exchange) -> Problem:
    if isinstance(error, sqlite3.OperationalError) and is_locked(error):
        return ServiceUnavailable()
    operation = exchange.operation.operation_id if exchange.operation else "no operation"
    log.error("%s failed (request %s)", operation, exchange.request_id, exc_info=error)
    return InternalError()


async def _lifespan(
    receive: Receive, send: Send, background: Callable[[], Coroutine[Any, Any, None]] | None
) -> None:
    """Runs what runs beside the requests for as long as the server serves."""
    await receive()
    task = asyncio.create_task(background()) if background is not None else None
    await send({"type": "lifespan.startup.complete"})
    await receive()
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await send({"type": "lifespan.shutdown.complete"})
