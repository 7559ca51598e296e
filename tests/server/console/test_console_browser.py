"""The console in a browser: a newcomer's way, what moves by itself, and whether all can use it.

Without a browser nothing of this runs, and each test says so.
"""

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("playwright", reason="only the slow part has it: pip install --group browser")
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.contract.browser import Seen, browser
from tests.server.console.visitor import HOME
from tests.server.delivery_target import Target
from tests.server.delivery_world import ADMIN, World
from zen_sandbox.console.access import links

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

DESKTOP, PHONE = 1600, 360
WCAG_AA = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
HOSTILE = '"><img src=/x onerror=alert(1)><script>alert(1)</script>\u202etxt'


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser."""
    with browser() as running:
        yield running


def signed_in(chromium: Browser, world: World, width: int = DESKTOP, **given: Any) -> Page:
    """A window with the console of the world's tenant in it."""
    viewport: Any = {"width": width, "height": 900}
    base_url = world.sandbox.base_url
    context: BrowserContext = chromium.new_context(viewport=viewport, base_url=base_url, **given)
    page = context.new_page()
    page.goto(links.link(base_url, ADMIN))
    page.goto(f"{HOME}/t/{world.tenant}/")
    return page


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA: the rule, and where."""
    found = Axe().run(page, options={"runOnly": WCAG_AA}).response
    assert found["passes"]
    return [f"{one['id']}: {one['nodes'][0]['target']}" for one in found["violations"]]


def complaints(seen: Seen) -> list[str]:
    """What a page complained of, but for the stream that ends with the page it was for."""
    return [one for one in seen.complaints if not one.startswith("failed ") or "/live" not in one]


def test_a_newcomer_clicks_from_nothing_to_a_delivered_event(
    chromium: Browser, world: World
) -> None:
    page = signed_in(chromium, world)
    seen = Seen()
    seen.watch(page)
    page.get_by_role("button", name="Create the endpoint").click()
    page.get_by_role("button", name="Create the target").click()
    page.get_by_role("button", name="Create the flow").click()
    expect(page.get_by_text("The flow is there.")).to_be_visible()
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_text("signature verifies")).to_be_visible()  # without a reload
    assert complaints(seen) == []
    assert seen.outside(world.sandbox.base_url) == []
    page.context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_failure_is_watched_and_retried(
    chromium: Browser, world: World, target: Target, scripts: bool
) -> None:
    target.answer(world.path, 500, 200)
    flow = world.flow(attempts=1)
    page = signed_in(chromium, world, java_script_enabled=scripts)
    page.get_by_role("link", name="Deliveries").click()
    event_id = world.event(flow)
    world.executed(event_id)
    if not scripts:
        page.reload()
    page.get_by_role("link", name=event_id).click()
    expect(page.locator(".note.bad")).to_contain_text("the target answered 500")
    page.get_by_role("button", name="Retry now").click()
    world.executed(event_id, 2)
    if not scripts:
        page.reload()
    expect(page.get_by_role("heading", name="Attempt 2 delivered")).to_be_visible()
    expect(page.get_by_role("button", name="Retry now")).to_have_count(0)
    page.context.close()


def test_what_somebody_chose_is_not_taken_away_by_what_happens(
    chromium: Browser, world: World, target: Target
) -> None:
    target.answer(world.path, 500)
    flow = world.flow(attempts=1)
    first = world.event(flow)
    world.executed(first)
    page = signed_in(chromium, world)
    page.get_by_role("link", name="Deliveries").click()
    expect(page.locator(".liveness")).to_have_text("live")
    page.locator("tbody input[type=checkbox]").check()
    second = world.event(flow)
    world.executed(second)
    with page.expect_response(lambda answer: answer.url.endswith("/deliveries")):
        world.executed(world.event(flow))
    expect(page.locator("tbody input[type=checkbox]")).to_be_checked()
    expect(page.get_by_role("link", name=second)).to_have_count(0)
    page.locator("tbody input[type=checkbox]").uncheck()
    world.executed(world.event(flow))
    expect(page.get_by_role("link", name=second)).to_be_visible()
    page.context.close()


def test_a_page_shows_a_part_of_much_traffic_and_says_so(chromium: Browser, world: World) -> None:
    flow = world.flow()
    page = signed_in(chromium, world)
    page.get_by_role("link", name="Deliveries").click()
    expect(page.locator(".liveness")).to_have_text("live")
    for _ in range(300):
        world.event(flow)
    expect(page.locator(".liveness")).to_contain_text("of which the newest are shown")
    expect(page.locator("tbody tr")).to_have_count(50)
    page.context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_every_page_fits_runs_nothing_hostile_and_can_be_used_by_all(
    chromium: Browser, world: World, target: Target, width: int, theme: Any
) -> None:
    target.answer(world.path, 500, 200)
    flow = world.flow(attempts=1)
    event_id = world.event(flow, HOSTILE.encode() * 200, {"Content-Type": "text/html", "X-A": "<b"})
    world.executed(event_id)
    world.retry(event_id).expect(202)
    world.executed(event_id, 2)
    page = signed_in(chromium, world, width, color_scheme=theme)
    seen = Seen()
    seen.watch(page)
    page.on("dialog", lambda dialog: seen.complaints.append(dialog.message))
    addresses = page.locator(".rooms a").evaluate_all("all => all.map(one => one.href)")
    event = f"{world.sandbox.base_url}{HOME}/t/{world.tenant}/events/{event_id}"
    page.goto(event)
    compare = page.get_by_role("link", name="Compare").first.evaluate("one => one.href")
    for address in (*addresses, event, compare):
        page.goto(address)
        for details in page.locator("main details").all():
            details.evaluate("element => (element.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        assert violations(page) == [], address
    assert complaints(seen) == []
    assert seen.outside(world.sandbox.base_url) == []
    page.context.close()


def test_the_signed_out_pages_can_be_used_by_all(chromium: Browser, world: World) -> None:
    context = chromium.new_context(base_url=world.sandbox.base_url)
    page = context.new_page()
    page.goto(f"{HOME}/")
    assert violations(page) == []
    page.goto(f"{HOME}/sign-in?key=used")
    expect(page.get_by_role("heading")).to_have_text("This link does not open the console")
    assert violations(page) == []
    context.close()
