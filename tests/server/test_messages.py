"""What a 400 says: the field as a dotted path, a reason in words, never a dump of what was sent."""

from typing import Any

import pytest

from zen_contract import contract
from zen_contract.plain_schemas import plain_json_schema
from zen_sandbox.request.messages import MAX_ERRORS, Messages

OBJECT: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "size"],
    "properties": {
        "name": {"type": "string", "maxLength": 3, "x-zen-message": "must be short"},
        "size": {"type": "integer", "minimum": 1, "maximum": 9},
        "count": {"type": "integer"},
        "kind": {"type": "string", "enum": ["a", "b"]},
        "tags": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "string"}},
        "inner": {
            "type": "object",
            "additionalProperties": False,
            "minProperties": 1,
            "required": ["deep"],
            "properties": {"deep": {"type": ["object", "null"]}},
        },
        "nothing": {"type": "object", "maxProperties": 0},
        "shown": {"type": "string", "maxLength": 1, "x-zen-message": "'{value}' is not short"},
    },
}


def reasons(value: Any, schema: dict[str, Any] = OBJECT, name: str = "") -> dict[str, str]:
    """What is said about each field."""
    return {error.field: error.message for error in Messages(schema).errors(value, name)}


GOOD = {"name": "abc", "size": 5}


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"name": "abcd"}, "name", "must be short"),
        ({"name": ""}, None, None),
        ({"name": None}, "name", "must not be null"),
        ({"name": 5}, "name", "must be a string"),
        ({"size": 0}, "size", "must be an integer from 1 to 9"),
        ({"size": 10}, "size", "must be an integer from 1 to 9"),
        ({"size": "5"}, "size", "must be an integer from 1 to 9"),
        ({"count": "5"}, "count", "must be an integer"),
        ({"kind": "c"}, "kind", "must be one of: a, b"),
        ({"kind": ""}, "kind", "must not be empty"),
        ({"tags": []}, "tags", "must have more items"),
        ({"tags": ["a", "b", "c"]}, "tags", "must have fewer items"),
        ({"tags": ["a", 5]}, "tags.1", "must be a string"),
        ({"tags": {}}, "tags", "must be a list"),
        ({"inner": {}}, "inner.deep", "is required"),
        ({"inner": {"deep": None, "other": 1}}, "inner.other", "is not a known field"),
        ({"inner": {"deep": 5}}, "inner.deep", "must be a JSON object or null"),
        ({"nothing": {"x": 1}}, "nothing", "must be empty"),
        ({"colour": "red"}, "colour", "is not a known field"),
        ({"shown": "long"}, "shown", "'long' is not short"),
    ],
)
def test_each_fault_is_told_in_words_at_its_place(
    change: dict[str, Any], field: str | None, message: str | None
) -> None:
    found = reasons({**GOOD, **change})
    assert found == ({} if field is None else {**found, field: message})


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "must not be null"),
        ([], "must be a JSON object"),
        ("x", "must be a JSON object"),
        (5, "must be a JSON object"),
    ],
)
def test_a_body_of_another_type_is_told_about_the_body(value: Any, message: str) -> None:
    assert reasons(value) == {"body": message}


def test_everything_is_told_at_once_and_each_field_once() -> None:
    found = reasons({"size": 99, "kind": 5, "x": 1, "y": 2})
    assert found.keys() == {"name", "size", "kind", "x", "y"}
    assert found["name"] == "is required"


def test_a_parameter_is_told_by_its_name() -> None:
    schema = {"type": "integer", "minimum": 1, "maximum": 9}
    assert reasons("x", schema, "limit") == {"limit": "must be an integer from 1 to 9"}


@pytest.mark.parametrize("count", [MAX_ERRORS - 1, MAX_ERRORS, 10 * MAX_ERRORS])
def test_no_more_is_told_than_fits(count: int) -> None:
    found = reasons({**GOOD, **{f"x{number}": 1 for number in range(count)}})
    assert len(found) == min(count, MAX_ERRORS)


def test_long_names_and_values_are_cut() -> None:
    found = reasons({**GOOD, "y" * 10_000: 1, "shown": "z" * 10_000})
    assert all(len(field) <= 200 for field in found)
    assert all(len(message) <= 100 for message in found.values())
    assert found["shown"].startswith("'zzz")


def test_values_of_other_fields_are_never_quoted() -> None:
    found = reasons({"name": "the secret", "size": "the secret", "kind": "the secret", "inner": []})
    assert "the secret" not in str(found)


def every_schema() -> list[dict[str, Any]]:
    """The schemas of every parameter and body of the contracts."""
    found = []
    for name in ("zen-back.v1", "zen-sandbox.v1"):
        for operation in contract.load(name).operations:
            found += [plain_json_schema(one["schema"]) for one in operation.parameters]
            content = (operation.request_body or {}).get("content", {})
            found += [plain_json_schema(media["schema"]) for media in content.values()]
    return found


HOSTILE: list[Any] = [
    None,
    True,
    0,
    -1,
    10**30,
    1.5,
    1e300,
    "",
    "x",
    "x" * 5000,
    "\0",
    "🎯" * 200,
    [],
    [None] * 200,
    [[]],
    {},
    {"": None},
    {"x" * 5000: "x" * 5000},
    {"name": None, "url": 5, "secret": "whsec_x", "config": {"retry_policy": {"max_attempts": []}}},
    {"delivery_ids": [None, "", "x", {}]},
    {"target": {"id": 5, "type": None, "x": 1}},
]


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:30])
def test_whatever_is_wrong_with_whatever_field_can_be_told(value: Any) -> None:
    for schema in every_schema():
        for error in Messages(schema).errors(value, ""):
            assert 0 < len(error.field) <= 200
            assert 0 < len(error.message) <= 300
