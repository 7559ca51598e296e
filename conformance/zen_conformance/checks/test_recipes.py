"""Flows by recipe: the camelCase view of a cluster, and that it is a view of the same flows."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from zen_conformance.answer import Answer
from zen_conformance.check import requirement
from zen_conformance.failures import must
from zen_conformance.moments import moment
from zen_conformance.resources import (
    ENDPOINT,
    FLOW,
    RECIPE,
    TARGET,
    a_recipe_flow,
    recipe_body,
    recipe_rows,
    unknown_ids,
)
from zen_conformance.tenant import Tenant, a_name

LIST = "listClusterDeliveryFlows"
CAMEL = ("id", "name", "source", "target", "status", "createdAt", "updatedAt")


def shows(row: dict[str, Any], flow: dict[str, Any], target_type: str) -> None:
    """A row of the recipe's view is that flow of the tenant's."""
    target = row.get("target")
    must(isinstance(target, dict), f"target is {target!r}")
    said = {
        "id": (row.get("id"), flow["id"]),
        "name": (row.get("name"), flow["name"]),
        "source": (row.get("source"), flow["source_id"]),
        "target.id": ((target or {}).get("id"), flow["destination_id"]),
        "target.type": ((target or {}).get("type"), target_type),
        "status": (row.get("status"), flow["status"]),
    }
    for member, (shown, wanted) in said.items():
        must(shown == wanted, f"the recipe shows {member} as {shown!r} instead of {wanted!r}")
    for camel, snake in (("createdAt", "created_at"), ("updatedAt", "updated_at")):
        # To the second: one view may show fractions that the other leaves out.
        fits = moment(row.get(camel))[0] == moment(flow[snake])[0]
        must(fits, f"the recipe shows {camel} as {row.get(camel)!r}, not {flow[snake]!r}")


def in_every_cluster(api: Tenant, one: str) -> list[dict[str, Any]]:
    """The flow's row in each cluster's list, which has to show it."""
    rows = [recipe_rows(api, [one], cluster).get(one) for cluster in api.entry.clusters]
    for cluster_id, row in zip(api.entry.clusters, rows, strict=True):
        must(row is not None, f"the list of cluster {cluster_id} does not show {one}")
    return [row for row in rows if row is not None]


def in_no_cluster(api: Tenant, one: str) -> None:
    """No cluster's list shows the flow."""
    for cluster in api.entry.clusters:
        must(not recipe_rows(api, [one], cluster), f"the list of {cluster} still shows {one}")


@pytest.mark.parametrize("target_type", ["webhook", "slack", "custom_1-x", "w" * 32])
@requirement("RECIPE-001")
def test_a_recipe_makes_the_flow_it_describes(api: Tenant, target_type: str) -> None:
    target = api.a_destination(type=target_type)
    for cluster_id in api.entry.clusters:
        body = recipe_body(api, target={"id": target["id"], "type": target_type})
        answer = api.call(RECIPE, json=body, cluster_id=cluster_id).expect(201)
        answer.expect_members(name=body["name"], source=body["source"], status="active")
        for name in ("id", "type"):
            said, wanted = answer["target", name], body["target"][name]
            answer.must(said == wanted, f"target.{name} is {said!r} instead of {wanted!r}")
        is_camel_case(answer, answer.document)


def is_camel_case(answer: Answer, row: dict[str, Any]) -> None:
    """A flow in the recipe's words; other members beside them are nobody's fault."""
    missing = [name for name in CAMEL if name not in row]
    answer.must(not missing, f"the recipe's flow has no {missing}")


@requirement("RECIPE-001")
def test_every_recipe_makes_a_flow_of_its_own(api: Tenant) -> None:
    body = recipe_body(api)
    ids = [
        str(api.call(RECIPE, json=body | {"name": a_name("recipe")}).expect(201)["id"])
        for _ in range(8)
    ]
    must(len(set(ids)) == len(ids), f"eight flows have the ids {ids!r}")


@requirement("RECIPE-002")
def test_the_location_is_the_tenant_levels(api: Tenant) -> None:
    for cluster_id in api.entry.clusters:
        answer = api.call(RECIPE, json=recipe_body(api), cluster_id=cluster_id).expect(201)
        location = answer.header("Location") or ""
        wanted = f"/v1/tenants/{api.id}/delivery-flows/{answer['id']}"
        fits = urlsplit(location).path.endswith(wanted)
        answer.must(fits, f"Location is {location!r} instead of {wanted!r}")


