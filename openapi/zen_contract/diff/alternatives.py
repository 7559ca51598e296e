"""Which alternatives of two schemas belong together, and the types of problem among them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from zen_contract.diff.schema import Schema
from zen_contract.diff.shifts import enumerated
from zen_contract.diff.spot import Direction, Spot

Choice = list[Schema]


@dataclass
class Matched:
    """The alternatives that belong together, and what is left of either side."""

    pairs: list[tuple[Schema, Schema]] = field(default_factory=list)
    gone: Choice = field(default_factory=list)
    come: Choice = field(default_factory=list)
    loosened: bool = False  # a choice had to be made that is not asked for any more
    tightened: bool = False  # a choice has to be made that was not asked for


def matched(old: Schema, new: Schema, spot: Spot) -> Matched:
    """The alternatives of both; a side that offers none is one itself if the other only chooses."""
    before = [[old]] if new.is_choice and not old.choices() else old.choices()
    after = [[new]] if old.is_choice and not new.choices() else new.choices()
    found = Matched()
    for one in list(before):
        twin = next((other for other in after if _texts(one) == _texts(other)), None)
        if twin is not None:
            found.pairs += zip(one, twin, strict=True)
            before.remove(one)
            after.remove(twin)
    if len(before) == len(after) == 1:
        found.gone, found.come = before[0], after[0]
        _match(found, is_failure=spot.is_failure and not spot.path)
    else:
        found.loosened, found.tightened = bool(before), bool(after)
    return found


def _match(found: Matched, *, is_failure: bool) -> None:
    if is_failure:
        _pair(found, lambda one, other: problem_types(one) == problem_types(other))
        return
    _pair(found, lambda one, other: _texts([one]) == _texts([other]))
    _pair(found, lambda one, other: one.pointers == other.pointers)
    if len(found.gone) == len(found.come):
        found.pairs += zip(found.gone, found.come, strict=True)
        found.gone, found.come = [], []


def problem_types(schema: Schema) -> frozenset[str]:
    """The `type` values that a problem document may have; empty where the schema does not list."""
    choices = schema.choices()
    if choices:
        return frozenset(kind for branch in choices[0] for kind in problem_types(branch))
    kind = schema.member("type", Direction.ANSWER)
    return frozenset(enumerated(kind) or ()) if kind else frozenset()


def _pair(found: Matched, belong: Callable[[Schema, Schema], bool]) -> None:
    for one in list(found.gone):
        twin = next((other for other in found.come if belong(one, other)), None)
        if twin is not None:
            found.pairs.append((one, twin))
            found.gone.remove(one)
            found.come.remove(twin)


def _texts(choice: Choice) -> list[object]:
    return [part.value for schema in choice for part in schema.parts]
