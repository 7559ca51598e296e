"""Flows at the tenant level: defaults, references, and PUT that replaces."""

from pathlib import Path
from typing import Any

import pytest

from tests.server import given
from tests.server.client import Api
from tests.server.harness import Sandbox
from zen_sandbox.clock import SteppingClock

MEMBERS = {
    "id",
    "name",
    "source_id",
    "destination_id",
    "config",
    "status",
    "created_at",
    "updated_at",
}
WRITABLE = ("name", "source_id", "destination_id")


def policy(max_attempts: Any, backoff_seconds: Any) -> dict[str, Any]:
    """A `config` with that retry policy."""
    retry_policy = {"max_attempts": max_attempts, "backoff_seconds": backoff_seconds}
    return {"retry_policy": retry_policy}


DEFAULTS = policy(3, 10)


def test_a_flow_is_created_with_its_defaults_and_found_at_its_location(api: Api) -> None:
    body = given.flow_body(api)
    answer = api.post(api.at("delivery-flows"), body).expect(201)
    made = answer.json
    assert made.keys() == MEMBERS
    assert made["id"].startswith("flow_")
    assert {**made, **body, "config": DEFAULTS, "status": "active"} == made
    assert answer.headers["location"] == api.at("delivery-flows", made["id"])
    assert api.get(answer.headers["location"]).expect(200).json == made
    assert api.walk(api.at("delivery-flows"), "delivery_flows") == [made]


@pytest.mark.parametrize(
    ("config", "filled_in"),
    [
        ({}, DEFAULTS),
        ({"retry_policy": {}}, DEFAULTS),
        ({"retry_policy": {"max_attempts": 1}}, policy(1, 10)),
        ({"retry_policy": {"backoff_seconds": 1}}, policy(3, 1)),
        (policy(10, 3600), policy(10, 3600)),
        (policy(1, 1), policy(1, 1)),
    ],
)
def test_what_the_retry_policy_leaves_out_is_filled_in(
    api: Api, config: dict[str, Any], filled_in: dict[str, Any]
) -> None:
    assert given.flow(api, config=config)["config"] == filled_in


@pytest.mark.parametrize(
    ("config", "field", "message"),
    [
        (policy(0, 10), "config.retry_policy.max_attempts", "must be an integer from 1 to 10"),
        (policy(11, 10), "config.retry_policy.max_attempts", "must be an integer from 1 to 10"),
        (policy(-1, 10), "config.retry_policy.max_attempts", None),
        (policy("3", 10), "config.retry_policy.max_attempts", None),
        (policy(2.5, 10), "config.retry_policy.max_attempts", None),
        (policy(True, 10), "config.retry_policy.max_attempts", None),
        (policy(None, 10), "config.retry_policy.max_attempts", "must not be null"),
        (policy(10**30, 10), "config.retry_policy.max_attempts", None),
        (policy(3, 0), "config.retry_policy.backoff_seconds", "must be an integer from 1 to 3600"),
        (policy(3, 3601), "config.retry_policy.backoff_seconds", None),
        ({"retry_policy": None}, "config.retry_policy", "must not be null"),
        ({"retry_policy": []}, "config.retry_policy", None),
        ({"retry_policy": {"jitter": 1}}, "config.retry_policy.jitter", "is not a known field"),
        ({"timeout": 1}, "config.timeout", "is not a known field"),
        (None, "config", "must not be null"),
        ([], "config", None),
    ],
)
def test_a_retry_policy_that_is_not_valid_is_refused(
    api: Api, config: Any, field: str, message: str | None
) -> None:
    body = given.flow_body(api, config=config)
    api.post(api.at("delivery-flows"), body).invalid(field, message)
    flow = given.flow(api)
    api.put(api.at("delivery-flows", flow["id"]), body).invalid(field, message)
    assert api.walk(api.at("delivery-flows"), "delivery_flows") == [flow]


@pytest.mark.parametrize("missing", WRITABLE)
def test_a_flow_needs_a_name_a_source_and_a_target(api: Api, missing: str) -> None:
    flow = given.flow(api)
    body = given.flow_body(api)
    del body[missing]
    for answer in (
        api.post(api.at("delivery-flows"), body),
        api.put(api.at("delivery-flows", flow["id"]), body),
    ):
        assert answer.refused("validation-error")["detail"] == f"{missing}: is required"


@pytest.mark.parametrize(
    "fields", [{"id": "flow_x"}, {"status": "active"}, {"colour": "red"}, {"target": {}}]
)
def test_a_field_that_a_flow_does_not_take_is_refused(api: Api, fields: dict[str, Any]) -> None:
    flow = given.flow(api)
    body = given.flow_body(api, **fields)
    for answer in (
        api.post(api.at("delivery-flows"), body),
        api.put(api.at("delivery-flows", flow["id"]), body),
    ):
        answer.invalid(next(iter(fields)), "is not a known field")


