"""The tools of the sandbox in a browser: break, watch, advance, retry; usable by all.

Without a browser nothing of this runs, and each test says so.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

pytest.importorskip("playwright", reason="only the slow part has it: pip install --group browser")
from playwright.sync_api import Browser, Page, expect

from tests.conformance import given_report
from tests.contract.browser import Seen
from tests.server import given
from tests.server.console.test_console_browser import (
    HOSTILE,
    chromium,
    complaints,
    signed_in,
)
from tests.server.console.test_console_browser_resources import (
    hold_to_the_width_and_axe,
    looks,
    to,
)
from tests.server.delivery_target import Target
from tests.server.delivery_world import World
from zen_conformance.report import json_file

__all__ = ["chromium", "looks"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

HOURS = 3600


@pytest.mark.parametrize("scripts", [True, False])
def test_break_watch_advance_retry(
    chromium: Browser, world: World, target: Target, scripts: bool
) -> None:
    target.answer(world.path, 200)
    flow = world.flow(attempts=3, backoff=HOURS)
    page = signed_in(chromium, world, java_script_enabled=scripts)
    _break(page, flow["destination_id"])
    page.get_by_role("link", name="Deliveries").click()
    event_id = world.event(flow)
    world.executed(event_id)
    _look_again(page, scripts)
    page.get_by_role("link", name=event_id).first.click()
    expect(page.get_by_role("heading", name="Attempt 1 failed")).to_be_visible()
    page.get_by_role("button", name="Advance the clock to the next attempt").click()
    expect(page.get_by_text("1 attempt made on the way.")).to_be_visible()
    expect(page.get_by_role("heading", name="Attempt 2 failed")).to_be_visible()
    watching = page.context.new_page()
    watching.goto(page.url)
    page.get_by_role("link", name="Clock & faults").click()
    page.get_by_role("button", name="Advance to the next attempt").click()
    expect(page.locator("#made + table").get_by_role("link", name=event_id)).to_be_visible()
    _look_again(watching, scripts)
    expect(watching.get_by_role("heading", name="Attempt 3 failed")).to_be_visible()
    page.get_by_role("button", name="End it").click()
    expect(page.get_by_text("The fault is ended.")).to_be_visible()
    watching.get_by_role("button", name="Retry now").click()
    world.executed(event_id, 4)
    _look_again(watching, scripts)
    expect(watching.get_by_role("heading", name="Attempt 4 delivered")).to_be_visible()
    page.context.close()


def _break(page: Page, destination_id: str) -> None:
    """Has attempts to a target fail, by the console."""
    page.get_by_role("link", name="Clock & faults").click()
    page.get_by_role("link", name="Spoil attempts").click()
    page.get_by_label("How required").select_option("status")
    page.get_by_label("Status").fill("503")
    page.get_by_label("Only attempts to this target").fill(destination_id)
    page.get_by_role("button", name="Bring it about").click()
    expect(page.get_by_text("The fault is in force.")).to_be_visible()


def _look_again(page: Page, scripts: bool) -> None:
    """What a page without scripts needs, to show what has happened."""
    if not scripts:
        page.reload()


def test_a_wrong_field_is_reached_by_keyboard_and_keeps_what_was_entered(
    chromium: Browser, world: World
) -> None:
    page = signed_in(chromium, world)
    to(page, world, "clock")
    page.get_by_label("Set it to").fill("1999-01-01T00:00:00Z")
    page.keyboard.press("Enter")
    expect(page.locator("#problems")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{page.url.partition('#')[0]}#field-to")
    expect(page.get_by_label("Set it to")).to_have_value("1999-01-01T00:00:00Z")
    expect(page.get_by_label("Set it to")).to_have_accessible_description(re.compile("is past"))
    page.context.close()


def test_requests_come_in_while_one_looks(chromium: Browser, world: World) -> None:
    page = signed_in(chromium, world)
    page.get_by_role("link", name="Requests").click()
    expect(page.locator(".liveness")).to_have_text("live")
    world.api.get(world.api.at("destinations", "dest_nowhere")).expect(404)
    page.get_by_role("link", name="dest_nowhere").click()
    expect(page.get_by_text("What the contract says about such an answer")).to_be_visible()
    page.context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_report_is_chosen_or_dropped(chromium: Browser, world: World, scripts: bool) -> None:
    page = signed_in(chromium, world, java_script_enabled=scripts)
    page.get_by_role("link", name="Report").click()
    text = json_file.text(given_report.report())
    if scripts:
        page.locator("form[data-drop]").evaluate(_DROP, text)
    else:
        file: Any = {"name": "r.json", "mimeType": "application/json", "buffer": text.encode()}
        page.set_input_files("input[type=file]", file)
        page.get_by_role("button", name="Show it").click()
    expect(page.get_by_role("heading", name="By area")).to_be_visible()
    expect(page.get_by_role("link", name="DEST-002").last).to_be_visible()
    page.context.close()


_DROP = """(zone, text) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([text], "r.json", { type: "application/json" }));
  zone.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def snapshot(world: World) -> Iterator[str]:
    """The name of a snapshot of the tenant, deleted after the test."""
    name = given.name("snapshot")
    world.admin.post("/sandbox/snapshots", {"name": name}).expect(201)
    yield name
    world.admin.delete(f"/sandbox/snapshots/{name}")


