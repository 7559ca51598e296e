"""Retries: of an event, and of a batch of attempts; each adds to the end of chains that failed."""

import itertools
from typing import Any

import pytest

from tests.server import given, snapshots
from tests.server.client import Answer, Api
from tests.server.harness import Sandbox
from zen_sandbox.handlers import recovery
from zen_sandbox.problems import Conflict

FLOWS = ("flow_1", "flow_2", "flow_3")


def retry(api: Api, event_id: str, **more: Any) -> Answer:
    """Asks for a retry of the event."""
    return api.post(api.at("events", event_id, "retry"), **more)


def retry_batch(api: Api, *delivery_ids: str) -> Answer:
    """Asks for a retry of these attempts."""
    return api.post(api.at("retry", "batch"), {"delivery_ids": list(delivery_ids)})


def trace(api: Api, event_id: str) -> list[dict[str, Any]]:
    """The event's attempts, oldest first."""
    return api.walk(api.at("deliveries", event_id=event_id), "deliveries")


def test_a_retry_queues_the_next_attempt_of_a_failed_chain(shared: Sandbox, api: Api) -> None:
    event_id, first = given.failed_event(
        shared, api.tenant_id, flow_id="flow_1", destination_id="dest_1"
    )
    before = trace(api, event_id)
    answer = retry(api, event_id).expect(202).json
    assert answer["status"] == "queued"
    assert answer["message"]
    [old, new] = trace(api, event_id)
    assert [old] == before
    assert new["id"] == answer["delivery_id"] != first
    assert (new["status"], new["attempt_number"]) == ("retrying", 2)
    assert (new["flow_id"], new["destination_id"]) == ("flow_1", "dest_1")
    assert new["evidence_id"] != old["evidence_id"]
    assert "next_attempt_at" in new
    assert "attempted_at" not in new


def test_a_retry_queues_one_attempt_for_each_chain_that_ends_in_a_failure(
    shared: Sandbox, api: Api
) -> None:
    tenant, event_id = api.tenant_id, given.event(shared, api.tenant_id)
    for flow_id in FLOWS:
        given.attempt(shared, tenant, event_id, flow_id=flow_id)
    given.attempt(shared, tenant, event_id, flow_id="flow_1", number=2)
    given.attempt(shared, tenant, event_id, flow_id="flow_2", number=2, ending="delivered")
    answer = retry(api, event_id).expect(202).json
    new = trace(api, event_id)[5:]
    assert [(row["flow_id"], row["attempt_number"]) for row in new] == [
        ("flow_1", 3),
        ("flow_3", 2),
    ]
    assert answer["delivery_id"] == new[0]["id"]


@pytest.mark.parametrize("ending", ["queued", "delivered"])
def test_a_chain_that_does_not_end_in_a_failure_is_not_retried(
    shared: Sandbox, api: Api, ending: given.Ending
) -> None:
    event_id = given.event(shared, api.tenant_id)
    given.attempt(shared, api.tenant_id, event_id)
    given.attempt(shared, api.tenant_id, event_id, number=2, ending=ending)
    before = trace(api, event_id)
    retry(api, event_id).refused("conflict", f"Event {event_id} has no failed delivery to retry.")
    assert trace(api, event_id) == before


def test_a_second_retry_finds_the_chain_queued_until_it_fails_again(
    shared: Sandbox, api: Api
) -> None:
    event_id, _ = given.failed_event(shared, api.tenant_id)
    queued = retry(api, event_id).expect(202).json["delivery_id"]
    retry(api, event_id).refused("conflict")
    given.finish(shared, api.tenant_id, queued, "failed")
    retry(api, event_id).expect(202)
    assert [row["attempt_number"] for row in trace(api, event_id)] == [1, 2, 3]


def test_an_event_that_matched_no_flow_is_a_conflict_and_an_unknown_one_is_not_found(
    shared: Sandbox, api: Api
) -> None:
    event_id = given.event(shared, api.tenant_id)
    retry(api, event_id).refused("conflict")
    retry(api, "evt_none").refused("not-found", "Event evt_none not found.")


def test_no_body_and_an_empty_object_are_equal(shared: Sandbox, api: Api) -> None:
    ways: list[dict[str, Any]] = [
        {},
        {"json": {}},
        {"data": b"", "headers": {"Content-Type": "application/json"}},
        {"data": b"", "headers": {"Content-Type": "text/plain"}},
        {"data": b" { } ", "headers": {"Content-Type": "application/json; charset=UTF-8"}},
        {"data": b"", "chunked": True},
    ]
    for more in ways:
        event_id, _ = given.failed_event(shared, api.tenant_id)
        retry(api, event_id, **more).expect(202)


@pytest.mark.parametrize("body", [{"delivery_id": "dlv_1"}, [], None, "x", 0, False])
def test_any_other_body_is_refused(shared: Sandbox, api: Api, body: Any) -> None:
    event_id, _ = given.failed_event(shared, api.tenant_id)
    retry(api, event_id, json=body).refused("validation-error")
    assert len(trace(api, event_id)) == 1


def test_a_batch_queues_one_attempt_for_each_chain_and_lists_the_given_ids(
    shared: Sandbox, api: Api
) -> None:
    events = [given.failed_event(shared, api.tenant_id) for _ in range(3)]
    ids = [delivery_id for _, delivery_id in events]
    answer = retry_batch(api, *ids).expect(202).json
    assert answer == {
        "queued": 3,
        "deliveries": [{"delivery_id": one, "status": "queued"} for one in ids],
    }
    for event_id, _ in events:
        [_, new] = trace(api, event_id)
        assert (new["status"], new["attempt_number"]) == ("retrying", 2)


