"""A contract of OpenAPI 3.0 as one of 3.1 that says the same: what the two spell otherwise.

Only keywords of the objects that OpenAPI names are touched: a property or an example that happens
to be called `nullable` stays what it is.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from zen_contract.contract import METHODS
from zen_contract.references import reference_in

DIALECT = "https://spec.openapis.org/oas/3.1/dialect/base"
VERSION = "3.1.0"

_Shape = Literal["one", "list", "map"]
_Children = Mapping[str, tuple[_Shape, str]]

_OPERATION: tuple[_Shape, str] = ("one", "operation")
_PARAMETER: _Children = {"schema": ("one", "schema"), "content": ("map", "media type")}
# Which members of an object hold other objects of OpenAPI; all the others are copied as they are.
_CHILDREN: Mapping[str, _Children] = {
    "document": {"paths": ("map", "path item"), "components": ("one", "components")},
    "components": {
        "schemas": ("map", "schema"),
        "responses": ("map", "response"),
        "parameters": ("map", "parameter"),
        "requestBodies": ("map", "request body"),
        "headers": ("map", "parameter"),
        "callbacks": ("map", "callback"),
    },
    "path item": {"parameters": ("list", "parameter"), **dict.fromkeys(METHODS, _OPERATION)},
    "operation": {
        "parameters": ("list", "parameter"),
        "requestBody": ("one", "request body"),
        "responses": ("map", "response"),
        "callbacks": ("map", "callback"),
    },
    "parameter": _PARAMETER,  # and a header, which has the same
    "request body": {"content": ("map", "media type")},
    "response": {"headers": ("map", "parameter"), "content": ("map", "media type")},
    "media type": {"schema": ("one", "schema"), "encoding": ("map", "encoding")},
    "encoding": {"headers": ("map", "parameter")},
    "schema": {
        "properties": ("map", "schema"),
        "additionalProperties": ("one", "schema"),
        "items": ("one", "schema"),
        "not": ("one", "schema"),
        "allOf": ("list", "schema"),
        "anyOf": ("list", "schema"),
        "oneOf": ("list", "schema"),
    },
}


def as_openapi_31(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document in OpenAPI 3.1, its members in the same order; equal documents, equal copies."""
    copy = _copied("document", document)
    head = {"openapi": VERSION, "jsonSchemaDialect": DIALECT}
    return head | {key: value for key, value in copy.items() if key not in head}


def _copied(kind: str, value: Any) -> Any:
    if not isinstance(value, dict):  # `additionalProperties: false`
        return value
    reference = reference_in(value)
    if reference is not None:
        # In 3.0 what stands beside a $ref is ignored; in 3.1 it would count.
        return {"$ref": reference}
    if kind == "callback":
        return _MAPPERS["map"]("path item", value)
    children = _CHILDREN[kind]
    copy = {
        key: _MAPPERS[children[key][0]](children[key][1], item) if key in children else item
        for key, item in value.items()
    }
    return _respelled(copy) if kind == "schema" else copy


_MAPPERS: Mapping[_Shape, Callable[[str, Any], Any]] = {
    "one": _copied,
    "list": lambda kind, items: [_copied(kind, item) for item in items],
    "map": lambda kind, items: {
        key: item if key.startswith("x-") and kind == "path item" else _copied(kind, item)
        for key, item in items.items()
    },
}


_CONTENT: Mapping[str, dict[str, Any]] = {
    "byte": {"contentEncoding": "base64"},
    "binary": {"contentMediaType": "application/octet-stream"},
}


def _respelled(schema: dict[str, Any]) -> dict[str, Any]:
    copy: dict[str, Any] = {}
    for key, value in schema.items():
        copy |= _RESPELLED[key](value, schema) if key in _RESPELLED else {key: value}
    return copy


def _type(value: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": [value, "null"] if schema.get("nullable") else value}


def _format(value: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return _CONTENT.get(value, {"format": value})


def _limit(limit: str, exclusive: str) -> Callable[[Any, Mapping[str, Any]], dict[str, Any]]:
    return lambda value, schema: {exclusive if schema.get(exclusive) else limit: value}


_RESPELLED: Mapping[str, Callable[[Any, Mapping[str, Any]], dict[str, Any]]] = {
    "type": _type,
    "nullable": lambda value, schema: {},  # without a type beside it, it means nothing in 3.0
    "format": _format,
    "minimum": _limit("minimum", "exclusiveMinimum"),
    "maximum": _limit("maximum", "exclusiveMaximum"),
    "exclusiveMinimum": lambda value, schema: {},  # a flag in 3.0: `minimum` has become the limit
    "exclusiveMaximum": lambda value, schema: {},
    "example": lambda value, schema: {"examples": [value]},
}
