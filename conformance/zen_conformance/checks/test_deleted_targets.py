"""What is left of a deleted target: the attempts that were made to it."""

from dataclasses import dataclass
from typing import Any

from zen_conformance.answer import Answer
from zen_conformance.check import requirement
from zen_conformance.failing import post
from zen_conformance.failures import NotRun
from zen_conformance.pages import LONG_PAGE
from zen_conformance.resources import FLOW, TARGET
from zen_conformance.standing import standing_attempt
from zen_conformance.stories import are_executed
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant
from zen_conformance.traffic import until

_REFUSED = "http://127.0.0.1:1/hooks"  # nobody listens there, so an attempt fails at once
_PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Left:
    """A target that was deleted, and the events that went to it: one attempted, one queued last."""

    destination_id: str
    event_ids: tuple[str, str]


def a_target_is_deleted(suite: Suite) -> Left:
    """Two events go to a target, the second one just before it is deleted."""
    api = suite.primary
    source, target = api.an_ingester(), api.a_destination(url=_REFUSED)
    policy = {"max_attempts": 1, "backoff_seconds": 1}
    flow = api.a_flow(
        source_id=source["id"], destination_id=target["id"], config={"retry_policy": policy}
    )
    first = post(api, source)
    attempted = until(
        lambda: [r for r in attempts(api, event_id=first) if are_executed([r])],
        seconds=_PATIENCE_SECONDS,
        every=0.1,
    )
    if not attempted:
        raise NotRun(f"the attempt was not made within {_PATIENCE_SECONDS:g} s")
    second = post(api, source)
    FLOW.removed(api, flow["id"])
    TARGET.removed(api, target["id"])
    return Left(target["id"], (first, second))


def attempts(api: Tenant, **filters: str) -> list[dict[str, Any]]:
    """The attempts that those filters leave; none of what is refused."""
    answer = listed(api, **filters)
    return answer.rows("deliveries") if answer.status == 200 else []


def listed(api: Tenant, **filters: str) -> Answer:
    """The list of attempts."""
    return api.call("listDeliveries", query={**filters, "limit": LONG_PAGE})


@requirement("DEST-021", scenario=a_target_is_deleted)
def test_attempts_keep_the_id_of_their_deleted_target(told: Left, api: Tenant) -> None:
    for filters in ({}, {"destination_id": told.destination_id}):
        for event_id in told.event_ids:
            answer = listed(api, event_id=event_id, **filters).expect(200)
            rows = answer.rows("deliveries")
            answer.must(rows, f"no attempt of event {event_id} is found with {filters or 'its id'}")
            for row in rows:
                keeps(answer, row, told.destination_id)
                read = api.call("getDelivery", delivery_id=str(row.get("id")))
                if read.status != 200:  # it may be that none can be read
                    plain = standing_attempt(api)
                    api.call("getDelivery", delivery_id=plain.id).precondition(200)
                read.expect(200)
                keeps(read, read.document, told.destination_id)


@requirement("DEST-021", scenario=a_target_is_deleted)
def test_attempts_to_a_deleted_target_are_found_by_it(told: Left, api: Tenant) -> None:
    answer = listed(api, destination_id=told.destination_id).expect(200)
    found = {row.get("event_id") for row in answer.rows("deliveries")}
    missing = set(told.event_ids) - found
    answer.must(not missing, f"the deleted target's id finds no attempt of {sorted(missing)}")


def keeps(answer: Answer, row: dict[str, Any], destination_id: str) -> None:
    """The attempt names the target."""
    said = row.get("destination_id")
    answer.must(said == destination_id, f"destination_id is {said!r} instead of {destination_id!r}")