def test_every_tool_fits_runs_nothing_hostile_and_can_be_used_by_all(
    chromium: Browser, world: World, target: Target, snapshot: str, looks: tuple[int, Any]
) -> None:
    width, theme = looks
    _fill(world, target, snapshot)
    page = signed_in(chromium, world, width, color_scheme=theme)
    seen = Seen()
    seen.watch(page)
    page.on("dialog", lambda dialog: seen.complaints.append(dialog.message))
    to(page, world, "requests")
    href = page.locator("td.mono a").first.evaluate("one => one.href")
    request = href.partition(f"/{world.tenant}/")[2]
    paths = (
        *("clock?after=0", "faults/new/target", "faults/new/api", "receivers/new", "receivers"),
        *(f"receivers/{snapshot}", f"receivers/{snapshot}/delete", "log", "requests", "snapshots"),
        *(f"snapshots/{snapshot}/restore", f"snapshots/{snapshot}/delete", "reset", "report"),
        *("log?since=%3Cscript%3E", "requests/nowhere", "requests?whose=everybody"),
    )
    for path in (*paths, request):
        to(page, world, path)
        hold_to_the_width_and_axe(page, width)
    to(page, world, "faults/new/target")
    page.get_by_role("button", name="Show as code").click()
    hold_to_the_width_and_axe(page, width)
    to(page, world, "clock")
    page.get_by_label("Set it to").fill(HOSTILE)
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.locator("#problems")).to_be_visible()
    hold_to_the_width_and_axe(page, width)
    _bring(page, b"<script>alert(1)</script>")
    expect(page.get_by_role("alert")).to_be_visible()
    hold_to_the_width_and_axe(page, width)
    _bring(page, json_file.text(given_report.report()).encode())
    expect(page.get_by_role("heading", name="By area")).to_be_visible()
    hold_to_the_width_and_axe(page, width)
    refused = ("404", "400")  # which a browser tells its console of pages that say so
    assert [one for one in complaints(seen) if not any(code in one for code in refused)] == []
    assert seen.outside(world.sandbox.base_url) == []
    page.context.close()


def _fill(world: World, target: Target, name: str) -> None:
    """Something hostile to show on every page."""
    target.answer(world.path, 500)
    world.executed(world.event(world.flow(backoff=HOURS)))
    receiver = {
        "name": name,
        "tenant_id": world.tenant,
        "script": [{"status": 200}],
    }
    world.admin.post("/sandbox/receivers", receiver).expect(201)
    headers = {"Content-Type": "text/html", "X-A": "<b"}
    address = f"/sandbox/receivers/{name}"
    world.anybody.post(address, data=HOSTILE.encode() * 200, headers=headers).expect(200)
    fault = {"side": "api", "kind": "latency", "milliseconds": 1, "tenant_id": world.tenant}
    world.admin.post("/sandbox/faults", fault).expect(201)
    world.api.get(f"/v1/tenants/{world.tenant}/destinations/{quote(HOSTILE)}")
    world.api.post(world.api.at("destinations"), {"name": HOSTILE * 9}).expect(400)


def _bring(page: Page, data: bytes) -> None:
    """Brings a file to the page for reports."""
    page.get_by_role("link", name="Report").click()
    file: Any = {"name": f"{HOSTILE}.json", "mimeType": "application/json", "buffer": data}
    page.set_input_files("input[type=file]", file)
    page.get_by_role("button", name="Show it").click()
