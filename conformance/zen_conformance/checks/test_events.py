"""Taking in events: what is answered, and which flows get an attempt."""

from collections.abc import Mapping
from typing import Any

import pytest

from zen_conformance.answer import Answer
from zen_conformance.check import requirement
from zen_conformance.failures import ConformanceFailure, NotRun
from zen_conformance.resources import FLOW, unknown_ids
from zen_conformance.stories import PROMPTLY_SECONDS, ingest
from zen_conformance.tales import wait_for
from zen_conformance.tenant import Tenant, a_name
from zen_conformance.traffic import until

_MIB = 1024 * 1024
_TYPES = (
    "application/json",
    "application/json; charset=utf-8",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
    "text/plain",
    "text/xml; charset=ISO-8859-1",
    "application/octet-stream",
    "application/vnd.zc+json",
    "image/png",
    "*/*",
    None,
)
_BODIES = {
    "JSON": b'{"a":1}',
    "broken JSON": b'{"a":',
    "no UTF-8": b"\xff\xfe\x00",
    "a key twice": b'{"a":1,"a":2}',
    "nothing": b"",
    "no body": None,
    "an array": b"[]",
}

Row = dict[str, Any]


def rows_of(api: Tenant, event_id: str) -> list[Row]:
    """The event's attempts; none where there are none to list."""
    answer = api.call("listDeliveries", query={"event_id": event_id, "limit": 100})
    if answer.status == 404:
        return []
    return answer.expect(200).rows("deliveries")


def posted(api: Tenant, ingester: Mapping[str, Any], body: bytes | None = b"{}") -> Answer:
    """The answer to an event, 202."""
    return ingest(api, ingester, body).expect(202)


def brings(api: Tenant, ingester: Mapping[str, Any], flows: list[str]) -> None:
    """An event posted now is answered with that number, and has attempt 1 of just those flows."""
    answer = posted(api, ingester)
    answer.expect_members(deliveries=len(flows))
    event_id = str(answer["event_id"])
    seen: list[Row] = []

    def there() -> bool:
        seen[:] = rows_of(api, event_id)
        return len([one for one in seen if one.get("attempt_number") == 1]) >= len(flows)

    until(there, seconds=2)
    first = sorted(str(one.get("flow_id")) for one in seen if one.get("attempt_number") == 1)
    if first != sorted(flows):
        raise ConformanceFailure(
            f"event {event_id} has attempts of other flows than it should",
            expected=f"attempt 1 of {sorted(flows)}",
            got=f"attempt 1 of {first}",
        )


def unlinked(api: Tenant) -> Mapping[str, Any]:
    """A new endpoint without a flow."""
    made: Mapping[str, Any] = api.an_ingester()
    return made


def flow_from(api: Tenant, ingester: Mapping[str, Any], **target: Any) -> Any:
    """A new flow of the endpoint; it tries once."""
    destination = api.a_destination(**{"url": "http://127.0.0.1:9/", **target})
    policy = {"retry_policy": {"max_attempts": 1}}
    return api.a_flow(source_id=ingester["id"], destination_id=destination["id"], config=policy)


@requirement("EVENT-001")
@pytest.mark.parametrize("kind", ["stripe", "github", "shopify", "twilio", "generic"])
def test_an_event_is_taken_of_any_kind_of_endpoint(api: Tenant, kind: str) -> None:
    answer = posted(api, api.an_ingester(type=kind))
    answer.must(isinstance(answer["event_id"], str) and answer["event_id"], "event_id is empty")
    answer.must(type(answer["deliveries"]) is int, "deliveries is not a number")


@requirement("EVENT-001")
def test_two_equal_events_are_two(api: Tenant) -> None:
    ingester = unlinked(api)
    ids = [posted(api, ingester, b'{"id":"evt_same"}')["event_id"] for _ in range(5)]
    ids += [posted(api, unlinked(api), b'{"id":"evt_same"}')["event_id"]]
    if len(set(ids)) != len(ids):
        raise ConformanceFailure(f"equal events share an event_id: {ids}")


