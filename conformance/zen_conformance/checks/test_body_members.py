"""The members of request bodies: unknown, read-only, missing, twice, or of another type."""

import json
from typing import Any

import pytest

from zen_conformance.answer import Answer
from zen_conformance.body_members import (
    Member,
    Path,
    members,
    objects,
    with_member,
    without_member,
)
from zen_conformance.check import requirement
from zen_conformance.operation_cases import (
    WITH_BODY,
    each_operation,
    kind_of,
    must_be_offered,
    standing_request,
)
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant, encoded

_MOMENT = "2026-01-01T00:00:00Z"
_READ_ONLY: dict[str, dict[str, Any]] = {
    "Destination": {"id": "zc", "created_at": _MOMENT, "updated_at": _MOMENT},
    "DeliveryFlow": {
        "id": "zc", "status": "active", "created_at": _MOMENT, "updated_at": _MOMENT,
    },
    "Ingester": {
        "id": "zc",
        "ingest_url": "https://in.example.com/hooks/zc",
        "status": "active",
        "created_at": _MOMENT,
        "updated_at": _MOMENT,
    },
    "ClusterDeliveryFlow": {
        "id": "zc", "status": "active", "createdAt": _MOMENT, "updatedAt": _MOMENT,
    },
}  # fmt: skip


def changed(api: Tenant, operation_id: str, change: Any, value: Any = ...) -> Answer:
    """The request with a member changed, or (no value) left out."""
    arguments = standing_request(api, operation_id)
    body = arguments["json"]
    given = value is not ...
    body = with_member(body, change, value) if given else without_member(body, change)
    return api.call(operation_id, **{**arguments, "json": body})


def _of_members(keep: Any) -> pytest.MarkDecorator:
    cases = [(name, one) for name in WITH_BODY for one in members(name) if keep(name, one)]
    return pytest.mark.parametrize(
        ("operation_id", "member"), cases, ids=[f"{name}-{one.name}" for name, one in cases]
    )


def _of_objects() -> pytest.MarkDecorator:
    cases = [(name, path) for name in WITH_BODY for path in objects(name)]
    return pytest.mark.parametrize(
        ("operation_id", "where"),
        cases,
        ids=[f"{name}-{'.'.join(path) or 'top'}" for name, path in cases],
    )


@requirement("BODY-008")
@_of_objects()
def test_an_unknown_member_is_refused(
    suite: Suite, api: Tenant, operation_id: str, where: Path
) -> None:
    must_be_offered(suite, operation_id)
    known = {one.path[-1] for one in members(operation_id) if one.path[:-1] == where}
    near = (
        {one.upper() for one in known} | {f"{one} " for one in known} | {f"{one}s" for one in known}
    )
    for name in ["zc_unknown", "", "x-zc", "tenant_id", "__proto__", *sorted(near - known)]:
        for value in ("zc", None):
            answer = changed(api, operation_id, (*where, name), value)
            answer.expect(400, why=f"the member {'.'.join((*where, name))!r} is unknown")


@requirement("BODY-008")
@each_operation(name for name in WITH_BODY if "Flow" in name)
def test_a_member_in_the_other_views_spelling_is_unknown(
    suite: Suite, api: Tenant, operation_id: str
) -> None:
    must_be_offered(suite, operation_id)
    in_cluster = ("source_id", "destination_id", "config", "target_id")
    others = in_cluster if "Cluster" in operation_id else ("sourceId", "destinationId", "source")
    arguments = standing_request(api, operation_id)
    for name in others:
        answer = changed(api, operation_id, (name,), next(iter(arguments["json"].values())))
        answer.expect(400, why=f"the member {name!r} is of the other view")


def _resource(operation_id: str) -> str:
    return kind_of(operation_id) or operation_id.removeprefix("create")


@requirement("BODY-009")
@each_operation(name for name in WITH_BODY if not name.startswith("retry"))
def test_a_read_only_member_is_refused(suite: Suite, api: Tenant, operation_id: str) -> None:
    must_be_offered(suite, operation_id)
    for name, value in _READ_ONLY[_resource(operation_id)].items():
        answer = changed(api, operation_id, (name,), value)
        answer.expect(400, why=f"{name} is read-only")
    if operation_id == "createDestination":
        changed(api, operation_id, ("status",), "active").expect(400, why="status is read-only")


@requirement("BODY-009")
@each_operation(name for name in WITH_BODY if kind_of(name))
def test_a_read_only_member_is_refused_with_its_own_value(
    suite: Suite, api: Tenant, operation_id: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    document = api.call(f"get{kind_of(operation_id)}", ids=arguments["ids"]).expect(200)
    for name in _READ_ONLY[_resource(operation_id)]:
        answer = changed(api, operation_id, (name,), document[name])
        answer.expect(400, why=f"{name} is read-only")


@requirement("BODY-010")
@_of_members(lambda name, one: one.required)
def test_a_required_member_that_is_missing_is_named(
    suite: Suite, api: Tenant, operation_id: str, member: Member
) -> None:
    must_be_offered(suite, operation_id)
    answer = changed(api, operation_id, member.path)
    answer.expect_problem(400, field=member.name, why=f"{member.name} is missing")


@requirement("BODY-010")
@each_operation(name for name in WITH_BODY if any(one.required for one in members(name)))
def test_an_empty_object_is_not_enough(suite: Suite, api: Tenant, operation_id: str) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    api.call(operation_id, **{**arguments, "json": {}}).expect(400)


@requirement("BODY-011")
@_of_members(lambda name, one: not name.startswith("retry"))
def test_a_member_of_another_type_is_refused(
    suite: Suite, api: Tenant, operation_id: str, member: Member
) -> None:
    must_be_offered(suite, operation_id)
    for value in member.wrong_values():
        answer = changed(api, operation_id, member.path, value)
        answer.expect(400, why=f"{member.name} was {json.dumps(value)}")


@requirement("BODY-011")
@each_operation(WITH_BODY)
@pytest.mark.parametrize("value", [None, True, 3, "zc", [], [{}]], ids=json.dumps)
def test_a_body_that_is_no_object_is_refused(
    suite: Suite, api: Tenant, operation_id: str, value: Any
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    given = [arguments["json"]] if value == [{}] else value
    answer = api.call(operation_id, **{**arguments, "json": given})
    answer.expect(400, why="the body was no object")


@requirement("BODY-012")
@each_operation(name for name in WITH_BODY if name != "retryEvent")
def test_a_key_named_twice_is_refused(suite: Suite, api: Tenant, operation_id: str) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    rest = {"ids": arguments["ids"]}
    for one in members(operation_id):
        value = arguments["json"]
        for step in one.path:
            value = value.get(step) if isinstance(value, dict) else None
        if value is not None:
            pair = f"{json.dumps(one.path[-1])}: {json.dumps(value)}".encode()
            body = encoded(arguments["json"]).replace(pair, pair + b", " + pair)
            answer = api.call(operation_id, body=body, **rest)
            answer.expect(400, why=f"{one.name} was there twice")
