"""The members that a request body may have, by the contract, and bodies that get one wrong."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from zen_conformance import contract

Path = tuple[str, ...]

# One value of each JSON type; an integer is asked for with words that only look like one.
_VALUES: dict[str, tuple[Any, ...]] = {
    "null": (None,),
    "boolean": (True, False),
    "string": ("zc-text", "3", "true", ""),
    "number": (1.5,),
    "integer": (3, 0),
    "array": ([], ["zc"], [{}]),
    "object": ({}, {"zc": 1}),
}


@dataclass(frozen=True)
class Member:
    """One documented member, at any depth."""

    path: Path
    kind: str  # the JSON type
    required: bool
    nullable: bool

    @property
    def name(self) -> str:
        """As a problem names it."""
        return ".".join(self.path)

    def wrong_values(self) -> Iterator[Any]:
        """Values of every type but the member's own."""
        for kind, values in _VALUES.items():
            if kind == self.kind or (kind == "null" and self.nullable):
                continue
            if not (self.kind == "number" and kind == "integer"):
                yield from values


@cache
def members(operation_id: str) -> tuple[Member, ...]:
    """Every member of the operation's body."""
    return tuple(_members(_schema(operation_id), ()))


@cache
def objects(operation_id: str) -> tuple[Path, ...]:
    """Where the body has objects: the body itself, as (), and those inside it."""
    return ((), *(one.path for one in members(operation_id) if one.kind == "object"))


def is_required(operation_id: str) -> bool:
    """Whether the operation asks for a body."""
    return bool((contract.operation(operation_id).request_body or {}).get("required"))


def media_types(operation_id: str) -> tuple[str, ...]:
    """The media types that the operation takes."""
    return tuple((contract.operation(operation_id).request_body or {}).get("content", {}))


def with_member(body: Any, path: Path, value: Any) -> Any:
    """A copy of the body with that value there; objects on the way are made."""
    changed = copy.deepcopy(body)
    place = changed
    for step in path[:-1]:
        place = place.setdefault(step, {})
    place[path[-1]] = value
    return changed


def without_member(body: Any, path: Path) -> Any:
    """A copy of the body without that member."""
    changed = copy.deepcopy(body)
    place = changed
    for step in path[:-1]:
        place = place[step]
    place.pop(path[-1], None)
    return changed


def _schema(operation_id: str) -> Mapping[str, Any]:
    body = contract.operation(operation_id).request_body
    if body is None:
        raise ValueError(f"{operation_id} takes no body")
    schema: Mapping[str, Any] = body["content"]["application/json"]["schema"]
    return schema


def _members(schema: Mapping[str, Any], above: Path) -> Iterator[Member]:
    for name, said in schema.get("properties", {}).items():
        one = _merged(said)
        path = (*above, name)
        required = name in schema.get("required", ())
        yield Member(path, str(one["type"]), required, bool(one.get("nullable")))
        yield from _members(one, path)


def _merged(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    merged = dict(schema)
    for part in schema.get("allOf", ()):
        merged = {**_merged(part), **merged}
    return merged
