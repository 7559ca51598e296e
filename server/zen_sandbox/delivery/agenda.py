"""Which lanes to look at now, and when to look at the others: by each tenant's own clock.

A look at all lanes would cost every event a little for each target that has a retry to come.
"""

from heapq import heappop, heappush

from zen_sandbox.store.clocks import Clocks
from zen_sandbox.store.queue import Lane


class Agenda:
    """A lane is on it for now, for moments to come, or both; being on it costs one look."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._now: dict[Lane, None] = {}
        self._later: dict[str, list[tuple[int, Lane]]] = {}  # heaps, by tenant
        self._noted: set[tuple[int, Lane]] = set()  # all that is in them

    def now(self, lane: Lane) -> None:
        """Something happened to the lane."""
        self._now[lane] = None

    def at(self, ms: int, lane: Lane) -> None:
        """The lane has something to do at that moment."""
        entry = (ms, lane)
        if entry not in self._noted:
            self._noted.add(entry)
            heappush(self._later.setdefault(lane.tenant_id, []), entry)

    def take(self) -> list[Lane]:
        """The lanes to look at, which are off the agenda with this."""
        for tenant_id in list(self._later):
            self._take_due(tenant_id)
        taken, self._now = list(self._now), {}
        return taken

    def pause(self) -> float | None:
        """Seconds until a moment comes; None when only something that happens can change that."""
        waits = [
            heap[0][0] - self._clocks.peek_ms(tenant_id)
            for tenant_id, heap in self._later.items()
            if not self._clocks.is_frozen(tenant_id)
        ]
        return max(min(waits), 0) / 1000 if waits else None

    def clear(self) -> None:
        """Forgets everything."""
        self._now.clear()
        self._later.clear()
        self._noted.clear()

    def _take_due(self, tenant_id: str) -> None:
        heap = self._later[tenant_id]
        now = self._clocks.peek_ms(tenant_id)
        while heap and heap[0][0] <= now:
            entry = heappop(heap)
            self._noted.discard(entry)
            self._now[entry[1]] = None
        if not heap:
            del self._later[tenant_id]
