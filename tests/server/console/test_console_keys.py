"""Keys in the console: made, shown once, revoked, and only the tenant's own."""

import re
from typing import Any

import pytest

from tests.server.client import Api
from tests.server.console.test_console_resources import invalid_fields
from tests.server.console.visitor import Visitor, text_of
from tests.server.delivery_world import World

_SHOWN = re.compile(r'id="api-key">([^<]+)<')


def made(visitor: Visitor, **entered: Any) -> str:
    """A new key, as the page after the form shows it."""
    visitor.look("keys/new")
    [key] = _SHOWN.findall(visitor.send("keys/new", **entered))
    return str(key)


def known(world: World) -> list[dict[str, Any]]:
    """The tenant's keys, as the API lists them."""
    found: list[dict[str, Any]] = world.admin.get(f"/sandbox/keys?tenant_id={world.tenant}").json[
        "keys"
    ]
    return found


def with_key(world: World, key: str) -> Api:
    """A client with that key."""
    return world.sandbox.api(token=key, tenant=world.tenant)


def test_a_key_is_shown_once_and_does_what_its_scopes_say(visitor: Visitor, world: World) -> None:
    key = made(visitor, name="ci", scopes="read:destinations", **{"chosen:scopes": "listed"})
    client = with_key(world, key)
    client.get(client.at("destinations")).expect(200)
    client.get(client.at("ingesters")).expect(403)
    page = visitor.look("keys")
    assert key not in page
    assert "ci" in text_of(page)
    assert "read:destinations" in page


@pytest.mark.parametrize(("chosen", "status"), [("all", 200), ("listed", 403)])
def test_a_key_without_a_list_may_do_everything_and_with_an_empty_one_nothing(
    visitor: Visitor, world: World, chosen: str, status: int
) -> None:
    client = with_key(world, made(visitor, name=chosen, **{"chosen:scopes": chosen}))
    client.get(client.at("destinations")).expect(status)


def test_a_key_that_is_revoked_is_refused_and_told_as_such(visitor: Visitor, world: World) -> None:
    before = {one["key_id"] for one in known(world)}
    client = with_key(world, made(visitor, name="short-lived"))
    [key_id] = {one["key_id"] for one in known(world)} - before
    page = visitor.look(f"keys/{key_id}/revoke")
    assert "Revoke the key" in page
    client.get(client.at("destinations")).expect(200)
    assert "The key is revoked." in visitor.send(f"keys/{key_id}/revoke")
    client.get(client.at("destinations")).expect(401)
    assert "is-revoked" in visitor.look("keys")
    assert f"keys/{key_id}/revoke" not in visitor.look("keys")


def test_a_key_ends_by_the_tenants_clock(visitor: Visitor, world: World) -> None:
    made(visitor, name="for a minute", expires_in="60")
    assert "is-expired" not in visitor.look("keys")
    world.advance(61)
    assert "is-expired" in visitor.look("keys")


@pytest.mark.parametrize(
    ("entered", "field"),
    [
        ({"name": "é"}, "name"),
        ({"expires_in": "0"}, "expires_in"),
        ({"expires_in": "soon"}, "expires_in"),
        ({"scopes": "write:everything", "chosen:scopes": "listed"}, "scopes"),
    ],
)
def test_a_refusal_is_told_at_its_field_and_makes_no_key(
    visitor: Visitor, world: World, entered: dict[str, str], field: str
) -> None:
    before = known(world)
    visitor.look("keys/new")
    page = visitor.send("keys/new", 400, **entered)
    assert f'id="field-{field}-wrong"' in page
    assert field == "scopes" or field in invalid_fields(page)
    assert "Nothing was changed." in page
    assert known(world) == before


def test_a_key_is_made_for_the_tenant_that_is_looked_at_and_no_other(
    visitor: Visitor, world: World
) -> None:
    other = World(world.sandbox, world.target)
    before = known(other)
    made(visitor, name="mine", tenant_id=other.tenant)
    assert known(other) == before
    assert "mine" in {one["name"] for one in known(world)}


def test_another_tenants_keys_are_neither_shown_nor_revoked(visitor: Visitor, world: World) -> None:
    other = World(world.sandbox, world.target)
    with Visitor(world.sandbox, tenant=other.tenant) as theirs:
        made(theirs, name="theirs")
    [key_id] = [one["key_id"] for one in known(other) if one["name"] == "theirs"]
    assert key_id not in visitor.look("keys")
    strange = visitor.look(f"keys/{key_id}/revoke", 404)
    assert text_of(strange) == text_of(visitor.look("keys/key_nowhere/revoke", 404))
    visitor.look("keys")
    visitor.send(f"keys/{key_id}/revoke", 404)
    assert "revoked" not in {one["state"] for one in known(other)}


def test_many_keys_are_paged(visitor: Visitor, world: World) -> None:
    for number in range(60):
        world.admin.post("/sandbox/keys", {"tenant_id": world.tenant, "name": f"k{number}"})
    first = visitor.look("keys")
    assert "k59" in first
    assert first.count("<tr>") == 51
    assert re.search(r'begin=50">Older<', first)
    second = visitor.look("keys", begin=50)
    assert second.count("<tr>") == len(known(world)) - 50 + 1
    assert "Older<" not in second
    assert "k59" not in second
    for begin in ("-5", "x", "9" * 40):
        visitor.look("keys", begin=begin)
