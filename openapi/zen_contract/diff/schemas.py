"""What a change of a schema means to customers, by the way its values travel.

What customers send may only be taken more widely, and what they get may only be drawn more
narrowly. Two things the contract itself says soften this: answers may grow members, and a value
list under `x-extensible-enum` is open.
"""

from collections.abc import Iterator

from zen_contract.diff import members, wording
from zen_contract.diff.alternatives import Matched, matched
from zen_contract.diff.change import Found, breaking, compatible
from zen_contract.diff.schema import Schema
from zen_contract.diff.shifts import Shift, enumerated, shifts, shown
from zen_contract.diff.spot import Spot
from zen_contract.pointers import Pointer

OPEN = "x-extensible-enum"
_COMPARED = {
    *("type", "nullable", "enum", "format", "pattern", "maxLength", "minLength", "maximum"),
    *("minimum", "exclusiveMaximum", "exclusiveMinimum", "multipleOf", "maxItems", "minItems"),
    *("uniqueItems", "maxProperties", "minProperties", "properties", "required", "items"),
    *("additionalProperties", "allOf", "oneOf", "anyOf", "default", "readOnly", "writeOnly"),
    *("deprecated", OPEN, "x-zen-message"),
}

Above = tuple[tuple[frozenset[Pointer], frozenset[Pointer]], ...]


def compared(old: Schema, new: Schema, spot: Spot, *, above: Above = ()) -> Iterator[Found]:
    """Every difference of the two schemas and of all they are made of."""
    pair = (old.pointers, new.pointers)
    if pair in above:
        return  # a schema that contains itself
    if (old.is_choice and not new.choices()) or (new.is_choice and not old.choices()):
        yield from _chosen(old, new, spot, (*above, pair))
        return
    yield from _values(old, new, spot)
    yield from members.compared(old, new, spot)
    pairs = [(before, after, spot) for before, after in matched(old, new, spot).pairs]
    for before, after, inner in (*members.shared(old, new, spot), *pairs):
        yield from compared(before, after, inner, above=(*above, pair))


def _chosen(old: Schema, new: Schema, spot: Spot, above: Above) -> Iterator[Found]:
    """One side offers alternatives and the other is, or may be, one of them."""
    found = matched(old, new, spot)
    for before, after in found.pairs:
        yield from compared(before, after, spot, above=above)
    yield from _alternatives(found, new, spot)


def _values(old: Schema, new: Schema, spot: Spot) -> Iterator[Found]:
    for shift in shifts(old, new):
        if not _is_told_as_problem_type(spot, shift):
            yield _judged(shift, spot, is_open=old.has(OPEN))
    yield from _open_values(old, new, spot)
    yield from _defaults(old, new, spot)
    yield from _alternatives(matched(old, new, spot), new, spot)
    yield from wording.messages(old, new, spot)
    yield from wording.deprecation(old, new, spot)
    yield from wording.of_schemas(old, new, spot)
    yield from wording.unknown(old, new, spot, _COMPARED)


def _judged(shift: Shift, spot: Spot, *, is_open: bool) -> Found:
    what = f"{spot}: {shift.what}."
    where = shift.pointer, shift.keyword, what
    if spot.is_request:
        if shift.narrower:
            return breaking(
                *where, f"A request with {shift.narrower} was accepted so far and is refused (400)."
            )
        return compatible(
            *where, f"A request with {shift.wider} is accepted now; nobody has to send one."
        )
    if not shift.wider:
        return compatible(
            *where, f"No answer has {shift.narrower} any more; code that takes it goes on working."
        )
    if is_open and shift.keyword == "enum":
        return compatible(*where, _open_consequence(shift.wider))
    if _follows_limit(shift, spot):
        return compatible(*where, "Only a page asked for with a higher `limit` has more entries.")
    return breaking(
        *where, f"An answer may have {shift.wider}, which code written so far need not take."
    )


def _follows_limit(shift: Shift, spot: Spot) -> bool:
    """Whether a page got longer only for those who ask for more rows."""
    is_longer = shift.keyword == "maxItems" and shift.bound is not None
    return is_longer and spot.page_limit is not None and (shift.bound or 0) <= spot.page_limit


def _is_told_as_problem_type(spot: Spot, shift: Shift) -> bool:
    return spot.is_failure and spot.path == "type" and shift.keyword == "enum"


def _open_values(old: Schema, new: Schema, spot: Spot) -> Iterator[Found]:
    """Values that are documented and promised not to be all."""
    before, after = old.values(OPEN), new.values(OPEN)
    if before == after:
        return
    where = new.where(OPEN, old)
    known = before[0] if before else enumerated(old)
    listed = after[0] if after else enumerated(new)
    gone = [value for value in known or () if value not in (listed or ())]
    come = [value for value in listed or () if value not in (known or ())]
    if after and come:
        values = " or ".join(map(shown, come))
        yield compatible(
            where, "open-value-new", f"{spot}: {values} is new.", _open_consequence(values)
        )
    if gone:
        values = " or ".join(map(shown, gone))
        what = f"{spot}: {values} is no longer listed."
        said = f"No answer has {values} any more; code that takes it goes on working."
        yield compatible(where, "open-value-gone", what, said)


def _open_consequence(values: str) -> str:
    return f"An answer may have {values}; the list is open, so code takes values it does not know."


def _defaults(old: Schema, new: Schema, spot: Spot) -> Iterator[Found]:
    before, after = old.values("default"), new.values("default")
    if before == after or not spot.is_request:
        return
    where = new.where("default", old)
    now = shown(after[0]) if after else "not said"
    was = shown(before[0]) if before else "not said"
    what = f"{spot}: the default is {now}, was {was}."
    said = "A request that leaves it out may have another effect than so far."
    yield breaking(where, "default", what, said)


def _alternatives(found: Matched, new: Schema, spot: Spot) -> Iterator[Found]:
    """Alternatives that only one side offers; of failures the types of problem are told instead."""
    where = new.sites[0]
    if found.loosened:
        free = Shift("choice", where, "nothing has to be chosen any more", wider="another form")
        yield _judged(free, spot, is_open=False)
    if found.tightened:
        bound = Shift("choice", where, "one of several forms is asked for", narrower="another form")
        yield _judged(bound, spot, is_open=False)
    if spot.is_failure and not spot.path:
        return
    for branch in found.gone:
        gone = Shift("oneOf", branch.sites[0], "an alternative is gone", narrower="that form")
        yield _judged(gone, spot, is_open=False)
    for branch in found.come:
        come = Shift("oneOf", branch.sites[0], "an alternative is new", wider="that form")
        yield _judged(come, spot, is_open=False)
