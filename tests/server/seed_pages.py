"""The examples of the documentation's pages, read from seed_examples/, one file a page.

`run` and `prints` are as the page has them but for the `repairs` named beside them. Where a page
shows an answer without its request, the request is another example (`like`) with a `change`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "seed_examples"


@dataclass(frozen=True)
class Rows:
    """What is said of a list: its member's name, and how many rows of what kind are in it."""

    member: str
    count: int
    each: Mapping[str, Any] = field(default_factory=dict)
    fields: tuple[str, ...] = ()  # each is in some row
    first: Any = None


@dataclass(frozen=True)
class Example:
    """One example and what its page says of the answer."""

    name: str
    page: str
    part: str
    run: str
    language: str = "curl"
    prerequisites: str = ""
    after: tuple[str, ...] = ()  # examples that must have run before
    without_scope: str | None = None  # the key has every other scope
    in_empty_tenant: bool = False
    status: int | None = None  # None: the language's example does not show it
    raises: str | None = None  # a part of what the program fails with
    expects: Any = None  # values that the answer has, among others
    fields: tuple[str, ...] = ()  # members that the answer has, among others
    rows: Rows | None = None
    made: frozenset[str] = frozenset()  # members whose printed values are samples

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def load() -> dict[str, Example]:
    """Every example of every page, by name."""
    examples: dict[str, Example] = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        page = yaml.safe_load(path.read_text("utf-8"))
        for entry in page["examples"]:
            examples[entry["name"]] = _example(page, entry, examples)
    return examples


def _example(
    page: Mapping[str, Any], entry: dict[str, Any], known: Mapping[str, Example]
) -> Example:
    run, language = entry.get("run", ""), entry.get("language", "curl")
    if "like" in entry:
        run, language = known[entry["like"]].run, known[entry["like"]].language
    for old, new in entry.get("change", {}).items():
        assert old in run, f"{old!r} is not in the example that {entry['name']!r} is like"
        run = run.replace(old, new)
    made = frozenset(page.get("made", []))
    example = Example(entry["name"], page["page"], entry["part"], run, language, made=made)
    expects = json.loads(entry["prints"]) if "prints" in entry else entry.get("expects")
    return replace(
        example,
        prerequisites=page.get("prerequisites", ""),
        after=tuple(entry.get("after", [])),
        without_scope=entry.get("without_scope"),
        in_empty_tenant=entry.get("in_empty_tenant", False),
        status=entry.get("status"),
        raises=entry.get("raises"),
        expects=expects,
        fields=tuple(entry.get("fields", [])),
        rows=_rows(entry["rows"]) if "rows" in entry else None,
    )


def _rows(entry: Mapping[str, Any]) -> Rows:
    return Rows(
        member=entry["member"],
        count=entry["count"],
        each=entry.get("each", {}),
        fields=tuple(entry.get("fields", [])),
        first=json.loads(entry["first"]) if "first" in entry else None,
    )
