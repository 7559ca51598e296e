"""Makes the attempts that are due: one lane per target, so that no target waits for another.

The engine holds no queue of its own; it knows of each lane only when its next attempt is due, and
reads the rows when there is room for them. It sleeps until the first of those moments, or until a
commit has queued something, and then looks at the lanes that this concerns and at no other.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING

from zen_sandbox.bench.faults import Faults
from zen_sandbox.clock import milliseconds
from zen_sandbox.delivery import attempt
from zen_sandbox.delivery.agenda import Agenda
from zen_sandbox.delivery.answer import Answer
from zen_sandbox.delivery.spoiled import spoiled_answer
from zen_sandbox.problems import ServiceUnavailable
from zen_sandbox.store import Store
from zen_sandbox.store.queue import Due, Lane, Plan

if TYPE_CHECKING:
    from zen_sandbox.delivery.transport import Transport

log = logging.getLogger("zen_sandbox.engine")

PER_TARGET = 16
IN_ALL = 512  # each holds a socket, and many systems give a process 1,024 files
_AFTER_A_FAULT = 1.0  # seconds before a lane is tried again after a failure of our own


class _Traffic:
    """What is under way in a lane."""

    __slots__ = ("due_ms", "running")

    def __init__(self) -> None:
        self.running: set[int] = set()
        self.due_ms: int | None = None

    def is_due(self, now: int) -> bool:
        """Whether it has something to start."""
        return self.due_ms is not None and self.due_ms <= now


class Engine:
    """Runs on the event loop beside the API, and writes through the same connection."""

    def __init__(
        self,
        store: Store,
        new_transport: Callable[[], "Transport"],
        transaction: Callable[[], AbstractAsyncContextManager[None]],
        faults: Faults,
        *,
        per_target: int = PER_TARGET,
        in_all: int = IN_ALL,
    ) -> None:
        self._store = store
        # Made for the first attempt: the client library is a sixth of the server's memory.
        self._new_transport = new_transport
        self._transport: Transport | None = None
        self._transaction = transaction
        self._faults = faults
        self._per_target = per_target
        self._in_all = in_all
        self._lanes: dict[Lane, _Traffic] = {}
        self._agenda = Agenda(store.clocks)
        self._running = 0
        self._is_stale = False
        self.attempts_made = 0
        self._wake = asyncio.Event()
        self._progress = asyncio.Event()
        self._attempts: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until cancelled. What an earlier process left in the queue is made first."""
        self._store.deliveries.on_queued = self._on_queued
        self._is_stale = True
        try:
            while True:
                self._wake.clear()
                pause = self._pass()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._wake.wait()
        finally:
            self._store.deliveries.on_queued = None
            await self._stop()

    def look_again(self) -> None:
        """For who moved a clock."""
        self._wake.set()

    def read_again(self) -> None:
        """For who changed the queue from outside: a reset, a restored snapshot."""
        self._agenda.clear()
        for lane, traffic in self._lanes.items():
            traffic.due_ms = None
            self._agenda.now(lane)
        for queued_in, due_at in self._store.queue.lanes():
            self._on_queued(*queued_in, due_at)
        self._is_stale = False
        self._wake.set()

    def look_outside(self) -> None:
        """For who saw another process commit, which may have queued or moved something."""
        self._is_stale = True
        self._wake.set()

    def next_due_ms(self, tenant_id: str) -> int | None:
        """When the tenant's next queued attempt is due; exact when nothing of it is under way."""
        due = [
            traffic.due_ms
            for lane, traffic in self._lanes.items()
            if lane.tenant_id == tenant_id and traffic.due_ms is not None
        ]
        return min(due, default=None)

    async def progress(self) -> None:
        """Returns when an attempt has been made."""
        self._progress.clear()
        await self._progress.wait()

    async def settled(self, tenant_id: str) -> None:
        """Returns when nothing of the tenant is under way or due."""
        while self._busy(tenant_id):
            self._progress.clear()
            self._wake.set()
            await self._progress.wait()

    @asynccontextmanager
    async def time_held(self, tenant_id: str) -> AsyncIterator[None]:
        """Lets the tenant's clock stand still but for being moved: attempts take no time."""
        with self._store.clocks.held(tenant_id):
            yield

    def _busy(self, tenant_id: str) -> bool:
        now = self._store.clocks.peek_ms(tenant_id)
        return any(
            traffic.running or traffic.is_due(now)
            for lane, traffic in self._lanes.items()
            if lane.tenant_id == tenant_id
        )

    async def _stop(self) -> None:
        for task in self._attempts:
            task.cancel()
        await asyncio.gather(*self._attempts, return_exceptions=True)
        if self._transport is not None:
            await self._transport.close()

    def _on_queued(self, tenant_id: str, destination_id: str, due_at: str) -> None:
        lane = Lane(tenant_id, destination_id)
        traffic = self._lanes.setdefault(lane, _Traffic())
        due_ms = milliseconds(due_at)
        if traffic.due_ms is None or due_ms < traffic.due_ms:
            traffic.due_ms = due_ms
            self._agenda.now(lane)
            self._wake.set()

    def _pass(self) -> float | None:
        """Starts what is due; seconds until there may be more, None when an event will tell."""
        try:
            if self._is_stale:
                self.read_again()
            return self._start_what_is_due()
        except Exception:
            # Another process may have the database for itself for a moment.
            log.exception("the queue could not be read")
            self._is_stale = True
            return _AFTER_A_FAULT

    def _start_what_is_due(self) -> float | None:
        """Starts what there is room for; seconds until the next is due, None when nothing is."""
        for lane in self._agenda.take():
            traffic = self._lanes.get(lane)
            if traffic is not None:
                self._look_at(lane, traffic)
        return self._agenda.pause()

    def _look_at(self, lane: Lane, traffic: _Traffic) -> None:
        """Starts what is due in a lane, and notes when to look at it again."""
        now = self._store.clocks.peek_ms(lane.tenant_id)
        if traffic.is_due(now):
            self._fill(lane, traffic, now)
            if not traffic.running and not traffic.is_due(now):
                self._progress.set()  # there was nothing to wait for
        if traffic.due_ms is None:
            if not traffic.running:
                del self._lanes[lane]
                self._progress.set()
        elif traffic.due_ms > now:
            self._agenda.at(traffic.due_ms, lane)
        elif len(traffic.running) < self._per_target:
            self._agenda.now(lane)  # there was no room in all; else its own attempts' end tells

    def _fill(self, lane: Lane, traffic: _Traffic, now: int) -> None:
        """Starts due attempts of a lane while it has room, and notes when to look again."""
        room = self._room(traffic)
        if room <= 0:
            return  # the end of an attempt looks again
        rows = self._store.queue.first(lane, len(traffic.running) + room + 1)
        traffic.due_ms = None
        for due in rows:
            if due.seq in traffic.running:
                continue
            due_ms = milliseconds(due.due_at)
            if due_ms > now or room == 0:
                traffic.due_ms = due_ms
                return
            room -= 1
            self._start(lane, traffic, due)

    def _room(self, traffic: _Traffic) -> int:
        """How many more a lane may start. Half of all places are for the first of each lane."""
        free = self._in_all // 2 - self._running
        if free > 0:
            return min(self._per_target - len(traffic.running), free)
        return 1 if self._running < self._in_all and not traffic.running else 0

    def _start(self, lane: Lane, traffic: _Traffic, due: Due) -> None:
        traffic.running.add(due.seq)
        self._running += 1
        task = asyncio.get_running_loop().create_task(self._attempt(lane, traffic, due))
        self._attempts.add(task)
        task.add_done_callback(self._attempts.discard)

    async def _attempt(self, lane: Lane, traffic: _Traffic, due: Due) -> None:
        try:
            await self._make(lane, due)
        except Exception:
            # The row is still queued. Not at once, or a fault of ours would become a busy loop.
            log.exception("attempt %s could not be made", due.id)
            await asyncio.sleep(_AFTER_A_FAULT)
            traffic.due_ms = self._store.clocks.peek_ms(lane.tenant_id)
        finally:
            traffic.running.discard(due.seq)
            self._running -= 1
            self._progress.set()
            self._agenda.now(lane)
            if traffic.due_ms is not None or self._running == self._in_all - 1:
                self._wake.set()

    async def _make(self, lane: Lane, due: Due) -> None:
        plan = self._store.queue.plan(due.seq)
        if plan is None:
            return
        request = answer = None
        if attempt.refusal(plan) is None:
            request = attempt.request_of(due, plan)
            fault = self._faults.target(*lane)
            if fault is None:
                if self._transport is None:
                    self._transport = self._new_transport()
                answer = await self._transport.post(request.url, request.headers, request.body)
            else:
                answer = await spoiled_answer(fault)
        await self._write_down(lane, due, plan, request, answer)

    async def _write_down(
        self,
        lane: Lane,
        due: Due,
        plan: Plan,
        request: attempt.Request | None,
        answer: Answer | None,
    ) -> None:
        """However long another process writes: an attempt that was made is not made again."""
        while True:
            try:
                async with self._transaction():
                    attempt.settle(self._store, lane, due, plan, request, answer)
            except ServiceUnavailable:
                log.warning("attempt %s was made; the database is locked", due.id)
                await asyncio.sleep(_AFTER_A_FAULT)
            else:
                self.attempts_made += 1
                return
