"""Flows at the cluster level: one collection with the tenant level, in the recipe's own words."""

from typing import Any

import pytest

from tests.server import given
from tests.server.client import Api
from tests.server.harness import CLUSTER, Sandbox

MEMBERS = {"id", "name", "source", "target", "status", "createdAt", "updatedAt"}


def recipe_body(api: Api, **fields: Any) -> dict[str, Any]:
    """The body of a create that would succeed."""
    return {
        "name": given.name("flow"),
        "source": given.ingester(api)["id"],
        "target": {"id": given.destination(api, type="stripe")["id"], "type": "stripe"},
        **fields,
    }


def recipe_view(flow: dict[str, Any], kind: str) -> dict[str, Any]:
    """How the recipe shows a flow of the tenant level."""
    return {
        "id": flow["id"],
        "name": flow["name"],
        "source": flow["source_id"],
        "target": {"id": flow["destination_id"], "type": kind},
        "status": flow["status"],
        "createdAt": flow["created_at"],
        "updatedAt": flow["updated_at"],
    }


def test_a_flow_made_through_the_recipe_is_seen_through_both_views(api: Api) -> None:
    body = recipe_body(api)
    answer = api.post(api.cluster(CLUSTER), body).expect(201)
    made = answer.json
    assert made.keys() == MEMBERS
    assert {**made, **body, "status": "active"} == made
    assert answer.headers["location"] == api.at("delivery-flows", made["id"])
    flow = api.get(answer.headers["location"]).expect(200).json
    assert recipe_view(flow, "stripe") == made
    assert flow["config"] == {"retry_policy": {"max_attempts": 3, "backoff_seconds": 10}}
    assert api.walk(api.cluster(CLUSTER), "items") == [made]
    assert api.walk(api.at("delivery-flows"), "delivery_flows") == [flow]


def test_a_flow_of_the_tenant_level_is_seen_in_every_cluster(shared: Sandbox) -> None:
    tenant = shared.new_tenant(clusters=("plane_1", "plane_2"))
    api = shared.api(tenant=tenant)
    flows = [given.flow(api) for _ in range(3)]
    expected = [recipe_view(flow, "webhook") for flow in reversed(flows)]
    for cluster in ("plane_1", "plane_2"):
        assert api.walk(api.cluster(cluster), "items") == expected


def test_a_change_or_deletion_at_the_tenant_level_is_seen_in_the_recipe(api: Api) -> None:
    made = api.post(api.cluster(CLUSTER), recipe_body(api)).expect(201).json
    path = api.at("delivery-flows", made["id"])
    after = api.put(path, given.flow_body(api, name="renamed")).expect(200).json
    assert api.walk(api.cluster(CLUSTER), "items") == [recipe_view(after, "webhook")]
    api.delete(path).expect(204)
    assert api.walk(api.cluster(CLUSTER), "items") == []


def test_the_recipe_shows_the_type_that_the_target_has_now(api: Api) -> None:
    made = api.post(api.cluster(CLUSTER), recipe_body(api)).expect(201).json
    target = made["target"]["id"]
    api.patch(api.at("destinations", target), {"type": "custom"}).expect(200)
    [shown] = api.walk(api.cluster(CLUSTER), "items")
    assert shown["target"] == {"id": target, "type": "custom"}


def test_a_target_of_another_type_is_refused(api: Api) -> None:
    body = recipe_body(api)
    target = body["target"]["id"]
    answer = api.post(api.cluster(CLUSTER), {**body, "target": {"id": target, "type": "github"}})
    answer.invalid("target.type", f"is 'stripe' for target {target}, not 'github'")
    assert api.walk(api.cluster(CLUSTER), "items") == []


def test_an_unknown_target_is_a_400_and_an_unknown_endpoint_or_cluster_a_404(api: Api) -> None:
    body = recipe_body(api)
    nobody = {"id": "dest_none", "type": "stripe"}
    api.post(api.cluster(CLUSTER), {**body, "target": nobody}).refused(
        "validation-error", "target.id: target not found"
    )
    api.post(api.cluster(CLUSTER), {**body, "source": "ing_none"}).refused(
        "not-found", "Endpoint ing_none not found."
    )
    api.post(api.cluster("plane_none"), body).refused("not-found", "Cluster plane_none not found.")
    api.get(api.cluster("plane_none")).refused("not-found", "Cluster plane_none not found.")


def test_a_removed_cluster_is_not_found_and_its_flows_remain(shared: Sandbox, api: Api) -> None:
    made = api.post(api.cluster(CLUSTER), recipe_body(api)).expect(201).json
    with shared.store.database.writing():
        shared.store.accounts.revoke_cluster(api.tenant_id, CLUSTER)
    api.get(api.cluster(CLUSTER)).refused("not-found", f"Cluster {CLUSTER} not found.")
    api.get(api.at("delivery-flows", made["id"])).expect(200)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"source": None}, "source"),
        ({"source": ""}, "source"),
        ({"target": None}, "target"),
        ({"target": {}}, "target.id"),
        ({"target": {"id": "dest_1"}}, "target.type"),
        ({"target": {"type": "stripe"}}, "target.id"),
        ({"target": {"id": "dest_1", "type": "Stripe"}}, "target.type"),
        ({"target": {"id": "dest_1", "type": "stripe", "name": "x"}}, "target.name"),
        ({"target": "dest_1"}, "target"),
        ({"config": {}}, "config"),
        ({"source_id": "ing_1"}, "source_id"),
        ({"id": "flow_1"}, "id"),
    ],
)
def test_a_recipe_body_that_is_not_valid_is_refused(
    api: Api, fields: dict[str, Any], field: str
) -> None:
    api.post(api.cluster(CLUSTER), recipe_body(api, **fields)).invalid(field)


@pytest.mark.parametrize("missing", ["name", "source", "target"])
def test_a_recipe_needs_a_name_a_source_and_a_target(api: Api, missing: str) -> None:
    body = recipe_body(api)
    del body[missing]
    api.post(api.cluster(CLUSTER), body).invalid(missing, "is required")


def test_the_recipes_list_is_paged(api: Api) -> None:
    made = [given.flow(api)["id"] for _ in range(7)][::-1]
    for limit in (1, 2, 3, 7, 100):
        assert [row["id"] for row in api.walk(api.cluster(CLUSTER), "items", limit)] == made
