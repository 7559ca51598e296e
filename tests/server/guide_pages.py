"""A guide page of the documentation: its samples, and what each of them prints.

A block in a language that runs is a sample, and a block of `json`, `http` or `text` is what the
sample before it prints. `Save this as` a file keeps the next sample for a later one to start. Words
after the language mark what is different: `install` is what a new machine needs, `setup` is what
every other page begins with too, `go` needs a Go toolchain, `background` goes on in a terminal of
its own, and an output so marked is what comes up there.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from tests.server.walked_page import Transcript

DOCS = Path(__file__).parents[2] / "docs"
START = "quickstart"
"""The page whose `setup` the others take over."""

RUNS = ("shell", "python", "javascript", "go")
PRINTS = ("json", "http", "text")
MARKS = frozenset({"install", "setup", "background", "go"})

_PIECES = re.compile(
    r"^```(?P<info>[^\n]*)\n(?P<block>.*?)^```$|Save this as `(?P<file>[^`]+)`",
    re.MULTILINE | re.DOTALL,
)
_FENCE = re.compile(r"^\s*(?:```|~~~)", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    language: str
    marks: frozenset[str]
    text: str
    saved_as: str = ""

    def with_text(self, text: str) -> "Block":
        """The same block with another text."""
        return replace(self, text=text)


def navigation() -> dict[str, list[str]]:
    """The pages of each section, in the order a reader finds them."""
    sections = yaml.safe_load((DOCS / "navigation.yaml").read_text(encoding="utf-8"))
    return {entry["section"]: entry["pages"] for entry in sections}


def text_of(slug: str) -> str:
    """A page's Markdown."""
    return (DOCS / f"{slug}.md").read_text(encoding="utf-8")


def blocks(page: str) -> Iterator[Block]:
    """The blocks of a page in order; AssertionError for one that this module would not see."""
    file = ""
    seen = 0
    for piece in _PIECES.finditer(page):
        if piece["file"]:
            file = piece["file"]
            continue
        language, *marks = piece["info"].split() or [""]
        seen += 2
        assert language in RUNS + PRINTS, f"a block of {language or 'no language'} is not run"
        assert MARKS.issuperset(marks), f"nobody knows what {' '.join(marks)} means"
        yield Block(language, frozenset(marks), piece["block"], file)
        file = ""
    assert seen == len(_FENCE.findall(page)), "a fence is indented, unusual or not closed"


def setup() -> list[Block]:
    """What every page begins with: the setup of the first one, and what that prints."""
    return [block for block in blocks(text_of(START)) if "setup" in block.marks]


def compare(printed: Block, shown: str, transcript: Transcript) -> None:
    """AssertionError when a sample has shown something else than its page prints."""
    expected, got = printed.text, shown.replace("\r", "")
    if printed.language == "json":
        expected, got = _canonical(expected), _canonical(got)
    elif printed.language == "http":
        expected, got = _canonical_answer(expected), _canonical_answer(got, among=expected)
    found = transcript.pattern(expected).fullmatch(got)
    assert found, f"{got}\nwas shown, and the page prints\n{expected}"
    transcript.learn(found)


def _canonical(text: str) -> str:
    try:
        value: Any = json.loads(text)
    except ValueError:
        raise AssertionError(f"this is no JSON:\n{text}") from None
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)


def _canonical_answer(text: str, *, among: str | None = None) -> str:
    """An HTTP answer with its headers in order; only those that `among` has, when it is given."""
    head, _, body = text.partition("\n\n")
    line, *headers = head.splitlines()
    pairs = sorted(
        f"{name.lower()}:{value}" for name, _, value in (x.partition(":") for x in headers)
    )
    if among is not None:
        wanted = {one.partition(":")[0].lower() for one in among.partition("\n\n")[0].splitlines()}
        pairs = [one for one in pairs if one.partition(":")[0] in wanted]
    return "\n".join([line, *pairs, "", _canonical(body) if body.strip() else ""])
