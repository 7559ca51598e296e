"""The code that a form shows: run as it stands, it does what the form does."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tests.contract.sample_runners import Run, runner
from tests.server import given
from tests.server.console.visitor import Visitor
from tests.server.delivery_world import ADMIN, World
from zen_contract.samples import ADMIN_TOKEN, BASE_URL, TENANT_ID, TOKEN

LANGUAGES = ("shell", "python", "javascript")
AWKWARD = 'it\'s "quoted" $HOME `id` \\ {x} ${y} 日本 \u202e end'

_SHOWN = re.compile(r'<pre tabindex="0" id="code-text-(\d)">([^<]*)</pre>')


def shown_code(page: str) -> dict[str, str]:
    """The code on a page, as somebody would copy it, by the language of our runners."""
    found = {int(number): unescape(text) for number, text in _SHOWN.findall(page)}
    return {language: found[place + 1] for place, language in enumerate(LANGUAGES)}


@pytest.fixture(params=LANGUAGES)
def run(request: pytest.FixtureRequest, world: World, tmp_path: Path) -> Iterator[Run]:
    """Runs what a page shows in one of the languages."""
    environment = {
        BASE_URL: world.sandbox.base_url,
        TENANT_ID: world.tenant,
        TOKEN: str(world.api.token),
        ADMIN_TOKEN: ADMIN,
    }
    with runner(request.param, environment, tmp_path) as ask:
        yield lambda page: ask(shown_code(page)[request.param])


def plain(document: Any) -> Any:
    """A resource without what is of its own: id, times, its address."""
    own = {"id", "key_id", "name", "created_at", "updated_at", "ingest_url", "api_key"}
    return {name: value for name, value in document.items() if name not in own}


@pytest.mark.parametrize("page", ["targets", "endpoints", "flows"])
def test_the_code_of_a_new_resource_makes_the_same_as_the_form(
    visitor: Visitor, world: World, run: Run, page: str
) -> None:
    source, target = given.ingester(world.api)["id"], given.destination(world.api)["id"]
    policy = "config.retry_policy.max_attempts"
    entered = {
        "targets": {"url": "https://app.example.com/?a='b'", "secret.value": given.SECRET},
        "endpoints": {"type": "github"},
        "flows": {"source_id": source, "destination_id": target, policy: "7"},
    }[page]
    visitor.look(f"{page}/new")
    shown = visitor.send(f"{page}/new", name=f"{AWKWARD} code", show="code", **entered)
    by_code = run(shown)
    assert by_code["name"] == f"{AWKWARD} code"
    visitor.send(f"{page}/new", name=f"{AWKWARD} form", **entered)
    collection = {"targets": "destinations", "endpoints": "ingesters", "flows": "delivery-flows"}
    listed = world.api.walk(world.api.at(collection[page]), collection[page].replace("-", "_"))
    [by_form] = [one for one in listed if one["name"] == f"{AWKWARD} form"]
    assert plain(by_code) == plain(by_form)
    if page == "targets":
        kept = world.sandbox.store.destinations
        assert kept.secret(world.tenant, by_code["id"]) == given.SECRET


def test_the_code_of_a_change_changes_what_the_form_does(
    visitor: Visitor, world: World, run: Run
) -> None:
    first, second = given.destination(world.api), given.destination(world.api)
    visitor.look("targets")
    change = {"type": "queue", "was:type": "webhook", "was:url": "x", "url": "x"}
    change["remove:secret"] = "null"
    by_code = run(visitor.send(f"targets/{first['id']}", show="code", **change))
    visitor.send(f"targets/{second['id']}", **change)
    by_form = world.api.get(world.api.at("destinations", second["id"])).json
    assert by_code["type"] == by_form["type"] == "queue"
    assert by_code["url"] == first["url"]


def test_the_code_that_stands_on_a_flows_page_leaves_the_flow_as_it_is(
    visitor: Visitor, world: World, run: Run
) -> None:
    flow = world.flow(attempts=4, backoff=77)
    assert run(visitor.look(f"flows/{flow['id']}")) == flow


def test_the_code_of_a_deletion_deletes(visitor: Visitor, world: World, run: Run) -> None:
    made = given.destination(world.api)
    assert run(visitor.look(f"targets/{made['id']}/delete")) in ("", 204)
    world.api.get(world.api.at("destinations", made["id"])).expect(404)


def test_the_code_of_a_key_makes_and_revokes_it(visitor: Visitor, world: World, run: Run) -> None:
    visitor.look("keys/new")
    scopes = ["read:*", "write:logs"]
    entered = {"name": "ci", "chosen:scopes": "listed", "scopes": scopes, "expires_in": "60"}
    made = run(visitor.send("keys/new", show="code", **entered))
    assert made["tenant_id"] == world.tenant
    assert made["scopes"] == scopes
    assert "expires_at" in made
    assert run(visitor.look(f"keys/{made['key_id']}/revoke")) in ("", 204)
    found = world.admin.get(f"/sandbox/keys?tenant_id={world.tenant}").json["keys"]
    assert [one["state"] for one in found if one["key_id"] == made["key_id"]] == ["revoked"]


def test_no_code_holds_a_token(visitor: Visitor, world: World) -> None:
    made = given.destination(world.api)
    for path in ("targets/new", f"targets/{made['id']}/delete", "keys/new", "flows/new"):
        page = visitor.look(path)
        assert ADMIN not in page
        assert str(world.api.token) not in page
        assert f"${TOKEN}" in page or f"${ADMIN_TOKEN}" in page


def test_showing_the_code_changes_nothing(visitor: Visitor, world: World) -> None:
    made = given.destination(world.api)
    visitor.look("targets")
    page = visitor.send(f"targets/{made['id']}", show="code", name="other", **{"was:name": "x"})
    assert '{"name": "other"}' in unescape(page)
    assert 'value="other"' in page
    visitor.send("targets/new", show="code", name="more", url="https://a.example/")
    assert visitor.send(f"targets/{made['id']}/delete", show="code")
    assert world.api.walk(world.api.at("destinations"), "destinations") == [made]
