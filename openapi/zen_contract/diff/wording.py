"""What only reads differently, and what the comparison does not know and so holds to be a break."""

from collections.abc import Iterable, Iterator
from typing import Any

from zen_contract.diff.change import Found, breaking, compatible, editorial
from zen_contract.diff.schema import Schema
from zen_contract.diff.spot import Spot
from zen_contract.pointers import Place

WORDS = ("title", "summary", "description", "example", "examples", "externalDocs", "x-codeSamples")

_MESSAGE = "x-zen-message"


def of_schemas(old: Schema, new: Schema, spot: Spot) -> Iterator[Found]:
    """Titles, descriptions and examples of a schema."""
    for key in WORDS:
        if old.values(key) != new.values(key):
            yield editorial(new.where(key, old), key, f"{spot}: the {key} reads differently.")


def of_places(old: Place, new: Place, subject: str) -> Iterator[Found]:
    """Titles, descriptions and examples of anything else."""
    for key in WORDS:
        if _plain(old, key) != _plain(new, key):
            what = f"{subject}: the {key} reads differently."
            yield editorial((*new.pointer, key), key, what)


def messages(old: Schema, new: Schema, spot: Spot) -> Iterator[Found]:
    """What a 400 says of a value that does not fit."""
    if old.values(_MESSAGE) != new.values(_MESSAGE) and spot.is_request:
        yield compatible(
            new.where(_MESSAGE, old),
            _MESSAGE,
            f"{spot}: the message of its 400 reads differently.",
            "The `detail` of a problem is for people; code goes by `type` and `field`.",
        )


def deprecation(old: Schema, new: Schema, spot: Spot) -> Iterator[Found]:
    """Whether customers are told to move off."""
    before, after = True in old.values("deprecated"), True in new.values("deprecated")
    if before != after:
        yield deprecated(new.where("deprecated", old), str(spot), is_so=after)


def deprecated(pointer: tuple[str, ...], subject: str, *, is_so: bool) -> Found:
    """That something is deprecated, or no longer is."""
    if is_so:
        said = "It works as before; a later major version may be without it."
        return compatible(pointer, "deprecated", f"{subject} is deprecated.", said)
    said = "It works as before and is there to stay."
    return compatible(pointer, "deprecated", f"{subject} is no longer deprecated.", said)


def unknown(old: Schema, new: Schema, spot: Spot, known: Iterable[str]) -> Iterator[Found]:
    """Keywords of a schema that the comparison does not know."""
    keys = {key for schema in (old, new) for part in schema.parts for key in part.value}
    for key in sorted(keys - set(known) - set(WORDS)):
        if old.values(key) != new.values(key):
            yield _unknown(new.where(key, old), key, str(spot))


def unknown_members(old: Place, new: Place, subject: str, known: Iterable[str]) -> Iterator[Found]:
    """Members of an object of the contract that the comparison does not know."""
    for key in sorted({*old.value, *new.value} - set(known) - set(WORDS)):
        if old.get(key) != new.get(key):
            yield _unknown((*new.pointer, key), key, subject)


def _unknown(pointer: tuple[str, ...], key: str, subject: str) -> Found:
    what = f"{subject}: `{key}` differs, and what it means to customers is not known here."
    said = "It is held to break them until the comparison is taught what it means."
    return breaking(pointer, key, what, said)


def _plain(place: Place, key: str) -> Any:
    """The text under a key; the values of named examples stand for the references to them."""
    if key == "examples":
        return {name: one.value for name, one in place.below(key)}
    return place.get(key)
