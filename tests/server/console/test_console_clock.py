"""The clock and the faults of the sandbox, moved by hand in the console."""

import re

import pytest

from tests.server.console.visitor import Visitor, text_of
from tests.server.delivery_target import Target
from tests.server.delivery_world import World
from zen_contract import contract


def now(world: World) -> str:
    """The tenant's time as the API tells it."""
    clocks = world.admin.get(f"/sandbox/clock?tenant_id={world.tenant}").expect(200).json["clocks"]
    return str(clocks[0]["now"])


def test_the_clock_is_advanced_to_the_next_attempt_which_is_shown(
    visitor: Visitor, world: World, target: Target
) -> None:
    target.answer(world.path, 500, 200)
    event_id = world.event(world.flow(backoff=3600))
    world.executed(event_id)
    page = visitor.look("clock")
    assert "Advance to the next attempt" in page
    assert "retrying" in page
    page = visitor.send("clock", action="next")
    assert "1 attempt made on the way." in page
    made = page.partition('id="made"')[2].partition("</table>")[0]
    assert f"/events/{event_id}#" in made
    assert "is-delivered" in made
    assert "No attempt waits." in page
    assert "60 min ahead of this machine" in text_of(page)
    assert "Advance to the next attempt" not in page
    assert "No attempt waits to be made" in visitor.send("clock", action="next")


def test_the_clock_is_advanced_from_the_page_of_an_event(
    visitor: Visitor, world: World, target: Target
) -> None:
    target.answer(world.path, 500, 200)
    event_id = world.event(world.flow(backoff=3600))
    world.executed(event_id)
    assert "Advance the clock" in visitor.look(f"events/{event_id}")
    page = visitor.send("clock", action="next", event_id=event_id)
    assert "1 attempt made on the way." in page
    assert page.count('class="attempt"') == 2
    assert "Advance the clock" not in page


def test_the_clock_stands_still_and_goes_on(visitor: Visitor, world: World) -> None:
    visitor.look("clock")
    assert "frozen" in visitor.send("clock", action="freeze")
    assert now(world) == now(world)
    page = visitor.send("clock", action="resume")
    assert "goes on" in page
    assert "frozen" not in page


def test_the_clock_is_advanced_and_set(visitor: Visitor, world: World) -> None:
    visitor.look("clock")
    visitor.send("clock", action="freeze")
    before = now(world)
    assert "3 d ahead" in text_of(visitor.send("clock", action="advance", seconds="259200"))
    assert now(world) > before
    assert "The clock moved" in visitor.send("clock", action="set", to="2031-01-01T00:00:00Z")
    assert now(world).startswith("2031-01-01T00:00:0")


def test_other_clocks_move_only_when_that_is_asked_for(visitor: Visitor, world: World) -> None:
    other = World(world.sandbox, world.target)
    visitor.look("clock")
    for one in (world, other):
        one.move("freeze")
    still = now(other)
    visitor.send("clock", action="advance", seconds="60")
    assert now(other) == still
    page = visitor.send("clock", action="advance", seconds="60", everybody="yes")
    assert re.search("The [0-9]+ clocks moved", page)
    assert now(other) > still


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"action": "advance"}, "seconds", "is required to advance"),
        ({"action": "advance", "seconds": "soon"}, "seconds", "must be an integer"),
        ({"action": "advance", "seconds": "-5"}, "seconds", "from 0 to 315360000"),
        ({"action": "set", "to": "tomorrow"}, "to", "RFC 3339"),
        ({"action": "set", "to": "1999-01-01T00:00:00Z"}, "to", "is past"),
    ],
)
def test_what_the_contract_refuses_of_a_move_is_told_at_the_field(
    visitor: Visitor, fields: dict[str, str], field: str, said: str
) -> None:
    visitor.look("clock")
    page = visitor.send("clock", 400, **fields)
    wrong = page.partition(f'id="field-{field}-wrong"')[2].partition("</p>")[0]
    assert said in wrong
    assert f'value="{fields.get(field, "")}"' in page


