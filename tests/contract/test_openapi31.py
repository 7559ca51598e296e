"""The copy in OpenAPI 3.1: valid, and of one mind with the contract on every value."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator
from openapi_schema_validator import (
    OAS30ReadValidator,
    OAS30WriteValidator,
    oas30_format_checker,
)
from openapi_spec_validator import OpenAPIV31SpecValidator
from openapi_spec_validator.schemas import schema_v31

from zen_contract import pointers
from zen_contract.contract import Contract, load, names
from zen_contract.lint import examples
from zen_contract.openapi31 import DIALECT, as_openapi_31

# Of the two only the one for requests asks for a required writeOnly member, as 3.1 does.
_VALIDATORS = {
    "request": OAS30WriteValidator,
    "response": OAS30ReadValidator,
    "either": OAS30WriteValidator,
}
WRONG: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    10**9,
    "",
    "x",
    " x ",
    "x" * 3000,
    "2026-07-03",
    [],
    {},
    {"no": 1},
    [1],
)


@pytest.fixture(params=names())
def contract(request: pytest.FixtureRequest) -> Contract:
    """Each contract in turn."""
    return load(request.param)


def test_the_copy_is_valid_openapi_31(contract: Contract) -> None:
    copy = as_openapi_31(contract.document)
    assert list(Draft202012Validator(dict(schema_v31)).iter_errors(copy)) == []
    assert list(OpenAPIV31SpecValidator(copy).iter_errors()) == []
    assert copy["openapi"] == "3.1.0"
    assert copy["jsonSchemaDialect"] == DIALECT


def test_the_validator_of_openapi_31_would_see_a_keyword_of_30() -> None:
    copy = as_openapi_31(load().document)
    copy["components"]["schemas"]["Left"] = {"type": "integer", "exclusiveMinimum": True}
    assert list(OpenAPIV31SpecValidator(copy).iter_errors()) != []


def test_equal_contracts_give_equal_copies_and_stay_as_they_are(contract: Contract) -> None:
    before = json.dumps(contract.document)
    once, again = (json.dumps(as_openapi_31(contract.document)) for _ in range(2))
    assert once == again
    assert json.dumps(contract.document) == before


def test_every_example_and_what_is_wrong_with_it_is_judged_alike() -> None:
    document = load().document
    copy = as_openapi_31(document)
    verdicts = {True: 0, False: 0}
    for direction, schema, other, values in _cases(document, copy):
        ours = _VALIDATORS[direction](schema, format_checker=oas30_format_checker)
        theirs = Draft202012Validator(other, format_checker=Draft202012Validator.FORMAT_CHECKER)
        for number, value in enumerate(values):
            verdict = ours.is_valid(value)
            assert theirs.is_valid(value) == verdict, (value, schema)
            assert verdict or number, f"an example of the contract is not valid: {value}"
            verdicts[verdict] += 1
    assert verdicts[True] >= 150
    assert verdicts[False] >= 2000


class _Case(NamedTuple):
    direction: str
    ours: dict[str, Any]
    theirs: dict[str, Any]
    values: list[Any]


def _cases(document: Mapping[str, Any], copy: Mapping[str, Any]) -> Iterator[_Case]:
    """Each schema with an example in both documents, and the example followed by wrong ones."""
    seen = set()
    for check in examples.checks(pointers.root(document)):
        key = (check.schema.pointer, json.dumps(check.example.value))
        if key not in seen:
            seen.add(key)
            ours, theirs = (_at(one, check.schema.pointer) for one in (document, copy))
            values = [check.example.value, *_spoiled(check.example.value)]
            yield _Case(check.direction, ours, theirs, values)


def _at(document: Mapping[str, Any], pointer: tuple[str, ...]) -> dict[str, Any]:
    value: Any = document
    for key in pointer:
        value = value[int(key)] if isinstance(value, list) else value[key]
    return {**value, "components": document["components"]}


def _spoiled(value: Any) -> Iterator[Any]:
    """The value with one part of it wrong, missing or too much; of a list, in its first item."""
    yield from WRONG
    if isinstance(value, dict):
        yield {**value, "unknown": 1}
        for key, item in value.items():
            yield {name: other for name, other in value.items() if name != key}
            yield from ({**value, key: spoiled} for spoiled in _spoiled(item))
    elif isinstance(value, list) and value:
        yield value * 101
        yield from ([spoiled, *value[1:]] for spoiled in _spoiled(value[0]))


def of_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """What becomes of one schema."""
    document = {"openapi": "3.0.3", "components": {"schemas": {"One": schema}}}
    return dict(as_openapi_31(document)["components"]["schemas"]["One"])


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"nullable": True, "type": "string"}, {"type": ["string", "null"]}),
        ({"type": "string", "nullable": False}, {"type": "string"}),
        ({"nullable": True, "enum": ["a"]}, {"enum": ["a"]}),
        ({"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}),
        ({"maximum": 9, "exclusiveMaximum": True}, {"exclusiveMaximum": 9}),
        ({"minimum": 1, "exclusiveMinimum": False}, {"minimum": 1}),
        ({"type": "string", "example": "a"}, {"type": "string", "examples": ["a"]}),
        ({"type": "string", "format": "byte"}, {"type": "string", "contentEncoding": "base64"}),
        (
            {"type": "string", "format": "binary"},
            {"type": "string", "contentMediaType": "application/octet-stream"},
        ),
        ({"type": "string", "format": "uri"}, {"type": "string", "format": "uri"}),
        (
            {"$ref": "#/components/schemas/Two", "maxLength": 3},
            {"$ref": "#/components/schemas/Two"},
        ),
        ({"additionalProperties": False}, {"additionalProperties": False}),
        ({"x-of-ours": {"nullable": True}}, {"x-of-ours": {"nullable": True}}),
        ({"default": {"nullable": True}}, {"default": {"nullable": True}}),
        ({"enum": [{"example": 1}]}, {"enum": [{"example": 1}]}),
        ({"example": {"example": 1}}, {"examples": [{"example": 1}]}),
    ],
)
def test_a_keyword_is_spelled_anew(written: dict[str, Any], becomes: dict[str, Any]) -> None:
    assert of_schema(written) == becomes


@pytest.mark.parametrize(
    "inside",
    ["properties.a", "items", "not", "additionalProperties", "allOf.0", "oneOf.0", "anyOf.0"],
)
def test_schemas_within_schemas_are_spelled_anew(inside: str) -> None:
    def held(inner: dict[str, Any]) -> dict[str, Any]:
        keyword, _, part = inside.partition(".")
        return {keyword: {"a": inner} if part == "a" else [inner] if part else inner}

    old, new = {"type": "string", "nullable": True}, {"type": ["string", "null"]}
    assert of_schema(held(held(old))) == held(held(new))


def test_a_property_may_be_called_like_a_keyword() -> None:
    names = ("nullable", "example", "format", "properties")
    schema = {"properties": {name: {"type": "string", "nullable": True} for name in names}}
    copy = of_schema(schema)
    assert copy == {"properties": {name: {"type": ["string", "null"]} for name in names}}


def test_schemas_are_found_wherever_openapi_has_them() -> None:
    old, new = {"type": "string", "nullable": True}, {"type": ["string", "null"]}

    def everywhere(schema: dict[str, Any]) -> dict[str, Any]:
        media = {
            "text/plain": {
                "schema": schema,
                "example": {"nullable": True},
                "encoding": {"part": {"headers": {"A": {"schema": schema}}}},
            }
        }
        parameter = {"name": "a", "in": "query", "schema": schema, "example": "a"}
        operation = {
            "parameters": [parameter, {"name": "b", "in": "query", "content": media}],
            "requestBody": {"content": media},
            "responses": {"200": {"headers": {"A": {"schema": schema}}, "content": media}},
        }
        called = {"{$request.body#/url}": {"post": operation}}
        every = {**operation, "callbacks": {"done": called}}
        return {
            "paths": {"/a": {"parameters": [parameter], "get": every}, "x-a": {"nullable": True}},
            "components": {
                "parameters": {"A": parameter},
                "requestBodies": {"A": {"content": media}},
                "responses": {"A": {"content": media}},
                "headers": {"A": {"schema": schema}},
                "callbacks": {"A": called},
                "examples": {"A": {"value": {"nullable": True}}},
            },
        }

    copy = as_openapi_31({"openapi": "3.0.3", **everywhere(old)})
    wanted = {"openapi": "3.1.0", "jsonSchemaDialect": DIALECT, **everywhere(new)}
    assert copy == wanted
    assert list(copy) == list(wanted)
