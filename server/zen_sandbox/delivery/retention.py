"""Forgetting what is older than the sandbox keeps: a few rows at a time, so that nothing waits."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from zen_sandbox.clock import moment
from zen_sandbox.store import Store

STEP = 200
"""Rows of each kind that one transaction forgets."""
BETWEEN_STEPS_SECONDS = 0.05
PAUSE_SECONDS = 60.0
_DAY_MS = 24 * 3600 * 1000


async def forget_the_old(
    store: Store, transaction: Callable[[], AbstractAsyncContextManager[None]], days: int
) -> None:
    """Until cancelled: every minute, each tenant's attempts, events and entries past their days."""
    while True:
        for tenant in store.accounts.tenants():
            # The sleep leaves most of the time to requests; nothing is waited for.
            while await forget_step(store, transaction, tenant.id, days) == STEP:  # noqa: ASYNC110
                await asyncio.sleep(BETWEEN_STEPS_SECONDS)
        await asyncio.sleep(PAUSE_SECONDS)


async def forget_step(
    store: Store,
    transaction: Callable[[], AbstractAsyncContextManager[None]],
    tenant_id: str,
    days: int,
) -> int:
    """One small step for one tenant, by its own clock; the most rows it took of one kind."""
    before = moment(store.clocks.peek_ms(tenant_id) - days * _DAY_MS)
    if not store.retention.has_older(tenant_id, before):
        return 0
    async with transaction():
        return store.retention.forget(tenant_id, before, STEP)