@requirement("RECIPE-003")
def test_a_recipes_flow_is_one_of_the_tenants(api: Tenant) -> None:
    for cluster_id in api.entry.clusters:
        body = recipe_body(api)
        made = api.call(RECIPE, json=body, cluster_id=cluster_id).expect(201)
        one = str(made["id"])
        flow = FLOW.read(api, one).expect(200, why="a recipe made it")
        flow.expect_members(
            name=body["name"],
            source_id=body["source"],
            destination_id=body["target"]["id"],
            status="active",
        )
        policy = flow["config", "retry_policy"]
        for name, value in (("max_attempts", 3), ("backoff_seconds", 10)):
            said = flow["config", "retry_policy", name]
            flow.must(said == value, f"{name} is {said!r} in {policy!r} instead of {value}")
        shows(made.document, flow.document, "webhook")
        row = FLOW.row(api, one)
        must(row is not None, f"the tenant's list does not show {one}, which a recipe made")
        must((row or {}).get("name") == body["name"], "the tenant's list shows another name")


@requirement("RECIPE-003")
def test_a_recipes_name_is_taken_in_both_views(api: Tenant) -> None:
    by_recipe, by_flow = a_recipe_flow(api), api.a_flow()
    for taken in (by_recipe["name"], by_flow["name"]):
        api.call(RECIPE, json=recipe_body(api, name=taken)).expect(409, why="the name is taken")
    again = FLOW.body(api) | {"name": by_recipe["name"]}
    api.call(FLOW.create, json=again).expect(409, why="a recipe's flow has the name")
    renamed = FLOW.change(api, by_flow, name=by_recipe["name"])
    renamed.expect(409, why="a recipe's flow has the name")


@requirement("RECIPE-004")
def test_a_flow_made_or_replaced_is_seen_in_every_cluster(api: Tenant) -> None:
    flow = api.a_flow()
    _is_in_every_cluster(api, flow["id"], "webhook")
    moved = api.a_destination(type="slack")
    for change, target_type in (
        ({"name": a_name("changed")}, "webhook"),
        ({"source_id": api.a_source_id()}, "webhook"),
        ({"destination_id": moved["id"]}, "slack"),
        ({"config": {"retry_policy": {"max_attempts": 9}}}, "slack"),
    ):
        flow = FLOW.changed(api, flow, **change)
        _is_in_every_cluster(api, flow["id"], target_type)


def _is_in_every_cluster(api: Tenant, one: str, target_type: str) -> None:
    """Each cluster shows the flow as GET does at the tenant level."""
    flow = FLOW.read(api, one).expect(200).document
    for row in in_every_cluster(api, one):
        shows(row, flow, target_type)


@pytest.mark.parametrize("by_recipe", [False, True], ids=["flow", "recipe"])
@requirement("RECIPE-004")
def test_a_deleted_flow_is_in_no_cluster(api: Tenant, by_recipe: bool) -> None:
    one = (a_recipe_flow(api) if by_recipe else api.a_flow())["id"]
    in_every_cluster(api, one)
    FLOW.removed(api, one)
    in_no_cluster(api, one)


@requirement("RECIPE-004")
def test_a_recipes_flow_is_replaced_at_the_tenant_level(api: Tenant) -> None:
    made = a_recipe_flow(api)
    flow = FLOW.read(api, made["id"]).expect(200).document
    FLOW.changed(api, flow, name=a_name("changed"), source_id=api.a_source_id())
    _is_in_every_cluster(api, made["id"], "webhook")


@requirement("RECIPE-005")
def test_the_recipes_list_is_camel_case_and_newest_first(api: Tenant) -> None:
    target = api.a_destination(type="slack")
    flows = [a_recipe_flow(api, target={"id": target["id"], "type": "slack"}) for _ in range(3)]
    for cluster_id in api.entry.clusters:
        ids, last = {flow["id"] for flow in flows}, None
        for page in api.pages(LIST, {"limit": 3}, cluster_id=cluster_id):
            rows = page.rows("items")
            page.must(len(rows) <= 3, f"a page of limit 3 has {len(rows)} rows")
            for row in rows:
                is_camel_case(page, row)
                at = moment(row["createdAt"])
                page.must(last is None or at <= last, "an older flow comes before a newer one")
                last = at
            ids -= {row["id"] for row in rows}
            if not ids:
                break
        must(not ids, f"the list of cluster {cluster_id} does not show {sorted(ids)}")


