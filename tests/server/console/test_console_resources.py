"""Targets, flows and endpoints in the console: looked at, made, changed, deleted, over HTTP."""

import re
from html import unescape
from typing import Any

import pytest

from tests.server import given
from tests.server.console.visitor import Visitor, text_of
from tests.server.delivery_world import World

PAGES = {"targets": "destinations", "flows": "delivery-flows", "endpoints": "ingesters"}

_INVALID = re.compile(r'name="([^"]+)"[^>]*?aria-describedby="([^"]+)" aria-invalid="true"')


def invalid_fields(page: str) -> dict[str, str]:
    """The fields that a page marks as wrong, each with what it says about it."""
    found = {}
    for name, described in _INVALID.findall(page):
        [wrong] = [one for one in described.split() if one.endswith("-wrong")]
        said = page.partition(f'id="{wrong}">')[2].partition("</p>")[0]
        found[unescape(name)] = text_of(said).strip()
    return found


def everything(world: World) -> list[Any]:
    """All that a tenant has, and what was done to it."""
    return [world.api.walk(world.api.at(one), one.replace("-", "_")) for one in PAGES.values()]


def resources(world: World) -> dict[str, str]:
    """The id of one of each, by its page."""
    flow = world.flow()
    return {
        "targets": flow["destination_id"],
        "flows": flow["id"],
        "endpoints": flow["source_id"],
    }


def test_what_is_not_there_yet_says_what_to_do_first(visitor: Visitor, world: World) -> None:
    assert "Create a target" in visitor.look("targets")
    assert "Create an endpoint" in visitor.look("endpoints")
    assert "Create an endpoint" in visitor.look("flows")
    given.ingester(world.api)
    assert "Create a target" in visitor.look("flows")
    given.destination(world.api)
    assert "Create a flow" in visitor.look("flows")


def test_each_of_them_is_made_by_a_form_and_leads_to_the_others(
    visitor: Visitor, world: World
) -> None:
    visitor.look("targets/new")
    page = visitor.send("targets/new", name="my-app", url=world.target.url(world.path))
    assert "The target is there." in page
    assert "Lead events to it" in page
    assert "The endpoint is there." in visitor.send("endpoints/new", name="orders", type="generic")
    [target] = world.api.walk(world.api.at("destinations"), "destinations")
    [endpoint] = world.api.walk(world.api.at("ingesters"), "ingesters")
    assert target["type"] == "webhook"
    page = visitor.look(f"flows/new?source_id={endpoint['id']}")
    assert f'value="{endpoint["id"]}" selected' in page
    policy = {
        "config.retry_policy.max_attempts": "5",
        "config.retry_policy.backoff_seconds": "",
    }
    page = visitor.send(
        "flows/new",
        **{"name": "f", "source_id": endpoint["id"], "destination_id": target["id"], **policy},
    )
    assert "The flow is there." in page
    [flow] = world.api.walk(world.api.at("delivery-flows"), "delivery_flows")
    assert flow["config"]["retry_policy"] == {"max_attempts": 5, "backoff_seconds": 10}
    assert re.search(r"orders\s+→\s+my-app", text_of(visitor.look("flows")))
    assert re.search(r"orders\s+through\s+f\b", text_of(visitor.look(f"targets/{target['id']}")))
    page = visitor.look(f"endpoints/{endpoint['id']}")
    assert re.search(r"my-app\s+through\s+f\b", text_of(page))
    assert endpoint["ingest_url"] in page
    writers = {one["actor"] for one in world.api.get("/v1/logs").json["logs"]}
    assert writers == {"console"}


@pytest.mark.parametrize("page", PAGES)
def test_a_list_is_paged_as_the_api_does(visitor: Visitor, world: World, page: str) -> None:
    flow = world.flow()
    ends = {"source_id": flow["source_id"], "destination_id": flow["destination_id"]}
    make = {"targets": given.destination, "endpoints": given.ingester, "flows": given.flow}[page]
    for _ in range(52):
        make(world.api, **(ends if page == "flows" else {}))
    first = visitor.look(page)
    assert first.count("<tr>") == 51
    older = re.search(r'href="([^"]+)">Older<', first)
    assert older
    second = visitor.get(visitor.base_url + unescape(older[1]))
    assert second.count("<tr>") == 4
    assert ">Older<" not in second
    assert "is not a cursor of this list" in visitor.look(page, cursor="x" * 32)


def test_many_flows_are_shown_in_part_and_it_says_so(visitor: Visitor, world: World) -> None:
    flow = world.flow()
    ends = {"source_id": flow["source_id"], "destination_id": flow["destination_id"]}
    for _ in range(100):
        given.flow(world.api, **ends)
    page = visitor.look("targets")
    assert "and 97 more" in text_of(page)
    assert "among the newest 100" in page
    for _ in range(100):
        given.destination(world.api)
    assert 'list="field-destination_id-list"' in visitor.look("flows/new")
    assert "target-" in text_of(visitor.look("flows")), "a name beyond the newest 100"


