"""Hostile content in the console: nothing of it runs, hides, turns around or swells a page."""

import re
import shlex
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.server import given
from tests.server.console.visitor import Visitor, text_of
from tests.server.delivery_target import Reply, Target
from tests.server.delivery_world import World
from zen_sandbox.console import site
from zen_sandbox.console.shown.replay import MOST, curl
from zen_sandbox.console.shown.values import LONG, seen, short

MARK = "<script>alert(1)</script>"
HOSTILE = f'"><img src=x onerror=alert(1)>{MARK}'
RIGHT_TO_LEFT = "\u202egnp.exe"
LARGEST_PAGE = 400_000
TEMPLATES = "{{ 7*7 }}{% raw %}"


def is_harmless(page: str) -> bool:
    """Whether a page holds no tag of the hostile content, and nothing that turns text around."""
    assert "alert(1)" in page, "the hostile content is not even shown"
    assert "<img" not in page
    assert "<script>" not in page
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x1b]", page)
    return True


def test_names_addresses_and_headers_are_text_on_every_page(
    visitor: Visitor, world: World, target: Target
) -> None:
    target.answer(
        world.path, Reply(500, (("X-Evil", HOSTILE),), f"{HOSTILE}{RIGHT_TO_LEFT}".encode())
    )
    source = given.ingester(world.api, name=f"{HOSTILE}{RIGHT_TO_LEFT}")["id"]
    flow = world.flow(source_id=source, attempts=1, name=given.name("hostile"))
    event_id = world.event(
        flow,
        f"{HOSTILE}{RIGHT_TO_LEFT}{TEMPLATES}\x1b[31m".encode(),
        {"Content-Type": f"text/plain; x={HOSTILE}", "X-Hostile": HOSTILE},
    )
    world.executed(event_id)
    assert is_harmless(visitor.look(""))
    page = visitor.look(f"events/{event_id}")
    assert is_harmless(page)
    assert "\\u202e" in page
    assert "{{ 7*7 }}" in page
    second = visitor.send(f"events/{event_id}/retry")
    assert "Queued for a new attempt." in second
    world.executed(event_id, 2)
    compare = re.search(r'href="([^"]+/compare[^"]+)"', visitor.look(f"events/{event_id}"))
    assert compare
    visitor.get(visitor.base_url + compare[1].replace("&amp;", "&"))


@pytest.mark.parametrize(
    "path",
    [
        f"deliveries?status={quote(HOSTILE)}",
        f"deliveries?event_id={quote(HOSTILE)}",
        f"deliveries?destination_id={quote(HOSTILE + RIGHT_TO_LEFT)}",
        f"deliveries?cursor={quote(HOSTILE)}",
        f"targets?cursor={quote(HOSTILE)}",
        f"flows/new?source_id={quote(HOSTILE)}&destination_id={quote(HOSTILE)}",
        f"keys?begin={quote(HOSTILE)}",
        *(f"requests?{name}={quote(HOSTILE)}" for name in ("status", "operation_id", "whose")),
        *(f"log?{name}={quote(HOSTILE + RIGHT_TO_LEFT)}" for name in ("level", "since", "cursor")),
        f"clock?after={quote(HOSTILE)}",
        f"faults/new/target?destination_id={quote(HOSTILE)}&kind={quote(HOSTILE)}",
        f"receivers/new?name={quote(HOSTILE)}&script={quote(HOSTILE)}",
    ],
)
def test_an_address_cannot_write_into_a_page(visitor: Visitor, path: str) -> None:
    page = visitor.look(path)
    assert "<img" not in page
    assert "<script>" not in page


@pytest.mark.parametrize(
    "path", ["/t/%3Cscript%3E/", "/t/tnt_a/events/%3Cscript%3E", "/t/tnt_a/events/%00"]
)
def test_an_id_that_cannot_be_is_a_page_that_says_so(visitor: Visitor, path: str) -> None:
    answer = visitor.session.get(visitor.address(path), timeout=30)
    assert answer.status_code in (400, 404)
    assert "<h1>" in answer.text
    assert "<script>" not in answer.text


