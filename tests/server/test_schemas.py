"""The contract's schemas as the server's validator reads them: nothing lost, nothing added."""

from typing import Any

import jsonschema_rs
import pytest
from openapi_schema_validator import OAS30WriteValidator, oas30_format_checker

from tests.server.calls import OPERATIONS
from zen_contract.plain_schemas import plain_json_schema


def test_nullable_becomes_one_more_type() -> None:
    assert plain_json_schema({"type": "string", "nullable": True}) == {"type": ["string", "null"]}
    assert plain_json_schema({"type": "string", "nullable": False}) == {"type": "string"}


def test_notes_are_dropped_wherever_they_stand_and_messages_stay() -> None:
    schema = {
        "type": "array",
        "description": "d",
        "items": {"type": "string", "example": "e", "x-zen-message": "m", "writeOnly": True},
        "allOf": [{"description": "d", "minLength": 1, "x-extensible-enum": ["a"]}],
    }
    assert plain_json_schema(schema) == {
        "type": "array",
        "items": {"type": "string", "x-zen-message": "m"},
        "allOf": [{"minLength": 1}],
    }


def test_a_property_may_have_the_name_of_a_note() -> None:
    schema = {"properties": {"description": {"type": "string", "description": "d"}, "example": {}}}
    assert plain_json_schema(schema) == {
        "properties": {"description": {"type": "string"}, "example": {}}
    }


def bodies() -> list[tuple[str, Any]]:
    """Each operation with a body, and the body's schema."""
    return [
        (operation_id, media["schema"])
        for operation_id, operation in OPERATIONS.items()
        for media in (operation.request_body or {}).get("content", {}).values()
    ]


POOL: list[Any] = [
    None,
    5,
    1.0,
    True,
    "",
    "a",
    "stripe",
    "active",
    "dest_1",
    "http://x/",
    [],
    ["dlv_1"],
    ["dlv_1"] * 101,
    {},
    {"value": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
    {"value": "x"},
    {"id": "dest_1", "type": "stripe"},
    {"retry_policy": {"max_attempts": 3}},
    {"retry_policy": {"max_attempts": 30}},
]


@pytest.mark.parametrize(("operation_id", "schema"), bodies(), ids=lambda one: str(one)[:30])
def test_the_servers_validator_and_an_openapi_validator_agree(
    operation_id: str, schema: Any
) -> None:
    """Every property with every value of a pool, the others as in an example that is valid."""
    ours = jsonschema_rs.Draft4Validator(plain_json_schema(schema), validate_formats=True)
    theirs = OAS30WriteValidator(schema, format_checker=oas30_format_checker)
    content = (OPERATIONS[operation_id].request_body or {})["content"]
    examples = [one["value"] for media in content.values() for one in media["examples"].values()]
    tried = 0
    for example in examples:
        assert ours.is_valid(example)
        for name in [*schema.get("properties", {}), "unknown"]:
            for value in POOL:
                body = {**example, name: value}
                if value == 1.0 and isinstance(value, float):
                    continue  # an integer or not: the decisions leave it open
                assert ours.is_valid(body) == theirs.is_valid(body), body
                tried += 1
    assert tried >= len(POOL) - 1
