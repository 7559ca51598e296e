"""The front page: what it tells, that it needs nothing from elsewhere, and that it can be read."""

import re
import shlex
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from tests.server.harness import Sandbox
from tests.server.judge import operations
from zen_contract import contract
from zen_contract.status_labels import non_claims
from zen_sandbox import demo, pages
from zen_sandbox.cli import main
from zen_sandbox.pages.site import create_site
from zen_sandbox.request.exchange import SCOPE_KEY, Exchange
from zen_sandbox.settings import Settings

TOKEN = "zpk_of_the_demo"
DEADLINE = 30
STYLE = Path(pages.__file__).parent / "static" / "pages.css"


class Elements(HTMLParser):
    """Every element of a page with its attributes, and the text inside `pre`."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.preformatted: list[str] = []
        self._depth = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag == "pre":
            self._depth += 1
            self.preformatted.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre":
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        if self._depth:
            self.preformatted[-1] += data

    @property
    def references(self) -> list[str]:
        """Whatever an element points to."""
        named = ("href", "src", "action", "srcset", "poster", "data")
        return [value for _, given in self.found for name in named if (value := given.get(name))]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A server with the demo data."""
    with Sandbox(tmp_path_factory.mktemp("pages") / "pages.db") as sandbox:
        with sandbox.store.database.writing():
            demo.fill(sandbox.store, token=TOKEN)
        yield sandbox


def get(sandbox: Sandbox, path: str, **headers: str) -> requests.Response:
    """GET without a credential."""
    with requests.Session() as session:
        session.trust_env = False
        return session.get(sandbox.base_url + path, headers=headers, timeout=DEADLINE)


def text_of(html: str) -> str:
    """What a reader sees, white space aside."""
    return " ".join(unescape(re.sub(r"<[^>]*>", "", html)).split())


def test_the_front_page_lists_every_operation_with_its_scope_and_label(served: Sandbox) -> None:
    page = get(served, "/")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    seen = text_of(page.text)
    for operation in operations():
        key = "Idempotency-Key " if operation.takes_idempotency_key else ""
        row = (
            f"{operation.method} {operation.path} {operation.summary}"
            f" {operation.scope or 'no key needed'} {key}{operation.status_label}"
        )
        assert row in seen


def test_the_front_page_shows_the_base_url_the_labels_and_what_is_not_claimed(
    served: Sandbox,
) -> None:
    seen = text_of(get(served, "/").text)
    assert f"Base URL {served.base_url}" in seen
    assert "WIRED_SANDBOX Implemented in a local or sandbox runtime." in seen
    claims = non_claims(contract.load())
    assert len(claims) >= 6
    assert all(claim.replace("`", "") in seen for claim in claims)


def test_no_secret_is_on_the_front_page(served: Sandbox) -> None:
    page = get(served, "/", Authorization=f"Bearer {TOKEN}")
    assert "zpk_" not in page.text
    assert "replace-with-your-api-key" in page.text


def test_every_link_of_the_front_page_leads_somewhere_on_this_server(served: Sandbox) -> None:
    elements = Elements(get(served, "/").text)
    anchors = {given.get("id") for _, given in elements.found}
    for reference in elements.references:
        if reference.startswith("#"):
            assert reference[1:] in anchors
        else:
            assert re.match(r"/(?!/)", reference)
            behind_sign_in = reference == "/sandbox/console"
            assert get(served, reference).status_code == (401 if behind_sign_in else 200)
    assert {"/openapi.json", "/openapi.yaml"} <= set(elements.references)


def test_the_front_page_has_no_script_no_inline_style_and_no_form(served: Sandbox) -> None:
    elements = Elements(get(served, "/").text)
    assert not {"script", "style", "form", "iframe"} & {tag for tag, _ in elements.found}
    for _, given in elements.found:
        assert not [name for name in given if name == "style" or name.startswith("on")]
    assert "url(" not in STYLE.read_text("utf-8")
    assert "@import" not in STYLE.read_text("utf-8")


