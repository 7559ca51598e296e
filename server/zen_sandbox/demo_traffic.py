"""A day of made-up deliveries: events come in, attempts run, fail and are tried again, until now.

It is a small simulation and not a list of rows, because the store wants rows in the order of time,
log entries included, and because chains with honest back-off then come out by themselves.
"""

import heapq
import json
import random
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import NamedTuple

from zen_sandbox.domain import DeliveryFlow, LogEntry
from zen_sandbox.store import Store
from zen_sandbox.store.deliveries import Outcome

_EVENTS = 180
_LAST_EVENTS = 4  # come in when the engine has stopped: their first attempts stay pending
_STOPPED_BEFORE_END_MS = 5_000
_LONGEST_BACKOFF_SECONDS = 3600
_TIMEOUT_MS = 30_000
_HOUR_MS = 60 * 60 * 1000


class _Answer(NamedTuple):
    """What an attempt can end with, and how long that takes at most."""

    response_code: int | None
    error_message: str | None
    longest_ms: int


class _Temper(NamedTuple):
    """How a target behaves: how often it fails, how, and for how long it has failed always."""

    failure_rate: float
    failures: tuple[_Answer, ...]
    down_ms: int = 0


_OK = _Answer(200, None, 900)
_ACCEPTED = _Answer(202, None, 400)
_INTERNAL_ERROR = _Answer(500, "the target answered 500 Internal Server Error", 2_000)
_UNAVAILABLE = _Answer(503, "the target answered 503 Service Unavailable", 700)
_NOT_FOUND = _Answer(404, "the target answered 404 Not Found", 300)
_TIMEOUT = _Answer(None, "no answer within 30 s", _TIMEOUT_MS)
_REFUSED = _Answer(None, "connection refused", 40)

_TEMPERS = {
    "dest_abc123": _Temper(0.08, (_INTERNAL_ERROR, _TIMEOUT)),
    "dest_stripe_prod_us_east_1": _Temper(0.05, (_UNAVAILABLE,)),
    "dest_crm": _Temper(0.35, (_TIMEOUT, _UNAVAILABLE, _INTERNAL_ERROR)),
    "dest_warehouse": _Temper(0.03, (_REFUSED,), down_ms=3 * _HOUR_MS),
    "dest_legacy_erp": _Temper(0.1, (_NOT_FOUND,), down_ms=9 * _HOUR_MS),
}
_TOPICS = {
    "ing_abc123": ("payment_intent.succeeded", "charge.refunded", "charge.dispute.created"),
    "ingester_stripe": ("invoice.created", "invoice.paid", "invoice.payment_failed"),
    "ing_shopify": ("orders/create", "orders/paid", "refunds/create"),
    "ing_github": ("push", "pull_request", "release"),
}
_TOPIC_HEADERS = {"ing_shopify": "X-Shopify-Topic", "ing_github": "X-GitHub-Event"}


class _Try(NamedTuple):
    """An attempt that was queued."""

    event_id: str
    flow: DeliveryFlow
    number: int
    delivery_id: str


