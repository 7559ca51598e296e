"""The part of a contract that refused a request, as it is written, with the line that did it.

The log of requests says where in terms of the request: the name of a parameter instead of its place
in a list, a body without its media type. References lead to where the contract really says it.
"""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from zen_contract import contract, strict_yaml
from zen_contract.contract import Contract
from zen_contract.pointers import Place, Pointer, line_of, root
from zen_contract.references import path_of, reference_to
from zen_sandbox.console.forms.wanted import contract_of

MOST_LINES = 40

_OPERATION = 3  # keys that name an operation: paths, its path, its method


class Line(NamedTuple):
    """A line of the contract's file."""

    number: int
    text: str
    is_meant: bool


class Part(NamedTuple):
    """An excerpt; `pointer` names what is meant within it."""

    file: str
    pointer: str
    lines: list[Line]


def part(operation_id: str, schema_pointer: str) -> Part | None:
    """The schema around what the log's pointer means; None where it means nothing."""
    whole = contract_of(operation_id)
    keys = path_of(f"#{schema_pointer}")
    operation = root(whole.document).at(*keys[:_OPERATION])
    found = None if operation is None else _meant(operation, keys)
    return None if found is None else _excerpt(whole, *found)


def answer(operation_id: str, status: int) -> Part | None:
    """What the contract says of an answer of that status."""
    whole = contract_of(operation_id)
    operation = whole.operation(operation_id)
    paths = root(whole.document)
    place = paths.at("paths", operation.path, operation.method.lower(), "responses", str(status))
    return None if place is None else _excerpt(whole, place, place)


def _meant(operation: Place, keys: Pointer) -> tuple[Place, Place] | None:
    """What is meant, and the schema that it is a part of."""
    kind, rest = keys[_OPERATION], keys[_OPERATION + 1 :]
    if kind == "parameters":
        place, rest = _parameter(operation, keys), rest[1:]
    else:
        place = operation.at(kind, "content")
        place = next((media for _, media in place.items()), None) if place else None
    around = place
    for key in rest:
        inner = place.at(key) if place is not None else None
        if place is None or inner is None:
            break
        around, place = place, inner
    return None if place is None or around is None else (place, around)


def _parameter(operation: Place, keys: Pointer) -> Place | None:
    shared = root(operation.document).at(*keys[: _OPERATION - 1])
    for holder in filter(None, (operation, shared)):
        for _, parameter in holder.below("parameters"):
            if parameter.get("name") == keys[_OPERATION + 1]:
                return parameter
    return None


def _excerpt(whole: Contract, meant: Place, around: Place) -> Part:
    written, numbers = _lines(whole.path.stem)
    if meant.pointer[: len(around.pointer)] != around.pointer:
        around = meant  # a reference led away
    hit, first = line_of(meant.pointer, numbers), line_of(around.pointer, numbers)
    last = _end(written, first)
    if last - first >= MOST_LINES:
        first = max(first, hit - MOST_LINES // 2)
        last = min(last, first + MOST_LINES - 1)
    margin = min(_indent(line) for line in written[first - 1 : last] if line.strip())
    lines = [
        Line(number, written[number - 1][margin:], number == hit)
        for number in range(first, last + 1)
    ]
    return Part(whole.path.name, reference_to(meant.pointer), lines)


def _end(written: list[str], first: int) -> int:
    """The last line of what begins there: those below it stand further in."""
    margin, last = _indent(written[first - 1]), first
    for number in range(first + 1, len(written) + 1):
        line = written[number - 1]
        if line.strip() and _indent(line) <= margin:
            break
        last = number if line.strip() else last
    return last


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


@cache
def _lines(name: str) -> tuple[list[str], Mapping[Pointer, int]]:
    """A contract's lines, and on which of them each pointer begins."""
    text = contract.load(name).text
    return text.decode().splitlines(), strict_yaml.lines(text)
