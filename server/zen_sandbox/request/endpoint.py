"""The last station: calls the handler, a write in one transaction with its record and log entry.

Handlers run on the event loop, without a pause between BEGIN and COMMIT, so that writes of this
process follow one another and equal requests with one key can never run side by side. Only waiting
for another process's lock is done with pauses, before the transaction.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from starlette.types import Receive, Scope, Send

from zen_sandbox import audit
from zen_sandbox.bench.bench import Bench
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
from zen_sandbox.request.faults import spoil_after, spoil_before
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
        self,
        store: Store,
        cursors: Cursors,
        bench: Bench,
        accounts_changed: Callable[[], None],
        *,
        base_url: str,
        lock_timeout: float,
    ) -> None:
        self.base_url = base_url
        self._store = store
        self._bench = bench
        self._accounts_changed = accounts_changed
        self._cursors = cursors
        self._lock_timeout = lock_timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(scope)
        operation = exchange.operation
        if operation is None:
            raise RuntimeError("the endpoint was called without an operation")
        faults = self._bench.faults
        fault = None
        if faults.are_there:
            fault = faults.api(operation.operation_id, self._whose(exchange))
        if fault is not None:
            await spoil_before(fault)
        await self._answer(operation, exchange)
        if fault is not None:
            spoil_after(fault, exchange)

    async def without_faults(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The same for the console, with which one looks at what faults do."""
        exchange = exchange_of(scope)
        if exchange.operation is None:
            raise RuntimeError("the endpoint was called without an operation")
        await self._answer(exchange.operation, exchange)

    def _whose(self, exchange: Exchange) -> str | None:
        """The tenant whose request it is; that of an event is the endpoint's, without a token."""
        ingester_id = exchange.path_values.get("ingester_id")
        if exchange.credential is None and ingester_id is not None:
            with contextlib.suppress(NotFound):
                return self._store.ingesters.owner(ingester_id)
        return _tenant_of(exchange)

    async def _answer(self, operation: Operation, exchange: Exchange) -> None:
        if operation.is_async:
            exchange.response = await self._call(operation, exchange, 0)
        elif operation.is_write:
            exchange.response = await self._write(operation, exchange)
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

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """A write transaction, committed at the end or undone. There must be no pause inside."""
        await self.begin_write()
        try:
            yield
            self._store.database.commit()
        finally:
            self._store.database.rollback()

    async def log_refusal(self, exchange: Exchange, problem: Problem) -> None:
        """Writes the log entry of a write that was refused before it came here."""
        async with self.transaction():
            audit.record_refusal(self._store, exchange, problem, self._now_ms(exchange))

    def _now_ms(self, exchange: Exchange) -> int:
        credential = exchange.credential
        return self._store.clocks.now_ms(credential.tenant_id) if credential else 0

    def _call(self, operation: Operation, exchange: Exchange, ms: int) -> Any:
        credential = exchange.credential
        call = Call(
            self._store,
            credential.tenant_id if credential else "",
            ms,
            base_url=self.base_url,
            headers=exchange.headers,
            bench=self._bench,
            transaction=self.transaction,
            accounts_changed=self._accounts_changed,
            cursors=self._cursors,
            list_identity=exchange.list_identity,
        )
        return operation.handler(call, **exchange.arguments)

    async def _write(self, operation: Operation, exchange: Exchange) -> Response:
        """Effect, remembered answer and log entry: all of them are committed, or none."""
        try:
            async with self.transaction():
                return self._replay_or_run(operation, exchange)
        except _REFUSALS as problem:
            return await self._refuse(operation, exchange, problem)

    def _replay_or_run(self, operation: Operation, exchange: Exchange) -> Response:
        ms = self._now_ms(exchange)
        replay = self._replay(operation, exchange, ms)
        if replay is not None:
            return replay
        response: Response = self._call(operation, exchange, ms)
        if exchange.credential is not None:
            audit.record_success(self._store, exchange, response, ms)
        self._remember(operation, exchange, response, ms)
        return response

    async def _refuse(self, operation: Operation, exchange: Exchange, problem: Problem) -> Response:
        """Logs and remembers a handler's refusal, whose own transaction was undone."""
        async with self.transaction():
            return self._refusal(operation, exchange, problem)

    def _refusal(self, operation: Operation, exchange: Exchange, problem: Problem) -> Response:
        ms = self._now_ms(exchange)
        if not isinstance(problem, IdempotencyConflict):
            # The lock was free for a moment: an equal request may have been answered in it.
            replay = self._replay(operation, exchange, ms)
            if replay is not None:
                return replay
        if exchange.credential is not None:
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
        first = self._store.idempotency.find(_tenant_of(exchange) or "", key, ms)
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
                _tenant_of(exchange) or "", exchange.idempotency_key, ms, answer
            )


def _tenant_of(exchange: Exchange) -> str | None:
    return exchange.credential.tenant_id if exchange.credential else None


def _fingerprint(operation: Operation, exchange: Exchange) -> bytes:
    """Of method, path and body, by value; the query string is left out on purpose."""
    body: Any = exchange.body
    if body is None and operation.body is not None:
        body = {}  # a body that may be left out is equal to an empty object
    place = [operation.method, operation.operation_id, exchange.path_values]
    return hashlib.sha256(fingerprint_of([place, body])).digest()