def outside_of_fields(page: str) -> str:
    """A page without what its fields hold, which is a person's to read and change as it is."""
    return re.sub(r'value="[^"]*"|(?<=>)[^<>]*</textarea>', "", page)


def test_resources_of_hostile_names_are_text_on_their_pages(visitor: Visitor, world: World) -> None:
    name = f"{HOSTILE}{RIGHT_TO_LEFT}{TEMPLATES}"
    source = given.ingester(world.api, name=name)["id"]
    target = given.destination(world.api, name=name)["id"]
    flow = given.flow(world.api, name=name, source_id=source, destination_id=target)["id"]
    made = {"targets": target, "endpoints": source, "flows": flow}
    for page, resource_id in made.items():
        assert is_harmless(visitor.look(page))
        for path in (f"{page}/{resource_id}", f"{page}/{resource_id}/delete"):
            shown = visitor.look(path)
            assert is_harmless(outside_of_fields(shown))
            assert "{{ 7*7 }}" in shown
            assert "\\u202e" in shown
    assert is_harmless(outside_of_fields(visitor.look("flows/new")))
    kept = visitor.send(f"targets/{target}", url="https://new.example/")
    assert "Saved." in kept
    assert world.api.get(world.api.at("destinations", target)).json["name"] == name


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("targets/new", ("name", "url", "type", "secret.value")),
        ("endpoints/new", ("name", "type")),
        ("flows/new", ("name", "source_id", "destination_id", "config.retry_policy.max_attempts")),
        ("keys/new", ("name", "expires_in", "scopes")),
        ("faults/new/target", ("kind", "status", "destination_id", "count", "probability", "seed")),
        ("faults/new/api", ("kind", "milliseconds", "operation_id", "tenant_id")),
        ("receivers/new", ("name", "secret", "script")),
    ],
)
def test_what_was_entered_and_refused_is_text_on_the_page_that_says_so(
    visitor: Visitor, path: str, names: tuple[str, ...]
) -> None:
    visitor.look(path)
    for content in (
        f"{HOSTILE}{RIGHT_TO_LEFT}\x1b[31m\x00",
        "'; alert(1) //\u2028\r\n`${alert(1)}`",
    ):
        entered = dict.fromkeys(names, content)
        for more in ({}, {"show": "code"}):
            code = 200 if more else 400
            page = visitor.send(path, code, **entered, **more, **{"chosen:scopes": "listed"})
            assert is_harmless(outside_of_fields(page))
            assert re.search(r'value="[^"]*alert\(1\)', page) or path == "keys/new"


def test_a_mebibyte_in_a_field_is_refused_and_swells_no_page(visitor: Visitor) -> None:
    visitor.look("targets/new")
    page = visitor.send("targets/new", 400, name="x" * 1_000_000, url="https://a.example/")
    assert len(page) < LARGEST_PAGE
    assert "Only the beginning of what was entered is shown." in page
    assert "too long to be pasted" in page
    page = visitor.send("targets/new", 413, name="x" * 1_100_000, url="https://a.example/")
    assert len(page) < LARGEST_PAGE
    assert "Nothing was changed." in page


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("clock", {"action": "set", "to": HOSTILE + RIGHT_TO_LEFT}),
        ("clock", {"action": "advance", "seconds": HOSTILE + RIGHT_TO_LEFT}),
        ("snapshots", {"name": HOSTILE + RIGHT_TO_LEFT}),
    ],
)
def test_a_move_or_a_snapshot_that_is_refused_is_text_too(
    visitor: Visitor, path: str, fields: dict[str, str]
) -> None:
    visitor.look(path)
    page = visitor.send(path, 400, **fields)
    assert re.search(r'value="[^"]*alert\(1\)', page)
    assert "\\u202e" in page
    assert "<script>" not in page
    assert "<img" not in page


