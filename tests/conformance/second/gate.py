"""The order of checks, and what a write leaves behind: the remembered answer and the log entry."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from tests.conformance.second import journal, moments, reading, routes
from tests.conformance.second.answer import Answer, Refusal, invalid
from tests.conformance.second.call import Act, Call, Operation
from tests.conformance.second.credentials import Caller, Credentials
from tests.conformance.second.engine import Engine
from tests.conformance.second.world import Remembered, World

_KEY = re.compile(r"[!-~]{1,255}", re.ASCII)
_WINDOW_SECONDS = 24 * 3600
_RESULTS = {
    400: "validation_error",
    403: "authorization_denied",
    404: "not_found",
    409: "conflict",
}
_NOT_LOGGED = (413, 415, 429)
_REMEMBERED = (404, 409)


@dataclass(frozen=True)
class Incoming:
    """A request as it came, its body not read yet."""

    method: str
    path: str
    query: str
    headers: Callable[[str], Sequence[str]]
    body: Callable[[], Awaitable[bytes]]
    request_id: str

    def header(self, name: str) -> str:
        """All values of a header as one."""
        return ", ".join(self.headers(name))


class Gate:
    """Lets a request through to its handler, or says why not."""

    def __init__(self, world: World, engine: Engine, credentials: Credentials) -> None:
        self._world = world
        self._engine = engine
        self._credentials = credentials

    async def answer(self, incoming: Incoming) -> Answer:
        """The answer to any request below the API's paths."""
        try:
            operations, ids = routes.methods(incoming.path)
            if incoming.method == "OPTIONS":
                return Answer(204, headers={"Allow": routes.allowed(operations)})
            operation = routes.chosen(operations, incoming.method)
            caller = self._credentials.caller(incoming.headers("Authorization"))
        except Refusal as refusal:
            return refusal.answer(incoming.request_id)
        visit = _Visit(self._world, self._engine, incoming, operation, ids, caller)
        answer = await visit.answer()
        if operation.action and not visit.replayed and answer.status not in _NOT_LOGGED:
            visit.log(answer)
        return answer


class _Visit:
    """One request of a caller who is known."""

    def __init__(
        self,
        world: World,
        engine: Engine,
        incoming: Incoming,
        operation: Operation,
        ids: dict[str, str],
        caller: Caller,
    ) -> None:
        self._world = world
        self._engine = engine
        self._incoming = incoming
        self._operation = operation
        self._ids = ids
        self._caller = caller
        self._tenant = world.tenants[caller.tenant]
        self.replayed = False

    async def answer(self) -> Answer:
        """What the caller gets."""
        try:
            self._admitted()
            body = b"" if self._operation.method == "GET" else await self._incoming.body()
            act, document = self._sound(body)
        except Refusal as refusal:
            return refusal.answer(self._incoming.request_id)
        key = self._incoming.header("Idempotency-Key") if self._operation.action else ""
        if not key:
            return self._done(act)
        return self._once(key, document, act)

    def _admitted(self) -> None:
        self._counted()
        if self._ids.get("tenant_id", self._tenant.id) != self._tenant.id:
            detail = "This credential belongs to another tenant."
            raise Refusal(403, "permission-denied", detail)
        scope = self._operation.scope
        if scope is not None and not self._caller.may(scope):
            raise self._caller.lacks(scope)

    def _counted(self) -> None:
        allowed = self._world.requests_per_minute
        if allowed is None:
            return
        now, recent = moments.now(), self._tenant.recent_requests
        recent[:] = [moment for moment in recent if moment > now - 60]
        if len(recent) >= allowed:
            wait = int(recent[0] + 60 - now) + 1
            headers = {"Retry-After": str(wait)}
            detail = f"Try again in {wait} seconds."
            raise Refusal(
                429, "rate-limit-exceeded", detail, headers=headers, retry_after_seconds=wait
            )
        recent.append(now)

    def _sound(self, body: bytes) -> tuple[Act, object]:
        fields: reading.Fields = {}
        compared: object = body
        if self._operation.body:
            if body:
                reading.media_type(
                    self._incoming.header("Content-Type"),
                    self._incoming.header("Content-Encoding"),
                    self._operation.body,
                )
            if body or not self._operation.body_optional:
                fields = reading.document(body)
            compared = fields
        if self._operation.action:
            keys = self._incoming.headers("Idempotency-Key")
            if len(keys) > 1 or any(not _KEY.fullmatch(key) for key in keys):
                raise invalid("Idempotency-Key", "must be 1 to 255 visible ASCII characters")
        path = "/".join(self._ids.get(word.strip("{}"), word) for word in self._path_words())
        call = Call(
            self._world,
            self._engine,
            self._tenant,
            self._caller,
            path,
            self._ids,
            self._incoming.query,
            fields,
        )
        return self._operation.handler(call), compared

    def _path_words(self) -> list[str]:
        return self._operation.path.split("/")

    def _done(self, act: Act) -> Answer:
        try:
            return act()
        except Refusal as refusal:
            return refusal.answer(self._incoming.request_id)

    def _once(self, key: str, document: object, act: Act) -> Answer:
        now, held = moments.now(), self._tenant.remembered
        ids = json.dumps(self._ids, sort_keys=True)
        request = (self._operation.method, self._operation.path + ids, document)
        first = held.get(key)
        if first is None or first.since < now - _WINDOW_SECONDS:
            answer = self._done(act)
            if answer.status < 300 or answer.status in _REMEMBERED:
                held[key] = Remembered(request, answer, now)
            return answer
        if first.request != request:
            detail = "This Idempotency-Key was used for another request."
            refusal = Refusal(409, "idempotency-conflict", detail, idempotency_key=key)
            return refusal.answer(self._incoming.request_id)
        self.replayed = True
        headers = {**first.answer.headers, "Idempotency-Replayed": "true"}
        return Answer(first.answer.status, first.answer.body, headers)

    def log(self, answer: Answer) -> None:
        """Say in the caller's own tenant what was tried."""
        good = answer.status < 300
        own = self._operation.path.rpartition("/")[2].strip("{}")
        made = answer.headers.get("Location", "").rpartition("/")[2]
        journal.entered(
            self._world,
            self._tenant,
            level="info" if good else "warn",
            message=f"{self._operation.method} of {self._operation.resource}: {answer.status}",
            action=self._operation.action,
            result="success" if good else _RESULTS.get(answer.status, "conflict"),
            actor=self._caller.actor,
            resource_type=self._operation.resource,
            resource_id=self._ids.get(own, made) or None,
            request_id=self._incoming.request_id,
        )
