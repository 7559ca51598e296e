"""What is written differently and means the same: renamed, moved or unused definitions, order.

Found by looking at the two texts where the comparison of their meaning had nothing to say.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from zen_contract.contract import METHODS
from zen_contract.diff.change import Found, editorial
from zen_contract.diff.sides import references
from zen_contract.pointers import Pointer
from zen_contract.references import reference_to

Document = Mapping[str, Any]
Definitions = dict[Pointer, Any]


def found(old: Document, new: Document, told: Sequence[Pointer]) -> Iterator[Found]:
    """Definitions and operations that differ only in their text; `told` are known changes."""
    before, after = _definitions(old), _definitions(new)
    renamed = dict(_renamed(before, after))
    for was, now in renamed.items():
        what = f"the definition {was[-1]} is called {now[-1]} now."
        yield editorial(now, "renamed", what)
    names = {reference_to(was): reference_to(now) for was, now in renamed.items()}
    used = references(old) | references(new)
    for pointer in dict.fromkeys([*before, *after]):
        if pointer in renamed or pointer in renamed.values():
            continue
        if pointer in before and pointer in after:
            same = _written(before[pointer], names) == _written(after[pointer], {})
            if not same and not _is_told(pointer, told):
                what = f"the definition {pointer[-1]} is written differently."
                yield editorial(pointer, "rewritten", what)
        elif pointer[1] != "securitySchemes" and not _is_used(pointer, used):
            word = "new" if pointer in after else "gone"
            what = f"the definition {pointer[-1]}, which nothing uses, is {word}."
            yield editorial(pointer, "unused", what)
    yield from _operations(old, new, told, names)


def _operations(
    old: Document, new: Document, told: Sequence[Pointer], names: Mapping[str, str]
) -> Iterator[Found]:
    for path, item in new["paths"].items():
        for key in METHODS:
            pointer = ("paths", path, key)
            before, after = old["paths"].get(path, {}).get(key), item.get(key)
            if before is None or after is None or _is_told(pointer, told):
                continue
            if _written(before, names) != _written(after, {}):
                what = f"{key.upper()} {path} is written differently."
                yield editorial(pointer, "rewritten", what)


def _definitions(document: Document) -> Definitions:
    return {
        ("components", section, name): definition
        for section, definitions in document.get("components", {}).items()
        for name, definition in definitions.items()
    }


def _renamed(old: Definitions, new: Definitions) -> Iterator[tuple[Pointer, Pointer]]:
    come = [pointer for pointer in new if pointer not in old]
    for pointer, definition in old.items():
        if pointer not in new:
            for other in come:
                if other[1] == pointer[1] and new[other] == definition:
                    come.remove(other)
                    yield pointer, other
                    break


def _is_used(pointer: Pointer, used: set[str]) -> bool:
    """Whether a reference leads to the definition or into it."""
    own = reference_to(pointer)
    return any(one == own or one.startswith(f"{own}/") for one in used)


def _written(value: Any, names: Mapping[str, str]) -> Any:
    """The text with its references by their new names."""
    if isinstance(value, dict):
        return {key: _written(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [_written(one, names) for one in value]
    # No other text of a contract starts so; a definition may be referred to from its inside.
    if isinstance(value, str) and value.startswith("#/components/"):
        head = "/".join(value.split("/")[:4])
        return names.get(head, head) + value[len(head) :]
    return value


def _is_told(pointer: Pointer, told: Sequence[Pointer]) -> bool:
    """Whether a change in it, or in all of it, is known already."""
    return any(one[: len(pointer)] == pointer or pointer[: len(one)] == one != () for one in told)
