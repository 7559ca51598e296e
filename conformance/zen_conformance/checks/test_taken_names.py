"""Taken names: what counts as the same one, who is refused it, and when it is free again."""

from typing import Any

import pytest

from zen_conformance.answer import Answer
from zen_conformance.check import requirement
from zen_conformance.checks.given_names import given
from zen_conformance.failing import all_failed
from zen_conformance.failures import NotOffered, NotRun
from zen_conformance.listings import Stock
from zen_conformance.matching import a_flow_between, a_silent_target, taken_in
from zen_conformance.resources import (
    CREATES,
    ENDPOINT,
    FLOW,
    RECIPE,
    TARGET,
    UPDATES,
    WRITES,
    Resource,
    a_recipe_flow,
    recipe_body,
    writer,
)
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant, a_name

_CROWD = 6
every_write = pytest.mark.parametrize("operation_id", WRITES)
every_create = pytest.mark.parametrize("operation_id", CREATES)
every_update = pytest.mark.parametrize("operation_id", UPDATES)

QUOTED = ("plain", 'it\'s "so"', "back\\slash", "na\u00efve \U0001f98a", "<&>", "y" * 67)


def conflicting(answer: Answer, why: str = "") -> Answer:
    """The answer, when it is the 409 for a name."""
    return answer.expect_problem(409, "conflict", why=why or "the name is taken")


def is_refused_to_all(resource: Resource, api: Tenant) -> None:
    """However a name was given first, no create gives it a second time."""
    for first, second in ((f, s) for f in WRITES for s in CREATES):
        if WRITES[first] is WRITES[second] is resource and RECIPE not in (first, second):
            for text in QUOTED[:4]:
                name = f"{a_name('first')} {text}"
                given(api, first, name)
                conflicting(writer(api, second)(name=name), f"{first} gave the name away before")


@requirement("NAME-005")
def test_a_second_target_of_a_name_is_refused(api: Tenant) -> None:
    is_refused_to_all(TARGET, api)


@requirement("NAME-005")
def test_a_second_target_is_refused_whatever_else_it_says(api: Tenant) -> None:
    first = api.a_destination(type="first", url="https://one.example.com/")
    TARGET.changed(api, first, status="disabled")
    for _ in range(3):
        api.a_destination()
    for more in ({}, {"type": "second"}, {"url": "https://two.example.com/", "type": "first"}):
        conflicting(writer(api, TARGET.create)(name=first["name"], **more))


def is_refused_after_many(resource: Resource, api: Tenant, suite: Suite) -> None:
    """The name is still taken when many others were given since."""
    first, write = resource.made(api), writer(api, resource.create)
    for _ in range(suite.configuration.scaled(5, 25, 120)):
        write()
    conflicting(write(name=first["name"]), "the name is taken, by one that is not the newest")


@requirement("NAME-005")
def test_the_name_of_an_older_target_is_refused(api: Tenant, suite: Suite) -> None:
    is_refused_after_many(TARGET, api, suite)


@requirement("NAME-006")
def test_the_name_of_an_older_flow_is_refused(api: Tenant, suite: Suite) -> None:
    is_refused_after_many(FLOW, api, suite)


@requirement("NAME-007")
def test_the_name_of_an_older_endpoint_is_refused(api: Tenant, suite: Suite) -> None:
    is_refused_after_many(ENDPOINT, api, suite)


@requirement("NAME-006")
def test_a_second_flow_of_a_name_is_refused(api: Tenant) -> None:
    is_refused_to_all(FLOW, api)


@requirement("NAME-006")
def test_a_second_flow_is_refused_whatever_it_joins(api: Tenant) -> None:
    first = api.a_flow()
    body = {member: first[member] for member in ("name", "source_id", "destination_id")}
    for more in (
        {},
        {"source_id": api.a_source_id()},
        {"destination_id": api.a_destination()["id"]},
        {"config": {"retry_policy": {"max_attempts": 7}}},
    ):
        conflicting(api.call(FLOW.create, json=body | more))


@pytest.mark.parametrize("first", [RECIPE, FLOW.create, FLOW.update])
@pytest.mark.parametrize("second", [RECIPE, FLOW.create])
@requirement("NAME-006")
def test_a_flows_name_is_taken_in_both_views(api: Tenant, first: str, second: str) -> None:
    _ = api.cluster_id  # not offered without one
    name = a_name("both")
    given(api, first, name)
    conflicting(writer(api, second)(name=name), f"{first} gave the name away before")


@requirement("NAME-006")
def test_a_flows_name_is_taken_in_every_cluster(api: Tenant) -> None:
    flow = a_recipe_flow(api)
    for cluster_id in api.entry.clusters:
        body = recipe_body(api, name=flow["name"])
        conflicting(api.call(RECIPE, json=body, cluster_id=cluster_id))


@pytest.mark.parametrize(
    ("rows", "operation_id"),
    [
        pytest.param("destinations", TARGET.create, marks=requirement("NAME-005")),
        pytest.param("delivery-flows", FLOW.create, marks=requirement("NAME-006")),
        pytest.param("delivery-flows", RECIPE, marks=requirement("NAME-006")),
        pytest.param("ingesters", ENDPOINT.create, marks=requirement("NAME-007")),
    ],
)
def test_the_oldest_of_many_names_is_taken(
    api: Tenant, stock: Stock, rows: str, operation_id: str
) -> None:
    oldest = stock.view(rows).own[0]
    name = WRITES[operation_id].read(api, oldest).expect(200)["name"]
    conflicting(writer(api, operation_id)(name=name), "the oldest of many has the name")


