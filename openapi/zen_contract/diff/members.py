"""The members of objects and the entries of lists: which are there, and which have to be."""

from collections.abc import Iterator

from zen_contract.diff.change import Found, breaking, compatible
from zen_contract.diff.schema import Schema
from zen_contract.diff.spot import Spot

Pair = tuple[Schema, Schema, Spot]


def shared(old: Schema, new: Schema, spot: Spot) -> Iterator[Pair]:
    """The members and entries that both sides describe, to be compared in turn."""
    for name in _names(old, new):
        before, after = old.member(name, spot.direction), new.member(name, spot.direction)
        if before and after:
            yield before, after, spot.below(name)
    for keyword, path in (("items", "[]"), ("additionalProperties", "*")):
        before, after = old.inner(keyword), new.inner(keyword)
        if before and after:
            yield before, after, spot.below(path)


def compared(old: Schema, new: Schema, spot: Spot) -> Iterator[Found]:
    """What came, what went, what has to be there now, and whether more may be there."""
    yield from _come_and_gone(old, new, spot)
    yield from _requirement(old, new, spot)
    yield from _room_for_more(old, new, spot)
    yield from _entries(old, new, spot)


def _come_and_gone(old: Schema, new: Schema, spot: Spot) -> Iterator[Found]:
    for name in _names(old, new):
        before, after = old.member(name, spot.direction), new.member(name, spot.direction)
        if before and not after:
            yield _gone(before, spot.below(name))
        if after and not before:
            is_required = name in new.required
            inner = spot.below(name)
            yield _come(after, inner, is_required=is_required, is_strange=old.is_closed)


def _gone(schema: Schema, spot: Spot) -> Found:
    said = (
        "A request that has it is refused (400), or what it says is not heeded."
        if spot.is_request
        else "Code that reads it finds nothing there."
    )
    return breaking(schema.sites[0], "member", f"{spot} is gone.", said)


def _come(schema: Schema, spot: Spot, *, is_required: bool, is_strange: bool) -> Found:
    where = schema.sites[0], "member"
    if spot.is_request and is_required:
        said = "A request without it was accepted so far and is refused (400)."
        return breaking(*where, f"{spot} is new and required.", said)
    if spot.is_request:
        return compatible(*where, f"{spot} is new.", "It may be sent; nobody has to.")
    if is_strange:
        said = "The object was closed so far, so strict code refuses the answer."
        return breaking(*where, f"{spot} is new.", said)
    said = "Answers may grow: code passes over members that it does not know."
    return compatible(*where, f"{spot} is new.", said)


def _requirement(old: Schema, new: Schema, spot: Spot) -> Iterator[Found]:
    described = set(_names(old, new))
    for name in sorted(old.required ^ new.required):
        in_both = _travels(old, name, spot) and _travels(new, name, spot)
        if name in described and not in_both:
            continue  # it came or went, or does not travel this way
        inner, where = spot.below(name), (new.where("required", old), f"required {name}")
        if name in new.required:
            what = f"{inner} is required, was optional."
            yield (
                breaking(*where, what, "A request without it was accepted and is refused (400).")
                if spot.is_request
                else compatible(*where, what, "Code that takes an answer without it still does.")
            )
        else:
            what = f"{inner} is optional, was required."
            yield (
                compatible(*where, what, "It may be left out; nobody has to.")
                if spot.is_request
                else breaking(*where, what, "An answer may come without it; code counts on it.")
            )


def _room_for_more(old: Schema, new: Schema, spot: Spot) -> Iterator[Found]:
    where = new.where("additionalProperties", old), "additionalProperties"
    if not old.parts or not new.parts or _room(old) == _room(new):
        return
    closes = _room(new) < _room(old)
    what = f"{spot}: there is {'less' if closes else 'more'} room for members not described."
    if spot.is_request and closes:
        yield breaking(*where, what, "A request with others was accepted and is refused (400).")
    elif not spot.is_request and not closes:
        yield breaking(*where, what, "An answer may have others, which strict code refuses.")
    else:
        yield compatible(*where, what, "Code that keeps to what was described goes on working.")


def _entries(old: Schema, new: Schema, spot: Spot) -> Iterator[Found]:
    before, after = old.inner("items"), new.inner("items")
    if bool(before) == bool(after) or not old.parts or not new.parts:
        return
    where = new.where("items", old), "items"
    what = f"{spot}: entries {'have to fit a schema' if after else 'of any kind fit'} now."
    if spot.is_request and after:
        yield breaking(*where, what, "A request with others was accepted and is refused (400).")
    elif not spot.is_request and before:
        yield breaking(*where, what, "An answer may have others, which code need not take.")
    else:
        yield compatible(*where, what, "Code that keeps to what was described goes on working.")


def _room(schema: Schema) -> int:
    """How much fits beside the members that are described: nothing, some, anything."""
    if schema.is_closed:
        return 0
    return 1 if schema.inner("additionalProperties") else 2


def _travels(schema: Schema, name: str, spot: Spot) -> bool:
    return schema.member(name, spot.direction) is not None


def _names(old: Schema, new: Schema) -> list[str]:
    return list(dict.fromkeys([*old.member_names(), *new.member_names()]))
