"""Several creates, or several deletions of one thing, at the same moment."""

from functools import partial

from zen_conformance.check import requirement
from zen_conformance.crowd import Crowd
from zen_conformance.failures import must
from zen_conformance.resources import ENDPOINT, FLOW, RECIPE, TARGET, WRITES, Resource, writer
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant, a_name

_CROWD = 6


def all_are_made(suite: Suite, api: Tenant, operation_id: str) -> None:
    """Creates of different names at once are all answered 201, with ids of their own."""
    write, names = writer(api, operation_id), {}
    with Crowd(suite, _CROWD) as crowd:
        for _ in range(suite.configuration.scaled(2, 4, 12)):
            given = [a_name("at once") for _ in range(_CROWD)]
            answers = crowd.at_once([partial(write, name=name) for name in given])
            for name, answer in zip(given, answers, strict=True):
                one = str(answer.expect(201).expect_members(name=name)["id"])
                answer.must(one not in names, f"two resources have the id {one}")
                names[one] = name
    for one, name in names.items():
        read = (
            WRITES[operation_id].read(api, one).expect(200, why="it was made at once with others")
        )
        read.expect_members(name=name)


def one_deletion_is_made(suite: Suite, api: Tenant, resource: Resource) -> None:
    """Of deletions at once one is answered 204 and the others 404."""
    with Crowd(suite, _CROWD) as crowd:
        for _ in range(suite.configuration.scaled(2, 4, 12)):
            one = resource.made(api)["id"]
            answers = crowd.at_once([partial(resource.remove, api, one)] * _CROWD)
            made = [answer for answer in answers if answer.expect(204, 404).status == 204]
            must(len(made) == 1, f"of {_CROWD} deletions at once, {len(made)} were answered 204")


@requirement("DEST-001")
def test_targets_made_at_once_are_all_made(api: Tenant, suite: Suite) -> None:
    all_are_made(suite, api, TARGET.create)


@requirement("FLOW-001")
def test_flows_made_at_once_are_all_made(api: Tenant, suite: Suite) -> None:
    all_are_made(suite, api, FLOW.create)


@requirement("RECIPE-001")
def test_recipes_flows_made_at_once_are_all_made(api: Tenant, suite: Suite) -> None:
    all_are_made(suite, api, RECIPE)


@requirement("ING-001")
def test_endpoints_made_at_once_are_all_made(api: Tenant, suite: Suite) -> None:
    all_are_made(suite, api, ENDPOINT.create)


@requirement("DEST-019")
def test_a_target_is_deleted_once(api: Tenant, suite: Suite) -> None:
    one_deletion_is_made(suite, api, TARGET)


@requirement("FLOW-013")
def test_a_flow_is_deleted_once(api: Tenant, suite: Suite) -> None:
    one_deletion_is_made(suite, api, FLOW)


@requirement("ING-009")
def test_an_endpoint_is_deleted_once(api: Tenant, suite: Suite) -> None:
    one_deletion_is_made(suite, api, ENDPOINT)
