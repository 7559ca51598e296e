"""The documentation of a running sandbox in a browser: a request is tried from the reference."""

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="only the slow part has it: pip install --group browser")
from playwright.sync_api import Browser, Page, expect

from tests.contract.browser import Seen, browser
from tests.server.harness import Sandbox

pytestmark = pytest.mark.slow

LIST_TARGETS = "/docs/reference.html#tag/targets/GET/v1/tenants/{tenant_id}/destinations"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser."""
    with browser() as running:
        yield running


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A server with the tenant that the examples of the contract name."""
    with Sandbox(tmp_path / "tried.db") as running:
        running.new_tenant("tnt_demo")
        yield running


def opened(chromium: Browser, sandbox: Sandbox, path: str) -> tuple[Page, Seen]:
    """A page of the sandbox, and what it does."""
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    seen = Seen()
    seen.watch(page)
    page.goto(sandbox.base_url + path)
    return page, seen


def test_a_request_can_be_tried_from_the_reference(chromium: Browser, sandbox: Sandbox) -> None:
    token = sandbox.new_key(["read:destinations"], tenant="tnt_demo")
    page, seen = opened(chromium, sandbox, LIST_TARGETS)
    page.get_by_role("button", name="Test Request").first.click()
    client = page.get_by_role("dialog", name="API Client")
    client.get_by_role("textbox", name="Bearer Token").fill(token)
    with page.expect_response(lambda answer: "/v1/tenants/" in answer.url) as asked:
        client.get_by_role("button", name="Send get request").click()
    assert asked.value.url.startswith(f"{sandbox.base_url}/v1/tenants/tnt_demo/destinations")
    assert asked.value.status == 200
    expect(client.get_by_text("200 OK").first).to_be_visible()
    assert seen.outside(sandbox.base_url) == []
    page.close()


def test_the_pages_of_the_sandbox_work_under_its_policy(
    chromium: Browser, sandbox: Sandbox
) -> None:
    for path in ("/docs", "/docs/operations/createDestination.html", "/docs/requirements.html"):
        page, seen = opened(chromium, sandbox, path)
        page.keyboard.press("/")
        page.keyboard.type("retry")
        expect(page.locator("dialog li a").first).to_be_visible()
        assert seen.complaints == []
        assert seen.outside(sandbox.base_url) == []
        page.close()