def test_a_change_sends_only_what_was_changed(visitor: Visitor, world: World) -> None:
    made = given.destination(world.api, secret={"value": given.SECRET})
    path = f"targets/{made['id']}"
    page = visitor.look(path)
    assert given.SECRET not in page
    filled = shown_fields(page)
    world.api.patch(world.api.at("destinations", made["id"]), {"type": "other"}).expect(200)
    assert "Saved." in visitor.send(path, **{**filled, "name": "renamed"})
    now = world.api.get(world.api.at("destinations", made["id"])).json
    assert (now["name"], now["type"], now["url"]) == ("renamed", "other", made["url"])
    assert world.sandbox.store.destinations.secret(world.tenant, made["id"]) == given.SECRET


def shown_fields(page: str) -> dict[str, str]:
    """What the text fields of the last form of a page hold, hidden ones too."""
    form = page[page.rindex("data-code") :].partition("</form>")[0]
    inputs = re.findall(r'<input [^>]*?name="([^"]+)" value="([^"]*)"', form)
    return {unescape(name): unescape(value) for name, value in inputs if ":secret" not in name}


def test_a_change_of_nothing_is_refused_in_the_apis_words(visitor: Visitor, world: World) -> None:
    made = given.destination(world.api)
    filled = shown_fields(visitor.look(f"targets/{made['id']}"))
    page = visitor.send(f"targets/{made['id']}", 400, **filled)
    assert "Nothing was changed." in page
    assert invalid_fields(page) == {}


def test_a_secret_is_made_shown_until_it_is_saved_and_removed(
    visitor: Visitor, world: World
) -> None:
    visitor.look("targets/new")
    entered = {"name": "signed", "url": "https://app.example.com/"}
    page = visitor.send("targets/new", **entered, show="secret")
    assert everything(world) == [[], [], []]
    secret = shown_fields(page)["secret.value"]
    assert secret.startswith("whsec_")
    assert secret in page.partition('id="code"')[2]
    page = visitor.send("targets/new", **{**entered, "secret.value": secret})
    assert secret not in page
    [target] = world.api.walk(world.api.at("destinations"), "destinations")
    kept = world.sandbox.store.destinations
    assert kept.secret(world.tenant, target["id"]) == secret
    page = visitor.send(f"targets/{target['id']}", 400, **{"secret.value": "whsec_short"})
    assert "secret.value" in invalid_fields(page)
    assert kept.secret(world.tenant, target["id"]) == secret
    visitor.send(f"targets/{target['id']}", **{"remove:secret": "null"})
    assert kept.secret(world.tenant, target["id"]) is None


def test_a_target_is_disabled_and_enabled_with_a_click(visitor: Visitor, world: World) -> None:
    made = given.destination(world.api)
    path = f"targets/{made['id']}"
    assert ">Disable<" in visitor.look(path)
    page = visitor.send(path, status="disabled", show="code", **{"was:status": "active"})
    assert '{"status": "disabled"}' in text_of(page)
    assert world.api.get(world.api.at("destinations", made["id"])).json["status"] == "active"
    page = visitor.send(path, status="disabled", **{"was:status": "active"})
    assert ">Enable<" in page
    assert "It gets no new attempts until it is enabled." in page
    visitor.send(path, status="active", **{"was:status": "disabled"})
    assert world.api.get(world.api.at("destinations", made["id"])).json["status"] == "active"


def test_a_flow_is_replaced_and_what_is_left_empty_is_the_default(
    visitor: Visitor, world: World
) -> None:
    flow = world.flow(attempts=7, backoff=99)
    filled = shown_fields(visitor.look(f"flows/{flow['id']}"))
    assert filled["config.retry_policy.max_attempts"] == "7"
    ends = {one: flow[one] for one in ("source_id", "destination_id")}
    changed = {**filled, **ends, "config.retry_policy.max_attempts": ""}
    assert "Saved." in visitor.send(f"flows/{flow['id']}", **changed)
    now = world.api.get(world.api.at("delivery-flows", flow["id"])).json
    assert now["config"]["retry_policy"] == {"max_attempts": 3, "backoff_seconds": 99}