def test_an_action_that_there_is_not_is_refused_in_the_apis_words(visitor: Visitor) -> None:
    visitor.look("clock")
    assert "action: must be one of" in text_of(visitor.send("clock", action="rewind"))


def test_a_position_that_is_none_shows_nothing_made(visitor: Visitor) -> None:
    assert "Nothing yet." in visitor.look("clock", after="<script>")


def test_a_fault_is_brought_about_and_ended(visitor: Visitor, world: World, target: Target) -> None:
    target.answer(world.path, 200)
    flow = world.flow(attempts=1)
    page = visitor.look("faults/new/target")
    assert f'<option value="{flow["destination_id"]}"' in page
    page = visitor.send(
        "faults/new/target",
        kind="status",
        status="503",
        destination_id=flow["destination_id"],
        tenant_id=world.tenant,
    )
    assert "The fault is in force." in page
    event_id = world.event(flow)
    assert world.executed(event_id)[0]["response_code"] == 503
    page = visitor.look("clock")
    assert "1" in text_of(page.partition('id="faults"')[2].partition("</table>")[0])
    fault = re.search(r"faults/([^/]+)/end", page)
    assert fault
    assert "The fault is ended." in visitor.send(f"faults/{fault[1]}/end")
    assert "None. With a fault" in visitor.look("clock")


def test_a_fault_is_shown_as_code_before_it_is_brought_about(
    visitor: Visitor, world: World
) -> None:
    visitor.look("faults/new/api")
    page = visitor.send(
        "faults/new/api", kind="latency", milliseconds="10", probability="0.5", show="code"
    )
    assert "&#34;probability&#34;: 0.5" in page or "&#34;probability&#34;:0.5" in page
    assert world.admin.get("/sandbox/faults").json == {"faults": []}


@pytest.mark.parametrize(
    ("side", "fields", "field"),
    [
        ("target", {}, "kind"),
        ("target", {"kind": "status"}, "status"),
        ("target", {"kind": "drop"}, "kind"),
        ("api", {"kind": "latency"}, "milliseconds"),
        ("api", {"kind": "status", "status": "200"}, "status"),
        ("api", {"kind": "drop", "probability": "2"}, "probability"),
        ("api", {"kind": "drop", "probability": "often"}, "probability"),
        ("api", {"kind": "drop", "probability": "nan"}, "probability"),
        ("api", {"kind": "drop", "operation_id": "no/such"}, "operation_id"),
    ],
)
def test_what_is_wrong_with_a_fault_is_told_at_its_field(
    visitor: Visitor, world: World, side: str, fields: dict[str, str], field: str
) -> None:
    visitor.look(f"faults/new/{side}")
    page = visitor.send(f"faults/new/{side}", 400, **fields)
    assert f'id="field-{field}-wrong"' in page
    for value in fields.values():
        assert value in page
    assert world.admin.get("/sandbox/faults").json == {"faults": []}


def test_the_kinds_of_both_sides_are_all_of_the_contracts(visitor: Visitor) -> None:
    offered = {
        found
        for side in ("api", "target")
        for found in re.findall(
            r'<option value="([a-z_]+)"',
            visitor.look(f"faults/new/{side}")
            .partition('name="kind"')[2]
            .partition("</select>")[0],
        )
    }
    schemas = contract.load("zen-sandbox.v1").document["components"]["schemas"]
    assert offered == set(schemas["FaultInput"]["properties"]["kind"]["enum"])
    visitor.look("faults/new/nowhere", 404)


def test_a_tenants_faults_are_ended_and_not_those_of_others(visitor: Visitor, world: World) -> None:
    other = World(world.sandbox, world.target)
    for one in (world, other):
        fault = {"side": "target", "kind": "reset", "tenant_id": one.tenant, "count": 7}
        world.admin.post("/sandbox/faults", fault).expect(201)
    page = visitor.look("clock")
    assert page.count("0 of 7") == 1
    assert "The faults of this tenant are ended." in visitor.send("faults/end")
    assert len(world.admin.get("/sandbox/faults").json["faults"]) == 1
    assert "of every tenant are ended" in visitor.send("faults/end", everybody="yes")
    assert world.admin.get("/sandbox/faults").json == {"faults": []}