def test_what_the_log_and_the_requests_hold_is_text(visitor: Visitor, world: World) -> None:
    name = f"{HOSTILE}{RIGHT_TO_LEFT}"
    given.ingester(world.api, name=name)
    world.api.post(world.api.at("ingesters"), {"name": name, "type": "generic"}).expect(409)
    path = f"{world.api.at('ingesters')}/{quote(HOSTILE, safe='')}{quote(RIGHT_TO_LEFT)}%00%1b%FF"
    world.api.get(path)
    for address in ("log", "log?level=warn", "requests", "requests?whose=everybody"):
        page = visitor.look(address)
        assert is_harmless(page)
        assert "\\u202e" in page
    everybodys = visitor.look("requests?whose=everybody")
    for found in set(re.findall(r'href="([^"]+/requests/[^"]+)"', everybodys)):
        page = visitor.get(visitor.base_url + found.replace("&amp;", "&"))
        assert not re.search("[\u202a-\u202e\x00\x1b]|<script>|<img", page)


def test_what_a_receiver_was_sent_is_text_and_swells_no_page(
    visitor: Visitor, world: World
) -> None:
    name = given.name("receiver")
    body = {"name": name, "tenant_id": world.tenant}
    world.admin.post("/sandbox/receivers", body).expect(201)
    for sent in (
        f"{HOSTILE}{RIGHT_TO_LEFT}{TEMPLATES}\x1b[31m".encode(),
        b"\xff\x00\xfe",
        b"[" * 500_000,
        *(b"x" * 1_048_576 for _ in range(7)),
    ):
        headers = {"Content-Type": "text/plain", "X-Hostile": HOSTILE, "X-Long": "h" * 8_000}
        world.anybody.post(f"/sandbox/receivers/{name}", data=sent, headers=headers).expect(200)
    page = visitor.look(f"receivers/{name}")
    assert is_harmless(page)
    assert "{{ 7*7 }}" in page
    assert "\\u202e" in page
    assert "Not text: this is its base64." in page
    assert len(page) < LARGEST_PAGE


@pytest.mark.parametrize(
    "path",
    [
        *(f"requests/{one}" for one in ("%3Cscript%3E", "%00", "a" * 3000)),
        *(f"receivers/{one}" for one in ("%3Cscript%3E", "%00", "%2e%2e%2fkeys", "a" * 3000)),
        *(f"snapshots/{one}/restore" for one in ("%3Cscript%3E", "%00", "a" * 3000)),
        *(f"attempts/{one}" for one in ("%3Cscript%3E", "%00", "%252e")),
        "faults/new/%3Cscript%3E",
    ],
)
def test_a_tool_for_what_cannot_be_is_a_page_that_says_so(visitor: Visitor, path: str) -> None:
    answer = visitor.session.get(visitor.address(f"/t/{visitor.tenant}/{path}"), timeout=30)
    assert answer.status_code in (400, 404)
    assert "<h1>" in answer.text
    assert "<script>" not in answer.text


@pytest.mark.parametrize("page", ["targets", "flows", "endpoints"])
@pytest.mark.parametrize(
    "resource_id", ["%3Cscript%3E", "%00", "%252e", "%2e%2e%2fkeys", "a" * 3000]
)
def test_a_resource_that_cannot_be_is_a_page_that_says_so(
    visitor: Visitor, page: str, resource_id: str
) -> None:
    for tail in ("", "/delete"):
        address = visitor.address(f"/t/{visitor.tenant}/{page}/{resource_id}{tail}")
        answer = visitor.session.get(address, timeout=30)
        assert answer.status_code in (400, 404)
        assert "<h1>" in answer.text
        assert "<script>" not in answer.text


