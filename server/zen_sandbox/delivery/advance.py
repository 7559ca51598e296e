"""Moving a tenant's clock forward, and doing on the way what falls due, in order."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from zen_sandbox.store.clocks import Clocks

if TYPE_CHECKING:
    from zen_sandbox.bench.bench import AnyEngine

Transaction = Callable[[], AbstractAsyncContextManager[None]]


async def advance(
    clocks: Clocks, engine: "AnyEngine", transaction: Transaction, tenant_id: str, goal_ms: int
) -> None:
    """Stops at each moment an attempt is due until all of them are made, and ends at the goal.

    With the clock held meanwhile, or a schedule would end some milliseconds past its sum.
    """
    while True:
        await engine.settled(tenant_id)
        due_ms = engine.next_due_ms(tenant_id)
        stop = goal_ms if due_ms is None else min(due_ms, goal_ms)
        async with transaction():
            clocks.move_to(tenant_id, max(stop, clocks.now_ms(tenant_id)))
        if due_ms is None or due_ms > goal_ms:
            return
