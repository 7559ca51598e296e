"""How tightly schemas are drawn: what is sent is bounded and closed, what is answered is open."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from zen_contract.lint.report import Defect
from zen_contract.pointers import Place
from zen_contract.walk import members, request_schemas, response_schemas, within

Facets = Mapping[str, Any]

_BOUNDS = "give it maxLength, enum, a pattern that ends, or the format date-time"
_BOUNDED_FORMATS = ("date-time", "date", "uuid")


def request_type(root: Place) -> Iterator[Defect]:
    """Every schema of a request has a type, else a value of any size and kind may be sent."""
    for place, facets in _sent(root):
        if not ({"type", "enum", "properties"} & facets.keys()):
            yield Defect(place.pointer, "This schema of a request has no type.")


def request_string_bounded(root: Place) -> Iterator[Defect]:
    """Every string of a request has a longest form."""
    for place, facets in _sent(root):
        if facets.get("type") == "string" and not _is_bounded(facets):
            yield Defect(place.pointer, f"This string of a request has no bound: {_BOUNDS}.")


def response_string_bounded(root: Place) -> Iterator[Defect]:
    """Every string that is only answered has a longest form too, for whoever stores it."""
    sent = {place.pointer for place, _ in _sent(root)}
    for schema in response_schemas(root):
        for place, facets in _read(schema, {}):
            is_open = facets.get("type") == "string" and not _is_bounded(facets)
            if is_open and place.pointer not in sent:
                yield Defect(place.pointer, f"This string of an answer has no bound: {_BOUNDS}.")


def request_number_bounded(root: Place) -> Iterator[Defect]:
    """Every number of a request has a minimum and a maximum."""
    for place, facets in _sent(root):
        if facets.get("type") in ("integer", "number") and "enum" not in facets:
            missing = [key for key in ("minimum", "maximum") if key not in facets]
            if missing:
                what = " and no ".join(missing)
                yield Defect(place.pointer, f"This number of a request has no {what}.")


def request_list_bounded(root: Place) -> Iterator[Defect]:
    """Every list of a request has a longest form."""
    for place, facets in _sent(root):
        if facets.get("type") == "array" and "maxItems" not in facets:
            yield Defect(place.pointer, "This list of a request has no maxItems.")


def request_object_closed(root: Place) -> Iterator[Defect]:
    """Every object of a request refuses fields that the contract does not name."""
    for place, facets in _sent(root):
        is_object = facets.get("type") == "object" or "properties" in facets
        if is_object and facets.get("additionalProperties") is not False:
            yield Defect(
                place.pointer, "This object of a request needs `additionalProperties: false`."
            )


def response_object_open(root: Place) -> Iterator[Defect]:
    """Objects that are only answered may grow; those shared with requests stay closed."""
    sent = within(request_schemas(root))
    for pointer, place in within(response_schemas(root)).items():
        if pointer not in sent and place.get("additionalProperties") is False:
            yield Defect(
                (*pointer, "additionalProperties"),
                "This object of a response forbids fields that a later version may add.",
            )


def _sent(root: Place) -> Iterator[tuple[Place, Facets]]:
    for schema in request_schemas(root):
        yield from _read(schema, {})


def _read(schema: Place, inherited: Facets) -> Iterator[tuple[Place, Facets]]:
    """Each schema with what holds for it.

    That is its own keywords, those of its allOf and, for a branch of oneOf or anyOf, those of the
    schema around it.
    """
    facets = {**inherited, **_own(schema)}
    branches = [place for key in ("oneOf", "anyOf") for _, place in schema.below(key)]
    if not branches:
        yield schema, facets
    for branch in branches:
        yield from _read(branch, facets)
    for part in _parts(schema):
        for member in members(part):
            yield from _read(member, {})


def _own(schema: Place) -> dict[str, Any]:
    facets: dict[str, Any] = {}
    for part in _parts(schema):
        facets = {**part.value, **facets}
        if part.get("additionalProperties") is False:
            facets["additionalProperties"] = False
    return facets


def _parts(schema: Place) -> Iterator[Place]:
    """The schema and what its allOf adds to it."""
    yield schema
    for _, part in schema.below("allOf"):
        yield from _parts(part)


def _is_bounded(facets: Facets) -> bool:
    return (
        "maxLength" in facets
        or "enum" in facets
        or facets.get("format") in _BOUNDED_FORMATS
        or _ends(facets.get("pattern", ""))
    )


def _ends(pattern: str) -> bool:
    """Whether the pattern spans the whole string and repeats nothing without limit.

    Errs on the strict side: a lookahead with `*` in it counts as unlimited.
    """
    bare = re.sub(r"\\.", "x", pattern)
    bare = re.sub(r"\[[^\]]*\]", "x", bare)
    limited = not re.search(r"[*+]|\{\d*,\}", bare)
    outside_groups = bare
    for _ in range(bare.count("(")):
        outside_groups = re.sub(r"\([^()]*\)", "", outside_groups)
    return limited and bare.startswith("^") and bare.endswith("$") and "|" not in outside_groups


RULES = {
    "request-type": request_type,
    "request-string-bounded": request_string_bounded,
    "response-string-bounded": response_string_bounded,
    "request-number-bounded": request_number_bounded,
    "request-list-bounded": request_list_bounded,
    "request-object-closed": request_object_closed,
    "response-object-open": response_object_open,
}
