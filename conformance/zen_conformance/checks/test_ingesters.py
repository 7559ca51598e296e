"""Endpoints: creating, reading, replacing and deleting them."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from zen_conformance.check import requirement
from zen_conformance.checks.missing import is_unknown
from zen_conformance.failures import NotOffered, must
from zen_conformance.matching import a_flow_between, taken_in
from zen_conformance.resources import ENDPOINT, FLOW, a_recipe_flow, must_be_read, writer
from zen_conformance.tenant import Tenant, a_name

PROVIDERS = ("stripe", "github", "shopify", "twilio", "generic")
NO_PROVIDERS = (
    "Stripe",
    "GITHUB",
    "paypal",
    "gitlab",
    "webhook",
    "custom",
    "stripe ",
    " stripe",
    "stripe\n",
    "strip",
    "stripes",
    "generic2",
    "stripe,github",
    "stripe|github",
    "shop\u0131fy",
    "x" * 200,
)
each_provider = pytest.mark.parametrize("provider", PROVIDERS)
both_writes = pytest.mark.parametrize("operation_id", [ENDPOINT.create, ENDPOINT.update])


@each_provider
@requirement("ING-001")
def test_an_endpoint_is_made_as_given(api: Tenant, provider: str) -> None:
    given = {"name": a_name("endpoint"), "type": provider}
    answer = api.call(ENDPOINT.create, json=given).expect(201)
    answer.expect_members(status="active", **given)
    for member in ("id", "created_at", "updated_at"):
        answer.must(isinstance(answer[member], str), f"{member} is {answer[member]!r}")


@requirement("ING-001")
def test_every_endpoint_has_an_id_of_its_own(api: Tenant) -> None:
    write = writer(api, ENDPOINT.create)
    ids = [str(write().expect(201)["id"]) for _ in range(12)]
    must(len(set(ids)) == len(ids), f"twelve endpoints have the ids {ids!r}")


@both_writes
@requirement("ING-002")
def test_another_type_is_told_in_words(api: Tenant, operation_id: str) -> None:
    write = writer(api, operation_id)
    for value in NO_PROVIDERS:
        answer = write(type=value).expect(400, why=f"{value[:40]!r} is no provider type")
        answer.expect_members(detail="type: must be a valid provider type")
    write(type="").expect(400, why="an empty type is no provider type")


@requirement("ING-003")
def test_every_ingest_url_is_absolute_and_its_own(api: Tenant) -> None:
    write, urls = writer(api, ENDPOINT.create), {}
    for provider in (*PROVIDERS, *PROVIDERS):
        answer = write(type=provider).expect(201)
        one = str(answer["id"])
        replaced = ENDPOINT.change(api, answer.document, type="generic").expect(200)
        for shown in (answer, ENDPOINT.read(api, one).expect(200), replaced):
            must_be_absolute(shown["ingest_url"], shown.asked)
        urls[one] = answer["ingest_url"]
    must(len(set(urls.values())) == len(urls), f"ten endpoints have the addresses {urls!r}")
    for row in ENDPOINT.listed(api, urls).values():
        must_be_absolute(row.get("ingest_url"), "the list")


def must_be_absolute(url: Any, where: str) -> None:
    """The address has a scheme and a host."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        fits = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        fits = False
    must(fits, f"{where} shows the ingest_url {url!r}, no absolute http or https URL")


@requirement("ING-004")
def test_reading_and_listing_show_the_last_write(api: Tenant) -> None:
    body = {"name": a_name("endpoint"), "type": "stripe"}
    written = api.call(ENDPOINT.create, json=body).precondition(201)
    one = str(written["id"])
    for change in ({}, *replacements()):
        body |= change
        if change:
            written = ENDPOINT.ask(api, ENDPOINT.update, one, json=body).precondition(200)
        read = must_be_read(ENDPOINT.read(api, one), written, body)
        ENDPOINT.shows_row(api, one, read)


def replacements() -> list[dict[str, str]]:
    """Changes of an endpoint, of one member each and of both."""
    both = [{"name": a_name("both"), "type": one} for one in PROVIDERS]
    return [{"name": a_name("changed")}, *({"type": one} for one in PROVIDERS), *both]


@requirement("ING-005")
def test_an_unknown_endpoint_is_told_in_words(api: Tenant) -> None:
    is_unknown(ENDPOINT, api, ENDPOINT.body(api), api.a_destination()["id"])


@each_provider
@requirement("ING-006")
def test_a_replacement_sets_name_and_type(api: Tenant, provider: str) -> None:
    made = api.an_ingester(type=provider)
    body = {"name": made["name"], "type": made["type"]}
    for change in replacements():
        body |= change
        answer = ENDPOINT.ask(api, ENDPOINT.update, made["id"], json=body).expect(200)
        answer.expect_members(status="active", **body)
        ENDPOINT.read(api, made["id"]).expect(200).expect_members(status="active", **body)


