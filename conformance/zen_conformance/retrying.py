"""Asking for retries by hand, and counting what came of them."""

from typing import Any

from zen_conformance.answer import Answer
from zen_conformance.failing import FailingFlow, post, trace
from zen_conformance.failures import ConformanceFailure
from zen_conformance.receiver.server import closed_port_url
from zen_conformance.tenant import Tenant


def retry(api: Tenant, event_id: str, **more: Any) -> Answer:
    """Ask for a retry."""
    return api.call("retryEvent", event_id=event_id, **more)


def count_is(api: Tenant, event_id: str, count: int, why: str) -> None:
    """Fail unless the event has just so many attempts."""
    rows = trace(api, event_id)
    if len(rows) != count:
        raise ConformanceFailure(f"{why}: {len(rows)} attempts are there instead of {count}")


def two_failed(api: Tenant) -> tuple[str, set[str]]:
    """An event with two failed chains, and the ids of its attempts."""
    flow = FailingFlow.of(api)
    api.a_flow(
        source_id=flow.ingester["id"],
        destination_id=api.a_destination(url=closed_port_url())["id"],
        config={"retry_policy": {"max_attempts": 1}},
    )
    event_id = post(api, flow.ingester)
    return event_id, {str(row.get("id")) for row in flow.failed(event_id, attempts=2)}