def test_references_to_what_does_not_exist_are_refused_by_name(api: Api) -> None:
    flow = given.flow(api)
    cases = [
        ({"source_id": "ing_none"}, ["source_id: endpoint not found"]),
        ({"destination_id": "dest_none"}, ["destination_id: target not found"]),
        (
            {"source_id": "ing_none", "destination_id": "dest_none"},
            ["source_id: endpoint not found", "destination_id: target not found"],
        ),
        # Each of the two is looked for among its own kind.
        (
            {"source_id": flow["destination_id"], "destination_id": flow["source_id"]},
            ["source_id: endpoint not found", "destination_id: target not found"],
        ),
    ]
    for fields, expected in cases:
        body = given.flow_body(api, **fields)
        for answer in (
            api.post(api.at("delivery-flows"), body),
            api.put(api.at("delivery-flows", flow["id"]), body),
        ):
            document = answer.refused("validation-error", expected[0])
            assert [f"{e['field']}: {e['message']}" for e in document["errors"]] == expected


@pytest.mark.parametrize("identifier", ["", "a b", "x" * 65, "_x", None, 5])
def test_a_reference_that_is_no_id_is_refused(api: Api, identifier: Any) -> None:
    for field in ("source_id", "destination_id"):
        body = given.flow_body(api, **{field: identifier})
        api.post(api.at("delivery-flows"), body).invalid(field)


def test_put_replaces_a_flow_and_what_is_left_out_falls_back_to_its_default(api: Api) -> None:
    before = given.flow(api, config=policy(7, 77))
    path = api.at("delivery-flows", before["id"])
    body = given.flow_body(api)
    after = api.put(path, body).expect(200).json
    assert after["config"] == DEFAULTS
    assert {key: after[key] for key in WRITABLE} == body
    assert (after["id"], after["created_at"]) == (before["id"], before["created_at"])
    assert api.get(path).json == after
    half = {**body, "config": {"retry_policy": {"max_attempts": 9}}}
    assert api.put(path, half).expect(200).json["config"] == policy(9, 10)
    assert api.put(path, {**body, "config": {}}).expect(200).json["config"] == DEFAULTS


def test_put_changes_each_field_by_itself(api: Api) -> None:
    flow = given.flow(api)
    path = api.at("delivery-flows", flow["id"])
    body = {key: flow[key] for key in WRITABLE}
    for field, value in {
        "name": given.name("flow"),
        "source_id": given.ingester(api)["id"],
        "destination_id": given.destination(api)["id"],
    }.items():
        body[field] = value
        after = api.put(path, body).expect(200).json
        assert {key: after[key] for key in WRITABLE} == body


def test_updated_at_moves_when_a_flow_changes(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "sandbox.db", clock=SteppingClock()) as sandbox:
        api = sandbox.api()
        before = given.flow(api)
        body = {**{key: before[key] for key in WRITABLE}, "config": policy(5, 5)}
        after = api.put(api.at("delivery-flows", before["id"]), body).expect(200).json
        assert after["updated_at"] > before["updated_at"]
        assert after["created_at"] == before["created_at"]


def test_a_flow_moved_to_another_target_uses_that_one_and_frees_the_first(api: Api) -> None:
    flow = given.flow(api)
    other = given.destination(api)["id"]
    body = {**{key: flow[key] for key in WRITABLE}, "destination_id": other}
    api.put(api.at("delivery-flows", flow["id"]), body).expect(200)
    api.delete(api.at("destinations", flow["destination_id"])).expect(204)
    api.delete(api.at("destinations", other)).refused("conflict")


def test_one_source_and_one_target_may_be_used_by_many_flows(api: Api) -> None:
    flow = given.flow(api)
    ends = {key: flow[key] for key in ("source_id", "destination_id")}
    made = [flow, *(given.flow(api, **ends) for _ in range(3))]
    assert api.walk(api.at("delivery-flows"), "delivery_flows") == made[::-1]


def test_a_deleted_flow_is_gone_and_past_attempts_keep_its_id(shared: Sandbox, api: Api) -> None:
    flow = given.flow(api)
    _, delivery_id = given.failed_event(shared, api.tenant_id, flow_id=flow["id"])
    path = api.at("delivery-flows", flow["id"])
    api.delete(path).expect(204)
    gone = f"Flow {flow['id']} not found."
    api.get(path).refused("not-found", gone)
    api.delete(path).refused("not-found", gone)
    api.put(path, given.flow_body(api)).refused("not-found", gone)
    assert api.get(api.at("deliveries", delivery_id)).json["flow_id"] == flow["id"]
