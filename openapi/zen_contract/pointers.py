"""Where one is in a contract: a value, the path of keys that leads to it, and its line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from zen_contract.references import path_of, reference_in, target

Pointer = tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """A value of the document and where it is written; references are followed on the way.

    So the pointer names the definition, and a defect in a shared component has one place.
    """

    pointer: Pointer
    value: Any = field(repr=False)
    document: Mapping[str, Any] = field(repr=False)

    def at(self, *keys: str) -> "Place | None":
        """The value below these keys, or None when one of them is missing."""
        place: Place | None = self
        for key in keys:
            place = place._member(key) if place is not None else None
        return place

    def items(self) -> Iterator[tuple[str, "Place"]]:
        """The members of an object, or of a list with their index; of anything else nothing."""
        if isinstance(self.value, dict):
            members = self.value.items()
        elif isinstance(self.value, list):
            members = {str(index): item for index, item in enumerate(self.value)}.items()
        else:
            return
        for key, value in members:
            yield key, self._settle((*self.pointer, key), value)

    def below(self, *keys: str) -> Iterator[tuple[str, "Place"]]:
        """The members of the value below these keys; nothing when there is no such value."""
        place = self.at(*keys)
        if place is not None:
            yield from place.items()

    def get(self, key: str, default: Any = None) -> Any:
        """The plain value of one member of an object."""
        return self.value.get(key, default) if isinstance(self.value, dict) else default

    def _member(self, key: str) -> "Place | None":
        if isinstance(self.value, dict) and key in self.value:
            return self._settle((*self.pointer, key), self.value[key])
        if isinstance(self.value, list) and key.isdecimal() and int(key) < len(self.value):
            return self._settle((*self.pointer, key), self.value[int(key)])
        return None

    def _settle(self, pointer: Pointer, value: Any) -> "Place":
        while (reference := reference_in(value)) is not None:
            pointer, value = path_of(reference), target(self.document, reference)
        return Place(pointer, value, self.document)


def root(document: Mapping[str, Any]) -> Place:
    """The place where every walk starts."""
    return Place((), document, document)


def line_of(pointer: Pointer, lines: Mapping[Pointer, int]) -> int:
    """The line of the pointer, or of the closest thing above it that is written."""
    while pointer not in lines:
        pointer = pointer[:-1]
    return lines[pointer]


def from_text(text: str) -> Pointer:
    """The keys of a JSON pointer such as `#/paths/~1health/get`."""
    return path_of(text) if text.startswith("#/") and len(text) > len("#/") else ()