@requirement("NAME-010")
def test_a_name_is_free_again_though_attempts_are_left(api: Tenant) -> None:
    if not (api.takes_events and api.makes_ingesters):
        raise NotOffered
    source, target = api.an_ingester(), a_silent_target(api)
    flow = FLOW.read(api, a_flow_between(api, source, target)).expect(200).document
    all_failed(api, str(taken_in(api, source)["event_id"]), 1)
    for resource, one in ((FLOW, flow), (TARGET, target), (ENDPOINT, source)):
        resource.removed(api, one["id"])
        again = api.call(resource.create, json=resource.body(api) | {"name": one["name"]})
        again.expect(201, why=f"the {resource.noun.lower()} of that name is deleted")


@requirement("NAME-007")
def test_a_second_endpoint_of_a_name_is_refused(api: Tenant) -> None:
    is_refused_to_all(ENDPOINT, api)


@requirement("NAME-007")
def test_a_second_endpoint_is_refused_whatever_its_type(api: Tenant) -> None:
    first = api.an_ingester(type="stripe")
    for provider in ("stripe", "github", "shopify", "twilio", "generic"):
        conflicting(writer(api, ENDPOINT.create)(name=first["name"], type=provider))


@every_update
@requirement("NAME-008")
def test_an_update_to_a_taken_name_is_refused(api: Tenant, operation_id: str) -> None:
    resource = WRITES[operation_id]
    for first in (one for one in WRITES if WRITES[one] is resource):
        if first == RECIPE and not api.entry.clusters:
            continue
        name = a_name("taken")
        given(api, first, name)
        mine = resource.made(api)
        before = resource.read(api, mine["id"])
        conflicting(resource.change(api, mine, name=name))
        resource.read(api, mine["id"]).expect(200).expect_members(name=before["name"])


@every_update
@requirement("NAME-008")
def test_an_update_to_its_own_name_is_taken(api: Tenant, operation_id: str) -> None:
    resource = WRITES[operation_id]
    mine = resource.made(api)
    for name in (mine["name"], mine["name"], a_name("new")):
        resource.change(api, mine, name=name).expect(200).expect_members(name=name)
    more = {"url": "https://other.example.com/"} if resource.patched else {}
    resource.change(api, mine, name=name, **more).expect(200, why="the name is its own")


@requirement("ORDER-011")
def test_a_refused_name_leaves_the_rest_of_the_update_undone(api: Tenant) -> None:
    changes: dict[Resource, dict[str, Any]] = {
        TARGET: {"url": "https://other.example.com/", "type": "other", "status": "disabled"},
        FLOW: {
            "destination_id": api.a_destination()["id"],
            "config": {"retry_policy": {"max_attempts": 9, "backoff_seconds": 99}},
        },
    }
    if api.makes_ingesters:
        changes[ENDPOINT] = {"type": "github"}
    for resource, more in changes.items():
        taken, mine = resource.made(api), resource.made(api)
        before = resource.read(api, mine["id"])
        resource.change(api, mine, name=taken["name"], **more).precondition(409)
        after = resource.read(api, mine["id"]).expect(200)
        for member in resource.members:
            if after[member] != before[member]:
                raise after.failure(f"{member} changed though the update was refused")


@every_write
@requirement("NAME-009")
def test_the_conflict_names_the_collection_and_the_name(api: Tenant, operation_id: str) -> None:
    resource = WRITES[operation_id]
    write = writer(api, operation_id)
    for text in QUOTED:
        name = f"{a_name('')[4:]} {text}"[:100]
        given(api, resource.create, name)
        answer = write(name=name)
        if answer.status != 409:
            raise NotRun(f"no conflict to read: {answer.asked} answered {answer.summary()}")
        articles = ("A", "An") if resource is ENDPOINT else ("A",)
        wanted = [
            f"{a} {resource.noun.lower()} with name '{name}' already exists." for a in articles
        ]
        answer.must(
            answer.get("detail") in wanted,
            f"detail is {answer.get('detail')!r} instead of {wanted[-1]!r}",
        )


@every_write
@requirement("NAME-010")
def test_the_name_of_a_deleted_resource_is_free(api: Tenant, operation_id: str) -> None:
    resource, write = WRITES[operation_id], writer(api, operation_id)
    for first in (one for one in WRITES if WRITES[one] is resource):
        if first == RECIPE and not api.entry.clusters:
            continue
        name = a_name("deleted")
        resource.removed(api, given(api, first, name)["id"])
        write(name=name).expect(200, 201, why=f"what {first} gave the name to is deleted")


@every_write
@requirement("NAME-010")
def test_the_name_that_was_changed_is_free(api: Tenant, operation_id: str) -> None:
    resource, write = WRITES[operation_id], writer(api, operation_id)
    first, second = resource.made(api), resource.made(api)
    resource.changed(api, first, name=a_name("renamed"))
    write(name=first["name"]).expect(200, 201, why="its resource was renamed")
    resource.changed(api, second, name=first["name"] + "2")
    resource.change(api, second, name=second["name"]).expect(200, why="the name was its own once")
