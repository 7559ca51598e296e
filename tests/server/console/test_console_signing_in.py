"""Who gets into the console, and who does not."""

import time
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.server.command_line import zen, zen_json
from tests.server.console.visitor import HOME, Visitor, text_of
from tests.server.harness import ADMIN_TOKEN, DEADLINE, Sandbox, spawn
from zen_sandbox.console.access import links
from zen_sandbox.console.room import is_from_here, is_own_origin


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A server."""
    with Sandbox(tmp_path_factory.mktemp("console") / "sandbox.db") as sandbox:
        yield sandbox


def test_a_link_opens_the_console_once(sandbox: Sandbox) -> None:
    link = links.link(sandbox.base_url, ADMIN_TOKEN)
    with Visitor(sandbox, signed_in=False) as first, Visitor(sandbox, signed_in=False) as second:
        assert "<h1>Overview</h1>" in first.get(link, 200)
        refused = second.get(link, 403)
        assert "This link does not open the console" in refused
        assert "zen-sandbox open" in refused
        second.get("/", 401)
        assert "<h1>Overview</h1>" in first.get("/")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: "",
        lambda key: key[:-1],
        lambda key: "9" + key,
        lambda key: key.replace(".", ".x", 1),
        lambda key: "é" + key,
        lambda key: key.rpartition(".")[2],
    ],
)
def test_a_link_that_was_changed_opens_nothing(sandbox: Sandbox, spoil: object) -> None:
    assert callable(spoil)
    key = parse_qs(urlsplit(links.link("", ADMIN_TOKEN)).query)[links.PARAMETER][0]
    with Visitor(sandbox, signed_in=False) as visitor:
        visitor.get("/sign-in", 403, **{links.PARAMETER: spoil(key)})
        visitor.get("/", 401)


def test_a_link_made_with_another_token_or_before_the_server_opens_nothing(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Visitor(sandbox, signed_in=False) as visitor:
        visitor.get(links.link(sandbox.base_url, "zsa_another"), 403)
        monkeypatch.setattr(time, "time_ns", lambda: 1_700_000_000 * 10**9)
        early = links.link(sandbox.base_url, ADMIN_TOKEN)
        monkeypatch.undo()
        visitor.get(early, 403)


def test_looking_at_a_link_without_opening_it_does_not_use_it_up(sandbox: Sandbox) -> None:
    link = links.link(sandbox.base_url, ADMIN_TOKEN)
    assert requests.head(link, timeout=DEADLINE).status_code == 403
    with Visitor(sandbox, signed_in=False) as visitor:
        visitor.get(link, 200)


def test_without_a_session_every_address_but_the_style_is_the_sign_in_page(
    sandbox: Sandbox,
) -> None:
    with Visitor(sandbox, signed_in=False) as visitor:
        for path in ("", "/", "/t/tnt_a/", "/t/tnt_a/deliveries", "/nothing", "/switch"):
            assert "Sign in to the console" in visitor.get(path, 401)
        visitor.post("/sign-out", code=401)
        assert "--good" in visitor.get("/static/console.css")
        assert requests.get(f"{sandbox.base_url}{HOME}/live", timeout=DEADLINE).status_code == 401


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(sandbox: Sandbox) -> None:
    link = links.link(sandbox.base_url, ADMIN_TOKEN)
    answer = requests.get(link, timeout=DEADLINE, allow_redirects=False)
    cookie = answer.headers["Set-Cookie"]
    assert f"zen_console_{sandbox.port}=" in cookie
    assert {"HttpOnly", "SameSite=Strict", f"Path={HOME}"} <= set(cookie.split("; "))
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_signing_out_ends_the_session(sandbox: Sandbox) -> None:
    with Visitor(sandbox) as visitor:
        cookies = visitor.session.cookies.copy()
        assert "You are signed out" in visitor.post("/sign-out")
        visitor.session.cookies.update(cookies)
        visitor.get("/", 401)


def test_a_form_of_another_site_or_another_session_is_refused(sandbox: Sandbox) -> None:
    with Visitor(sandbox) as visitor, Visitor(sandbox) as other:
        own = visitor.form_token
        for origin in ("https://evil.example", "null", "", f"{sandbox.base_url}.evil.example"):
            visitor.post("/sign-out", code=403, origin=origin)
        visitor.form_token = other.form_token
        visitor.post("/sign-out", code=403)
        visitor.form_token = "é"
        visitor.post("/sign-out", code=403)
        visitor.form_token = own
        visitor.get("/")
        visitor.post("/sign-out")


def test_a_tenant_that_is_not_there_is_a_page_that_says_so(sandbox: Sandbox) -> None:
    with Visitor(sandbox) as visitor:
        assert "Not Found" in text_of(visitor.get("/t/tnt_nowhere/", 404))
        assert "Not Found" in text_of(visitor.get("/nothing", 404))


def test_the_navigation_leads_only_to_pages_that_are_there(sandbox: Sandbox) -> None:
    with Visitor(sandbox) as visitor:
        page = visitor.get("/t/tnt_a/")
        nav = page.partition('<nav class="rooms"')[2].partition("</nav>")[0]
        addresses = [part.partition('"')[0] for part in nav.split('href="')[1:]]
        assert addresses
        for address in addresses:
            visitor.get(f"{sandbox.base_url}{address}", 200)
        assert 'aria-current="page">Overview' in nav


@pytest.mark.parametrize(
    ("client", "server", "is_let_in"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("::1", "::1", True),
        ("::ffff:127.0.0.1", "::ffff:127.0.0.1", True),
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.8", "192.0.2.7", False),
        (None, "127.0.0.1", False),
    ],
)
def test_only_the_machine_itself_is_let_in(
    client: str | None, server: str, is_let_in: bool
) -> None:
    assert is_from_here(connection(client, server)) is is_let_in


@pytest.mark.parametrize(
    ("client", "is_let_in"),
    [
        ("172.17.0.1", True),
        ("::ffff:172.17.0.1", True),
        ("fd00::1", True),
        ("127.0.0.1", True),
        ("172.18.0.1", False),
        ("fd01::1", False),
    ],
)
def test_a_network_that_was_named_is_let_in(client: str, is_let_in: bool) -> None:
    named = (ip_network("172.17.0.0/16"), ip_network("fd00::/16"))
    assert is_from_here(connection(client, "172.17.0.2"), named) is is_let_in


def connection(client: str | None, server: str) -> dict[str, object]:
    """What the server knows of it."""
    return {"client": client and (client, 4000), "server": (server, 8080)}


def test_an_origin_is_compared_as_a_whole() -> None:
    assert is_own_origin("http://127.0.0.1:8080", "127.0.0.1:8080")
    assert not is_own_origin("http://127.0.0.1:8081", "127.0.0.1:8080")
    assert not is_own_origin(None, "127.0.0.1:8080")
    assert not is_own_origin("null", "")


def test_the_banner_and_the_command_print_links_that_work(tmp_path: Path) -> None:
    with spawn(tmp_path) as server:
        printed = str(server.banner["console"])
        assert printed.startswith(f"{server.base_url}{HOME}/")
        made = zen("open", "--db", server.banner["database"])
        assert made.exit_code == 0
        as_json = zen_json("open", "--url", server.base_url, *_token(server.banner))["console"]
        for link in (printed, made.stdout.strip(), as_json):
            assert requests.get(link, timeout=DEADLINE).status_code == 200
            assert requests.get(link, timeout=DEADLINE).status_code == 403
        refused = zen("open", "--url", server.base_url, "--admin-token", "zsa_another")
        assert refused.exit_code == 1
        assert "takes another admin token" in refused.stderr


def _token(banner: dict[str, object]) -> tuple[str, str]:
    return "--admin-token", str(banner["admin_token"])
