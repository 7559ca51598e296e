"""Hostile content in the console: nothing of it runs, hides, turns around or swells a page."""

import re
import shlex
from urllib.parse import quote

import pytest

from tests.server import given
from tests.server.console.visitor import Visitor, text_of
from tests.server.delivery_target import Reply, Target
from tests.server.delivery_world import World
from zen_sandbox.console.replay import MOST, curl
from zen_sandbox.console.shown import LONG, seen, short

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
