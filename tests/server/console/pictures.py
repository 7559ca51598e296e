"""`python -m tests.server.console.pictures`: takes the pictures of docs/console.md anew.

They are of the demo tenant, with one delivery of this moment beside its history.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Page

from tests.contract.browser import browser
from zen_sandbox.console.access.links import HOME

FOLDER = Path(__file__).parents[3] / "docs" / "images"
_SIZE: Any = {"width": 1280, "height": 800}
_SERVE = (
    sys.executable,
    "-m",
    "zen_sandbox",
    "serve",
    "--json",
    "--port",
    "0",
    "--ephemeral",
    "--log-format",
    "none",
)


@contextmanager
def sandbox() -> Iterator[dict[str, str]]:
    """A server with the demo, and what it says about itself."""
    with subprocess.Popen(
        [*_SERVE, "--log-format", "none"], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        yield json.loads(server.stdout.readline())
        server.terminate()


def take(page: Page, name: str) -> None:
    """One picture of what is to be seen."""
    page.wait_for_load_state("load")
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=FOLDER / f"console-{name}.png")


def break_the_next_two(server: dict[str, str]) -> None:
    """Has two attempts fail."""
    fault = {"side": "target", "kind": "status", "status": 503, "count": 2}
    _post(server, "admin_token", "/sandbox/faults", fault | {"tenant_id": server["tenant_id"]})


def be_refused(server: dict[str, str]) -> None:
    """Asks the API for a target that cannot be."""
    path = f"/v1/tenants/{server['tenant_id']}/destinations"
    _post(server, "api_key", path, {"name": "my-app", "url": "my-app.example.com"})


def _post(server: dict[str, str], token: str, path: str, document: dict[str, Any]) -> None:
    headers = {"Authorization": f"Bearer {server[token]}"}
    requests.post(server["base_url"] + path, json=document, headers=headers, timeout=10)


def take_all(page: Page, server: dict[str, str]) -> None:
    """Every picture of the page."""
    tenant = f"{HOME}/t/{server['tenant_id']}"
    page.goto(f"{tenant}/")
    page.get_by_role("button", name="Show me a delivery").click()
    page.get_by_text("signature verifies").wait_for()
    page.goto(f"{tenant}/")
    take(page, "overview")
    break_the_next_two(server)
    page.get_by_role("button", name="Send it").click()
    page.get_by_text("the target answered 503").first.wait_for()
    event = page.url
    for attempt in (2, 3):
        page.goto(f"{tenant}/clock")
        if attempt == 2:
            take(page, "clock")
        page.get_by_role("button", name="Advance to the next attempt").click()
        page.wait_for_load_state("load")
    page.goto(event)
    page.get_by_role("heading", name="Attempt 3").first.wait_for()
    take(page, "event")
    page.goto(f"{tenant}/deliveries")
    take(page, "deliveries")
    page.goto(f"{tenant}/targets")
    page.get_by_role("link", name="crm-sync").first.click()
    page.get_by_label("Name").first.fill("crm-sync-2")
    page.locator("#code", has_text="crm-sync-2").wait_for()
    take(page, "target")
    be_refused(server)
    page.goto(f"{tenant}/requests")
    page.locator("tbody tr").first.get_by_role("link").first.click()
    take(page, "request")


def main() -> None:
    """Writes the files."""
    FOLDER.mkdir(exist_ok=True)
    with sandbox() as server, browser() as chromium:
        window = chromium.new_context(viewport=_SIZE, base_url=server["base_url"])
        page = window.new_page()
        page.goto(server["console"])
        take_all(page, server)


if __name__ == "__main__":
    main()
