"""The last station: calls the handler, a write in one transaction with its record and log entry.

Handlers run on the event loop, without a pause between BEGIN and COMMIT, so that writes of this
process follow one another and equal requests with one key can never run side by side. Only waiting
for another process's lock is done with pauses, before the transaction.
"""

import asyncio
import hashlib
from typing import Any

from starlette.types import Receive, Scope, Send

from zen_sandbox import audit
from zen_sandbox.cursor import Cursors
from zen_sandbox.problems import (
    Conflict,
    IdempotencyConflict,
    NotFound,
    Problem,
    ServiceUnavailable,
    ValidationFailed,
)
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Exchange, Response, exchange_of
from zen_sandbox.request.operation import Operation
from zen_sandbox.request.problem_response import CONTENT_TYPE, problem_response
from zen_sandbox.request.strict_json import fingerprint_of
from zen_sandbox.store import Locked, Store
from zen_sandbox.store.idempotency import Remembered

_FIRST_PAUSE = 0.001
_LONGEST_PAUSE = 0.05
_FIRST_REFUSAL = 400
_REFUSALS = (NotFound, Conflict, IdempotencyConflict, ValidationFailed)


class Endpoint:
    """The ASGI application behind connexion's middleware."""

    def __init__(
        self, store: Store, cursors: Cursors, *, base_url: str, lock_timeout: float
    ) -> None:
        self.base_url = base_url
        self._store = store
        self._cursors = cursors
        self._lock_timeout = lock_timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(scope)
        operation = exchange.operation
        if operation is None:
            raise RuntimeError("the endpoint was called without an operation")
        if operation.is_write:
            exchange.response = await self._write(operation, exchange)
        else:
            exchange.response = self._call(operation, exchange)

    async def begin_write(self) -> None:
        """Takes the writer lock; 503 when another process keeps it past the deadline."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._lock_timeout
        pause = _FIRST_PAUSE
        while True:
            try:
                self._store.database.begin()
            except Locked:
                if loop.time() + pause > deadline:
                    raise ServiceUnavailable from None
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                return

    async def log_refusal(self, exchange: Exchange, problem: Problem) -> None:
        """Writes the log entry of a write that was refused before it came here."""
        await self.begin_write()
        try:
            audit.record_refusal(self._store, exchange, problem, self._store.clock.now_ms())
            self._store.database.commit()
        finally:
            self._store.database.rollback()

    def _call(self, operation: Operation, exchange: Exchange) -> Response:
        credential = exchange.credential
        call = Call(
            self._store,
            credential.tenant_id if credential else "",
            base_url=self.base_url,
            cursors=self._cursors,
            list_identity=exchange.list_identity,
        )
        response: Response = operation.handler(call, **exchange.arguments)
        return response

    async def _write(self, operation: Operation, exchange: Exchange) -> Response:
        """Effect, remembered answer and log entry: all of them are committed, or none."""
        await self.begin_write()
        try:
            response = self._replay_or_run(operation, exchange)
            self._store.database.commit()
        except _REFUSALS as problem:
            self._store.database.rollback()
            return await self._refuse(operation, exchange, problem)
        finally:
            self._store.database.rollback()
        return response

    def _replay_or_run(self, operation: Operation, exchange: Exchange) -> Response:
        ms = self._store.clock.now_ms()
        replay = self._replay(operation, exchange, ms)
        if replay is not None:
            return replay
        response = self._call(operation, exchange)
        audit.record_success(self._store, exchange, response, ms)
        self._remember(operation, exchange, response, ms)
        return response

    async def _refuse(self, operation: Operation, exchange: Exchange, problem: Problem) -> Response:
        """Logs and remembers a handler's refusal, whose own transaction was undone."""
        await self.begin_write()
        try:
            response = self._refusal(operation, exchange, problem)
            self._store.database.commit()
        finally:
            self._store.database.rollback()
        return response

    def _refusal(self, operation: Operation, exchange: Exchange, problem: Problem) -> Response:
        ms = self._store.clock.now_ms()
        if not isinstance(problem, IdempotencyConflict):
            # The lock was free for a moment: an equal request may have been answered in it.
            replay = self._replay(operation, exchange, ms)
            if replay is not None:
                return replay
        audit.record_refusal(self._store, exchange, problem, ms)
        response = problem_response(problem, exchange.request_id)
        if isinstance(problem, NotFound | Conflict):
            self._remember(operation, exchange, response, ms)
        return response

    def _replay(self, operation: Operation, exchange: Exchange, ms: int) -> Response | None:
        """The first answer to the key; IdempotencyConflict when that was another request."""
        key = exchange.idempotency_key
        if key is None:
            return None
        first = self._store.idempotency.find(_tenant_of(exchange), key, ms)
        if first is None:
            return None
        if first.fingerprint != _fingerprint(operation, exchange):
            raise IdempotencyConflict(key)
        problem = first.status >= _FIRST_REFUSAL
        return Response(
            first.status,
            first.body,
            first.location,
            CONTENT_TYPE if problem else b"application/json",
            replayed=True,
        )

    def _remember(
        self, operation: Operation, exchange: Exchange, response: Response, ms: int
    ) -> None:
        if exchange.idempotency_key is not None:
            answer = Remembered(
                _fingerprint(operation, exchange),
                response.status,
                response.body,
                response.location,
            )
            self._store.idempotency.remember(
                _tenant_of(exchange), exchange.idempotency_key, ms, answer
            )


def _tenant_of(exchange: Exchange) -> str:
    return exchange.credential.tenant_id if exchange.credential else ""


def _fingerprint(operation: Operation, exchange: Exchange) -> bytes:
    """Of method, path and body, by value; the query string is left out on purpose."""
    body: Any = exchange.body
    if body is None and operation.body is not None:
        body = {}  # a body that may be left out is equal to an empty object
    place = [operation.method, operation.operation_id, exchange.path_values]
    return hashlib.sha256(fingerprint_of([place, body])).digest()
