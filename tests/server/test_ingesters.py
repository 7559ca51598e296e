"""Endpoints: where providers post, and what a flow holds on to."""

from pathlib import Path
from typing import Any

import pytest

from tests.server import given
from tests.server.client import Api
from tests.server.harness import Sandbox
from zen_sandbox.clock import SteppingClock

MEMBERS = {"id", "name", "type", "ingest_url", "status", "created_at", "updated_at"}
PROVIDERS = ("stripe", "github", "shopify", "twilio", "generic")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_endpoint_of_each_provider_is_created_and_found_at_its_location(
    shared: Sandbox, api: Api, provider: str
) -> None:
    body = given.ingester_body(type=provider)
    answer = api.post(api.at("ingesters"), body).expect(201)
    made = answer.json
    assert made.keys() == MEMBERS
    assert made["id"].startswith("ing_")
    assert made["ingest_url"] == f"{shared.base_url}/hooks/{made['id']}"
    assert {**made, **body, "status": "active"} == made
    assert answer.headers["location"] == api.at("ingesters", made["id"])
    assert api.get(answer.headers["location"]).expect(200).json == made
    assert api.walk(api.at("ingesters"), "ingesters") == [made]


@pytest.mark.parametrize("provider", ["paypal", "Stripe", "stripe ", "stripe\n", "STRIPE"])
def test_a_type_that_is_no_provider_is_refused(api: Api, provider: str) -> None:
    made = given.ingester(api)
    body = given.ingester_body(type=provider)
    detail = "type: must be a valid provider type"
    api.post(api.at("ingesters"), body).refused("validation-error", detail)
    api.put(api.at("ingesters", made["id"]), body).refused("validation-error", detail)


@pytest.mark.parametrize("provider", ["", None, 1, ["stripe"], {"type": "stripe"}])
def test_a_type_that_is_no_word_is_refused(api: Api, provider: Any) -> None:
    api.post(api.at("ingesters"), given.ingester_body(type=provider)).invalid("type")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "x"}, "type"),
        ({"type": "stripe"}, "name"),
        ({"name": "x", "type": "stripe", "id": "ing_x"}, "id"),
        ({"name": "x", "type": "stripe", "ingest_url": "https://x.example/"}, "ingest_url"),
        ({"name": "x", "type": "stripe", "status": "active"}, "status"),
        ([], "body"),
        (None, "body"),
    ],
)
def test_a_body_that_is_not_valid_is_refused_on_create_and_on_replace(
    api: Api, body: Any, field: str
) -> None:
    made = given.ingester(api)
    api.post(api.at("ingesters"), body).invalid(field)
    api.put(api.at("ingesters", made["id"]), body).invalid(field)
    assert api.walk(api.at("ingesters"), "ingesters") == [made]


def test_put_replaces_name_and_type_and_keeps_the_rest(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "sandbox.db", clock=SteppingClock()) as sandbox:
        api = sandbox.api()
        before = given.ingester(api)
        path = api.at("ingesters", before["id"])
        body = {"name": "renamed", "type": "twilio"}
        after = api.put(path, body).expect(200).json
        assert {**before, **body, "updated_at": after["updated_at"]} == after
        assert after["updated_at"] > before["updated_at"]
        assert api.get(path).json == after


def test_a_put_that_lacks_a_field_is_refused(api: Api) -> None:
    made = given.ingester(api)
    api.put(api.at("ingesters", made["id"]), {"name": "x"}).invalid("type", "is required")
    assert api.get(api.at("ingesters", made["id"])).json == made


def test_an_endpoint_in_use_is_not_deleted_and_the_refusal_names_the_flow(api: Api) -> None:
    flow = given.flow(api)
    path = api.at("ingesters", flow["source_id"])
    api.delete(path).refused(
        "conflict",
        f"Endpoint {flow['source_id']} is used by flow '{flow['name']}' ({flow['id']}).",
    )
    api.delete(api.at("delivery-flows", flow["id"])).expect(204)
    api.delete(path).expect(204)


def test_a_deleted_endpoint_is_gone(api: Api) -> None:
    made = given.ingester(api)
    path = api.at("ingesters", made["id"])
    api.delete(path).expect(204)
    gone = f"Endpoint {made['id']} not found."
    api.get(path).refused("not-found", gone)
    api.put(path, given.ingester_body()).refused("not-found", gone)
    api.delete(path).refused("not-found", gone)


def test_endpoints_are_listed_newest_first(api: Api) -> None:
    made = [given.ingester(api) for _ in range(5)]
    assert api.walk(api.at("ingesters"), "ingesters") == made[::-1]
