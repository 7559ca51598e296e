"""The parts of a contract that rules look at: operations, parameters, media types, schemas."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from zen_contract.contract import METHODS
from zen_contract.pointers import Place, Pointer

_SCHEMA_LISTS = ("allOf", "oneOf", "anyOf")


@dataclass(frozen=True)
class OperationPlace:
    """One operation and where it is written."""

    method: str  # upper case
    path: str
    place: Place
    path_item: Place

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def parameters(self) -> list[Place]:
        """The operation's parameters, those of its path included."""
        own = [place for _, place in self.place.below("parameters")]
        taken = {(place.get("in"), place.get("name")) for place in own}
        shared = [place for _, place in self.path_item.below("parameters")]
        return own + [one for one in shared if (one.get("in"), one.get("name")) not in taken]

    def request_media(self) -> Iterator[tuple[str, Place]]:
        """The media types of the request body, by name."""
        yield from self.place.below("requestBody", "content")

    def responses(self) -> Iterator[tuple[str, Place]]:
        """The responses, by status as it is written."""
        yield from self.place.below("responses")


def operations(root: Place) -> Iterator[OperationPlace]:
    """Every operation, in the order of the file."""
    for path, item in root.below("paths"):
        for key, place in item.items():
            if key in METHODS:
                yield OperationPlace(key.upper(), path, place, item)


def request_schemas(root: Place) -> Iterator[Place]:
    """The schemas of what a client sends: parameters and request bodies."""
    for operation in operations(root):
        for parameter in operation.parameters():
            yield from _schemas_of(parameter)
        for _, media in operation.request_media():
            yield from _schema(media)


def response_schemas(root: Place) -> Iterator[Place]:
    """The schemas of what a server answers: bodies and headers."""
    for operation in operations(root):
        for _, response in operation.responses():
            for _, media in response.below("content"):
                yield from _schema(media)
            for _, header in response.below("headers"):
                yield from _schemas_of(header)


def within(schemas: Iterable[Place]) -> dict[Pointer, Place]:
    """These schemas and all they are made of, each definition once."""
    found: dict[Pointer, Place] = {}
    waiting = list(schemas)
    while waiting:
        schema = waiting.pop()
        if schema.pointer not in found:
            found[schema.pointer] = schema
            waiting.extend(members(schema))
            waiting.extend(place for key in _SCHEMA_LISTS for _, place in schema.below(key))
    return found


def members(schema: Place) -> Iterator[Place]:
    """The schemas of an object's properties and of a list's items."""
    for _, member in schema.below("properties"):
        yield member
    for key in ("items", "additionalProperties"):
        member_schema = schema.at(key)
        if member_schema is not None and isinstance(member_schema.value, dict):
            yield member_schema


def _schemas_of(holder: Place) -> Iterator[Place]:
    """A parameter or header has a schema, or media types that have one."""
    yield from _schema(holder)
    for _, media in holder.below("content"):
        yield from _schema(media)


def _schema(holder: Place) -> Iterator[Place]:
    schema = holder.at("schema")
    if schema is not None:
        yield schema
