"""Ready-made targets: they remember what they were sent, check signatures, answer as scripted."""

import asyncio
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from zen_sandbox.bench.verification import verify
from zen_sandbox.problems import Conflict, NotFound

KEPT = 1000
"""Requests of one receiver that are remembered."""


class Received(NamedTuple):
    """One request as it came."""

    number: int
    received_ms: int
    headers: Mapping[str, str]
    body: bytes
    answered: int
    refusal: str | None  # why its signature is not valid; None also when nothing was checked
    checked: bool


class Receiver:
    """One receiver. `script` entries are the contract's `ScriptedAnswer`."""

    def __init__(
        self,
        name: str,
        *,
        tenant_id: str | None,
        secret: str | None,
        script: Sequence[dict[str, Any]],
    ) -> None:
        self.name = name
        self.tenant_id = tenant_id
        self.secret = secret
        self.script = list(script)
        self.received = 0
        self.requests: deque[Received] = deque(maxlen=KEPT)
        self._step = 0
        self._arrival = asyncio.Condition()

    def change(self, *, secret: str | None, script: Sequence[dict[str, Any]]) -> None:
        """Another secret and script; the script starts again."""
        self.secret, self.script, self._step = secret, list(script), 0

    def forget(self) -> None:
        """Drops what was received and counts from zero."""
        self.requests.clear()
        self.received = 0

    async def take(self, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
        """Records a request; how to answer it."""
        answer = self._next_answer()
        self.received += 1
        refusal = None if self.secret is None else verify(self.secret, headers, body, time.time())
        self.requests.append(
            Received(
                self.received,
                time.time_ns() // 1_000_000,
                headers,
                body,
                0 if answer.get("drop") else int(answer.get("status", 200)),
                refusal,
                self.secret is not None,
            )
        )
        async with self._arrival:
            self._arrival.notify_all()
        return answer

    async def wait_for(self, count: int, seconds: float) -> None:
        """Returns when it has had `count` requests, or after that many seconds."""
        try:
            async with asyncio.timeout(seconds), self._arrival:
                await self._arrival.wait_for(lambda: self.received >= count)
        except TimeoutError:
            return

    def _next_answer(self) -> dict[str, Any]:
        if not self.script:
            return {}
        answer = self.script[min(self._step, len(self.script) - 1)]
        self._step += 1
        return answer


class Receivers:
    """All receivers, by name."""

    def __init__(self) -> None:
        self._receivers: dict[str, Receiver] = {}

    def add(self, receiver: Receiver) -> None:
        """Conflict when the name is taken."""
        if receiver.name in self._receivers:
            raise Conflict(f"A receiver with name '{receiver.name}' already exists.")
        self._receivers[receiver.name] = receiver

    def get(self, name: str) -> Receiver:
        """NotFound when there is none."""
        try:
            return self._receivers[name]
        except KeyError:
            raise NotFound.of("Receiver", name) from None

    def of(self, tenant_id: str | None) -> list[Receiver]:
        """One tenant's, or all, oldest first."""
        return [
            one
            for one in self._receivers.values()
            if tenant_id is None or one.tenant_id == tenant_id
        ]

    def remove(self, name: str) -> None:
        """NotFound when there is none."""
        self.get(name)
        del self._receivers[name]

    def remove_of(self, tenant_id: str | None) -> None:
        """Ends one tenant's, or all."""
        for receiver in self.of(tenant_id):
            del self._receivers[receiver.name]
