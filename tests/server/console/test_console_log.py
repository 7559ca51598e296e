"""The audit log in the console: its filters, its pages, and what its entries lead to."""

import re

import pytest

from tests.server import given
from tests.server.console.visitor import Visitor, text_of
from tests.server.delivery_target import Target
from tests.server.delivery_world import World


def links(page: str) -> list[str]:
    """Where the entries of a page lead to."""
    rows = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return [found.replace("&amp;", "&") for found in re.findall(r'<a href="([^"]+)"', rows)]


def test_writes_and_attempts_lead_to_what_they_are_about(
    visitor: Visitor, world: World, target: Target
) -> None:
    target.answer(world.path, 500)
    flow = world.flow(attempts=1)
    event_id = world.event(flow)
    delivery = world.executed(event_id)[0]
    page = visitor.look("log")
    said = text_of(page)
    for word in ("create destination", "create delivery-flow", "deliver delivery", "engine"):
        assert word in " ".join(said.split())
    found = links(page)
    assert f"/sandbox/console/t/{world.tenant}/targets/{flow['destination_id']}" in found
    assert f"/sandbox/console/t/{world.tenant}/flows/{flow['id']}" in found
    for address in found:
        visitor.get(visitor.base_url + address)
    attempt = visitor.look(f"attempts/{delivery['id']}")
    assert event_id in attempt
    visitor.look("attempts/del_nowhere", 404)


def test_denied_writes_are_visible_with_who_tried(visitor: Visitor, world: World) -> None:
    other = World(world.sandbox, world.target)
    world.api.post(f"/v1/tenants/{other.tenant}/destinations", {}).expect(403)
    world.api.delete(world.api.at("destinations", "dest_nowhere")).expect(404)
    world.api.post(world.api.at("destinations"), {"name": ""}).expect(400)
    page = text_of(visitor.look("log", level="warn"))
    for ending in ("authorization denied", "not found", "validation error"):
        assert ending in page
    page = visitor.look("log")
    assert "dest_nowhere" in page
    assert not [one for one in links(page) if "dest_nowhere" in one]


def test_the_log_is_filtered_as_the_api_does(visitor: Visitor, world: World) -> None:
    flow = world.flow()
    world.executed(world.event(flow))
    assert "deliver" in visitor.look("log", source_id=flow["source_id"])
    assert "create destination" not in text_of(visitor.look("log", source_id=flow["source_id"]))
    assert "Nothing fits these filters." in visitor.look("log", level="debug")
    assert "Nothing fits these filters." in visitor.look("log", until="2001-01-01T00:00:00Z")
    assert "Nothing fits these filters." not in visitor.look("log", since="2001-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("name", "value"),
    [("since", "yesterday"), ("until", "<b>"), ("source_id", "not an id"), ("level", "loud")],
)
def test_a_filter_that_the_api_refuses_is_told_at_its_field(
    visitor: Visitor, name: str, value: str
) -> None:
    page = visitor.look("log", **{name: value})
    assert 'class="wrong"' in page
    assert f"{name}: " in text_of(page)
    if name != "level":
        assert f'aria-describedby="wrong-{name}"' in page
        assert f'name="{name}" value="{value.replace("<", "&lt;").replace(">", "&gt;")}"' in page


def test_the_log_is_paged_with_the_apis_cursor(visitor: Visitor, world: World) -> None:
    for number in range(60):
        given.ingester(world.api, name=f"endpoint-{number}")
    first = visitor.look("log")
    assert first.count("create ingester") == 50
    older = re.search(r'href="([^"]+)">Older<', first)
    assert older
    second = visitor.get(visitor.base_url + older[1].replace("&amp;", "&"))
    assert second.count("create ingester") == 10
    assert "Older<" not in second
    assert "is not a cursor of this list" in visitor.look("log", cursor="x" * 32)


def test_a_tenant_sees_its_own_log_only(visitor: Visitor, world: World) -> None:
    other = World(world.sandbox, world.target)
    made = given.ingester(other.api)["id"]
    assert made not in visitor.look("log")
    assert "Nothing was written yet" in visitor.look("log")
