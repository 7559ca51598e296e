"""How a scenario sets an event in motion and reads what became of it.

`Story.of(suite, reply…)` makes a target at a box of the receiver, an endpoint and a flow;
`story.post()` posts an event; `story.settled(event)` waits until no attempt of it is queued.
"""

import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from zen_conformance.answer import Answer
from zen_conformance.failures import ConformanceFailure, NotOffered, NotRun, Unreachable
from zen_conformance.pages import LONG_PAGE
from zen_conformance.receiver import Box, Reply
from zen_conformance.resources import FLOW
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant
from zen_conformance.traffic import until

QUEUED = ("pending", "retrying")
EXECUTED = ("delivered", "failed")
# What a correct but slow server may take from an event to its attempt, or from a due time to one.
PROMPTLY_SECONDS = 10.0

Row = dict[str, Any]


@dataclass(frozen=True)
class Posted:
    """An event that was taken in."""

    id: str
    deliveries: int
    body: bytes
    at: float  # seconds since the epoch, before it was posted


@dataclass(frozen=True)
class Story:
    """An endpoint, a flow and a target that is a box of the receiver."""

    suite: Suite
    api: Tenant
    box: Box
    ingester: Mapping[str, Any]
    destination: Mapping[str, Any]
    flow: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        suite: Suite,
        *replies: Reply,
        max_attempts: int = 1,
        backoff_seconds: int = 1,
        box: Box | None = None,
        ingester: Mapping[str, Any] | None = None,
        **destination: Any,
    ) -> "Story":
        """A new story; members of the target may be given."""
        api = suite.primary
        where = box or suite.receiver.box(*replies)
        source = ingester or api.an_ingester()
        target = api.a_destination(url=where.url, **destination)
        policy = {"max_attempts": max_attempts, "backoff_seconds": backoff_seconds}
        flow = api.a_flow(
            source_id=source["id"],
            destination_id=target["id"],
            config={"retry_policy": policy},
        )
        return cls(suite, api, where, source, target, flow)

    def post(
        self,
        body: bytes | None = None,
        content_type: str | None = "application/json",
        headers: Sequence[tuple[str, str]] = (),
    ) -> Posted:
        """Post an event, a precondition of what follows; one like no other unless given."""
        at = time.time()
        body = a_body() if body is None else body
        answer = ingest(self.api, self.ingester, body, content_type, headers)
        try:
            answer.expect(202)
            return Posted(str(answer["event_id"]), int(answer["deliveries"]), body, at)
        except (ConformanceFailure, TypeError, ValueError) as failure:
            raise NotRun(
                f"a precondition failed: the event was not taken in ({failure})"
            ) from failure

    def rows(self, event: Posted) -> list[Row]:
        """The attempts of the event through this story's flow, by number."""
        answer = self.api.call("listDeliveries", query={"event_id": event.id, "limit": LONG_PAGE})
        own = [one for one in answer.expect(200).rows("deliveries") if self.owns(one)]
        return sorted(own, key=lambda row: _number(row, answer))

    def settled(self, event: Posted, *, seconds: float = 20.0, attempts: int = 1) -> list[Row]:
        """The attempts once there are so many and none is queued, else NotRun."""
        seen: list[Row] = []

        def over() -> bool:
            seen[:] = self.rows(event)
            return len(seen) >= attempts and are_executed(seen)

        if not until(over, seconds=seconds, every=0.1):
            raise NotRun(
                f"{attempts} executed attempts were expected within {seconds:g} s,"
                f" there are {[(r.get('attempt_number'), r.get('status')) for r in seen]}"
            )
        return seen

    def set_policy(self, **policy: int) -> None:
        """Give the flow another retry policy, a precondition of what follows."""
        self.move_flow(config={"retry_policy": policy})

    def move_flow(self, **members: Any) -> None:
        """Replace members of the flow, a precondition of what follows."""
        body = FLOW.written(self.flow) | members
        self._done("replaceDeliveryFlow", 200, flow_id=self.flow["id"], json=body)

    def change_target(self, **members: Any) -> None:
        """Patch the target, a precondition of what follows."""
        one = self.destination["id"]
        self._done("updateDestination", 200, destination_id=one, json=members)

    def delete_flow(self) -> None:
        """Delete the flow, a precondition of what follows."""
        self._done("deleteDeliveryFlow", 204, flow_id=self.flow["id"])

    def delete_target(self) -> None:
        """Delete the target, a precondition of what follows."""
        self._done("deleteDestination", 204, destination_id=self.destination["id"])

    def _done(self, operation_id: str, status: int, **request: Any) -> None:
        try:
            self.api.call(operation_id, **request).expect(status)
        except ConformanceFailure as failure:
            raise NotRun(f"a precondition failed: {failure.message}") from failure

    def row(self, delivery_id: str) -> Answer:
        """One attempt, read by its id."""
        return self.api.call("getDelivery", delivery_id=delivery_id)

    def owns(self, row: Row) -> bool:
        """Whether it is an attempt through this story's flow."""
        return bool(row.get("flow_id") == self.flow["id"])


def are_executed(rows: Iterable[Row]) -> bool:
    """Whether none is queued or under way, whatever that status is called."""
    return all(row.get("status") in EXECUTED for row in rows)


def is_called(status: object, wanted: str) -> bool:
    """Whether a row has that status, or one that the contract does not name: the set is open."""
    return status == wanted or status not in (*QUEUED, *EXECUTED)


def a_body() -> bytes:
    """An event that is equal to no other, which a server may wrongly take for the same."""
    return b'{"type":"test.event","id":"%b"}' % uuid.uuid4().hex.encode()


def ingest(
    api: Tenant,
    ingester: Mapping[str, Any],
    body: bytes | None,
    content_type: str | None = "application/json",
    headers: Sequence[tuple[str, str]] = (),
    *,
    chunked: bool = False,
) -> Answer:
    """Post to the endpoint's `ingest_url`, as a provider does: without a credential of ours."""
    address = ingester.get("ingest_url")
    if not isinstance(address, str):
        raise NotOffered
    lines = list(headers)
    if content_type is not None:
        lines.append(("Content-Type", content_type))
    parts = urlsplit(address)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    origin = f"{parts.scheme}://{parts.netloc}" if parts.netloc else None
    anonymous = api.using(None)
    try:
        return anonymous.raw("POST", path, lines, body, chunked=chunked, origin=origin)
    except Unreachable:
        if origin is None:
            raise
        # The name a server knows itself by may not lead to it from here; base_url does.
        return anonymous.raw("POST", path, lines, body, chunked=chunked)


def address_of(ingester: Mapping[str, Any], other_id: str) -> str | None:
    """Where an endpoint of that id would take events; None when this one's address shows no id.

    A short id may be in the port as well: only a whole segment of the path is one.
    """
    parts = urlsplit(str(ingester.get("ingest_url")))
    segments = [other_id if one == ingester["id"] else one for one in parts.path.split("/")]
    path = "/".join(segments)
    return urlunsplit(parts._replace(path=path)) if path != parts.path else None


def attempt_number(row: Row) -> int:
    """The attempt's number; 0 where there is none."""
    number = row.get("attempt_number")
    return number if isinstance(number, int) else 0


def _number(row: Row, answer: Answer) -> int:
    number = row.get("attempt_number")
    if not isinstance(number, int):
        raise answer.failure(f"an attempt's attempt_number is {number!r}")
    return number