def test_a_line_of_a_mebibyte_is_cut_until_all_is_asked_for(
    visitor: Visitor, world: World, target: Target
) -> None:
    target.answer(world.path, Reply(500, (), b"y" * 1_000_000))
    flow = world.flow(attempts=1)
    event_id = world.event(flow, b"x" * 1_048_576, {"Content-Type": "text/plain"})
    world.executed(event_id)
    page = visitor.look(f"events/{event_id}")
    assert len(page) < LARGEST_PAGE
    assert "1,048,576 characters, of which the first 20,000 are shown" in page
    assert "--data-binary @body" in page
    assert "x" * 1_048_576 in visitor.look(f"events/{event_id}", all=1)
    download = visitor.session.get(
        visitor.address(f"/t/{visitor.tenant}/events/{event_id}/body"), timeout=30
    )
    assert download.content == b"x" * 1_048_576
    assert download.headers["Content-Type"] == "application/octet-stream"
    assert download.headers["Content-Disposition"] == "attachment; filename=body"


def test_bytes_that_are_no_text_are_shown_as_such(visitor: Visitor, world: World) -> None:
    event_id = world.event(world.flow(), b"\xff\x00\xfe", {"Content-Type": "image/png"})
    world.executed(event_id)
    page = visitor.look(f"events/{event_id}")
    assert "Not text: this is its base64." in page
    assert "/wD+" in page
    assert "base64 -d" in page


def test_many_attempts_are_folded_until_all_are_asked_for(visitor: Visitor, world: World) -> None:
    event_id = given.event(world.sandbox, world.tenant)
    for number in range(40):
        given.attempt(world.sandbox, world.tenant, event_id, number=number + 1)
    page = visitor.look(f"events/{event_id}")
    assert page.count('class="attempt"') == 10
    assert "Show all 40 attempts" in page
    assert visitor.look(f"events/{event_id}", all=1).count('class="attempt"') == 40


def test_json_of_any_depth_is_shown(visitor: Visitor, world: World) -> None:
    deep = b"[" * 9_000 + b"]" * 9_000
    event_id = world.event(world.flow(), deep)
    assert "[[[[" in visitor.look(f"events/{event_id}")


def test_no_template_filters_only_the_last_of_several_values() -> None:
    folder = Path(site.__file__).parent / "templates"
    loose = re.compile(r'{{[^{}()]* or (?:[\w.]+|"[^"]*") \|')
    templates = {one.name: one.read_text() for one in folder.rglob("*.html")}
    assert "deliveries.html" in templates
    assert [name for name, text in templates.items() if loose.search(text)] == []


def test_what_cannot_be_seen_is_written_out() -> None:
    assert seen("a\u202eb\u200bc\x1b[0m\x00") == "a\\u202eb\\u200bc\\u001b[0m\\u0000"
    assert seen("tab\tline\nümläut 日本") == "tab\tline\nümläut 日本"
    assert text_of(short("z" * 300)).split() == ["z" * 200, "…", "300", "characters"]
    assert short("<b>") == "<bdi>&lt;b&gt;</bdi>"
    assert LONG < MOST * 2


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": "it\'s"}',
        b"$(touch /tmp/never) `id` \\ \"quoted\" 'single'",
        b"two\nlines",
        "日本".encode(),
    ],
)
def test_a_copied_command_is_one_command_whatever_the_body_holds(body: bytes) -> None:
    command = curl("http://127.0.0.1:1/?a='b'&c", {"X-A": "it's $HOME", "Host": "h"}, body)
    words = shlex.split(command.replace(" \\\n ", ""))
    assert words[:6] == ["curl", "-sS", "-i", "-X", "POST", "http://127.0.0.1:1/?a='b'&c"]
    assert words[6:] == ["-H", "X-A: it's $HOME", "--data-binary", body.decode()]


@pytest.mark.parametrize("body", [b"\x1b[201~rm", b"\xff", b"@/etc/passwd", "\u202e".encode()])
def test_a_body_that_is_no_plain_text_is_copied_as_base64(body: bytes) -> None:
    words = shlex.split(curl("http://127.0.0.1:1/", {}, body))
    assert words[0] == "printf"
    assert words[-2:] == ["--data-binary", "@-"]
