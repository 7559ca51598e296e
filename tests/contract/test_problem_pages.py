"""The pages about problems: one for each type that the contracts know, and none besides."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from zen_contract.contract import load, names

PAGES = Path(__file__).parents[2] / "docs" / "problems"
TYPE = "https://api.zen-mesh.io/errors/"
EXAMPLE = "<!-- example -->"
SLUGS = sorted(path.stem for path in PAGES.glob("*.md"))


def titles() -> dict[str, str]:
    """The title of each problem type that a schema of a contract is about, by slug."""
    found: dict[str, str] = {}
    for name in names():
        for schema in load(name).document["components"]["schemas"].values():
            for part in schema.get("allOf", []):
                about = part.get("properties", {})
                for value in about.get("type", {}).get("enum", []):
                    if str(value).startswith(TYPE):
                        found[value.removeprefix(TYPE)] = about["title"]["enum"][0]
    return found


def examples(name: str) -> Iterator[Mapping[str, Any]]:
    """The problem documents that the operations of a contract show."""
    for operation in load(name).operations:
        for response in operation.responses.values():
            for media_type, media in response.get("content", {}).items():
                if media_type == "application/problem+json":
                    yield from (example["value"] for example in media["examples"].values())


def text(slug: str) -> str:
    """A page's Markdown."""
    return (PAGES / f"{slug}.md").read_text(encoding="utf-8")


def test_every_type_has_a_page_and_every_page_a_type() -> None:
    assert sorted(titles()) == SLUGS
    assert len(SLUGS) == 13


def test_every_type_that_an_operation_shows_is_known() -> None:
    shown = {str(one["type"]).removeprefix(TYPE) for name in names() for one in examples(name)}
    assert shown == set(titles())


@pytest.mark.parametrize("slug", SLUGS)
def test_the_public_contract_has_an_example_for_the_page(slug: str) -> None:
    found = [one for one in examples("zen-back.v1") if one["type"] == TYPE + slug]
    assert found
    assert {one["title"] for one in found} == {titles()[slug]}


@pytest.mark.parametrize("slug", SLUGS)
def test_a_page_has_its_title_one_example_and_its_two_sections(slug: str) -> None:
    lines = text(slug).splitlines()
    assert lines[0] == f"# {titles()[slug]}"
    assert lines.count(EXAMPLE) == 1
    headings = [line for line in lines if line.startswith("#")]
    assert headings[1:] == ["## When it happens", "## What to do"]
    assert max(map(len, lines)) <= 118


@pytest.mark.parametrize("slug", SLUGS)
def test_a_page_is_read_in_a_minute(slug: str) -> None:
    assert 100 <= len(re.findall(r"[\w'’-]+", text(slug))) <= 270


@pytest.mark.parametrize("slug", SLUGS)
def test_a_page_names_the_members_that_its_problem_has_of_its_own(slug: str) -> None:
    common = {"type", "title", "status", "detail", "instance"}
    own = {
        member
        for one in examples("zen-back.v1")
        if one["type"] == TYPE + slug
        for member in one.keys() - common
    }
    for member in own:
        assert f"`{member}`" in text(slug)


@pytest.mark.parametrize("slug", SLUGS)
def test_links_between_the_pages_lead_somewhere(slug: str) -> None:
    for target in re.findall(r"\]\(([a-z-]+)\.md\)", text(slug)):
        assert target in SLUGS
