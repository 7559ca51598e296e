"""What the console shows of deliveries, and what it lets one do, asked over HTTP."""

import json
import re
import subprocess
import sys

import requests

from tests.server import given
from tests.server.console.visitor import HOME, Visitor, text_of
from tests.server.delivery_target import Reply, Target
from tests.server.delivery_world import World, until
from tests.server.harness import DEADLINE, Sandbox

_OPTION = re.compile(r'<option value="((?:ing|dest)_[^"]+)"')


def test_a_newcomer_gets_from_nothing_to_a_delivered_event(visitor: Visitor, world: World) -> None:
    page = visitor.look("")
    assert "Send it" not in page
    assert "It needs the other two." in page
    visitor.send("start/endpoint", name="orders", type="generic")
    page = visitor.send("start/target", name="my-app", url="")
    assert "The target is there." in page
    chosen = dict(zip(("source_id", "destination_id"), _OPTION.findall(page), strict=True))
    page = visitor.send("start/flow", name="to-my-app", **chosen)
    assert "The flow is there." in page
    page = visitor.send(
        "start/event", ingester_id=chosen["source_id"], type="generic.order.created"
    )
    event_id = page.partition("/events/")[2].partition("/")[0]
    world.executed(event_id)
    page = visitor.look(f"events/{event_id}")
    assert "signature verifies" in page
    assert "is-delivered" in page
    assert "1 in 30 min, 100 % delivered" in visitor.look("")
    entries = world.api.get("/v1/logs").expect(200).json["logs"]
    writers = {one["action"]: one["actor"] for one in entries}
    assert writers == {"create": "console", "deliver": "engine"}


def test_one_click_shows_a_delivery(visitor: Visitor, world: World) -> None:
    assert "Show me a delivery" in visitor.look("")
    page = visitor.send("start/everything")
    event_id = page.partition("/events/")[2].partition("/")[0]
    world.executed(event_id)
    assert "signature verifies" in visitor.look(f"events/{event_id}")


def test_what_the_api_refuses_is_told_with_its_own_words(visitor: Visitor, world: World) -> None:
    visitor.look("")
    assert "name: must" in text_of(visitor.send("start/endpoint", name="", type="generic"))
    assert "type: " in text_of(visitor.send("start/endpoint", name="orders", type="telegraph"))
    assert "must" in text_of(visitor.send("start/flow", name="to-my-app"))
    assert "no such ready-made event" in visitor.send("start/event", type="nonsense")
    assert world.api.get(world.api.at("ingesters")).json == {"ingesters": []}


def test_deliveries_are_filtered_and_paged_as_the_api_does(visitor: Visitor, world: World) -> None:
    event_id = given.event(world.sandbox, world.tenant)
    made = [
        given.attempt(
            world.sandbox, world.tenant, event_id, flow_id=f"flow_{number}", ending="delivered"
        )
        for number in range(60)
    ]
    first = visitor.look("deliveries")
    assert first.count("is-delivered") == 50, text_of(first)
    older = re.search(r'href="([^"]+)">Older<', first)
    assert older
    second = visitor.get(visitor.base_url + older[1].replace("&amp;", "&"))
    assert second.count("is-delivered") == 10
    assert "Older<" not in second
    assert "Nothing fits these filters." in visitor.look("deliveries", status="failed")
    assert "not a valid status value" in text_of(visitor.look("deliveries", status="lost"))
    assert visitor.look("deliveries", event_id=event_id).count("is-delivered") == 50
    assert "No deliveries found" in visitor.look("deliveries", event_id="evt_nowhere")
    assert "is not a cursor of this list" in visitor.look("deliveries", cursor="x" * 32)
    assert len(made) == 60


def test_the_failed_end_of_a_chain_can_be_retried_alone_or_with_others(
    visitor: Visitor, world: World, target: Target
) -> None:
    target.answer(world.path, 500, 500, 500, 200)
    flow = world.flow(attempts=1)
    events = [world.event(flow) for _ in range(3)]
    for event_id in events:
        world.executed(event_id)
    page = visitor.look("deliveries", status="failed")
    ids = re.findall(r'name="delivery_id" value="([^"]+)"', page)
    assert len(ids) == 3
    visitor.look(f"events/{events[0]}")
    assert "Queued for a new attempt." in visitor.send(f"events/{events[0]}/retry")
    assert world.executed(events[0], 2)[-1]["status"] == "delivered"
    page = visitor.send("deliveries/retry", delivery_id=ids[:2])
    assert "2 queued for a new attempt." in page
    for event_id in events[1:]:
        assert world.executed(event_id, 2)[-1]["status"] == "delivered"
    assert 'name="delivery_id"' not in visitor.look("deliveries")
    assert "must list 1 to 100" in text_of(visitor.send("deliveries/retry"))
    assert 'id="retry"' not in visitor.look(f"events/{events[0]}")


