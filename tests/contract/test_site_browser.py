"""The site in a browser: what it asks for, what it complains of, and whether all can use it.

Served by a web server that allows a page nothing from elsewhere. Without a browser nothing of this
runs, and each test says so.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

pytest.importorskip("playwright", reason="only the slow part has it: pip install --group browser")
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.contract.browser import Seen, browser
from tests.contract.written import served
from zen_contract.contract import load
from zen_contract.site import folder
from zen_contract.site.build import build

pytestmark = pytest.mark.slow

DESKTOP, PHONE = 1280, 360
KINDS = [
    "index.html",
    "quickstart.html",
    "requirements.html",
    "downloads.html",
    "operations/index.html",
    "operations/createDestination.html",
    "operations/listDeliveries.html",
    "problems/index.html",
    "problems/validation-error.html",
]
WCAG_AA = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


class Site(NamedTuple):
    """The site behind a server, and a browser to look at it with."""

    browser: Browser
    base_url: str
    own_pages: list[str]  # all but the reference, whose inside is not ours

    def context(self, width: int = DESKTOP, theme: Any = "light", **given: Any) -> BrowserContext:
        """A window of that width, for somebody who prefers that theme."""
        viewport: Any = {"width": width, "height": 900}
        return self.browser.new_context(
            viewport=viewport, color_scheme=theme, base_url=self.base_url, **given
        )

    def page(self, path: str, width: int = DESKTOP, theme: str = "light", **given: Any) -> Page:
        """A page that is loaded."""
        page = self.context(width, theme, **given).new_page()
        page.goto(f"/{path}")
        return page


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site as it is written, in a browser."""
    where = tmp_path_factory.mktemp("site")
    files = build()
    folder.write(where, files)
    pages = sorted(path for path in files if path.endswith(".html") and path != "reference.html")
    with browser() as chromium, served(where) as base_url:
        yield Site(chromium, base_url, pages)


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA: the rule, and where."""
    found = Axe().run(page, options={"runOnly": WCAG_AA}).response
    assert found["passes"]
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("width", "theme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_every_page_keeps_to_its_server_complains_of_nothing_and_fits(
    site: Site, width: int, theme: str
) -> None:
    """And axe looks at each on the phone; at each kind of page it looks in every way, below."""
    context = site.context(width, theme)
    page = context.new_page()
    seen = Seen()
    seen.watch(page)
    for path in site.own_pages:
        seen.forget()
        page.goto(f"/{path}")
        assert seen.complaints == [], path
        assert seen.requests, path
        assert seen.outside(site.base_url) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        if width == PHONE:
            assert violations(page) == [], path
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("path", KINDS)
def test_each_kind_of_page_can_be_used_by_all(
    site: Site, path: str, width: int, theme: str
) -> None:
    page = site.page(path, width, theme)
    for details in page.locator("main details").all():
        details.evaluate("element => (element.open = true)")
    if width == PHONE:
        page.get_by_role("button", name="Menu").click()
    assert violations(page) == []
    page.keyboard.press("/")
    page.keyboard.type("signature")
    expect(page.get_by_role("status")).to_contain_text("passages")
    assert violations(page) == []


def test_the_reference_shows_every_operation_and_asks_no_other_server(site: Site) -> None:
    seen = Seen()
    page = site.context().new_page()
    seen.watch(page)
    page.goto("/reference.html")
    expect(page.get_by_role("heading", name="Zen Mesh customer API (zen-back)")).to_be_visible()
    page.wait_for_load_state("networkidle")
    text = page.locator("#reference").inner_text()
    for operation in load().operations:
        assert operation.path in text
    assert seen.outside(site.base_url) == []
    # Its schema library looks whether it may compile code, is refused, and goes on without.
    assert [one for one in seen.complaints if "eval" not in one and "script-src" not in one] == []
    expect(page.get_by_role("button", name="Test Request")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_reference_takes_the_colours_of_the_site(site: Site, theme: str) -> None:
    page = site.page("reference.html", theme=theme)
    expect(page.locator(f"body.{theme}-mode")).to_be_visible()
    page.get_by_role("button", name="Dark colours").click()
    other = {"light": "dark", "dark": "light"}[theme]
    expect(page.locator(f"body.{other}-mode")).to_be_visible()


def test_search_finds_a_passage_and_leads_to_its_anchor(site: Site) -> None:
    page = site.page("operations/listLogs.html")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("DEST-013")
    expect(page.locator("dialog li a").first).to_contain_text("DEST-013")
    page.keyboard.press("Enter")
    page.wait_for_url("**/requirements.html#DEST-013")
    expect(page.locator("#DEST-013")).to_be_in_viewport()


def test_search_is_used_with_the_keyboard_alone(site: Site) -> None:
    page = site.page("index.html")
    page.keyboard.press("Control+K")
    page.keyboard.type("retry attempt")
    links = page.locator("dialog li a")
    expect(links.first).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(links.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("searchbox")).to_be_hidden()


def test_search_says_that_there_is_nothing(site: Site) -> None:
    page = site.page("index.html")
    page.get_by_role("button", name="Search").click()
    page.keyboard.type("zzzzqqq")
    expect(page.get_by_role("status")).to_have_text("No passages")
    expect(page.locator("dialog li")).to_have_count(0)


def test_the_chosen_colours_stay_from_page_to_page(site: Site) -> None:
    page = site.page("index.html", theme="light")
    button = page.get_by_role("button", name="Dark colours")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark != light
    page.goto("/downloads.html")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark
    page.get_by_role("button", name="Dark colours").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == light


def test_the_language_of_the_samples_stays_from_page_to_page(site: Site) -> None:
    page = site.page("operations/createDestination.html")
    expect(page.locator("[data-sample=curl] pre")).to_be_visible()
    page.get_by_role("button", name="Python", exact=True).click()
    expect(page.locator("[data-sample=curl] pre")).to_be_hidden()
    page.goto("/operations/listLogs.html")
    expect(page.locator("[data-sample=Python] pre")).to_be_visible()
    expect(page.get_by_role("button", name="Python", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )


def test_code_is_copied_as_it_stands(site: Site) -> None:
    page = site.page("operations/listLogs.html", permissions=["clipboard-read", "clipboard-write"])
    sample = page.locator("[data-sample=curl]")
    sample.get_by_role("button", name="Copy Shell").click()
    expect(sample.get_by_role("button")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == sample.locator("code").text_content()
    assert copied.startswith("curl ")


def test_the_menu_of_a_phone_opens_and_closes(site: Site) -> None:
    page = site.page("index.html", PHONE)
    pages = page.get_by_role("navigation", name="Pages")
    expect(pages).to_be_hidden()
    menu = page.get_by_role("button", name="Menu")
    menu.focus()
    page.keyboard.press("Enter")
    expect(pages).to_be_visible()
    expect(menu).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(pages).to_be_hidden()
    expect(menu).to_be_focused()


def test_the_first_tab_stop_skips_to_the_content(site: Site) -> None:
    page = site.page("index.html")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_a_deep_link_is_not_hidden_below_the_bar(site: Site) -> None:
    page = site.page("operations/createDestination.html#problems")
    top = page.locator("#problems").evaluate("element => element.getBoundingClientRect().top")
    bar = page.locator("header.bar").evaluate("element => element.getBoundingClientRect().bottom")
    assert top >= bar


def test_all_can_be_read_without_a_script(site: Site) -> None:
    page = site.page("operations/createDestination.html", PHONE, java_script_enabled=False)
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
    for language in ("curl", "Python", "JavaScript"):
        expect(page.locator(f"[data-sample={language}] pre")).to_be_visible()
    expect(page.get_by_role("button", name="Search")).to_be_hidden()


def test_on_paper_there_is_the_text_and_every_sample(site: Site) -> None:
    page = site.page("operations/createDestination.html")
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation", name="Pages")).to_be_hidden()
    expect(page.locator("header.bar")).to_be_hidden()
    for language in ("curl", "Python", "JavaScript"):
        expect(page.locator(f"[data-sample={language}] pre")).to_be_visible()


def test_the_site_works_below_any_path(site: Site, tmp_path: Path) -> None:
    folder.write(tmp_path / "deep" / "down", build())
    with served(tmp_path) as base_url:
        seen = Seen()
        page = site.browser.new_page()
        seen.watch(page)
        page.goto(f"{base_url}/deep/down/operations/createDestination.html")
        page.keyboard.press("/")
        page.keyboard.type("DEST-013")
        page.locator("dialog li a").first.click()
        page.wait_for_url(f"{base_url}/deep/down/requirements.html#DEST-013")
        assert seen.complaints == []
        page.close()