@requirement("ING-006")
def test_a_replacement_of_an_endpoint_in_use_sets_name_and_type(api: Tenant) -> None:
    made = api.an_ingester(type="generic")
    api.a_flow(source_id=made["id"])
    for body in ({"name": made["name"], "type": "stripe"}, {"name": a_name("x"), "type": "github"}):
        answer = ENDPOINT.ask(api, ENDPOINT.update, made["id"], json=body)
        answer.expect(200, why="a flow uses it").expect_members(**body)
        ENDPOINT.read(api, made["id"]).expect(200).expect_members(**body)


@requirement("ING-007")
def test_a_replacement_keeps_the_address(api: Tenant) -> None:
    made = api.an_ingester()
    before = ENDPOINT.read(api, made["id"]).expect(200)
    kept = {member: before[member] for member in ("id", "ingest_url", "created_at")}
    for change in replacements():
        ENDPOINT.change(api, made, **change).expect(200).expect_members(**kept)
        ENDPOINT.read(api, made["id"]).expect(200).expect_members(**kept)


@requirement("ING-009")
def test_a_deleted_endpoint_is_gone(api: Tenant) -> None:
    made, next_one = api.an_ingester(), api.an_ingester()
    one, body = made["id"], ENDPOINT.body(api)
    ENDPOINT.remove(api, one).expect(204)
    ENDPOINT.read(api, one).expect(404, why="it is deleted")
    ENDPOINT.ask(api, ENDPOINT.update, one, json=body).expect(404, why="it is deleted")
    ENDPOINT.remove(api, one).expect(404, why="it is deleted already")
    ENDPOINT.read(api, one).expect(404, why="a PUT makes nothing")
    must(not ENDPOINT.is_listed(api, one), "the list still shows the deleted endpoint")
    ENDPOINT.read(api, next_one["id"]).expect(200, why="another endpoint was deleted")


@requirement("ING-009")
def test_an_endpoint_that_took_events_is_deleted(api: Tenant) -> None:
    if not api.takes_events:
        raise NotOffered
    source = api.an_ingester()
    flow = a_flow_between(api, source)
    for _ in range(2):
        taken_in(api, source)
        ENDPOINT.remove(api, source["id"]).expect(409, why="a flow uses it")
    FLOW.removed(api, flow)
    ENDPOINT.remove(api, source["id"]).expect(204, why="no flow uses it any more")
    ENDPOINT.read(api, source["id"]).expect(404, why="it is deleted")


@requirement("ING-010")
def test_an_endpoint_in_use_is_kept_until_its_last_flow_is_gone(api: Tenant) -> None:
    source, target = api.an_ingester(), api.a_destination()
    flows = [
        api.a_flow(source_id=source["id"], destination_id=target["id"])["id"] for _ in range(3)
    ]
    while flows:
        is_in_use(api, source, flows[0])
        FLOW.removed(api, flows.pop())
    ENDPOINT.remove(api, source["id"]).expect(204, why="no flow uses it any more")


@requirement("ING-010")
def test_an_endpoint_that_a_flow_was_moved_to_is_in_use(api: Tenant) -> None:
    first, second = api.an_ingester(), api.an_ingester()
    flow = api.a_flow(source_id=first["id"])
    FLOW.changed(api, flow, source_id=second["id"])
    is_in_use(api, second, flow["id"])
    ENDPOINT.remove(api, first["id"]).expect(204, why="its flow was moved to another endpoint")
    FLOW.removed(api, flow["id"])
    ENDPOINT.remove(api, second["id"]).expect(204, why="no flow uses it any more")


@requirement("ING-010")
def test_an_endpoint_of_a_recipes_flow_is_in_use(api: Tenant) -> None:
    source = api.an_ingester()
    flow = a_recipe_flow(api, source=source["id"])
    is_in_use(api, source, flow["id"])
    FLOW.removed(api, flow["id"])
    ENDPOINT.remove(api, source["id"]).expect(204, why="no flow uses it any more")


@requirement("ING-010")
def test_an_endpoint_of_a_disabled_target_is_in_use(api: Tenant) -> None:
    source, target = api.an_ingester(), api.a_destination()
    flow = api.a_flow(source_id=source["id"], destination_id=target["id"])
    api.call("updateDestination", destination_id=target["id"], json={"status": "disabled"})
    is_in_use(api, source, flow["id"])


def is_in_use(api: Tenant, source: dict[str, Any], flow_id: str) -> None:
    """DELETE is a conflict, and nothing has changed by it."""
    answer = ENDPOINT.remove(api, source["id"])
    answer.expect_problem(409, "conflict", why="a flow uses it")
    ENDPOINT.read(api, source["id"]).expect(200, why="its deletion was refused")
    kept = FLOW.read(api, flow_id).expect(200, why="its endpoint's deletion was refused")
    kept.expect_members(source_id=source["id"])
