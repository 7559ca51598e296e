"""Failed attempts as a ready supply: what a manual retry needs, and what logs and lists tell of.

A `FailingFlow` leads to an address where nothing listens and tries once, so each event posted to it
has one failed attempt soon, and one more after each retry.
"""

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zen_conformance.failures import ConformanceFailure, NotRun
from zen_conformance.pages import LONG_PAGE
from zen_conformance.receiver.server import closed_port_url
from zen_conformance.stories import PROMPTLY_SECONDS, a_body, ingest
from zen_conformance.tenant import Tenant

_AT_ONCE = 8


@dataclass
class FailingFlow:
    """An endpoint, a flow and a target that refuses connections."""

    api: Tenant
    ingester: Mapping[str, Any]
    flow: Mapping[str, Any]
    _ready: deque[str] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _given_up: NotRun | None = None

    @classmethod
    def of(cls, api: Tenant, *, max_attempts: int = 1, backoff_seconds: int = 1) -> "FailingFlow":
        """A new one."""
        ingester = api.an_ingester()
        flow = api.a_flow(
            source_id=ingester["id"],
            destination_id=api.a_destination(url=closed_port_url())["id"],
            config={
                "retry_policy": {"max_attempts": max_attempts, "backoff_seconds": backoff_seconds}
            },
        )
        return cls(api, ingester, flow)

    def event(self) -> str:
        """The id of an event whose only attempt has failed; each is given once."""
        with self._lock:
            if self._given_up is not None:
                raise self._given_up
            if not self._ready:
                self._ready.extend(self._supply())
            return self._ready.popleft()

    def _supply(self) -> list[str]:
        try:
            posted = [post(self.api, self.ingester) for _ in range(_AT_ONCE)]
            for event_id in posted:
                self.failed(event_id, attempts=1)
        except NotRun as reason:
            self._given_up = reason  # waited for once, not by every check that asks for one
            raise
        return posted

    def failed(self, event_id: str, *, attempts: int) -> list[dict[str, Any]]:
        """The event's attempts, oldest first, once so many have failed."""
        return all_failed(self.api, event_id, attempts)


def all_failed(api: Tenant, event_id: str, attempts: int) -> list[dict[str, Any]]:
    """The event's attempts, oldest first, once so many have failed; a precondition."""
    seen: list[dict[str, Any]] = []

    def over() -> bool:
        seen[:] = trace(api, event_id)
        return len(seen) >= attempts and all(row.get("status") == "failed" for row in seen)

    if not api.traffic.patience.until("failed attempts", over, seconds=PROMPTLY_SECONDS):
        raise NotRun(f"{attempts} failed attempts of {event_id} did not come in time")
    return seen


def post(api: Tenant, ingester: Mapping[str, Any], body: bytes | None = None) -> str:
    """Post an event, a precondition of what follows; its id."""
    answer = ingest(api, ingester, a_body() if body is None else body)
    try:
        return str(answer.expect(202)["event_id"])
    except ConformanceFailure as failure:
        raise NotRun(f"a precondition failed: {failure.message}") from failure


def trace(api: Tenant, event_id: str) -> list[dict[str, Any]]:
    """The event's attempts, by number; NotRun when they cannot be read."""
    answer = api.call("listDeliveries", query={"event_id": event_id, "limit": LONG_PAGE})
    try:
        rows = answer.expect(200).rows("deliveries")
    except ConformanceFailure as failure:
        raise NotRun(f"a precondition failed: {failure.message}") from failure
    return sorted(rows, key=lambda row: str(row.get("attempt_number")))
