"""The examples of a contract: that they exist, and that each is what its schema says.

OpenAPI 3.0 semantics: `nullable`, and readOnly or writeOnly according to the direction.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from openapi_schema_validator import (
    OAS30ReadValidator,
    OAS30Validator,
    OAS30WriteValidator,
    oas30_format_checker,
)

from zen_contract.lint.report import Defect
from zen_contract.lint.schema_errors import told
from zen_contract.pointers import Place, Pointer
from zen_contract.walk import operations, request_schemas, response_schemas, within

Direction = Literal["request", "response", "either"]

_VALIDATORS: dict[Direction, Any] = {
    "request": OAS30WriteValidator,
    "response": OAS30ReadValidator,
    "either": OAS30Validator,
}

_FORMATS = type(oas30_format_checker)()  # a copy, so that the library's own stays as it is
_FORMATS.checkers = dict(oas30_format_checker.checkers)


@_FORMATS.checks("uri", raises=ValueError)
def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or bool(urlsplit(value).scheme)


@dataclass(frozen=True)
class Check:
    """An example and the schema that it must fit."""

    schema: Place
    example: Place
    direction: Direction


def request_example(root: Place) -> Iterator[Defect]:
    """Every media type of a request body has a named example."""
    for operation in operations(root):
        for name, media in operation.request_media():
            if not media.get("examples"):
                yield Defect(media.pointer, f"The {name} body of {operation} has no named example.")


def response_example(root: Place) -> Iterator[Defect]:
    """Every media type of an answer has a named example."""
    for operation in operations(root):
        for status, response in operation.responses():
            for name, media in response.below("content"):
                if not media.get("examples"):
                    message = f"The {status} {name} answer has no named example."
                    yield Defect(media.pointer, message)


def example_valid(root: Place) -> Iterator[Defect]:
    """Every example fits the schema beside it."""
    for check in checks(root):
        yield from _defects_of(check)


def checks(root: Place) -> Iterator[Check]:
    """Every example of the contract with its schema, each pair once."""
    seen: set[tuple[Pointer, Pointer, Direction]] = set()
    for check in _all_checks(root):
        key = (check.schema.pointer, check.example.pointer, check.direction)
        if key not in seen:
            seen.add(key)
            yield check


def example_values(holder: Place) -> Iterator[Place]:
    """The values of `example` and `examples` of a media type, parameter or header."""
    plain = holder.at("example")
    if plain is not None:
        yield plain
    for _, named in holder.below("examples"):
        value = named.at("value")
        if value is not None:
            yield value


def _all_checks(root: Place) -> Iterator[Check]:
    for operation in operations(root):
        for holder in operation.parameters():
            yield from _checks_of(holder, "request")
        for _, holder in operation.request_media():
            yield from _checks_of(holder, "request")
        for _, response in operation.responses():
            for key in ("content", "headers"):
                for _, holder in response.below(key):
                    yield from _checks_of(holder, "response")
    for schema in within([*request_schemas(root), *response_schemas(root)]).values():
        for key in ("example", "default"):
            value = schema.at(key)
            if value is not None:
                yield Check(schema, value, "either")


def _checks_of(holder: Place, direction: Direction) -> Iterator[Check]:
    schema = holder.at("schema")
    if schema is not None:
        for value in example_values(holder):
            yield Check(schema, value, direction)


def _defects_of(check: Check) -> Iterator[Defect]:
    # `components` beside the schema's own keywords is where the validator looks references up.
    schema = {**check.schema.value, "components": check.schema.document.get("components", {})}
    validator = _VALIDATORS[check.direction](schema, format_checker=_FORMATS)
    where = check.schema.pointer
    try:
        # One problem of a value is enough: a null that is no string fails twice.
        problems = dict(told(error) for error in validator.iter_errors(check.example.value))
    except re.error as error:
        yield Defect(where, f"A pattern of this schema cannot be read: {error}.")
        return
    for inner, problem in problems.items():
        message = f"This example does not fit #/{'/'.join(where)}: {problem}"
        yield Defect((*check.example.pointer, *inner), message)


RULES = {
    "request-example": request_example,
    "response-example": response_example,
    "example-valid": example_valid,
}
