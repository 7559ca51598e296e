"""What is called harmless harms nobody: schemas moved at random, values judged by a validator."""

import copy
from collections.abc import Iterator
from itertools import product
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from openapi_schema_validator import OAS30Validator

from tests.contract.trees import answered, asked
from zen_contract.contract import Contract
from zen_contract.diff.change import Kind
from zen_contract.diff.compare import changes

Schema = dict[str, Any]
Pair = tuple[Schema, Schema]

SCALARS = [None, True, 0, 1, 2, 3, 4, 1.5, "", "a", "ab", "abb", "abbb", "c"]
FEW = [None, 1, 4, "a", "abb"]
VALUES = [
    *SCALARS,
    *([one] for one in SCALARS),
    *map(list, product(FEW, FEW)),
    [1, 2, 3, 4],
    {},
    *({key: one} for key in "abc" for one in SCALARS),
    *({"a": one, "b": two} for one, two in product(FEW, FEW)),
    {"a": 1, "b": 1, "c": 1},
    {"a": {}, "b": {"a": 1}},
    *({"a": {"b": one}} for one in FEW),
    *({"a": [one]} for one in FEW),
]

SMALL = st.integers(0, 4)
LEAF = st.sampled_from(
    [
        *({"type": kind} for kind in ("string", "integer", "number", "boolean")),
        {},
        {"type": "string", "maxLength": 2},
        {"type": "integer", "minimum": 2},
        {"type": "string", "nullable": True},
    ]
)
KEYWORDS: dict[str, st.SearchStrategy[Any]] = {
    "type": st.sampled_from(["string", "integer", "number", "boolean", "object", "array"]),
    "nullable": st.booleans(),
    "enum": st.lists(st.sampled_from(SCALARS), min_size=1, max_size=4, unique_by=repr),
    "minimum": SMALL,
    "maximum": SMALL,
    "exclusiveMinimum": st.booleans(),
    "exclusiveMaximum": st.booleans(),
    "multipleOf": st.sampled_from([1, 2, 4]),
    "minLength": SMALL,
    "maxLength": SMALL,
    "pattern": st.sampled_from(["^a", "^ab{1,2}$", "^ab{1,3}$", "^[a-b]+$", "^[a-c]*$"]),
    "items": LEAF,
    "minItems": SMALL,
    "maxItems": SMALL,
    "uniqueItems": st.booleans(),
    "properties": st.dictionaries(st.sampled_from("ab"), LEAF, min_size=1, max_size=2),
    "required": st.lists(st.sampled_from("ab"), min_size=1, max_size=2, unique=True),
    "additionalProperties": st.one_of(st.booleans(), LEAF),
    "minProperties": SMALL,
    "maxProperties": SMALL,
    "anyOf": st.lists(LEAF, min_size=1, max_size=2),
    "allOf": st.lists(LEAF, min_size=1, max_size=2),
}
BITING = {
    "object": ["properties", "required", "additionalProperties"],
    "array": ["items", "minItems", "maxItems"],
    "string": ["minLength", "maxLength", "pattern"],
    "integer": ["minimum", "maximum"],
}
THOROUGH = settings(max_examples=200, suppress_health_check=list(HealthCheck), deadline=None)


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    """Some keywords, or a type with one that bites on its values."""
    if draw(st.booleans()):
        kind = draw(st.sampled_from(sorted(BITING)))
        keyword = draw(st.sampled_from(BITING[kind]))
        return {"type": kind, keyword: draw(KEYWORDS[keyword])}
    chosen = draw(st.sets(st.sampled_from(sorted(KEYWORDS)), max_size=3))
    return {keyword: draw(KEYWORDS[keyword]) for keyword in sorted(chosen)}


@st.composite
def versions(draw: st.DrawFn) -> Pair:
    """A schema, and the same with one keyword moved, as two versions of a contract have it."""
    old = draw(schemas())
    new = copy.deepcopy(old)
    inside = draw(st.sampled_from(list(_inside(new))))
    keyword = draw(st.sampled_from(sorted({*KEYWORDS, *inside})))
    if keyword in inside and draw(st.booleans()):
        del inside[keyword]
    else:
        inside[keyword] = draw(KEYWORDS[keyword])
    return (old, new) if draw(st.booleans()) else (new, old)


@THOROUGH
@given(versions())
def test_what_was_taken_is_taken_after_a_change_that_breaks_nothing(pair: Pair) -> None:
    old, new = pair
    # That a member of that name meant nothing so far is no promise: every request object of ours
    # is closed, which the linter sees to, and refused it.
    assume(not _members(new) - _members(old))
    if not _breaks(asked(old), asked(new)):
        assert [one for one in _fitting(old) if one not in _fitting(new)] == []


@THOROUGH
@given(versions())
def test_what_comes_could_have_come_before_a_change_that_breaks_nothing(pair: Pair) -> None:
    old, new = pair
    if not _breaks(answered(old), answered(new)):
        assert [one for one in _fitting(new) if one not in _fitting(old)] == []


def _inside(schema: Schema) -> Iterator[Schema]:
    """The schema and those it is made of."""
    yield schema
    yield from schema.get("properties", {}).values()
    yield from schema.get("anyOf", [])
    yield from schema.get("allOf", [])
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield schema[key]


def _members(schema: Schema) -> set[str]:
    return {name for one in _inside(schema) for name in one.get("properties", {})}


def _breaks(old: Contract, new: Contract) -> bool:
    return any(change.kind is Kind.BREAKING for change in changes(old, new))


def _fitting(schema: Schema) -> list[str]:
    validator = OAS30Validator(schema)
    return [repr(value) for value in VALUES if validator.is_valid(value)]
