"""The forms of the console in a browser: by keyboard, as code while one types, usable by all."""

import re
from typing import Any

import pytest

pytest.importorskip("playwright", reason="only the slow part has it: pip install --group browser")
from playwright.sync_api import Browser, Page, expect

from tests.contract.browser import Seen
from tests.server import given
from tests.server.console.test_console_browser import (
    DESKTOP,
    HOSTILE,
    PHONE,
    chromium,
    complaints,
    signed_in,
    violations,
)
from tests.server.console.visitor import HOME
from tests.server.delivery_world import World

__all__ = ["chromium"]

REFUSED = re.compile("must be an absolute http or https URL")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def to(page: Page, world: World, path: str) -> None:
    """Opens a page about the tenant."""
    page.goto(f"{HOME}/t/{world.tenant}/{path}")


def hold_to_the_width_and_axe(page: Page, width: int) -> None:
    """All of a page fits and can be used by all, what is folded too."""
    for details in page.locator("main details").all():
        details.evaluate("element => (element.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
    assert violations(page) == [], page.url


@pytest.fixture(params=[(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light"), (PHONE, "dark")])
def looks(request: pytest.FixtureRequest) -> Any:
    """A width and a theme."""
    return request.param


def test_every_form_fits_runs_nothing_hostile_and_can_be_used_by_all(
    chromium: Browser, world: World, looks: tuple[int, Any]
) -> None:
    width, theme = looks
    source = given.ingester(world.api, name=HOSTILE)["id"]
    long = f"https://app.example.com/{'a' * 500}"
    target = given.destination(world.api, name=HOSTILE, url=long)["id"]
    flow = given.flow(world.api, name="n" * 100, source_id=source, destination_id=target)["id"]
    made = (f"targets/{target}", f"endpoints/{source}", f"flows/{flow}")
    [key] = world.admin.get(f"/sandbox/keys?tenant_id={world.tenant}").json["keys"]
    page = signed_in(chromium, world, width, color_scheme=theme)
    seen = Seen()
    seen.watch(page)
    page.on("dialog", lambda dialog: seen.complaints.append(dialog.message))
    for path in (
        *(f"{one}{tail}" for one in made for tail in ("", "/delete")),
        *(f"{kind}/new" for kind in ("targets", "endpoints", "flows", "keys")),
        f"tenants/{world.tenant}/revoke",
        "clusters/new",
        f"keys/{key['key_id']}/revoke",
    ):
        to(page, world, path)
        hold_to_the_width_and_axe(page, width)
    page.get_by_role("button", name="Revoke the key").click()
    expect(page.get_by_text("The key is revoked.")).to_be_visible()
    hold_to_the_width_and_axe(page, width)
    assert complaints(seen) == []
    assert seen.outside(world.sandbox.base_url) == []
    page.context.close()


def test_what_was_refused_and_a_key_that_was_made_can_be_used_by_all(
    chromium: Browser, world: World, looks: tuple[int, Any]
) -> None:
    width, theme = looks
    flow = world.flow()
    page = signed_in(chromium, world, width, color_scheme=theme)
    to(page, world, f"targets/{flow['destination_id']}/delete")
    page.get_by_role("button", name="Delete the target").click()
    expect(page.locator("#problems")).to_contain_text("Nothing was changed.")
    hold_to_the_width_and_axe(page, width)
    to(page, world, "keys/new")
    page.get_by_label("Name").fill(HOSTILE)
    page.get_by_label("Only these").check()
    page.get_by_role("button", name="Create the key").click()
    expect(page.locator("#problems")).to_be_focused()
    hold_to_the_width_and_axe(page, width)
    page.get_by_label("Name").fill("ci")
    page.get_by_role("button", name="Create the key").click()
    expect(page.locator("#api-key")).to_contain_text("zpk_")
    hold_to_the_width_and_axe(page, width)
    page.context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_target_is_made_by_keyboard_and_a_refusal_leads_to_its_field(
    chromium: Browser, world: World, scripts: bool
) -> None:
    page = signed_in(chromium, world, java_script_enabled=scripts)
    to(page, world, "targets/new")
    page.get_by_label("Name").focus()
    page.keyboard.type("my-app")
    page.keyboard.press("Tab")
    page.keyboard.type("ftp://files.example")
    page.keyboard.press("Enter")
    expect(page.locator("#problems")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    address = page.get_by_label("Address")
    expect(address).to_be_focused()
    expect(address).to_have_value("ftp://files.example")
    expect(address).to_have_attribute("aria-invalid", "true")
    expect(address).to_have_accessible_description(REFUSED)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("https://app.example.com/")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The target is there.")).to_be_visible()
    [made] = world.api.walk(world.api.at("destinations"), "destinations")
    assert made["url"] == "https://app.example.com/"
    page.context.close()


def test_the_code_follows_what_is_typed_and_is_copied(chromium: Browser, world: World) -> None:
    page = signed_in(chromium, world)
    seen = Seen()
    seen.watch(page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    to(page, world, "targets/new")
    page.locator("#code-2 summary").click()
    page.get_by_label("Name").fill("typed")
    expect(page.locator("#code-text-2")).to_contain_text('"name": "typed"')  # still unfolded
    page.get_by_role("button", name="Fill in a new secret").click()
    secret = page.get_by_label("Signing secret").input_value()
    page.get_by_role("button", name="Copy the secret").click()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    page.get_by_role("button", name="Copy the curl").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("curl ")
    assert secret in copied
    assert complaints(seen) == []
    assert world.api.walk(world.api.at("destinations"), "destinations") == []
    page.context.close()


def test_without_scripts_a_button_shows_the_code(chromium: Browser, world: World) -> None:
    page = signed_in(chromium, world, java_script_enabled=False)
    to(page, world, "keys/new")
    page.get_by_label("Only these").check()
    page.get_by_label("read:logs").check()
    page.get_by_role("button", name="Show as code").click()
    expect(page.locator("#code-text-1")).to_contain_text('"scopes": ["read:logs"]')
    expect(page.get_by_label("read:logs")).to_be_checked()
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    page.context.close()
