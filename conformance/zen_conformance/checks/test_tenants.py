"""Isolation of tenants: paths, ids in paths, in bodies, in filters and in cursors."""

from collections.abc import Iterator

import pytest

from zen_conformance import contract
from zen_conformance.check import requirement
from zen_conformance.contract import told
from zen_conformance.failed_attempts import failed_attempt
from zen_conformance.operation_cases import (
    ALL,
    OBJECT_ID,
    Arguments,
    each_operation,
    kind_of,
    must_be_offered,
    read_back,
    standing_request,
    valid_request,
)
from zen_conformance.sameness import must_tell_the_same
from zen_conformance.standing import UNKNOWN_ID, standing_attempt
from zen_conformance.suite import Suite
from zen_conformance.target_file import Credential
from zen_conformance.tenant import Tenant, a_name

IN_A_TENANTS_PATH = tuple(
    one.operation_id for one in contract.operations() if "{tenant_id}" in one.path
)
_BY_KIND = {
    "Destination": "TENANT-003",
    "DeliveryFlow": "TENANT-004",
    "Ingester": "TENANT-005",
}


def foreign_credentials(suite: Suite, path_tenant: Tenant) -> Iterator[Credential]:
    """The valid credentials with many scopes of the tenant that the path does not name."""
    for one in suite.target.credentials:
        if one.tenant != path_tenant.entry.role and one.state == "valid" and len(one.scopes) > 1:
            yield one


@requirement("TENANT-001")
@each_operation(IN_A_TENANTS_PATH)
@pytest.mark.parametrize("path_of", ["primary", "other"])
def test_no_operation_is_open_to_another_tenants_credential(
    suite: Suite, operation_id: str, path_of: str
) -> None:
    must_be_offered(suite, operation_id)
    owner, guest = suite.primary, suite.other
    if path_of == "other":
        owner, guest = guest, owner
    for arguments in (standing_request(owner, operation_id), standing_request(guest, operation_id)):
        for credential in foreign_credentials(suite, owner):
            answer = owner.using(credential).call(operation_id, **arguments)
            answer.expect_problem(403, "permission-denied")


