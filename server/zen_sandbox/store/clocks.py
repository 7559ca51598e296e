"""One clock per tenant over the machine's: set forward, frozen, resumed; kept over restarts.

A tenant's clock never goes back, not over a restart with the machine's clock set back either: it
starts after the newest entry of the tenant's log.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from zen_sandbox.clock import Clock, milliseconds
from zen_sandbox.store.database import Database


class _State(NamedTuple):
    offset_ms: int = 0
    frozen_ms: int | None = None


# Of the tenants whose clocks go with the machine's; one that was set forward says nothing of it.
_NEWEST = """
SELECT MAX((SELECT timestamp FROM logs WHERE tenant_id = t.id ORDER BY seq DESC LIMIT 1))
FROM tenants t WHERE t.id NOT IN (SELECT tenant_id FROM clocks)"""


class Clocks:
    """Tells each tenant's time, in milliseconds since the epoch."""

    def __init__(self, database: Database, base: Clock) -> None:
        self._database = database
        self._base = base
        self._states: dict[str, _State] = {}
        self._latest: dict[str, int] = {}
        self._held: dict[str, int] = {}
        newest = self._database.execute(_NEWEST).fetchone()[0]
        if newest is not None:
            base.not_before(milliseconds(newest))

    def peek_ms(self, tenant_id: str) -> int:
        """The tenant's time, for what goes on beside requests: with `--seed` time is theirs."""
        return self._told(tenant_id, self._base.peek_ms)

    def now_ms(self, tenant_id: str) -> int:
        """The tenant's time; never before a time it was told already."""
        return self._told(tenant_id, self._base.now_ms)

    def _told(self, tenant_id: str, read: Callable[[], int]) -> int:
        state = self._states.get(tenant_id)
        if state is None:
            state = self._load(tenant_id)
        told = self._held.get(tenant_id, state.frozen_ms)
        if told is None:
            told = read() + state.offset_ms
        latest = self._latest[tenant_id]
        if told <= latest:
            return latest
        self._latest[tenant_id] = told
        return told

    def is_frozen(self, tenant_id: str) -> bool:
        """Whether the tenant's clock stands still."""
        self.peek_ms(tenant_id)
        return self._states[tenant_id].frozen_ms is not None

    def freeze(self, tenant_id: str) -> None:
        """Stops the tenant's clock where it is."""
        now = self.now_ms(tenant_id)
        self._keep(tenant_id, self._states[tenant_id]._replace(frozen_ms=now))

    def resume(self, tenant_id: str) -> None:
        """Lets it go on from where it stands."""
        now = self.now_ms(tenant_id)
        self._keep(tenant_id, _State(offset_ms=now - self._base.now_ms()))

    @contextmanager
    def held(self, tenant_id: str) -> Iterator[None]:
        """Lets it stand still but for `move_to`, so that what is done meanwhile takes no time."""
        self._held[tenant_id] = self.now_ms(tenant_id)
        try:
            yield
        finally:
            self._held.pop(tenant_id, None)

    def move_to(self, tenant_id: str, ms: int) -> None:
        """Sets it forward, frozen or not; ValueError for a time that is past."""
        now = self.now_ms(tenant_id)
        if ms < now:
            raise ValueError("a clock is never set back")
        if tenant_id in self._held:
            self._held[tenant_id] = ms
        state = self._states[tenant_id]
        if state.frozen_ms is not None:
            self._keep(tenant_id, state._replace(frozen_ms=ms))
        else:
            self._keep(tenant_id, _State(offset_ms=ms - self._base.now_ms()))

    def forget(self) -> None:
        """For who saw another process commit: it may have moved a clock."""
        self._states.clear()

    def _load(self, tenant_id: str) -> _State:
        row = self._database.execute(
            "SELECT offset_ms, frozen_ms FROM clocks WHERE tenant_id = ?", (tenant_id,)
        ).fetchone()
        newest = self._database.execute(
            "SELECT timestamp FROM logs WHERE tenant_id = ? ORDER BY seq DESC LIMIT 1",
            (tenant_id,),
        ).fetchone()
        known = self._latest.get(tenant_id, 0)
        self._latest[tenant_id] = max(known, milliseconds(newest[0]) if newest else 0)
        state = self._states[tenant_id] = _State(*row) if row else _State()
        return state

    def _keep(self, tenant_id: str, state: _State) -> None:
        """Inside the caller's write transaction, which must not fail after this."""
        self._states[tenant_id] = state
        self._database.execute(
            "INSERT OR REPLACE INTO clocks (tenant_id, offset_ms, frozen_ms) VALUES (?, ?, ?)",
            (tenant_id, *state),
        )