@requirement("EVENT-001")
def test_events_of_the_other_tenant_are_taken_too(other: Tenant) -> None:
    posted(other, unlinked(other))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 21])
@requirement("EVENT-002")
def test_each_flow_of_the_endpoint_gets_an_attempt(api: Tenant, count: int) -> None:
    ingester = unlinked(api)
    brings(api, ingester, [flow_from(api, ingester)["id"] for _ in range(count)])


@requirement("EVENT-002")
def test_two_flows_to_one_target_get_an_attempt_each(api: Tenant) -> None:
    ingester = unlinked(api)
    first = flow_from(api, ingester)
    second = api.a_flow(source_id=ingester["id"], destination_id=first["destination_id"])
    brings(api, ingester, [first["id"], second["id"]])


@requirement("EVENT-002")
def test_a_flow_made_by_the_recipe_gets_an_attempt(api: Tenant) -> None:
    ingester, target = unlinked(api), api.a_destination(url="http://127.0.0.1:9/")
    given = {
        "name": a_name("flow"),
        "source": ingester["id"],
        "target": {"id": target["id"], "type": target["type"]},
    }
    made = api.call("createClusterDeliveryFlow", json=given)
    if made.status != 201:
        raise NotRun("a precondition failed: the recipe made no flow")
    brings(api, ingester, [made["id"]])


@requirement("EVENT-002")
def test_every_event_gets_attempts_of_its_own(api: Tenant) -> None:
    ingester = unlinked(api)
    flow = flow_from(api, ingester)
    for _ in range(3):
        brings(api, ingester, [flow["id"]])


@requirement("EVENT-002")
def test_an_event_gets_its_attempts_at_once_and_they_are_made(api: Tenant) -> None:
    ingester = unlinked(api)
    flow_from(api, ingester)
    event_id = str(posted(api, ingester)["event_id"])
    made = until(
        lambda: any(one.get("status") == "failed" for one in rows_of(api, event_id)),
        seconds=2 * PROMPTLY_SECONDS,
    )
    if not made:
        raise ConformanceFailure(f"the first attempt of event {event_id} was not made in time")


@requirement("EVENT-003")
def test_a_flow_of_another_endpoint_gets_nothing(api: Tenant) -> None:
    ingester, another = unlinked(api), unlinked(api)
    own, _ = flow_from(api, ingester), flow_from(api, another)
    brings(api, ingester, [own["id"]])
    brings(api, unlinked(api), [])


@requirement("EVENT-003")
def test_a_deleted_flow_gets_nothing(api: Tenant) -> None:
    ingester = unlinked(api)
    gone, kept = flow_from(api, ingester), flow_from(api, ingester)
    api.call("deleteDeliveryFlow", flow_id=gone["id"])
    brings(api, ingester, [kept["id"]])


@requirement("EVENT-003")
def test_a_flow_moved_away_gets_what_comes_where_it_is(api: Tenant) -> None:
    before, after = unlinked(api), unlinked(api)
    flow = flow_from(api, before)
    FLOW.changed(api, flow, source_id=after["id"])
    brings(api, before, [])
    brings(api, after, [flow["id"]])


@requirement("EVENT-004")
def test_a_flow_to_a_disabled_target_waits_until_it_is_active(api: Tenant) -> None:
    ingester = unlinked(api)
    flow, beside = flow_from(api, ingester), flow_from(api, ingester)
    for status, flows in (("disabled", [beside]), ("active", [flow, beside])):
        changed = api.call(
            "updateDestination", destination_id=flow["destination_id"], json={"status": status}
        )
        if changed.status != 200:
            raise NotRun(f"a precondition failed: the target was not made {status}")
        brings(api, ingester, [one["id"] for one in flows])


