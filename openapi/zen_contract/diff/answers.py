"""What a change of the answers means to those who read them."""

from collections.abc import Iterator

from zen_contract.diff import requests, schemas, wording
from zen_contract.diff.alternatives import problem_types
from zen_contract.diff.change import Found, breaking, compatible
from zen_contract.diff.schema import schema_at
from zen_contract.diff.sides import Sides
from zen_contract.diff.spot import Direction, Spot
from zen_contract.pointers import Place, Pointer
from zen_contract.walk import OperationPlace

_COMPARED_OF_RESPONSE = ("headers", "content", "links")
_COMPARED_OF_HEADER = ("required", "schema", "content", "deprecated", "style", "explode")
_PROBLEM = "application/problem+json"


def compared(old: OperationPlace, new: OperationPlace, sides: Sides) -> Iterator[Found]:
    """Every difference in what comes back."""
    before, after = dict(old.responses()), dict(new.responses())
    limit = _page_limit(old, new)
    for status in dict.fromkeys([*before, *after]):
        if status not in after:
            yield _gone(status, new.place.pointer)
        elif status not in before:
            yield _come(status, after[status])
        elif not sides.are_same(before[status], after[status]):
            message = f"the {status} answer"
            failed = _is_failure(status)
            spot = Spot(Direction.ANSWER, message, is_failure=failed, page_limit=limit)
            yield from _response(before[status], after[status], spot)


def _gone(status: str, operation: Pointer) -> Found:
    where = (*operation, "responses"), f"status {status}"
    what = f"the {status} answer is gone."
    if _is_failure(status):
        said = "Code that handles this refusal is not reached; what was refused may go through."
        return breaking(*where, what, said)
    return breaking(*where, what, "Code that waits for it takes another answer for a failure.")


def _come(status: str, response: Place) -> Found:
    where = response.pointer, f"status {status}"
    what = f"the {status} answer is new."
    if _is_failure(status):
        said = "Any answer of 400 and above is a problem document, which code takes by its class."
        return compatible(*where, what, said)
    return breaking(*where, what, "Code written so far need not take it for a success.")


def _response(old: Place, new: Place, spot: Spot) -> Iterator[Found]:
    yield from _headers(old, new, spot)
    for name, before, after in requests.media(old, new):
        if before and after:
            yield from _media(before, after, spot, name)
        elif before:
            where = (*new.pointer, "content"), f"media {name}"
            said = "Code that reads that type gets none, or another one."
            yield breaking(*where, f"{spot} does not come as {name} any more.", said)
        elif after and old.at("content"):
            said = "The answer comes as before to those who asked for what there was."
            what = f"{spot} comes as {name} too."
            yield compatible(after.pointer, f"media {name}", what, said)
        elif after:
            what = f"{spot} has a body, had none."
            yield compatible(after.pointer, "content", what, "Code that reads no body need not.")
    yield from _links(old, new, spot)
    yield from wording.of_places(old, new, str(spot))
    yield from wording.unknown_members(old, new, str(spot), _COMPARED_OF_RESPONSE)


def _media(old: Place, new: Place, spot: Spot, name: str) -> Iterator[Found]:
    before, after = schema_at(old), schema_at(new)
    if name == _PROBLEM:
        gone = problem_types(before) - problem_types(after)
        come = problem_types(after) - problem_types(before)
        for kind in sorted(gone):
            said = "Code that handles this problem is not reached; another type may come instead."
            what = f"{spot}: the problem {kind} is gone."
            yield breaking(after.sites[0], f"problem {kind}", what, said)
        for kind in sorted(come):
            said = "Code goes by the status of a problem whose type it does not know."
            what = f"{spot}: the problem {kind} is new."
            yield compatible(after.sites[0], f"problem {kind}", what, said)
    yield from schemas.compared(before, after, spot)
    yield from wording.of_places(old, new, str(spot))
    yield from wording.unknown_members(old, new, str(spot), ("schema",))


def _headers(old: Place, new: Place, spot: Spot) -> Iterator[Found]:
    before = {name.lower(): (name, place) for name, place in old.below("headers")}
    after = {name.lower(): (name, place) for name, place in new.below("headers")}
    for key in dict.fromkeys([*before, *after]):
        name, place = after.get(key) or before[key]
        subject = f"the header {name} of {spot}"
        if key not in after:
            where = (*new.pointer, "headers"), f"header {key}"
            yield breaking(*where, f"{subject} is gone.", "Code that reads it finds nothing there.")
        elif key not in before:
            said = "Code passes over headers that it does not know."
            yield compatible(place.pointer, f"header {key}", f"{subject} is new.", said)
        else:
            yield from _header(before[key][1], place, subject)


def _header(old: Place, new: Place, subject: str) -> Iterator[Found]:
    was, is_so = old.get("required") is True, new.get("required") is True
    where = (*new.pointer, "required"), "required"
    if was and not is_so:
        said = "An answer may come without it; code counts on it."
        yield breaking(*where, f"{subject} is optional, was required.", said)
    if is_so and not was:
        said = "Code that takes an answer without it still does."
        yield compatible(*where, f"{subject} is required, was optional.", said)
    yield from requests.values(old, new, Spot(Direction.ANSWER, subject))
    yield from wording.of_places(old, new, subject)
    yield from wording.unknown_members(old, new, subject, _COMPARED_OF_HEADER)


def _links(old: Place, new: Place, spot: Spot) -> Iterator[Found]:
    before, after = dict(old.below("links")), dict(new.below("links"))
    for name in dict.fromkeys([*before, *after]):
        one, other = before.get(name), after.get(name)
        if (one and one.value) == (other and other.value):
            continue
        word = "new" if one is None else "gone" if other is None else "another"
        where = other.pointer if other else (*new.pointer, "links")
        what = f"the link {name} of {spot} is {word}."
        said = "Requests and answers stay as they are; tools that follow links go another way."
        yield compatible(where, f"link {name}", what, said)


def _page_limit(old: OperationPlace, new: OperationPlace) -> int | None:
    key = ("query", "limit")
    before, after = requests.by_key(old).get(key), requests.by_key(new).get(key)
    if before is None or after is None:
        return None
    return min(schema_at(after).values("maximum"), default=None)


def _is_failure(status: str) -> bool:
    return status == "default" or status[:1] in ("4", "5")
