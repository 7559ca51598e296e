"""The list of events in the console: what came in, also where nothing became of it."""

import re

from tests.server import given
from tests.server.console.visitor import Visitor
from tests.server.delivery_world import World


def test_an_event_that_matched_no_flow_is_listed_with_the_reason(
    visitor: Visitor, world: World
) -> None:
    assert "Nothing came in yet." in visitor.look("events")
    source = given.ingester(world.api, name="<b>orders</b>")["id"]
    lost = world.event({"source_id": source})
    sent = world.event(world.flow())
    page = visitor.look("events")
    assert f"/events/{lost}" in page
    assert f"/events/{sent}" in page
    assert "No flow of this endpoint" in page
    assert "&lt;b&gt;orders" in page
    page = visitor.look("events", ingester_id=source)
    assert f"/events/{lost}" in page
    assert f"/events/{sent}" not in page
    assert "Nothing fits this filter." in visitor.look("events", ingester_id="ing_nowhere")
    assert "ingester_id: must" in visitor.look("events", ingester_id="<script>")


def test_events_are_paged_with_the_apis_cursor(visitor: Visitor, world: World) -> None:
    flow = world.flow()
    for _ in range(60):
        world.event(flow)
    first = visitor.look("events")
    row = '<td class="mono"><a href='
    assert first.count(row) == 50
    older = re.search(r'href="([^"]+)">Older<', first)
    assert older
    assert visitor.get(visitor.base_url + older[1].replace("&amp;", "&")).count(row) == 10


def test_a_tenant_sees_its_own_events_only(visitor: Visitor, world: World) -> None:
    other = World(world.sandbox, world.target)
    event_id = other.event(other.flow())
    assert event_id not in visitor.look("events")
