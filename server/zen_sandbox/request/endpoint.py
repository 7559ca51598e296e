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
from zen_sandbox.clock import moment
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
from zen_sandbox.request.problem_response import problem_response
from zen_sandbox.request.strict_json import fingerprint_of
from zen_sandbox.store import Locked, Store
from zen_sandbox.store.idempotency import Remembered

_FIRST_PAUSE = 0.001
_LONGEST_PAUSE = 0.05


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
            await self.begin_write()
            exchange.response = self._write(operation, exchange)
        else:
            exchange.response = self._call(operation, exchange, 0)  # reading has no moment

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
            audit.record_refusal(self._store, exchange, problem, self._now_ms(exchange))
            self._store.database.commit()
        finally:
            self._store.database.rollback()

    def _now_ms(self, exchange: Exchange) -> int:
        credential = exchange.credential
        return self._store.clocks.now_ms(credential.tenant_id) if credential else 0

    def _call(self, operation: Operation, exchange: Exchange, ms: int) -> Response:
        credential = exchange.credential
        call = Call(
            self._store,
            credential.tenant_id if credential else "",
            ms,
            base_url=self.base_url,
            headers=exchange.headers,
            cursors=self._cursors,
            list_identity=exchange.list_identity,
        )
        response: Response = operation.handler(call, **exchange.arguments)
        return response

    def _write(self, operation: Operation, exchange: Exchange) -> Response:
        """Effect, remembered answer and log entry: all of them are committed, or none."""
        try:
            response = self._replay_or_run(operation, exchange)
            self._store.database.commit()
        finally:
            self._store.database.rollback()
        return response

    def _replay_or_run(self, operation: Operation, exchange: Exchange) -> Response:
        ms = self._now_ms(exchange)
        tenant_id = exchange.credential.tenant_id if exchange.credential else ""
        key = exchange.idempotency_key
        if key is None:
            return self._run(operation, exchange, ms)
        fingerprint = _fingerprint(operation, exchange)
        first = self._store.idempotency.find(tenant_id, key, moment(ms))
        if first is not None:
            if first.fingerprint != fingerprint:
                return self._refuse(exchange, IdempotencyConflict(key), ms)
            return _replay(first)
        response = self._run(operation, exchange, ms)
        if response.status != ValidationFailed.status:
            answer = Remembered(fingerprint, response.status, response.body, response.location)
            self._store.idempotency.remember(tenant_id, key, moment(ms), answer)
        return response

    def _run(self, operation: Operation, exchange: Exchange, ms: int) -> Response:
        self._store.database.execute("SAVEPOINT effect")
        try:
            response = self._call(operation, exchange, ms)
        except (NotFound, Conflict, ValidationFailed) as problem:
            self._store.database.execute("ROLLBACK TO effect")
            return self._refuse(exchange, problem, ms)
        if exchange.credential is not None:
            audit.record_success(self._store, exchange, response, ms)
        return response

    def _refuse(self, exchange: Exchange, problem: Problem, ms: int) -> Response:
        if exchange.credential is not None:
            audit.record_refusal(self._store, exchange, problem, ms)
        return problem_response(problem, exchange.request_id)


def _fingerprint(operation: Operation, exchange: Exchange) -> bytes:
    """Of method, path and body, by value; the query string is left out on purpose."""
    body: Any = exchange.body
    if body is None and operation.body is not None:
        body = {}  # a body that may be left out is equal to an empty object
    place = [operation.method, operation.operation_id, exchange.path_values]
    return hashlib.sha256(fingerprint_of([place, body])).digest()


def _replay(first: Remembered) -> Response:
    content_type = b"application/problem+json" if first.status >= 400 else b"application/json"
    return Response(first.status, first.body, first.location, content_type, replayed=True)
