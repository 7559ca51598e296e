"""Tenants and clusters in the console: made, looked at, ended."""

import uuid
from pathlib import Path

import pytest

from tests.server.client import Api
from tests.server.console.test_console_resources import invalid_fields
from tests.server.console.visitor import Visitor, text_of
from tests.server.delivery_world import World
from tests.server.harness import ADMIN_TOKEN, Sandbox
from zen_sandbox.settings import Settings


@pytest.fixture
def fresh() -> str:
    """An id that nobody has."""
    return f"tnt_{uuid.uuid4().hex}"


def known(admin: Api) -> dict[str, bool]:
    """Every tenant, and whether it was revoked."""
    listed = admin.get("/sandbox/tenants").json["tenants"]
    return {one["tenant_id"]: "revoked_at" in one for one in listed}


def clusters(world: World, tenant_id: str) -> list[str]:
    """A tenant's clusters."""
    listed = world.admin.get(f"/sandbox/tenants/{tenant_id}/clusters").json["clusters"]
    return [one["cluster_id"] for one in listed]


def test_a_tenant_is_made_and_looked_at(visitor: Visitor, world: World, fresh: str) -> None:
    visitor.get("/tenants/new")
    page = visitor.post("/tenants/new", {"tenant_id": fresh, "name": "Mine"})
    assert "The tenant is there." in page
    assert f"/t/{fresh}/" in page
    assert known(world.admin)[fresh] is False
    assert fresh in visitor.look("tenants")


def test_a_tenant_without_an_id_gets_one(visitor: Visitor, world: World) -> None:
    before = known(world.admin).keys()
    visitor.get("/tenants/new")
    visitor.post("/tenants/new", {"tenant_id": "", "name": "Somebody"})
    [made] = known(world.admin).keys() - before
    assert made in visitor.look("tenants")


@pytest.mark.parametrize("tenant_id", ["a b", "x" * 200])
def test_an_id_that_cannot_be_is_told_at_its_field(
    visitor: Visitor, world: World, tenant_id: str
) -> None:
    before = known(world.admin)
    visitor.get("/tenants/new")
    page = visitor.post("/tenants/new", {"tenant_id": tenant_id, "name": "n"}, 400)
    assert "tenant_id" in invalid_fields(page)
    assert known(world.admin) == before


def test_an_id_that_is_taken_is_told_at_its_field(visitor: Visitor, world: World) -> None:
    visitor.get("/tenants/new")
    page = visitor.post("/tenants/new", {"tenant_id": world.tenant}, 409)
    assert "tenant_id" in invalid_fields(page)


def test_a_tenant_is_revoked_once_it_was_asked_for_twice(
    visitor: Visitor, world: World, fresh: str
) -> None:
    world.admin.post("/sandbox/tenants", {"tenant_id": fresh})
    assert "Every credential of it ends" in visitor.look(f"tenants/{fresh}/revoke")
    assert known(world.admin)[fresh] is False
    assert f"The tenant {fresh} is revoked." in visitor.send(f"tenants/{fresh}/revoke")
    assert known(world.admin)[fresh] is True
    assert f"tenants/{fresh}/revoke" not in visitor.look("tenants")
    visitor.look(f"tenants/{fresh}/revoke", 404)


def test_a_cluster_is_made_and_revoked(visitor: Visitor, world: World) -> None:
    visitor.look("clusters/new")
    assert "The cluster is there." in visitor.send("clusters/new", cluster_id="plane_eu_1")
    assert "plane_eu_1" in clusters(world, world.tenant)
    assert "plane_eu_1" in text_of(visitor.look("tenants"))
    page = visitor.send("clusters/new", 409, cluster_id="plane_eu_1")
    assert "cluster_id" in invalid_fields(page)
    visitor.look("clusters/plane_eu_1/revoke")
    visitor.send("clusters/plane_eu_1/revoke")
    assert "plane_eu_1" not in clusters(world, world.tenant)
    visitor.look("clusters/plane_eu_1/revoke", 404)


def test_another_tenants_cluster_is_not_there(visitor: Visitor, world: World) -> None:
    other = World(world.sandbox, world.target)
    path = f"/sandbox/tenants/{other.tenant}/clusters"
    world.admin.post(path, {"cluster_id": "plane_theirs"}).expect(201)
    assert "plane_theirs" not in visitor.look("tenants")
    visitor.look("clusters/plane_theirs/revoke", 404)
    visitor.look("tenants")
    visitor.send("clusters/plane_theirs/revoke", 404)
    assert "plane_theirs" in clusters(other, other.tenant)


def test_a_name_is_text_and_nothing_else(visitor: Visitor, world: World, fresh: str) -> None:
    name = '"><img src=/x onerror=alert(1)>'
    world.admin.post("/sandbox/tenants", {"tenant_id": fresh, "name": name}).expect(201)
    page = visitor.look("tenants")
    assert "&lt;img src=/x" in page
    assert "<img" not in page


def test_the_first_tenant_is_made_in_the_console(tmp_path: Path, fresh: str) -> None:
    with Sandbox(tmp_path / "sandbox.db", Settings(admin_token=ADMIN_TOKEN)) as sandbox:
        admin = sandbox.api(token=ADMIN_TOKEN)
        for tenant_id in known(admin):
            admin.delete(f"/sandbox/tenants/{tenant_id}").expect(204)
        with Visitor(sandbox, tenant=fresh) as visitor:
            assert "There is no tenant yet" in visitor.get("")
            visitor.get("/tenants/new")
            page = visitor.post("/tenants/new", {"tenant_id": fresh})
            assert "The tenant is there." in page