class Traffic:
    """Runs the flows' events up to `end_ms`; equal clocks and ids give equal traffic."""

    def __init__(
        self, store: Store, tenant_id: str, flows: Sequence[DeliveryFlow], end_ms: int
    ) -> None:
        self._store = store
        self._tenant_id = tenant_id
        self._flows: dict[str, list[DeliveryFlow]] = {}
        for flow in flows:
            self._flows.setdefault(flow.source_id, []).append(flow)
        self._end_ms = end_ms
        self._random = random.Random("a day of deliveries")
        self._agenda: list[tuple[int, int, Callable[[int], None]]] = []
        self._order = count()

    def run(self, begin_ms: int) -> None:
        """Everything that happens from `begin_ms` on, in its order."""
        last_begin = max(begin_ms, self._end_ms - _STOPPED_BEFORE_END_MS)
        step = (last_begin - begin_ms) / _EVENTS
        for number in range(_EVENTS):
            self._at(begin_ms + int(step * (number + self._random.random())), self._receive)
        for _ in range(_LAST_EVENTS):
            self._at(self._random.randint(last_begin, self._end_ms), self._receive)
        while self._agenda:
            ms, _, happen = heapq.heappop(self._agenda)
            happen(ms)

    def _at(self, ms: int, happen: Callable[[int], None]) -> None:
        heapq.heappush(self._agenda, (ms, next(self._order), happen))

    def _receive(self, ms: int) -> None:
        source_id = self._random.choice(sorted(self._flows))
        topic = self._random.choice(_TOPICS[source_id])
        event_id = self._store.ids.new("evt", ms)
        body = {"id": next(self._order), "type": topic, "created": ms // 1000}
        self._store.deliveries.add_event(
            self._tenant_id,
            event_id,
            self._store.at(ms),
            ingester_id=source_id,
            body=json.dumps(body).encode(),
            headers=_topic_header(source_id, topic),
        )
        for flow in self._flows[source_id]:
            self._queue(ms, event_id, flow, 1, due_ms=None)

    def _queue(
        self, ms: int, event_id: str, flow: DeliveryFlow, number: int, *, due_ms: int | None
    ) -> None:
        delivery_id = self._store.ids.new("dlv", ms)
        self._store.deliveries.queue(
            self._tenant_id,
            delivery_id,
            self._store.at(ms),
            event_id=event_id,
            flow_id=flow.id,
            destination_id=flow.destination_id,
            evidence_id=self._store.ids.new("ev", ms),
            attempt_number=number,
            for_show=True,
            due_at=None if due_ms is None else self._store.at(due_ms),
        )
        start = (ms if due_ms is None else due_ms) + self._random.randint(5, 250)
        self._attempt(start, _Try(event_id, flow, number, delivery_id))

    def _attempt(self, start_ms: int, it: _Try) -> None:
        """Puts the attempt's end on the agenda, unless it would lie after the end of the day."""
        answer = self._answer(start_ms, it.flow.destination_id)
        least = answer.longest_ms if answer is _TIMEOUT else answer.longest_ms // 10
        end_ms = start_ms + self._random.randint(least, answer.longest_ms)
        started_too_late = start_ms > self._end_ms - _STOPPED_BEFORE_END_MS
        if started_too_late or end_ms > self._end_ms:
            return
        outcome = Outcome(
            answer.error_message is None,
            self._store.at(start_ms),
            answer.response_code,
            answer.error_message,
        )
        self._at(end_ms, lambda ms: self._finish(ms, it, outcome))

    def _answer(self, ms: int, destination_id: str) -> _Answer:
        temper = _TEMPERS[destination_id]
        if ms > self._end_ms - temper.down_ms or self._random.random() < temper.failure_rate:
            return self._random.choice(temper.failures)
        return self._random.choice((_OK, _OK, _ACCEPTED))

    def _finish(self, ms: int, it: _Try, outcome: Outcome) -> None:
        self._store.deliveries.finish(self._tenant_id, it.delivery_id, outcome)
        log_attempt(
            self._store,
            self._tenant_id,
            ms,
            outcome,
            attempt=f"attempt {it.number} of event {it.event_id}",
            delivery_id=it.delivery_id,
            source_id=it.flow.source_id,
        )
        if not outcome.delivered and it.number < it.flow.max_attempts:
            wait = min(it.flow.backoff_seconds * 2 ** (it.number - 1), _LONGEST_BACKOFF_SECONDS)
            self._queue(ms, it.event_id, it.flow, it.number + 1, due_ms=ms + wait * 1000)


def log_attempt(
    store: Store,
    tenant_id: str,
    ms: int,
    outcome: Outcome,
    *,
    attempt: str,
    delivery_id: str,
    source_id: str,
) -> None:
    """The log entry of an executed attempt, which ended at `ms`."""
    ending = (
        f"delivered, {outcome.response_code}"
        if outcome.delivered
        else f"failed, {outcome.error_message}"
    )
    entry = LogEntry(
        seq=0,
        id=store.ids.new("log", ms),
        timestamp=store.at(ms),
        level="info" if outcome.delivered else "error",
        message=f"{attempt} {ending}",
        action="deliver",
        result="success",
        actor="engine",
        resource_type="delivery",
        resource_id=delivery_id,
        request_id=None,
        delivery_id=delivery_id,
        source_id=source_id,
    )
    store.logs.add(tenant_id, entry)


def _topic_header(source_id: str, topic: str) -> Mapping[str, str]:
    header = _TOPIC_HEADERS.get(source_id)
    return {} if header is None else {header: topic}