@requirement("TENANT-002")
@each_operation(IN_A_TENANTS_PATH)
def test_whether_another_tenant_exists_is_not_told(
    suite: Suite, api: Tenant, other: Tenant, operation_id: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    nobody = under(arguments, "tenant_id", UNKNOWN_ID)
    somebody = under(arguments, "tenant_id", other.id)
    must_tell_the_same(
        api.call(operation_id, **nobody),
        # That it is refused at all is TENANT-001's.
        api.call(operation_id, **somebody).precondition(403),
        (UNKNOWN_ID, other.id),
        "a tenant that exists is told from one that does not",
    )


def under(arguments: Arguments, name: str, value: str) -> Arguments:
    """The same request with another value in its path."""
    return {**arguments, "ids": {**arguments["ids"], name: value}}


@pytest.mark.parametrize(
    "operation_id",
    [
        pytest.param(one, marks=requirement(_BY_KIND[str(kind_of(one))]))
        for one in ALL
        if kind_of(one) in _BY_KIND
    ],
)
@pytest.mark.parametrize("state", ["fresh", "in use"])
def test_another_tenants_object_is_not_there(
    suite: Suite, api: Tenant, other: Tenant, operation_id: str, state: str
) -> None:
    must_be_offered(suite, operation_id)
    name = OBJECT_ID[str(kind_of(operation_id))]
    theirs = valid_request(other, operation_id)
    if state == "in use":
        theirs["ids"] = _of_a_flow(other.a_flow(), name)
    before = read_back(other, operation_id, theirs)
    ours = valid_request(api, operation_id)
    foreign_id = theirs["ids"][name]
    must_look_missing(api, operation_id, ours, name, foreign_id)
    if "json" in theirs:  # with the very values that the other tenant's object has
        values = {key: before[key] for key in ours["json"] if key in before}
        named = {**ours, "json": {**ours["json"], "name": values.get("name", "zc")}}
        must_look_missing(api, operation_id, named, name, foreign_id)
    after = other.call(f"get{kind_of(operation_id)}", ids=theirs["ids"])
    after.expect(200, why="the other tenant's object was changed")
    same = told(str(kind_of(operation_id)), after.document) == before
    after.must(same, "the other tenant's object was changed")


def _of_a_flow(flow: dict[str, str], name: str) -> dict[str, str]:
    member = {"destination_id": "destination_id", "ingester_id": "source_id", "flow_id": "id"}[name]
    return {name: str(flow[member])}


def must_look_missing(
    api: Tenant, operation_id: str, arguments: Arguments, name: str, foreign_id: str
) -> None:
    """The request about a foreign id is answered 404, as about an id that nothing has."""
    missing = api.call(operation_id, **under(arguments, name, UNKNOWN_ID)).precondition(404)
    foreign = api.call(operation_id, **under(arguments, name, foreign_id))
    must_tell_the_same(
        missing, foreign, (UNKNOWN_ID, foreign_id), "another tenant's object shows through"
    )


@requirement("TENANT-006")
def test_another_tenants_attempt_is_not_there(api: Tenant, other: Tenant) -> None:
    theirs = standing_attempt(other)
    must_look_missing(api, "getDelivery", {"ids": {}}, "delivery_id", theirs.id)


@requirement("TENANT-006")
def test_another_tenants_event_cannot_be_retried(suite: Suite, api: Tenant, other: Tenant) -> None:
    must_be_offered(suite, "retryEvent")
    theirs = standing_attempt(other)
    before = _rows(other, theirs.event_id)
    must_look_missing(api, "retryEvent", {"ids": {}, "json": {}}, "event_id", theirs.event_id)
    _must_have_queued_nothing(other, theirs.event_id, before)


@requirement("TENANT-006")
def test_another_tenants_attempt_cannot_be_retried_in_a_batch(
    suite: Suite, api: Tenant, other: Tenant
) -> None:
    must_be_offered(suite, "retryBatch")
    theirs, ours = standing_attempt(other), failed_attempt(api)
    before = _rows(other, theirs.event_id), _rows(api, ours.event_id)
    for beside in ([], [ours.id]):
        missing = api.call("retryBatch", json={"delivery_ids": [*beside, UNKNOWN_ID]})
        missing.precondition(404)
        foreign = api.call("retryBatch", json={"delivery_ids": [*beside, theirs.id]})
        must_tell_the_same(
            missing, foreign, (UNKNOWN_ID, theirs.id), "another tenant's attempt shows through"
        )
    _must_have_queued_nothing(other, theirs.event_id, before[0])
    _must_have_queued_nothing(api, ours.event_id, before[1])


def _rows(tenant: Tenant, event_id: str) -> list[object]:
    answer = tenant.call("listDeliveries", query={"event_id": event_id}).expect(200)
    return [row.get("id") for row in answer.rows("deliveries")]


def _must_have_queued_nothing(tenant: Tenant, event_id: str, before: list[object]) -> None:
    answer = tenant.call("listDeliveries", query={"event_id": event_id}).expect(200)
    now = [row.get("id") for row in answer.rows("deliveries")]
    answer.must(now == before, "the refused retry queued an attempt")


@requirement("TENANT-007")
@each_operation(("createDeliveryFlow", "replaceDeliveryFlow", "createClusterDeliveryFlow"))
@pytest.mark.parametrize("what", ["source", "target"])
def test_another_tenants_endpoint_or_target_cannot_be_referred_to(
    suite: Suite, api: Tenant, other: Tenant, operation_id: str, what: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = valid_request(api, operation_id)
    theirs = other.an_ingester() if what == "source" else other.a_destination()
    answers = []
    for value in (UNKNOWN_ID, str(theirs["id"])):
        # A name of its own each time: the first may be taken, though it should not.
        body = _referring(arguments["json"], what, value) | {"name": a_name("flow")}
        answers.append(api.call(operation_id, **{**arguments, "json": body}))
    answers[0].precondition(400, 404)
    asked = (UNKNOWN_ID, str(theirs["id"]))
    must_tell_the_same(answers[0], answers[1], asked, f"another tenant's {what} shows through")


def _referring(body: dict[str, object], what: str, value: str) -> dict[str, object]:
    if "source_id" in body:
        return {**body, "source_id" if what == "source" else "destination_id": value}
    if what == "source":
        return {**body, "source": value}
    return {**body, "target": {"id": value, "type": "webhook"}}