def test_ids_of_one_chain_and_repeated_ids_are_merged_into_the_first_given(
    shared: Sandbox, api: Api
) -> None:
    tenant, event_id = api.tenant_id, given.event(shared, api.tenant_id)
    first, second, third = (
        given.attempt(shared, tenant, event_id, flow_id="flow_1", number=n) for n in (1, 2, 3)
    )
    other_flow = given.attempt(shared, tenant, event_id, flow_id="flow_2")
    other_event, other = given.failed_event(shared, tenant, flow_id="flow_1")
    answer = retry_batch(api, second, other, first, second, other_flow, third, other).expect(202)
    assert [row["delivery_id"] for row in answer.json["deliveries"]] == [second, other, other_flow]
    assert answer.json["queued"] == 3
    assert [(r["flow_id"], r["attempt_number"]) for r in trace(api, event_id)[4:]] == [
        ("flow_1", 4),
        ("flow_2", 2),
    ]
    assert [row["attempt_number"] for row in trace(api, other_event)] == [1, 2]


def test_an_unknown_id_in_a_batch_is_named_and_nothing_is_queued(shared: Sandbox, api: Api) -> None:
    _, known = given.failed_event(shared, api.tenant_id)
    delivered = given.attempt(
        shared, api.tenant_id, given.event(shared, api.tenant_id), ending="delivered"
    )
    before = snapshots.resources(shared, api.tenant_id)
    for ids in ((known, "dlv_none"), ("dlv_none", known), (delivered, "dlv_none")):
        retry_batch(api, *ids).refused("not-found", "Delivery dlv_none not found.")
    assert snapshots.resources(shared, api.tenant_id) == before


@pytest.mark.parametrize("ending", ["queued", "delivered"])
def test_an_id_whose_chain_went_on_is_a_conflict_and_nothing_is_queued(
    shared: Sandbox, api: Api, ending: given.Ending
) -> None:
    _, known = given.failed_event(shared, api.tenant_id)
    event_id, went_on = given.failed_event(shared, api.tenant_id)
    newest = given.attempt(shared, api.tenant_id, event_id, number=2, ending=ending)
    before = snapshots.resources(shared, api.tenant_id)
    for ids in ((known, went_on), (went_on, known), (newest,), (newest, went_on)):
        document = retry_batch(api, *ids).refused("conflict")
        assert next(one for one in ids if one != known) in document["detail"]
    assert snapshots.resources(shared, api.tenant_id) == before


def test_what_a_retry_has_queued_before_it_fails_is_undone(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    api, real, calls = sandbox.api(), recovery._queue_after, itertools.count()

    def fails_at_the_second(*arguments: Any) -> str:
        if next(calls):
            raise Conflict("The second one fails.")
        return real(*arguments)

    ids = [given.failed_event(sandbox, api.tenant_id)[1] for _ in range(3)]
    before = snapshots.resources(sandbox, api.tenant_id)["deliveries"]
    monkeypatch.setattr(recovery, "_queue_after", fails_at_the_second)
    answer = api.post(api.at("retry", "batch"), {"delivery_ids": ids}, key="k")
    answer.refused("conflict", "The second one fails.")
    after = snapshots.resources(sandbox, api.tenant_id)
    assert after["deliveries"] == before
    assert len(after["idempotency"]) == 1


@pytest.mark.parametrize(
    "ids", [[], ["x"] * 101, [""], ["a b"], [None], [5], "dlv_1", None, {}, [["dlv_1"]]]
)
def test_a_batch_that_is_no_list_of_1_to_100_ids_is_refused(api: Api, ids: Any) -> None:
    document = api.post(api.at("retry", "batch"), {"delivery_ids": ids}).refused("validation-error")
    assert document["errors"][0]["field"].startswith("delivery_ids")


@pytest.mark.parametrize("body", [{}, [], None, {"delivery_ids": ["dlv_1"], "force": True}])
def test_a_batch_of_another_shape_is_refused(api: Api, body: Any) -> None:
    api.post(api.at("retry", "batch"), body).refused("validation-error")


def test_a_batch_of_100_ids_is_taken(shared: Sandbox, api: Api) -> None:
    ids = [given.failed_event(shared, api.tenant_id)[1] for _ in range(100)]
    assert retry_batch(api, *ids).expect(202).json["queued"] == 100


def test_a_batch_of_100_times_one_id_is_one_retry(shared: Sandbox, api: Api) -> None:
    _, delivery_id = given.failed_event(shared, api.tenant_id)
    assert retry_batch(api, *[delivery_id] * 100).expect(202).json["queued"] == 1


def test_retries_go_on_past_the_flows_max_attempts(shared: Sandbox, api: Api) -> None:
    flow = given.flow(api, config={"retry_policy": {"max_attempts": 1}})
    event_id, _ = given.failed_event(shared, api.tenant_id, flow_id=flow["id"])
    for number in range(2, 6):
        queued = retry(api, event_id).expect(202).json["delivery_id"]
        assert api.get(api.at("deliveries", queued)).json["attempt_number"] == number
        given.finish(shared, api.tenant_id, queued, "failed")
