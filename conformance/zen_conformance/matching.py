"""Which flows an event went through: what was posted, and the first attempts that came of it."""

from collections.abc import Collection, Mapping
from typing import Any

from zen_conformance.answer import Answer
from zen_conformance.failed_attempts import REFUSING
from zen_conformance.failures import ConformanceFailure, NotRun
from zen_conformance.pages import LONG_PAGE
from zen_conformance.resources import a_recipe_flow
from zen_conformance.stories import Row, a_body, attempt_number, ingest
from zen_conformance.tenant import Tenant

# How a flow may come about; both kinds are in one collection.
MAKERS = ("createDeliveryFlow", "createClusterDeliveryFlow")
ONCE = {"retry_policy": {"max_attempts": 1, "backoff_seconds": 3600}}


def a_silent_target(api: Tenant, **members: Any) -> dict[str, Any]:
    """A target that refuses connections, so that nobody is bothered."""
    made: dict[str, Any] = api.a_destination(url=REFUSING, **members)
    return made


def a_flow_between(
    api: Tenant,
    ingester: Mapping[str, Any],
    target: Mapping[str, Any] | None = None,
    maker: str = MAKERS[0],
) -> str:
    """The id of a new flow from the endpoint to the target, a new one unless given."""
    to = target or a_silent_target(api)
    if maker == MAKERS[0]:
        made = api.a_flow(source_id=ingester["id"], destination_id=to["id"], config=ONCE)
    else:
        aim = {"id": to["id"], "type": to["type"]}
        made = a_recipe_flow(api, source=ingester["id"], target=aim)
    return str(made["id"])


def taken_in(api: Tenant, ingester: Mapping[str, Any]) -> Answer:
    """The 202 of an event with an id, a precondition."""
    answer = ingest(api, ingester, a_body())
    try:
        answer.expect(202)["event_id"]
    except ConformanceFailure as failure:
        raise NotRun(f"a precondition failed: {failure.message}") from failure
    return answer


def first_attempts(api: Tenant, event_id: str) -> list[Row]:
    """The event's attempts of the lowest number through each flow, all pages of them."""
    query = {"event_id": event_id, "limit": LONG_PAGE}
    first = api.call("listDeliveries", query=query)
    if first.status == 404:
        return []
    rows = [r for page in api.pages("listDeliveries", query) for r in page.rows("deliveries")]
    # That they are numbered from 1 is another requirement's.
    lowest: dict[object, int] = {}
    for row in rows:
        flow, number = row.get("flow_id"), attempt_number(row)
        lowest[flow] = min(lowest.get(flow, number), number)
    return [row for row in rows if attempt_number(row) == lowest[row.get("flow_id")]]


def must_go_through(api: Tenant, taken: Answer, flow_ids: Collection[str], why: str = "") -> None:
    """The event has one first attempt through each of those flows, none other, and says so."""
    event_id, wanted = str(taken["event_id"]), sorted(flow_ids)
    said = f" ({why})" if why else ""
    count = taken["deliveries"]
    rows = first_attempts(api, event_id)
    taken.must(
        count == len(wanted) and count is not True,
        f"deliveries is {count!r} where {len(wanted)} flows match{said}",
        expected=str(len(wanted)),
        got=str(count),
    )
    found = sorted(str(row.get("flow_id")) for row in rows)
    taken.must(
        found == wanted,
        f"{len(wanted)} flows match, {len(found)} first attempts are shown{said}",
        expected=f"an attempt through each of {wanted[:5]}",
        got=f"attempts through {found[:5]}",
    )
    strays = [row.get("event_id") for row in rows if row.get("event_id") != event_id]
    taken.must(not strays, f"an attempt of event {event_id} has the event_id {strays[:1]}")
