"""What a change of parameters and request bodies means to those who send requests."""

from collections.abc import Iterator

from zen_contract.diff import schemas, wording
from zen_contract.diff.change import Found, breaking, compatible
from zen_contract.diff.schema import schema_at
from zen_contract.diff.spot import Direction, Spot
from zen_contract.pointers import Place, Pointer
from zen_contract.walk import OperationPlace

IDEMPOTENCY_KEY = "idempotency-key"

_COMPARED = {"name", "in", "required", "schema", "content", "deprecated"}
_WRITTEN = ("style", "explode", "allowReserved", "allowEmptyValue")
_STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}

Key = tuple[str, str]


def compared(old: OperationPlace, new: OperationPlace) -> Iterator[Found]:
    """Every difference in what is sent."""
    yield from _parameters(old, new)
    yield from _bodies(old, new)


def by_key(operation: OperationPlace) -> dict[Key, Place]:
    """The parameters by what tells them apart: those of a path by their order in it."""
    in_order = [part.partition("}")[0] for part in operation.path.split("{")[1:]]
    found: dict[Key, Place] = {}
    for place in operation.parameters():
        where, name = str(place.get("in")), str(place.get("name"))
        if where == "path" and name in in_order:
            found[where, str(in_order.index(name))] = place
        else:
            found[where, name.lower() if where == "header" else name] = place
    return found


def media(old: Place, new: Place) -> Iterator[tuple[str, Place | None, Place | None]]:
    """The media types of both, whichever way their names are written."""
    before = {name.lower().replace(" ", ""): place for name, place in old.below("content")}
    after = {name.lower().replace(" ", ""): place for name, place in new.below("content")}
    for name in dict.fromkeys([*before, *after]):
        yield name, before.get(name), after.get(name)


def _parameters(old: OperationPlace, new: OperationPlace) -> Iterator[Found]:
    before, after = by_key(old), by_key(new)
    for key in dict.fromkeys([*before, *after]):
        if key not in after:
            yield _gone(before[key], new.place.pointer)
        elif key not in before:
            yield _come(after[key])
        else:
            yield from _parameter(before[key], after[key])


def _gone(parameter: Place, operation: Pointer) -> Found:
    topic = f"{parameter.get('in')} {parameter.get('name')}"
    what = f"{_subject(parameter)} is gone."
    return breaking((*operation, "parameters"), topic, what, _without(parameter))


def _without(parameter: Place) -> str:
    if str(parameter.get("name")).lower() == IDEMPOTENCY_KEY:
        return "A request that is sent again has a second effect, whatever key it carries."
    if parameter.get("in") == "query":
        return "It is passed over like any unknown one, so the answer is not what was asked for."
    return "What it says is not heeded any more."


def _come(parameter: Place) -> Found:
    subject, topic = _subject(parameter), f"{parameter.get('in')} {parameter.get('name')}"
    if parameter.get("required") is True:
        said = "A request without it was accepted so far and is refused (400)."
        return breaking(parameter.pointer, topic, f"{subject} is new and required.", said)
    said = "It may be sent; nobody has to."
    return compatible(parameter.pointer, topic, f"{subject} is new.", said)


def _parameter(old: Place, new: Place) -> Iterator[Found]:
    subject = _subject(new)
    spot = Spot(Direction.REQUEST, subject)
    if old.get("name") != new.get("name") and new.get("in") == "path":
        what = f"{subject} was called {old.get('name')}."
        said = "Requests stay as they are; code made from the contract passes it by its old name."
        yield breaking((*new.pointer, "name"), "name", what, said)
    yield from _requirement(old, new, subject)
    for key in _WRITTEN:
        if _written(old, key) != _written(new, key):
            what = f"{subject}: {key} is {_written(new, key)}, was {_written(old, key)}."
            said = "It has to be written into the request in another way."
            yield breaking((*new.pointer, key), key, what, said)
    if old.get("deprecated", False) != new.get("deprecated", False):
        is_so = new.get("deprecated") is True
        yield wording.deprecated((*new.pointer, "deprecated"), subject, is_so=is_so)
    yield from values(old, new, spot)
    yield from wording.of_places(old, new, subject)
    yield from wording.unknown_members(old, new, subject, {*_COMPARED, *_WRITTEN})


def values(old: Place, new: Place, spot: Spot) -> Iterator[Found]:
    """The values of a parameter or header: it has a schema, or one media type that has one."""
    yield from schemas.compared(schema_at(old), schema_at(new), spot)
    for name, before, after in media(old, new):
        if before and after:
            yield from schemas.compared(schema_at(before), schema_at(after), spot)
        else:
            what = f"{spot}: it is {'now' if after else 'no longer'} written as {name}."
            yield breaking(new.pointer, "content", what, "It has to be written in another way.")


def _requirement(old: Place, new: Place, subject: str) -> Iterator[Found]:
    before, after = old.get("required") is True, new.get("required") is True
    where = (*new.pointer, "required"), "required"
    if after and not before:
        said = "A request without it was accepted so far and is refused (400)."
        yield breaking(*where, f"{subject} is required, was optional.", said)
    if before and not after:
        said = "It may be left out; nobody has to."
        yield compatible(*where, f"{subject} is optional, was required.", said)


def _bodies(old: OperationPlace, new: OperationPlace) -> Iterator[Found]:
    before, after = old.place.at("requestBody"), new.place.at("requestBody")
    if before and after:
        yield from _requirement(before, after, "the request body")
        yield from _media(before, after)
        yield from wording.of_places(before, after, "the request body")
        yield from wording.unknown_members(
            before, after, "the request body", ("required", "content")
        )
    elif before:
        where = new.place.pointer, "requestBody"
        said = "What it says is not heeded any more."
        yield breaking(*where, "the request body is gone.", said)
    elif after:
        where = (*new.place.pointer, "requestBody"), "requestBody"
        if after.get("required") is True:
            said = "A request without one was accepted so far and is refused (400)."
            yield breaking(*where, "a request body is required, there was none.", said)
        else:
            said = "It may be sent; nobody has to."
            yield compatible(*where, "a request body may be sent, there was none.", said)


def _media(old: Place, new: Place) -> Iterator[Found]:
    spot = Spot(Direction.REQUEST, "the request body")
    for name, before, after in media(old, new):
        if before and after:
            yield from schemas.compared(schema_at(before), schema_at(after), spot)
            yield from wording.of_places(before, after, f"the {name} request body")
            yield from wording.unknown_members(before, after, name, ("schema",))
        elif before:
            said = "A request of that type was accepted so far and is refused (415)."
            where = (*new.pointer, "content"), f"media {name}"
            yield breaking(*where, f"{name} is not taken any more.", said)
        elif after:
            said = "It may be sent; nobody has to."
            yield compatible(after.pointer, f"media {name}", f"{name} is taken too.", said)


def _subject(parameter: Place) -> str:
    return f"the {parameter.get('in')} parameter `{parameter.get('name')}`"


def _written(parameter: Place, key: str) -> object:
    """How the value is written into the request, with what OpenAPI takes when nothing is said."""
    style = parameter.get("style", _STYLES.get(str(parameter.get("in"))))
    if key == "style":
        return style
    return parameter.get(key, key == "explode" and style == "form")
