"""What the public contract has no example of: schemas that contain themselves, maps, scopes."""

import json
from typing import Any

import pytest

from tests.contract.trees import answered, asked, planted
from zen_contract.contract import Contract
from zen_contract.diff.change import Change
from zen_contract.diff.compare import changes

TREE = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 9},
        "below": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
    },
}


def one_change(old: Contract, new: Contract) -> Change:
    """The only change from the one to the other."""
    found = changes(old, new)
    assert len(found) == 1, [change.what for change in found]
    return found[0]


def test_a_schema_that_contains_itself_is_compared_once() -> None:
    narrower = json.loads(json.dumps(TREE))
    narrower["properties"]["name"]["maxLength"] = 5
    ref = {"$ref": "#/components/schemas/Tree"}
    change = one_change(asked(ref, Tree=TREE), asked(ref, Tree=narrower))
    assert change.kind == "breaking"
    assert change.reference == "#/components/schemas/Tree/properties/name/maxLength"


def test_schemas_that_contain_each_other_in_another_round_come_to_an_end() -> None:
    inside = {"type": "object", "properties": {"tree": {"$ref": "#/components/schemas/Tree"}}}
    outside = {"type": "object", "properties": {"tree": {"$ref": "#/components/schemas/Bush"}}}
    ref = {"$ref": "#/components/schemas/Tree"}
    found = changes(asked(ref, Tree=inside), asked(ref, Tree=outside, Bush=inside))
    assert [change.kind for change in found] == ["editorial"]


def test_a_reference_to_another_definition_is_a_change_where_it_is_used() -> None:
    short, long = {"type": "string", "maxLength": 5}, {"type": "string", "maxLength": 9}

    def member(name: str) -> dict[str, Any]:
        return {"properties": {"a": {"$ref": f"#/components/schemas/{name}"}}}

    old = asked(member("Long"), Long=long, Short=short)
    change = one_change(old, asked(member("Short"), Long=long, Short=short))
    assert change.kind == "breaking"
    assert change.reference.endswith("/schema/properties/a")


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ({"additionalProperties": {"maxLength": 5}}, {"additionalProperties": {}}, "compatible"),
        ({"additionalProperties": True}, {"additionalProperties": {"maxLength": 5}}, "breaking"),
        ({}, {"additionalProperties": False}, "breaking"),
        ({"additionalProperties": False}, {}, "compatible"),
        ({"oneOf": [{"type": "string"}]}, {"oneOf": [{"type": "string"}, {}]}, "compatible"),
        ({"type": "string"}, {"oneOf": [{"type": "string"}, {"type": "null"}]}, "compatible"),
        ({"type": "string"}, {"type": "string", "anyOf": [{"maxLength": 5}]}, "breaking"),
        (
            {"anyOf": [{"maxLength": 5}]},
            {"anyOf": [{"maxLength": 5}], "type": "string"},
            "breaking",
        ),
        ({"oneOf": [{"type": "string"}, {"type": "array"}]}, {"type": "string"}, "breaking"),
        ({"allOf": [{"maximum": 9}, {"maximum": 5}]}, {"maximum": 5}, "editorial"),
        ({"allOf": [{"maximum": 9}, {"maximum": 5}]}, {"maximum": 9}, "compatible"),
        ({"maximum": 5}, {"maximum": 5, "exclusiveMaximum": True}, "breaking"),
        ({"multipleOf": 10}, {"multipleOf": 5}, "compatible"),
        ({"type": "integer"}, {"type": "number"}, "compatible"),
        ({"format": "int64"}, {"format": "int32"}, "breaking"),
        ({"format": "int32"}, {"format": "int64"}, "compatible"),
        ({"format": "date"}, {}, "compatible"),
        ({"type": "string"}, {"allOf": [{"type": "string"}, {"type": "array"}]}, "breaking"),
        ({"enum": [1, 2]}, {"allOf": [{"enum": [1, 2, 3]}, {"enum": [2, 1]}]}, "editorial"),
        ({"required": ["a"]}, {}, "compatible"),
        ({"type": "array", "items": {"maxLength": 5}}, {"type": "array"}, "compatible"),
        ({"type": "array"}, {"type": "array", "items": {"type": "string"}}, "breaking"),
        ({}, {"required": ["a"]}, "breaking"),
    ],
)
def test_what_is_sent_may_only_be_taken_more_widely(old: Any, new: Any, kind: str) -> None:
    assert changes(asked(old), asked(new))[0].kind == kind


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ({"additionalProperties": False}, {}, "breaking"),
        ({"properties": {}, "additionalProperties": False}, {"properties": {"a": {}}}, "breaking"),
        ({"oneOf": [{"type": "string"}]}, {"oneOf": [{"type": "string"}, {}]}, "breaking"),
        ({"oneOf": [{"type": "string"}, {"type": "array"}]}, {"type": "string"}, "compatible"),
        ({"type": "integer"}, {"type": "number"}, "breaking"),
        ({"type": "number"}, {"type": "integer"}, "compatible"),
        ({"x-extensible-enum": ["a"]}, {"enum": ["a"]}, "compatible"),
        ({"default": 1}, {"default": 2}, "editorial"),
        ({"type": "array", "items": {"type": "string"}}, {"type": "array"}, "breaking"),
        ({"type": "array"}, {"type": "array", "items": {"type": "string"}}, "compatible"),
    ],
)
def test_what_is_answered_may_only_be_drawn_more_narrowly(old: Any, new: Any, kind: str) -> None:
    assert changes(answered(old), answered(new))[0].kind == kind


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (["read:a"], ["read:a", "read:b"], "breaking"),
        (["read:a", "read:b"], ["read:b"], "compatible"),
        (["admin:a"], ["write:a"], "compatible"),
        (["write:a"], ["admin:a"], "breaking"),
        (["admin:a"], ["read:a"], "breaking"),
    ],
)
def test_scopes_may_only_become_easier_to_have(old: list[str], new: list[str], kind: str) -> None:
    def contract(scopes: list[str]) -> Contract:
        return planted({"security": [{"bearer": scopes}], "responses": {}}, {})

    assert one_change(contract(old), contract(new)).kind == kind