@requirement("EVENT-004")
def test_an_event_of_the_disabled_time_is_not_made_up_for(api: Tenant) -> None:
    ingester = unlinked(api)
    flow = flow_from(api, ingester)
    target = {"destination_id": flow["destination_id"]}
    api.call("updateDestination", **target, json={"status": "disabled"})
    event_id = str(posted(api, ingester)["event_id"])
    api.call("updateDestination", **target, json={"status": "active"})
    wait_for(0.5)
    if rows_of(api, event_id):
        raise ConformanceFailure("an event got an attempt at a target that was disabled then")


@requirement("EVENT-005")
def test_an_endpoint_that_is_not_there_takes_nothing(api: Tenant) -> None:
    ingester = unlinked(api)
    address = str(ingester.get("ingest_url"))
    if str(ingester["id"]) not in address:
        raise NotRun("ingest_url does not show the endpoint's id")
    for one in unknown_ids():
        unknown = {"ingest_url": address.replace(str(ingester["id"]), one)}
        ingest(api, unknown, b"{}").expect_problem(404, "not-found")


@pytest.mark.parametrize("before", [0, 1])
@requirement("EVENT-005")
def test_a_deleted_endpoint_takes_nothing(api: Tenant, before: int) -> None:
    ingester = unlinked(api)
    for _ in range(before):
        posted(api, ingester)
    api.call("deleteIngester", ingester_id=ingester["id"])
    ingest(api, ingester, b"{}").expect_problem(404, "not-found")


@pytest.mark.parametrize("content_type", _TYPES)
@requirement("EVENT-006")
def test_an_event_of_any_content_type_is_taken(api: Tenant, content_type: str | None) -> None:
    ingest(api, unlinked(api), b"\x00\x01 a=1", content_type).expect(202)


@pytest.mark.parametrize("name", _BODIES)
@requirement("EVENT-006")
def test_an_event_of_any_bytes_is_taken(api: Tenant, name: str) -> None:
    ingest(api, unlinked(api), _BODIES[name]).expect(202)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [_MIB - 1, _MIB])
@requirement("EVENT-006")
def test_an_event_of_1_mib_is_taken(api: Tenant, size: int, chunked: bool) -> None:
    ingest(api, unlinked(api), b"x" * size, "text/plain", chunked=chunked).expect(202)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [_MIB + 1, 2 * _MIB])
@requirement("EVENT-006")
def test_a_larger_event_is_not_taken(api: Tenant, size: int, chunked: bool) -> None:
    answer = ingest(api, unlinked(api), b"x" * size, "application/json", chunked=chunked)
    if answer.exchange.received is None:
        raise NotRun("the connection ended before an answer could be read")
    answer.expect_problem(413, "payload-too-large")


@requirement("DLV-010")
def test_two_flows_to_one_target_are_told_apart(api: Tenant) -> None:
    _two_flows(api, "flow_id")


@requirement("DLV-008")
def test_each_flow_numbers_its_own_attempts(api: Tenant) -> None:
    _two_flows(api, "attempt_number")


def _two_flows(api: Tenant, member: str) -> None:
    """One event through two flows to one target: each has attempt 1, and says which flow it is."""
    ingester, target = unlinked(api), api.a_destination()["id"]
    flows = [api.a_flow(source_id=ingester["id"], destination_id=target)["id"] for _ in range(2)]
    answer = posted(api, ingester)
    rows: list[Row] = []

    def there() -> bool:
        rows[:] = rows_of(api, str(answer["event_id"]))
        return len(rows) >= len(flows)

    if not until(there, seconds=PROMPTLY_SECONDS):
        raise NotRun("a precondition failed: the event has not an attempt for each flow")
    shown = sorted(str(row.get(member)) for row in rows[:2])
    wanted = sorted(flows) if member == "flow_id" else ["1", "1"]
    answer.must(shown == wanted, f"{member} of an event's two first attempts are {shown}")
    for row in rows[:2]:
        alone = api.call("getDelivery", delivery_id=str(row.get("id")))
        alone.expect(200).expect_members(**{member: row.get(member)})
