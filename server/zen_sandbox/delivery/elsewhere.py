"""The engine of another server of this database, as this one knows it: by what it commits."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING

from zen_sandbox.clock import milliseconds
from zen_sandbox.store import Store

if TYPE_CHECKING:
    from zen_sandbox.delivery.engine import Engine

_LOOKING_SECONDS = 0.05  # between two looks while somebody waits for an attempt


class EngineElsewhere:
    """What a server whose own engine does not run asks instead of it."""

    def __init__(
        self, store: Store, transaction: Callable[[], AbstractAsyncContextManager[None]]
    ) -> None:
        self._store = store
        self._transaction = transaction
        self.successor: Engine | None = None
        """This server's own, once it runs: who asked before that is still waiting here."""

    @property
    def attempts_made(self) -> int:
        """Of all servers."""
        return self._store.attempts.position()

    def look_again(self) -> None:
        """For who moved a clock: the other server sees that it was committed."""

    def read_again(self) -> None:
        """For who changed the queue: the same."""

    def next_due_ms(self, tenant_id: str) -> int | None:
        """When the tenant's next queued attempt is due."""
        due_at = self._store.queue.next_due(tenant_id)
        return None if due_at is None else milliseconds(due_at)

    async def progress(self) -> None:
        """Returns when an attempt has been made."""
        before = self.attempts_made
        while self.attempts_made == before:  # noqa: ASYNC110 - it is not this process's event
            await asyncio.sleep(_LOOKING_SECONDS)

    async def settled(self, tenant_id: str) -> None:
        """Returns when nothing of the tenant is under way or due."""
        while self._is_due(tenant_id):
            if self.successor is not None:
                self.successor.look_again()
            await asyncio.sleep(_LOOKING_SECONDS)

    @asynccontextmanager
    async def time_held(self, tenant_id: str) -> AsyncIterator[None]:
        """Stops the tenant's clock meanwhile, which is all that the other server can see."""
        clocks = self._store.clocks
        was_frozen = clocks.is_frozen(tenant_id)
        if not was_frozen:
            async with self._transaction():
                clocks.freeze(tenant_id)
        try:
            yield
        finally:
            if not was_frozen:
                async with self._transaction():
                    clocks.resume(tenant_id)

    def _is_due(self, tenant_id: str) -> bool:
        due_ms = self.next_due_ms(tenant_id)
        return due_ms is not None and due_ms <= self._store.clocks.peek_ms(tenant_id)
