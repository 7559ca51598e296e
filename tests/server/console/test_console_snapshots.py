"""Snapshots in the console, and starting over: nothing is lost that was not said to be."""

from collections.abc import Iterator

import pytest

from tests.server import given
from tests.server.console.visitor import Visitor, text_of
from tests.server.delivery_world import World
from zen_sandbox import demo


@pytest.fixture
def name(world: World) -> Iterator[str]:
    """A name for a snapshot, that is deleted after the test."""
    name = given.name("snapshot")
    yield name
    world.admin.delete(f"/sandbox/snapshots/{name}")


def targets(world: World) -> int:
    """How many the tenant has."""
    return len(world.api.get(world.api.at("destinations")).expect(200).json["destinations"])


def test_a_snapshot_is_taken_put_back_and_deleted(
    visitor: Visitor, world: World, name: str
) -> None:
    assert "There is none of this tenant." in visitor.look("snapshots")
    given.destination(world.api)
    assert f"Snapshot {name} is taken." in visitor.send("snapshots", name=name)
    given.destination(world.api)
    page = visitor.look(f"snapshots/{name}/restore")
    assert "What was made or changed since then is lost" in page
    assert targets(world) == 2
    assert "is put back" in visitor.send(f"snapshots/{name}/restore")
    assert targets(world) == 1
    assert "lost for good" in visitor.look(f"snapshots/{name}/delete")
    assert name in visitor.look("snapshots")
    page = visitor.send(f"snapshots/{name}/delete")
    assert "is deleted" in page
    assert "There is none of this tenant." in page


def test_another_tenants_snapshot_is_not_there(visitor: Visitor, world: World, name: str) -> None:
    other = World(world.sandbox, world.target)
    body = {"name": name, "tenant_id": other.tenant}
    world.admin.post("/sandbox/snapshots", body).expect(201)
    assert name not in visitor.look("snapshots")
    visitor.look(f"snapshots/{name}/restore", 404)
    visitor.send(f"snapshots/{name}/restore", 404)
    visitor.send(f"snapshots/{name}/delete", 404)
    world.admin.get(f"/sandbox/snapshots/{name}").expect(200)


def test_a_snapshot_of_every_tenant_is_put_back_for_one_unless_all_are_asked_for(
    visitor: Visitor, world: World, name: str
) -> None:
    other = World(world.sandbox, world.target)
    visitor.look("snapshots")
    assert " more</td>" in visitor.send("snapshots", name=name, everybody="yes")
    for one in (world, other):
        given.destination(one.api)
    page = visitor.look(f"snapshots/{name}/restore")
    assert "also what it holds of" in page
    visitor.send(f"snapshots/{name}/restore")
    assert (targets(world), targets(other)) == (0, 1)
    visitor.send(f"snapshots/{name}/restore", everybody="yes")
    assert targets(other) == 0


def test_a_name_that_the_contract_refuses_is_told_at_its_field(visitor: Visitor) -> None:
    visitor.look("snapshots")
    page = visitor.send("snapshots", 400, name="<b>no</b>")
    assert 'id="field-name-wrong"' in page
    assert 'value="&lt;b&gt;no&lt;/b&gt;"' in page


def test_starting_over_loses_what_it_says(visitor: Visitor, world: World) -> None:
    other = World(world.sandbox, world.target)
    for one in (world, other):
        given.destination(one.api)
    page = text_of(visitor.look("reset"))
    assert "are lost" in page
    assert "then fill it with the demo" not in page
    assert targets(world) == 1
    assert "The tenant starts over." in visitor.send("reset", to="empty")
    assert (targets(world), targets(other)) == (0, 1)


def test_another_tenant_than_the_demo_is_not_filled_with_the_demo(
    visitor: Visitor, world: World
) -> None:
    given.destination(world.api)
    visitor.look("reset")
    assert f"must be {demo.TENANT_ID}" in visitor.send("reset", to="demo")
    assert targets(world) == 1
