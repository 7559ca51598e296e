"""Which alternatives of two schemas belong together, and the types of problem among them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from zen_contract.diff.schema import Schema
from zen_contract.diff.shifts import enumerated
from zen_contract.diff.spot import Direction, Spot


@dataclass
class Matched:
    """The alternatives that belong together, and what is left of either side."""

    pairs: list[tuple[Schema, Schema]] = field(default_factory=list)
    gone: list[Schema] = field(default_factory=list)
    come: list[Schema] = field(default_factory=list)


def matched(old: Schema, new: Schema, spot: Spot) -> Matched:
    """The alternatives of both; a side that offers none is one itself if the other only chooses."""
    before = [old] if new.is_choice and not old.branches() else old.branches()
    after = [new] if old.is_choice and not new.branches() else new.branches()
    found = Matched(gone=before, come=after)
    if spot.is_failure and not spot.path:
        _pair(found, lambda one, other: problem_types(one) == problem_types(other))
        return found
    _pair(found, lambda one, other: one.pointers == other.pointers)
    _pair(found, lambda one, other: _texts(one) == _texts(other))
    if len(found.gone) == len(found.come):
        found.pairs += zip(found.gone, found.come, strict=True)
        found.gone, found.come = [], []
    return found


def problem_types(schema: Schema) -> frozenset[str]:
    """The `type` values that a problem document may have; empty where the schema does not list."""
    branches = schema.branches()
    if branches:
        return frozenset(one for branch in branches for one in problem_types(branch))
    kind = schema.member("type", Direction.ANSWER)
    return frozenset(enumerated(kind) or ()) if kind else frozenset()


def _pair(found: Matched, belong: Callable[[Schema, Schema], bool]) -> None:
    for one in list(found.gone):
        twin = next((other for other in found.come if belong(one, other)), None)
        if twin is not None:
            found.pairs.append((one, twin))
            found.gone.remove(one)
            found.come.remove(twin)


def _texts(schema: Schema) -> list[object]:
    return [part.value for part in schema.parts]
