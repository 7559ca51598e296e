"""An attempt that has failed for good, made without a receiver: its target refuses connections.

What retries, isolation and scopes are tried on is such an attempt; how attempts come about is the
delivery checks' business.
"""

from dataclasses import dataclass
from typing import Any

from zen_conformance.answer import Answer
from zen_conformance.failures import ConformanceFailure, NotOffered, NotRun
from zen_conformance.stories import a_body, ingest
from zen_conformance.tenant import Tenant

# Nothing listens on the discard port of the server's own machine, and no name is looked up.
REFUSING = "http://127.0.0.1:9/"
_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Attempt:
    """One attempt, and the event it delivers."""

    id: str
    event_id: str
    destination_id: str
    source_id: str


def failed_attempt(tenant: Tenant) -> Attempt:
    """A new event's only attempt, failed; or one of a fixture's event, however it ended."""
    if not tenant.takes_events:
        return _of_a_fixture(tenant)
    ingester = tenant.an_ingester()
    target = tenant.a_destination(url=REFUSING)
    tenant.a_flow(
        source_id=ingester["id"],
        destination_id=target["id"],
        config={"retry_policy": {"max_attempts": 1}},
    )
    event_id = _posted(tenant, ingester)
    rows: list[dict[str, Any]] = []

    def failed() -> bool:
        answer = tenant.call("listDeliveries", query={"event_id": event_id})
        rows[:] = answer.rows("deliveries") if answer.status == 200 else []
        # Of a second attempt, which there is not to be, the end is not waited for.
        return len(rows) > 1 or [row.get("status") for row in rows] == ["failed"]

    patience = tenant.traffic.patience
    came = patience.until("failed attempts", failed, seconds=_PATIENCE_SECONDS)
    if not came or len(rows) > 1:
        raise NotRun("a precondition failed: an attempt at a closed port did not become failed")
    return Attempt(str(rows[0].get("id")), event_id, str(target["id"]), str(ingester["id"]))


def _posted(tenant: Tenant, ingester: dict[str, Any]) -> str:
    answer = ingest(tenant, ingester, a_body())
    return str(_precondition(answer, 202, "event_id")["event_id"])


def _of_a_fixture(tenant: Tenant) -> Attempt:
    if not tenant.event_ids:
        raise NotOffered
    event_id = tenant.event_ids[0]
    answer = tenant.call("listDeliveries", query={"event_id": event_id})
    row = _precondition(answer, 200, "deliveries", 0)["deliveries", 0]
    source_id = next(iter(tenant.source_ids), "")
    return Attempt(str(row.get("id")), event_id, str(row.get("destination_id")), source_id)


def _precondition(answer: Answer, status: int, *member: str | int) -> Answer:
    try:
        answer.expect(status)[member]
        return answer
    except ConformanceFailure as failure:
        raise NotRun(f"a precondition failed: {failure.message}") from failure
