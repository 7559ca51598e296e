"""What a change of an operation as a whole means: its place, name, scope and status label."""

import re
from collections.abc import Iterator

from zen_contract.diff import answers, requests, wording
from zen_contract.diff.change import Found, breaking, compatible, editorial
from zen_contract.diff.sides import Sides
from zen_contract.pointers import Place
from zen_contract.walk import OperationPlace, operations

_COMPARED = {
    *("operationId", "tags", "parameters", "requestBody", "responses", "security", "deprecated"),
    "x-zen-status",
}
_LABELS_BY_REACH = ("INTERNAL_ONLY", "SANDBOX_ONLY", "WIRED_SANDBOX")

Key = tuple[str, str]
Scopes = frozenset[tuple[str, str]]


def keyed(root: Place) -> dict[Key, OperationPlace]:
    """The operations by what a request says of them: the method, and the path without names."""
    return {(one.method, re.sub(r"\{[^}]*\}", "{}", one.path)): one for one in operations(root)}


def gone(old: OperationPlace, new_root: Place) -> Found:
    """An operation that is not served there any more."""
    name = _name(old)
    moved = next(
        (one for one in operations(new_root) if one.place.get("operationId") == name), None
    )
    what = f"{old} ({name}) is gone" + (f"; it is {moved} now." if moved else ".")
    said = "Requests to it are answered 404 or 405."
    return breaking(old.place.pointer, "operation", what, said)


def come(new: OperationPlace) -> Found:
    """An operation that was not there before."""
    what = f"{new} ({_name(new)}) is new."
    return compatible(new.place.pointer, "operation", what, "It may be used; nobody has to.")


def compared(old: OperationPlace, new: OperationPlace, sides: Sides) -> Iterator[Found]:
    """Every difference of two operations at the same place."""
    pointer = new.place.pointer
    before, after = _name(old), _name(new)
    if before != after:
        what = f"the operationId is {after}, was {before}."
        said = "Requests stay as they are; code made from the contract calls it by its old name."
        yield breaking((*pointer, "operationId"), "operationId", what, said)
    yield from _label(old.place, new.place)
    yield from _scope(old.place, new.place, sides)
    if old.place.get("deprecated", False) != new.place.get("deprecated", False):
        is_so = new.place.get("deprecated") is True
        yield wording.deprecated((*pointer, "deprecated"), "the operation", is_so=is_so)
    if old.place.get("tags") != new.place.get("tags"):
        yield editorial((*pointer, "tags"), "tags", "the operation stands under other tags.")
    yield from requests.compared(old, new)
    yield from answers.compared(old, new, sides)
    yield from wording.of_places(old.place, new.place, "the operation")
    yield from wording.unknown_members(old.place, new.place, "the operation", _COMPARED)


def _name(operation: OperationPlace) -> object:
    return operation.place.get("operationId")


def _label(old: Place, new: Place) -> Iterator[Found]:
    before, after = old.get("x-zen-status"), new.get("x-zen-status")
    if before == after:
        return
    where = (*new.pointer, "x-zen-status"), "x-zen-status"
    what = f"the status label is {after}, was {before}."
    if _reach(after) > _reach(before):
        yield compatible(*where, what, "It can be had in more places than before.")
    else:
        said = "It cannot be had any more where it was."
        yield breaking(*where, what, said)


def _reach(label: object) -> int:
    return _LABELS_BY_REACH.index(label) if label in _LABELS_BY_REACH else -1


def _scope(old: Place, new: Place, sides: Sides) -> Iterator[Found]:
    before, after = _asked(old, sides.old), _asked(new, sides.new)
    if before == after:
        return
    where = (*new.pointer, "security"), "security"
    what = f"the operation asks for {_told(after)}, asked for {_told(before)}."
    if all(any(_grants(had, wanted) for wanted in after) for had in before):
        said = "Every credential that was enough still is."
        yield compatible(*where, what, said)
    else:
        said = "A credential that was enough is refused (401 or 403)."
        yield breaking(*where, what, said)


def _asked(operation: Place, root: Place) -> frozenset[Scopes]:
    """Each set of scopes, with their schemes, that is enough; an open operation asks for none."""
    either = operation.get("security", root.get("security", []))
    return frozenset(
        frozenset((scheme, scope) for scheme, scopes in one.items() for scope in scopes or [""])
        for one in either or [{}]
    )


def _grants(had: Scopes, wanted: Scopes) -> bool:
    """Whether a credential with exactly the one set passes where the other is asked for."""
    schemes = {scheme for scheme, _ in had}
    return all(
        (scheme, scope) in had
        or (scheme, re.sub(r"^write:", "admin:", scope)) in had
        or (scope == "" and scheme in schemes)
        for scheme, scope in wanted
    )


def _told(asked: frozenset[Scopes]) -> str:
    either = sorted(
        " and ".join(sorted(scope or f"any {scheme} credential" for scheme, scope in one))
        for one in asked
    )
    return " or ".join(one or "no credential" for one in either)