def test_the_first_call_of_the_front_page_answers_once_the_key_is_filled_in(
    served: Sandbox,
) -> None:
    first = Elements(get(served, "/").text).preformatted[0]
    told = dict(re.findall(r'export (\w+)="(.*)"', first))
    url = first.split()[-1].strip('"')
    for name, value in told.items():
        url = url.replace(f"${name}", value)
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=DEADLINE)
    assert answer.status_code == 200
    assert answer.json()["destinations"]


def test_every_command_of_the_front_page_is_one_that_zen_sandbox_knows(served: Sandbox) -> None:
    text = Elements(get(served, "/").text).preformatted[1].replace("\\\n", " ")
    commands = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(commands) >= 4
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "zen-sandbox"
        ran = CliRunner().invoke(main, [*arguments, "--help"])
        assert ran.exit_code == 0, ran.output


@pytest.mark.parametrize("path", ["/", "/static/pages.css", "/favicon.ico", "/static/missing"])
def test_pages_carry_the_headers_that_keep_them_to_themselves(served: Sandbox, path: str) -> None:
    headers = get(served, path).headers
    assert headers["content-security-policy"].startswith("default-src 'self';")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-request-id"]


@pytest.mark.parametrize(
    "path", ["/static/", "/static/missing", "/static/..%2fsite.py", "/static/%ff%00", "/static//"]
)
def test_a_missing_static_file_is_a_problem_document(served: Sandbox, path: str) -> None:
    problem = served.anonymous().get(path).refused("not-found")
    assert problem["detail"] == "There is nothing at this path."


def test_a_fault_of_a_page_is_a_problem_document_that_tells_nothing_of_it() -> None:
    site = create_site(Settings())

    @site.get("/static/fault")
    def fault() -> str:
        raise RuntimeError("of the inside")

    scope = {SCOPE_KEY: Exchange("req_abc123", {})}
    answer = site.test_client().get("/static/fault", environ_base={"asgi.scope": scope})
    assert answer.status_code == 500
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["instance"] == "req_abc123"
    assert "inside" not in answer.text


def test_a_page_takes_get_and_head_only(served: Sandbox) -> None:
    head = requests.head(served.base_url, timeout=DEADLINE)
    assert (head.status_code, head.content) == (200, b"")
    post = requests.post(served.base_url, timeout=DEADLINE)
    assert (post.status_code, post.headers["allow"]) == (405, "GET, HEAD")
    assert post.headers["content-type"] == "application/problem+json"
    assert post.json()["instance"] == post.headers["x-request-id"]


def test_a_range_that_is_not_there_is_answered_with_the_whole_file(served: Sandbox) -> None:
    whole = get(served, "/static/pages.css")
    part = get(served, "/static/pages.css", Range="bytes=9999999-")
    assert (part.status_code, part.content) == (200, whole.content)


def test_a_favicon_is_an_svg(served: Sandbox) -> None:
    icon = get(served, "/favicon.ico")
    assert icon.headers["content-type"].startswith("image/svg+xml")
    assert icon.text.startswith("<svg")


def test_the_front_page_with_all_it_needs_weighs_less_than_50_kb(served: Sandbox) -> None:
    parts = ("/", "/static/pages.css", "/static/icon.svg")
    assert sum(len(get(served, part).content) for part in parts) < 50_000


@pytest.mark.parametrize("ink", ["ink", "quiet", "accent"])
@pytest.mark.parametrize("paper", ["paper", "wash", "code"])
def test_text_stands_out_as_wcag_aa_asks_in_light_and_dark(ink: str, paper: str) -> None:
    colors = re.findall(r"--(\w+): #([0-9a-f]{6})", STYLE.read_text("utf-8"))
    light, dark = dict(colors[: len(colors) // 2]), dict(colors[len(colors) // 2 :])
    assert light.keys() == dark.keys()
    for theme in (light, dark):
        brighter, darker = sorted((luminance(theme[ink]), luminance(theme[paper])), reverse=True)
        assert (brighter + 0.05) / (darker + 0.05) >= 4.5


def luminance(color: str) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    linear = []
    for start in (0, 2, 4):
        part = int(color[start : start + 2], 16) / 255
        linear.append(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
    red, green, blue = linear
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
