"""What a value has to be: a schema with all that its allOf adds, read as one.

A property that several of the parts describe has to be what all of them say.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from zen_contract.diff.spot import Direction
from zen_contract.pointers import Place, Pointer

_CHOICES = ("oneOf", "anyOf")
_WORDS = {"title", "description", "example"}
_HIDDEN_BY = {Direction.REQUEST: "readOnly", Direction.ANSWER: "writeOnly"}


@dataclass(frozen=True)
class Schema:
    """The parts that hold at once, and the places that asked for them."""

    sites: tuple[Pointer, ...]  # before references were followed
    parts: tuple[Place, ...]

    def values(self, keyword: str) -> list[Any]:
        """What the parts say under that keyword."""
        return [part.value[keyword] for part in self.parts if keyword in part.value]

    def has(self, keyword: str) -> bool:
        """Whether one of the parts says something under that keyword."""
        return any(keyword in part.value for part in self.parts)

    @cached_property
    def pointers(self) -> frozenset[Pointer]:
        """Where the parts are written."""
        return frozenset(part.pointer for part in self.parts)

    def where(self, keyword: str, other: "Schema") -> Pointer:
        """Where this schema says the keyword.

        That is the definition when the other schema has it too, else the place that refers to it:
        a definition that something else points at has not changed.
        """
        for part in self.parts:
            at_home = part.pointer in other.pointers or part.pointer in self.sites
            if keyword in part.value and at_home:
                return (*part.pointer, keyword)
        return self.sites[0]

    def member(self, name: str, direction: Direction) -> "Schema | None":
        """The member of that name, unless it does not travel in this direction."""
        found = self._below("properties", name)
        hidden = found is not None and True in found.values(_HIDDEN_BY[direction])
        return None if hidden else found

    def member_names(self) -> Iterator[str]:
        """The members that are described, in either direction."""
        for properties in self.values("properties"):
            yield from properties

    @cached_property
    def required(self) -> frozenset[str]:
        """The members that have to be there."""
        return frozenset(name for names in self.values("required") for name in names)

    @property
    def is_closed(self) -> bool:
        """Whether members that are not described are refused."""
        return False in self.values("additionalProperties")

    @property
    def takes_null(self) -> bool:
        """Whether `null` fits; `nullable` counts where a type stands beside it."""
        typed = [part for part in self.parts if "type" in part.value]
        return all(part.get("nullable") is True for part in typed)

    def inner(self, keyword: str) -> "Schema | None":
        """The schema of a list's entries, or of members of any name."""
        return self._below(keyword)

    @property
    def is_choice(self) -> bool:
        """Whether it says nothing but what it offers in oneOf or anyOf."""
        said = {key for part in self.parts for key in part.value}
        return bool(said & {*_CHOICES}) and not said - {*_CHOICES} - _WORDS

    def choices(self) -> list[list["Schema"]]:
        """What each oneOf and anyOf offers."""
        return [
            [schema_of((*part.pointer, key, index), place) for index, place in part.below(key)]
            for part in self.parts
            for key in _CHOICES
            if key in part.value
        ]

    def _below(self, *keys: str) -> "Schema | None":
        found = [((*part.pointer, *keys), part.at(*keys)) for part in self.parts]
        places = [(site, place) for site, place in found if place and isinstance(place.value, dict)]
        if not places:
            return None
        parts = (part for _, place in places for part in _parts(place, ()))
        return Schema(tuple(site for site, _ in places), _each_once(parts))


def schema_of(site: Pointer, place: Place) -> Schema:
    """The schema that a place asked for."""
    return Schema((site,), _each_once(_parts(place, ())))


def schema_at(holder: Place, key: str = "schema") -> Schema:
    """The schema of a parameter, header or media type; without one any value fits."""
    place = holder.at(key)
    site = (*holder.pointer, key)
    return schema_of(site, place) if place else Schema((holder.pointer,), ())


def _parts(place: Place, above: tuple[Pointer, ...]) -> Iterator[Place]:
    """The schema and what its allOf adds to it; one that contains itself adds nothing more."""
    if place.pointer not in above and isinstance(place.value, dict):
        yield place
        for _, part in place.below("allOf"):
            yield from _parts(part, (*above, place.pointer))


def _each_once(parts: Iterable[Place]) -> tuple[Place, ...]:
    return tuple({part.pointer: part for part in parts}.values())
