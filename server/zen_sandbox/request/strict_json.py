"""JSON read as strictly as the contract asks: no duplicate keys, no NaN, no lone surrogates.

orjson refuses everything but duplicate keys. Those are looked for only where the text has more
colons than the value has keys: each key brings a colon, so without surplus there is no duplicate,
and a second, slower reading is spared.
"""

import json
from typing import Any

import orjson

from zen_sandbox.problems import ValidationFailed

# More than any contract nests; Python and the validator give up at a few hundred.
_MOST_LEVELS = 64


def read(body: bytes) -> Any:
    """The JSON value of a body; ValidationFailed on the field `body` when it is not strict JSON."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ValidationFailed.of("body", f"is not valid JSON ({_place(error)})") from error
    if body.count(b":") > _count_keys(value, _MOST_LEVELS):
        _refuse_duplicates(body)
    return value


def fingerprint_of(value: Any) -> bytes:
    """Equal for JSON values that are equal, whatever their spelling and key order."""
    return orjson.dumps(_integral(value), option=orjson.OPT_SORT_KEYS)


def _place(error: orjson.JSONDecodeError) -> str:
    return f"line {error.lineno}, column {error.colno}"


def _count_keys(value: Any, levels: int) -> int:
    if not levels:
        raise ValidationFailed.of("body", "is nested too deeply")
    if isinstance(value, dict):
        return len(value) + sum(_count_keys(item, levels - 1) for item in value.values())
    if isinstance(value, list):
        return sum(_count_keys(item, levels - 1) for item in value)
    return 0


def _refuse_duplicates(body: bytes) -> None:
    # orjson has taken the text and its depth was bounded, so only the pairs hook can refuse.
    json.loads(body, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValidationFailed.of(key[:100] or "body", "is given twice")
            seen.add(key)
    return unique


def _integral(value: Any) -> Any:
    """1.0 as 1, which JSON does not tell apart."""
    if isinstance(value, float) and value.is_integer():
        return int(value) if abs(value) < 2**63 else value
    if isinstance(value, dict):
        return {key: _integral(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_integral(item) for item in value]
    return value
