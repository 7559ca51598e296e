"""Makes the attempts: each waits as a task until it is due, then is one POST of at most 30 s."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import aiohttp
from yarl import URL

from tests.conformance.second import journal, moments
from tests.conformance.second.signature import signed
from tests.conformance.second.world import Delivery, Destination, Event, Flow, Tenant, World

_DEADLINE_SECONDS = 30
_LONGEST_WAIT = 3600
_LOSSES_UNTIL_ERROR = 3


@dataclass(frozen=True)
class _Outcome:
    code: int | None = None
    error: str | None = None
    wait: float = 0.0


class Engine:
    """The queue of attempts of all tenants."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = itertools.count(1)
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Stop; what was queued is forgotten, as this server keeps nothing."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def begin(self, event: Event, flow: Flow) -> Delivery:
        """Queue the first attempt of an event through a flow."""
        return self._queue(event, flow.id, flow.destination_id, "pending", moments.now())

    def follow(self, event: Event, last: Delivery, due: float) -> Delivery:
        """Queue the attempt after `last`, to the same target."""
        return self._queue(event, last.flow_id, last.destination_id, "retrying", due)

    def _queue(
        self, event: Event, flow_id: str, destination_id: str, status: str, due: float
    ) -> Delivery:
        chain = event.chains.setdefault(flow_id, [])
        identity, turn = self._world.identity(), float(next(self._turn))
        row = Delivery(
            id=identity,
            event_id=event.id,
            destination_id=destination_id,
            flow_id=flow_id,
            source_id=event.source_id,
            chain=chain[0].chain if chain else self._world.identity(),
            status=status,
            attempt_number=len(chain) + 1,
            evidence_id=self._world.identity(),
            due=due,
            key=(-turn, identity),
        )
        chain.append(row)
        tenant = self._world.tenants[event.tenant]
        tenant.deliveries.add(row.key, row)
        tenant.deliveries_by_id[identity] = row
        event.trace.add((turn, identity), row)
        task = asyncio.get_running_loop().create_task(self._attempt(tenant, event, row))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return row

    async def _attempt(self, tenant: Tenant, event: Event, row: Delivery) -> None:
        await asyncio.sleep(max(0.0, row.due - moments.now()))
        target = tenant.destinations.by_id.get(row.destination_id)
        unfit = _unfit(tenant.flows.by_id.get(row.flow_id), target)
        if unfit is not None or target is None:
            self._ended(tenant, row, _Outcome(error=unfit))
            return
        started = moments.now()
        outcome = await self._sent(event, row, target)
        row.attempted = started
        self._ended(tenant, row, outcome)
        if row.status == "delivered":
            _won(target)
        else:
            self._lost(tenant, event, row, target, outcome.wait)

    def _ended(self, tenant: Tenant, row: Delivery, outcome: _Outcome) -> None:
        row.response_code = outcome.code
        row.error_message = outcome.error
        row.status = "delivered" if outcome.error is None else "failed"
        told = outcome.error or f"The target answered {outcome.code}."
        journal.entered(
            self._world,
            tenant,
            level="info" if outcome.error is None else "error",
            message=f"Attempt {row.attempt_number}: {told}",
            action="deliver",
            result="success" if outcome.error is None else "conflict",
            actor="engine",
            resource_type="deliveries",
            resource_id=row.id,
            delivery_id=row.id,
            source_id=row.source_id,
        )

    def _lost(
        self, tenant: Tenant, event: Event, row: Delivery, target: Destination, wait: float
    ) -> None:
        flow = tenant.flows.by_id.get(row.flow_id)
        if flow is None:
            return
        if row.attempt_number < flow.max_attempts:
            backoff = flow.backoff_seconds * 2 ** (row.attempt_number - 1)
            later = min(float(_LONGEST_WAIT), max(float(backoff), wait))
            self.follow(event, row, moments.now() + later)
            return
        target.losses += 1
        if target.losses >= _LOSSES_UNTIL_ERROR and target.status == "active":
            target.status = "error"

    async def _sent(self, event: Event, row: Delivery, target: Destination) -> _Outcome:
        headers = {
            "X-Zen-Event-Id": event.id,
            "X-Zen-Delivery-Id": row.id,
            "X-Zen-Delivery-Idempotency-Key": row.chain,
            "X-Zen-Attempt": str(row.attempt_number),
        }
        if event.content_type is not None:
            headers["Content-Type"] = event.content_type
        if target.secret is not None:
            headers |= signed(event.id, event.body, target.secret)
        try:
            async with asyncio.timeout(_DEADLINE_SECONDS):
                return await self._posted(target.url, event.body, headers)
        except TimeoutError:
            return _Outcome(error=f"no complete answer within {_DEADLINE_SECONDS} seconds")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return _Outcome(error=f"the target could not be reached: {type(error).__name__}")

    async def _posted(self, url: str, body: bytes, headers: dict[str, str]) -> _Outcome:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, force_close=True),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
                skip_auto_headers=("Content-Type",),
                auto_decompress=False,
            )
        where = URL(url, encoded=True)
        async with self._session.post(
            where, data=body, headers=headers, allow_redirects=False
        ) as response:
            async for _ in response.content.iter_chunked(65536):
                pass
            if 200 <= response.status <= 299:
                return _Outcome(response.status)
            told = f"the target answered {response.status}"
            return _Outcome(response.status, told, _wait(response.headers.get("Retry-After")))


def _unfit(flow: Flow | None, target: Destination | None) -> str | None:
    if flow is None:
        return "the flow was deleted before this attempt"
    if target is None:
        return "the target was deleted before this attempt"
    if target.status == "disabled":
        return "the target is disabled"
    return None


def _won(target: Destination) -> None:
    target.losses = 0
    if target.status == "error":
        target.status = "active"


def _wait(retry_after: str | None) -> float:
    if retry_after is None:
        return 0.0
    told = retry_after.strip()
    if told.isascii() and told.isdigit():
        return float(told[:9])
    try:
        return parsedate_to_datetime(told).timestamp() - moments.now()
    except (ValueError, TypeError, OverflowError):
        return 0.0