def test_an_event_shows_why_it_failed_and_what_changed_between_attempts(
    visitor: Visitor, world: World, target: Target
) -> None:
    refusing = Reply(500, (("X-Reason", "maintenance"),), b'{"error":"closed"}')
    target.answer(world.path, refusing, Reply(200, (), b'{"done":true}'))
    flow = world.flow(attempts=2, backoff=60)
    event_id = world.event(flow, b'{"order":{"id":7}}')
    world.executed(event_id)
    page = visitor.look(f"events/{event_id}")
    assert "the target answered 500" in page
    assert "maintenance" in page
    assert "Not signed" in page
    assert "is-wait" in page
    assert '"id": 7' in text_of(page), "pretty"
    assert '{"order":{"id":7}}' in text_of(page), "raw"
    assert f"curl -sS -i -X POST {target.url(world.path)}" in text_of(page)
    world.advance(90)
    world.executed(event_id, 2)
    page = visitor.look(f"events/{event_id}")
    compare = re.search(r'href="([^"]+/compare[^"]+)"', page)
    assert compare
    page = visitor.get(visitor.base_url + compare[1].replace("&amp;", "&"))
    said = text_of(page)
    assert "- x-reason: maintenance" in said.lower()
    assert '"error": "closed"' in said
    assert "+ status: delivered" in said


def test_a_signature_of_another_secret_is_told_with_the_reason(
    visitor: Visitor, world: World
) -> None:
    flow = world.flow(secret={"value": given.SECRET})
    event_id = world.event(flow)
    world.executed(event_id)
    assert "signature verifies" in visitor.look(f"events/{event_id}")
    world.patch(flow, secret={"value": "whsec_" + "QUFB" * 8})
    page = visitor.look(f"events/{event_id}")
    assert "signature does not verify" in page
    assert "another secret signed it" in page
    world.patch(flow, secret=None)
    assert "no longer has the secret" in visitor.look(f"events/{event_id}")
    assert given.SECRET not in page


def test_an_event_without_a_flow_says_why_nothing_follows(visitor: Visitor, world: World) -> None:
    source = given.ingester(world.api)["id"]
    event_id = world.event({"source_id": source})
    assert "No flow of this endpoint" in visitor.look(f"events/{event_id}")
    assert "not found" in visitor.look("events/evt_nowhere", 404)


def test_one_tenants_events_are_not_shown_in_another(visitor: Visitor, world: World) -> None:
    event_id = world.event(world.flow())
    world.executed(event_id)
    visitor.look(f"events/{event_id}")
    visitor.get(f"/t/tnt_b/events/{event_id}", 404)
    assert event_id not in visitor.get("/t/tnt_b/deliveries")
    assert "tnt_b" in visitor.get("/switch", tenant_id="tnt_b")


def test_looking_leaves_no_trace_in_the_log_of_requests(visitor: Visitor, world: World) -> None:
    visitor.look("")
    visitor.look("deliveries", status="lost")
    shown = world.admin.get(f"/sandbox/requests?tenant_id={world.tenant}").expect(200).json
    assert shown == {"requests": []}


def test_faults_of_the_api_do_not_strike_the_console(visitor: Visitor, world: World) -> None:
    fault = {
        "kind": "api_error",
        "tenant_id": world.tenant,
        "operation_id": "listDeliveries",
        "status": 503,
    }
    world.admin.post("/sandbox/faults", fault)
    visitor.look("deliveries", 200)


def test_an_open_page_is_told_that_something_happened(visitor: Visitor, world: World) -> None:
    flow = world.flow()
    with visitor.session.get(
        f"{visitor.base_url}{HOME}/live", stream=True, timeout=DEADLINE
    ) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        lines = answer.iter_lines()
        assert next(lines) == b": here"
        event_id = world.event(flow)
        world.executed(event_id)
        words = (json.loads(line[6:]) for line in lines if line.startswith(b"data: "))
        assert next(word for word in words if word["attempts"])["attempts"] >= 1


def test_more_viewers_than_threads_do_not_keep_a_page_waiting(world: World) -> None:
    visitors = [Visitor(world.sandbox) for _ in range(14)]
    answers: list[requests.Response] = []
    try:
        for visitor in visitors:
            live = f"{visitor.base_url}{HOME}/live"
            answers.append(visitor.session.get(live, stream=True, timeout=DEADLINE))
        assert "<h1>Overview</h1>" in visitors[0].get("/t/tnt_a/")
    finally:
        for answer in answers:
            answer.close()
        for visitor in visitors:
            visitor.session.close()


def test_nothing_of_the_pages_is_imported_before_somebody_looks() -> None:
    script = "import sys, zen_sandbox.app; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        timeout=DEADLINE,
    )
    kept = set(done.stdout.split())
    assert "zen_sandbox.app" in kept
    assert not {"zen_sandbox.console.site", "zen_sandbox.console.live"} & kept


def test_the_map_is_drawn_of_the_sample_and_says_when_there_is_more(
    visitor: Visitor, world: World
) -> None:
    event_id = given.event(world.sandbox, world.tenant)
    given.ingester(world.api)
    store: Sandbox = world.sandbox
    with store.store.database.writing():
        for number in range(1001):
            now = store.store.now()
            store.store.deliveries.queue(
                world.tenant,
                f"dlv_many_{number}",
                now,
                event_id=event_id,
                flow_id=f"flow_{number}",
                destination_id="dest_any",
                evidence_id="ev_any",
            )

    def told() -> bool:
        return "from the newest 1,000 attempts" in visitor.look("")

    assert until(told, "the note")