@pytest.mark.parametrize(
    ("path", "entered", "wrong"),
    [
        ("targets/new", {"name": "", "url": "ftp://x"}, {"name", "url"}),
        ("targets/new", {"name": "a", "url": "https://a.example", "type": "A B"}, {"type"}),
        ("endpoints/new", {"name": " a", "type": "telegraph"}, {"name", "type"}),
        ("flows/new", {"name": "a", "source_id": "", "destination_id": "?"}, {"source_id"}),
        (
            "flows/new",
            {"name": "a", "source_id": "ing_nowhere", "destination_id": "dest_nowhere"},
            {"source_id"},
        ),
    ],
)
def test_a_refusal_is_told_at_the_fields_that_it_names(
    visitor: Visitor, world: World, path: str, entered: dict[str, str], wrong: set[str]
) -> None:
    page = visitor.look(path)
    assert invalid_fields(page) == {}
    page = visitor.send(path, 400, **entered)
    told = invalid_fields(page)
    assert wrong <= told.keys()
    assert all(told.values())
    assert shown_fields(page).items() >= {("name", entered["name"])}
    assert 'role="alert"' in page
    for name in told:
        assert f'href="#field-{name}"' in page
        assert f'id="field-{name}"' in page
    assert everything(world) == [[], [], []]


def test_a_number_that_is_none_goes_to_the_api_and_comes_back_with_its_words(
    visitor: Visitor, world: World
) -> None:
    flow = world.flow()
    ends = {one: flow[one] for one in ("name", "source_id", "destination_id")}
    visitor.look(f"flows/{flow['id']}")
    name = "config.retry_policy.max_attempts"
    for entered in ("11", "three", "1.5", "-1", "9" * 5000):
        page = visitor.send(f"flows/{flow['id']}", 400, **{**ends, name: entered})
        assert "must be" in invalid_fields(page)[name]
        assert shown_fields(page)[name] == entered
    assert world.api.get(world.api.at("delivery-flows", flow["id"])).json == flow


@pytest.mark.parametrize("page", PAGES)
def test_a_name_that_is_taken_is_told_at_the_name(
    visitor: Visitor, world: World, page: str
) -> None:
    ids = resources(world)
    found = world.api.get(world.api.at(PAGES[page], ids[page])).json
    other = {"targets": given.destination, "endpoints": given.ingester, "flows": given.flow}[page](
        world.api
    )
    before = everything(world)
    entered = {
        name: found[name]
        for name in ("name", "url", "type", "source_id", "destination_id")
        if name in found
    }
    visitor.look(page)
    for path in (f"{page}/new", f"{page}/{other['id']}"):
        told = invalid_fields(visitor.send(path, 409, **entered))
        assert "already exists" in told["name"]
    assert everything(world) == before


@pytest.mark.parametrize("page", PAGES)
def test_deleting_is_asked_twice(visitor: Visitor, world: World, page: str) -> None:
    ids = resources(world)
    address = world.api.at(PAGES[page], ids[page])
    assert "Delete the" in visitor.look(f"{page}/{ids[page]}/delete")
    world.api.get(address).expect(200)
    if page != "flows":
        refused = visitor.send(f"{page}/{ids[page]}/delete", 409)
        assert ids["flows"] in refused, "the flow that is in the way"
        world.api.delete(world.api.at("delivery-flows", ids["flows"])).expect(204)
    assert "is gone" in visitor.send(f"{page}/{ids[page]}/delete")
    world.api.get(address).expect(404)


@pytest.mark.parametrize("page", PAGES)
def test_what_another_tenant_has_is_as_little_there_as_what_nobody_has(
    visitor: Visitor, world: World, page: str
) -> None:
    other = World(world.sandbox, world.target)
    own, foreign = resources(world), resources(other)
    before = everything(other)
    for tail in ("", "/delete"):
        strange = visitor.look(f"{page}/{foreign[page]}{tail}", 404)
        missing = visitor.look(f"{page}/{own[page]}x{tail}", 404)
        assert text_of(strange).replace(foreign[page], "?") == text_of(missing).replace(
            f"{own[page]}x", "?"
        )
        visitor.look(page)
        visitor.send(f"{page}/{foreign[page]}{tail}", 404, name="taken", status="disabled")
    assert everything(other) == before
    listed = visitor.look(page)
    assert own[page] in listed
    assert foreign[page] not in listed


def test_a_flow_does_not_lead_to_another_tenants_target(visitor: Visitor, world: World) -> None:
    other = World(world.sandbox, world.target)
    foreign, own = resources(other), resources(world)
    page = visitor.look("flows/new")
    assert foreign["targets"] not in page
    entered = {"name": "a", "source_id": own["endpoints"], "destination_id": foreign["targets"]}
    told = invalid_fields(visitor.send("flows/new", 400, **entered))
    assert "target not found" in told["destination_id"]


def test_a_sample_event_is_sent_from_an_endpoints_page(visitor: Visitor, world: World) -> None:
    flow = world.flow(source_id=given.ingester(world.api, type="generic")["id"])
    page = visitor.look(f"endpoints/{flow['source_id']}")
    [sample, *_] = re.findall(r"<option>(generic[^<]+)", page)
    page = visitor.send("start/event", ingester_id=flow["source_id"], type=sample)
    assert "The event was taken in." in page
