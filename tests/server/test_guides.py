"""Every sample of every guide page, run by a reader who copies it, each page in its own sandbox."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.guide_pages import DOCS, START, Block, blocks, compare, navigation, text_of
from tests.server.judge import OF_HTTP_ITSELF, SLUGS
from tests.server.new_user import environment
from tests.server.walked_page import Transcript
from zen_contract import contract

pytest.importorskip("termios", reason="these terminals are POSIX's")

from tests.server.guide_reader import having_read

ROOT = DOCS.parent
PAGES = [slug for pages in navigation().values() for slug in pages]
WALKED_ELSEWHERE = {
    "first-delivery",
    "conformance",
    "contract-versions",
    "implement-a-resource",
    "other-languages",
    "requirements",
}
GUIDES = [slug for slug in PAGES if slug not in WALKED_ELSEWHERE]
SLOW = {"testing-your-server"}
WITHOUT_OPERATIONS = {"changelog", "testing-your-server"}
OPERATIONS = {one.operation_id for one in contract.load("zen-back.v1").operations}

needs_tools = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "curl", "openssl"))), reason="no bash, curl or openssl here"
)


@needs_tools
@pytest.mark.parametrize(
    "slug",
    [
        pytest.param(slug, marks=pytest.mark.slow if slug in SLOW else ())
        for slug in GUIDES
        if list(blocks(text_of(slug)))
    ],
)
def test_the_samples_of_a_guide_print_what_it_shows(slug: str, tmp_path: Path) -> None:
    with having_read(slug, tmp_path):
        pass


@needs_tools
@pytest.mark.slow
def test_a_new_user_is_led_to_a_first_delivery_from_the_installation_on(tmp_path: Path) -> None:
    folder = tmp_path / "page"
    shutil.copytree(
        ROOT, folder, ignore=shutil.ignore_patterns(".*", "node_modules", "__pycache__")
    )
    env = environment(tmp_path)
    env.pop("PYTHONPATH", None)
    env["PATH"] = f"{folder / '.venv' / 'bin'}{os.pathsep}{env['PATH']}"  # as `activate` does
    with having_read(START, tmp_path, without=frozenset(), env=env):
        pass


def test_every_page_is_in_the_navigation_once() -> None:
    assert sorted(PAGES) == sorted(path.stem for path in DOCS.glob("*.md"))


@pytest.mark.parametrize("slug", PAGES)
def test_the_links_of_a_page_lead_somewhere(slug: str) -> None:
    assert not list(dead_links(text_of(slug)))


def test_every_operation_and_every_problem_is_linked_from_a_guide() -> None:
    links = {link for slug in GUIDES for link in links_of(text_of(slug))}
    assert {f"operations/{name}.md" for name in OPERATIONS} <= links
    documented = {slug for slug, (status, _) in SLUGS.items() if status not in OF_HTTP_ITSELF}
    assert {f"problems/{slug}.md" for slug in documented} <= links


@pytest.mark.parametrize("slug", sorted(set(GUIDES) - WITHOUT_OPERATIONS))
def test_a_guide_says_that_it_is_not_about_production(slug: str) -> None:
    introduction = text_of(slug).partition("```")[0]
    assert "`WIRED_SANDBOX`" in introduction
    assert re.search(r"not a claim (of production|that)", introduction, re.IGNORECASE)


@pytest.mark.parametrize("slug", GUIDES)
def test_a_file_that_a_guide_has_saved_is_started(slug: str) -> None:
    seen = list(blocks(text_of(slug)))
    for number, block in enumerate(seen):
        if block.saved_as:
            later = [one.text for one in seen[number:] if one.language == "shell"]
            assert any(re.search(rf"\b{re.escape(block.saved_as)}\b", one) for one in later)
        else:
            assert block.language != "go", "Go runs from a file that is saved"


@pytest.mark.parametrize(
    "page",
    [
        "```ruby\nputs 1\n```\n",
        "```\necho 1\n```\n",
        "```shell sometimes\necho 1\n```\n",
        "- a list\n  ```shell\n  echo 1\n  ```\n",
        "~~~shell\necho 1\n~~~\n",
        "```shell\necho 1\n",
    ],
)
def test_a_block_that_nobody_would_run_is_refused(page: str) -> None:
    with pytest.raises(AssertionError):
        list(blocks(page))


@pytest.mark.parametrize(
    ("language", "printed", "shown"),
    [
        ("json", '{"a": 1}', '{"a": 2}'),
        ("json", '{"a": 1}', '{"a": 1, "b": 2}'),
        ("json", '{"a": 1}', "curl: (7) Failed to connect"),
        ("http", "HTTP/1.1 201 Created\nLocation: /a\n", "HTTP/1.1 200 OK\r\nLocation: /a\r\n"),
        ("http", "HTTP/1.1 201 Created\nLocation: /a\n", "HTTP/1.1 201 Created\r\n"),
        ("text", "verified\n", "refused\n"),
        ("text", "verified\n", "verified\nand more\n"),
    ],
)
def test_what_a_page_prints_otherwise_is_told(language: str, printed: str, shown: str) -> None:
    with pytest.raises(AssertionError):
        compare(Block(language, frozenset(), printed), shown, Transcript())


def test_an_id_that_a_page_prints_twice_is_one_id() -> None:
    one, other = "evt_1a1fb4e3c9e8291b1d52a096769", "evt_1a1fb4b18933e1d324100c286ad"
    printed = Block("text", frozenset(), f"{one} {one}\n")
    compare(printed, f"{other} {other}\n", Transcript())
    with pytest.raises(AssertionError):
        compare(printed, f"{one} {other}\n", Transcript())


def links_of(page: str) -> Iterator[str]:
    """Where links lead, those out of the project left out."""
    for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"(?s)```.*?```", "", page)):
        if "://" not in link:
            yield link


def dead_links(page: str) -> Iterator[str]:
    """Links to no page, no heading, no operation and no problem."""
    for link in links_of(page):
        path, _, anchor = link.partition("#")
        folder, _, name = path.rpartition("/")
        stem = name.removesuffix(".md")
        if folder == "operations":
            alive = stem in OPERATIONS
        elif folder == "problems":
            alive = stem in SLUGS
        elif folder == "images":
            alive = (DOCS / path).is_file()
        else:
            file = DOCS / path if path else None
            text = page if file is None else file.read_text("utf-8") if file.is_file() else ""
            alive = bool(text) and (not anchor or anchor in anchors(text))
        if not alive:
            yield link


def anchors(page: str) -> set[str]:
    """What headings are called in an address."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"(?s)```.*?```", "", page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}
