"""Which server of a database makes the attempts: the first to come, and after it the next.

The others serve the API alike. What they queue, and how they move a clock, the one with the engine
finds out by looking for commits of others: seldom while there are none, often for a while after
one. No request pays for it, and no server has to know where the other is.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from zen_sandbox.bench.bench import Bench
from zen_sandbox.delivery.elsewhere import EngineElsewhere
from zen_sandbox.delivery.engine import Engine
from zen_sandbox.files import engine_lock_file
from zen_sandbox.store import Store
from zen_sandbox.store.engine_lock import EngineLock

SELDOM_SECONDS = 1.0
OFTEN_SECONDS = 0.1
OFTEN_FOR_SECONDS = 60.0
"""How long after a commit of another process it is taken for a server with more to come."""
_UNTIL_IN_TURN_SECONDS = 0.25


async def deliver(
    store: Store,
    bench: Bench,
    transaction: Callable[[], AbstractAsyncContextManager[None]],
    engine: Engine,
) -> None:
    """Until cancelled: runs the engine as soon as no other server of the database runs its own."""
    lock = EngineLock(engine_lock_file(store.database.path))
    try:
        if not lock.take():
            bench.engine = elsewhere = EngineElsewhere(store, transaction)
            await _in_turn(store, lock)
            elsewhere.successor = engine
        bench.engine = engine
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_tell_of_others(store, engine))
            tasks.create_task(engine.run())
    finally:
        bench.engine = None
        lock.give_back()


async def _in_turn(store: Store, lock: EngineLock) -> None:
    """Returns with the lock, when the server that had it has ended."""
    changes = _Changes(store)
    while not lock.take():
        await asyncio.sleep(_UNTIL_IN_TURN_SECONDS)
        if changes.there_are():
            store.clocks.forget()


async def _tell_of_others(store: Store, engine: Engine) -> None:
    loop = asyncio.get_running_loop()
    changes, often_until = _Changes(store), loop.time()
    while True:
        often = loop.time() < often_until
        await asyncio.sleep(OFTEN_SECONDS if often else SELDOM_SECONDS)
        if changes.there_are():
            often_until = loop.time() + OFTEN_FOR_SECONDS
            store.clocks.forget()
            engine.look_outside()


class _Changes:
    """What other processes have committed since the last look."""

    def __init__(self, store: Store) -> None:
        self._database = store.database
        self._seen = self._look()

    def there_are(self) -> bool:
        """Whether there was any, or it cannot be told for a moment."""
        before, self._seen = self._seen, self._look()
        return self._seen is None or self._seen != before

    def _look(self) -> int | None:
        try:
            return self._database.changed_elsewhere()
        except sqlite3.OperationalError:
            return None  # another process has the file for itself
