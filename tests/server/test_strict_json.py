"""JSON as strictly as the contract asks, and equal values as equal bytes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zen_sandbox.problems import ValidationFailed
from zen_sandbox.request.strict_json import fingerprint_of, read

TEXT = st.text(st.characters(codec="utf-8"))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.booleans(), st.sampled_from([None, 1, 4]))
def test_what_json_can_say_is_read_as_it_was_meant(
    value: Any, escaped: bool, indent: int | None
) -> None:
    text = json.dumps(value, ensure_ascii=escaped, indent=indent)
    assert read(text.encode()) == value


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"}",
        b"",
        b" ",
        b"nul",
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"{'a': 1}",
        b'{"a": 1,}',
        b"[1,]",
        b"01",
        b"+1",
        b".5",
        b"5.",
        b"1e",
        b"0x10",
        b'"\\x41"',
        b'"\n"',
        b'"\\ud800"',
        b'"\\udc00\\ud800"',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b'"\xc0\xaf"',
        b"\xef\xbb\xbf{}",
        b"{}{}",
        b"{} x",
        b"// comment\n{}",
        "{}".encode("utf-16"),
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_not_json_is_refused_on_the_body(body: bytes) -> None:
    with pytest.raises(ValidationFailed) as refused:
        read(body)
    assert refused.value.members["errors"][0]["field"] == "body"
    assert len(refused.value.detail) < 300


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b'{"a":1,"a":1}', "a"),
        (b'{"a":1,"b":2,"a":3}', "a"),
        (b'{"a":1,"\\u0061":2}', "a"),
        (b'[{"x":{"a":1,"a":2}}]', "a"),
        (b'{"a":{"a":1},"a":{}}', "a"),
        ('{"é":1,"\\u00e9":2}'.encode(), "é"),
        (b'{"":1,"":2}', "body"),
        (b'{"a:":1,"a:":2}', "a:"),
        (b'{"x":":","a":1,"a":2}', "a"),
        (b'{"' + b"k" * 5000 + b'":1,"' + b"k" * 5000 + b'":2}', "k" * 100),
    ],
)
def test_a_key_given_twice_is_refused_by_name(body: bytes, key: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        read(body)
    assert refused.value.members["errors"] == [{"field": key, "message": "is given twice"}]


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":{"a":1},"b":{"a":1}}',
        b'[{"a":1},{"a":1}]',
        b'{"a":"b:c:d:e","f":":::"}',
        b'{"e\\u0301":1,"\\u00e9":2}',
        b'{"a":1,"A":2}',
        b'{":":":"}',
    ],
)
def test_keys_that_only_look_alike_are_taken(body: bytes) -> None:
    assert read(body) == json.loads(body)


def shuffled(value: Any) -> Any:
    """An equal value with its keys in another order."""
    if isinstance(value, dict):
        return {key: shuffled(item) for key, item in reversed(value.items())}
    if isinstance(value, list):
        return [shuffled(item) for item in value]
    return value


@given(VALUES)
def test_equal_values_have_one_fingerprint(value: Any) -> None:
    assert fingerprint_of(value) == fingerprint_of(shuffled(value))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (1, True),
        (0, False),
        (0, None),
        ("1", 1),
        ([1, 2], [2, 1]),
        ([], {}),
        ({}, None),
        ({"a": None}, {}),
        (1.5, 1),
        ("é", "e\u0301"),
        ([1], [[1]]),
        (10**15, 10**15 + 1),
    ],
)
def test_different_values_have_different_fingerprints(one: Any, two: Any) -> None:
    assert fingerprint_of(one) != fingerprint_of(two)
    assert fingerprint_of([one, {"x": two}]) != fingerprint_of([two, {"x": one}])


@given(VALUES, VALUES)
def test_fingerprints_are_equal_only_for_equal_values(one: Any, two: Any) -> None:
    if fingerprint_of(one) == fingerprint_of(two):
        assert one == two
