"""How a copy of the public contract is changed in one place, and what a change is said to be."""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from zen_contract.contract import Contract, load

Edit = Callable[[Any], None]


@dataclass(frozen=True)
class Mutation:
    """A change of the contract: in a customer's words, in its text, and in what is said of it."""

    title: str
    says: str  # a part of what is said of the change
    edits: tuple[Edit, ...]


def mutation(title: str, says: str, *edits: Edit) -> Mutation:
    """A row of the table."""
    return Mutation(title, says, edits)


@cache
def contract() -> Contract:
    """The public contract, as it is laid out by `mutate` too."""
    return _laid_out(load().document)


def mutate(change: Mutation) -> Contract:
    """The public contract with the change in it."""
    document = copy.deepcopy(contract().document)
    for edit in change.edits:
        edit(document)
    assert document != contract().document, "the mutation changes nothing"
    return _laid_out(document)


def put(where: str, value: Any) -> Edit:
    """Writes a value under keys that are set apart by spaces, over what is there if need be."""

    def edit(document: Any) -> None:
        parent, key = _parent(document, where)
        parent[int(key) if isinstance(parent, list) else key] = copy.deepcopy(value)

    return edit


def drop(where: str) -> Edit:
    """Takes a member or an entry away."""

    def edit(document: Any) -> None:
        parent, key = _parent(document, where)
        del parent[int(key) if isinstance(parent, list) else key]

    return edit


def append(where: str, value: Any) -> Edit:
    """Adds an entry to a list."""

    def edit(document: Any) -> None:
        _at(document, where.split()).append(copy.deepcopy(value))

    return edit


def remove(where: str, value: Any) -> Edit:
    """Takes the entry of that value out of a list."""

    def edit(document: Any) -> None:
        _at(document, where.split()).remove(value)

    return edit


def rename(where: str, name: str) -> Edit:
    """Gives a member another name, in its place."""

    def edit(document: Any) -> None:
        parent, key = _parent(document, where)
        members = {name if one == key else one: value for one, value in parent.items()}
        parent.clear()
        parent.update(members)

    return edit


def everywhere(old: str, new: str) -> Edit:
    """Replaces a text, quotes and all, in the whole document."""

    def edit(document: Any) -> None:
        text = json.dumps(document)
        assert f'"{old}"' in text
        changed = json.loads(text.replace(f'"{old}"', f'"{new}"'))
        document.clear()
        document.update(changed)

    return edit


def _parent(document: Any, where: str) -> tuple[Any, str]:
    *path, key = where.split()
    return _at(document, path), key


def _at(document: Any, keys: list[str]) -> Any:
    for key in keys:
        document = document[int(key) if isinstance(document, list) else key]
    return document


def _laid_out(document: Any) -> Contract:
    text = json.dumps(document, ensure_ascii=False, indent=1).encode()
    return Contract(Path("zen-back.v1.yaml"), text, document)