@requirement("RECIPE-005")
def test_a_row_of_the_recipes_list_is_what_was_made(api: Tenant) -> None:
    target = api.a_destination(type="slack")
    bodies = [recipe_body(api), recipe_body(api, target={"id": target["id"], "type": "slack"})]
    made = {a_recipe_flow(api, **body)["id"]: body for body in bodies}
    for cluster_id in api.entry.clusters:
        for limit in (1, 2, 100):
            rows = recipe_rows(api, list(made), cluster_id, limit)
            for one, body in made.items():
                row = rows.get(one)
                must(row is not None, f"the list of limit {limit} does not show {one}")
                for name, wanted in (*body.items(), ("status", "active")):
                    said = (row or {}).get(name)
                    if name == "target" and isinstance(said, dict):
                        said = {key: said.get(key) for key in wanted}
                    must(said == wanted, f"the list shows {name} as {said!r}, not {wanted!r}")


@requirement("RECIPE-006")
def test_an_unknown_cluster_is_told_in_words(api: Tenant) -> None:
    body = recipe_body(api)
    some = api.cluster_id
    for one in (*unknown_ids(), f"{some[:60]}-zc", some[:-1], some.swapcase()):
        if not one or one in api.entry.clusters:
            continue
        for operation_id, more in (
            (LIST, {}),
            (LIST, {"query": {"limit": 1}}),
            (RECIPE, {"json": body}),
        ):
            answer = api.call(operation_id, cluster_id=one, **more)
            answer.expect_problem(404, "not-found", why=f"there is no cluster {one}")
            answer.expect_members(detail=f"Cluster {one} not found.")


@requirement("RECIPE-007")
def test_an_unknown_source_is_told_in_words(api: Tenant) -> None:
    wrong = [*unknown_ids()]
    if api.makes_ingesters:
        gone = api.an_ingester()["id"]
        ENDPOINT.removed(api, gone)
        wrong.append(gone)
        wrong += ENDPOINT.absent(api, api.a_destination()["id"])
    body = recipe_body(api)
    for one in wrong:
        answer = api.call(RECIPE, json=body | {"source": one})
        answer.expect_problem(404, "not-found", why=f"there is no endpoint {one}")
        answer.expect_members(detail=f"Endpoint {one} not found.")


@requirement("RECIPE-008")
def test_an_unknown_target_is_told_in_words(api: Tenant) -> None:
    gone = api.a_destination()["id"]
    TARGET.removed(api, gone)
    body = recipe_body(api)
    beside = TARGET.absent(api, body["source"])
    for one in (*unknown_ids(), gone, *beside):
        for target_type in ("webhook", "slack"):
            answer = api.call(RECIPE, json=body | {"target": {"id": one, "type": target_type}})
            answer.expect(400, why=f"there is no target {one}")
            answer.expect_members(detail="target.id: target not found")


@pytest.mark.parametrize("own", ["webhook", "slack", "web_hook", "custom-1"])
@requirement("RECIPE-009")
def test_another_type_than_the_targets_is_refused(api: Tenant, own: str) -> None:
    target = api.a_destination(type=own)
    body = recipe_body(api)
    for wrong in ("webhook", "slack", "custom", own + "x", own[:-1], own + "-", "w", "z" * 32):
        if wrong != own:
            answer = api.call(RECIPE, json=body | {"target": {"id": target["id"], "type": wrong}})
            is_a_mismatch(answer, own)


@requirement("RECIPE-009")
def test_the_type_compared_is_the_targets_present_one(api: Tenant) -> None:
    target = api.a_destination(type="slack")
    TARGET.changed(api, target, type="pager")
    body = recipe_body(api)
    is_a_mismatch(
        api.call(RECIPE, json=body | {"target": {"id": target["id"], "type": "slack"}}), "pager"
    )
    now = body | {"target": {"id": target["id"], "type": "pager"}}
    api.call(RECIPE, json=now).expect(201, why="the target's type is pager now")


def is_a_mismatch(answer: Answer, own: str) -> None:
    """The answer says that the type is not the target's."""
    answer.expect(400, why=f"the target's type is {own}")
    detail = str(answer.get("detail"))
    fits = detail.startswith("target.type: ")
    answer.must(fits, f"detail {detail!r} does not begin with 'target.type: '")


@requirement("ORDER-010")
def test_a_recipe_refused_for_its_target_type_makes_nothing(api: Tenant) -> None:
    body = recipe_body(api)
    wrong = {**body, "target": {**body["target"], "type": "zc-other"}}
    api.call("createClusterDeliveryFlow", json=wrong).precondition(400)
    taken = api.call("createClusterDeliveryFlow", json=body)
    taken.must(taken.status != 409, "a recipe that was refused made its flow: the name is taken")
