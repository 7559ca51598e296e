"""The order in which two contracts are compared. Start reading here."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from zen_contract import pointers, strict_yaml
from zen_contract.contract import Contract
from zen_contract.diff import document, operations, rewritten
from zen_contract.diff.change import WORST_FIRST, Change, Found, Kind, editorial
from zen_contract.diff.sides import Sides


@dataclass
class _Met:
    """A change so far: the worst that was found of it, and in which operations."""

    found: Found
    operations: list[str] = field(default_factory=list)


def changes(old: Contract, new: Contract) -> tuple[Change, ...]:
    """Every change from the one contract to the other, the worst first, then down the file.

    A definition that many operations share is one change, judged by the worst of its uses.
    """
    met: dict[tuple[pointers.Pointer, str], _Met] = {}
    for operation_id, found in _all_found(old, new):
        key = (found.pointer, found.topic)
        so_far = met.setdefault(key, _Met(found))
        if _rank(found.kind) < _rank(so_far.found.kind):
            so_far = met[key] = _Met(found)
        if operation_id and found.kind is so_far.found.kind:
            so_far.operations.append(operation_id)
    for found in rewritten.found(old.document, new.document, [key[0] for key in met]):
        met.setdefault((found.pointer, found.topic), _Met(found))
    if not met and old.version == new.version and old.text != new.text:
        what = "The contract is laid out differently."
        met[(), "layout"] = _Met(editorial((), "layout", what))
    return _in_order(met.values(), new)


def _all_found(old: Contract, new: Contract) -> Iterator[tuple[str, Found]]:
    sides = Sides(pointers.root(old.document), pointers.root(new.document))
    for found in document.compared(sides.old, sides.new):
        yield "", found
    before, after = operations.keyed(sides.old), operations.keyed(sides.new)
    for key in dict.fromkeys([*before, *after]):
        one, other = before.get(key), after.get(key)
        if one and other:
            for found in operations.compared(one, other, sides):
                yield str(other.place.get("operationId")), found
        elif one:
            yield str(one.place.get("operationId")), operations.gone(one, sides.new)
        elif other:
            yield str(other.place.get("operationId")), operations.come(other)


def _in_order(met: Iterable[_Met], new: Contract) -> tuple[Change, ...]:
    lines = strict_yaml.lines(new.text)
    told = (
        Change(
            kind=one.found.kind,
            pointer=one.found.pointer,
            line=pointers.line_of(one.found.pointer, lines),
            operations=tuple(dict.fromkeys(one.operations)),
            what=f"{one.found.what[:1].upper()}{one.found.what[1:]}",
            consequence=one.found.consequence,
        )
        for one in met
    )
    return tuple(sorted(told, key=lambda one: (_rank(one.kind), one.line, one.pointer)))


def _rank(kind: Kind) -> int:
    return WORST_FIRST.index(kind)
