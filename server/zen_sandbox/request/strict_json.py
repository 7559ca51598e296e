"""JSON read as strictly as the contract asks: no duplicate keys, no NaN, no lone surrogates.

orjson refuses everything but duplicate keys. Those are looked for only where the text has more
quotes before colons than the value has keys: each key brings one, so without surplus there is no
duplicate, and a second, slower reading is spared.
"""

import json
import re
from typing import Any

import orjson

from zen_sandbox.problems import ValidationFailed

# More than any contract nests; Python and the validator give up at a few hundred.
_MOST_LEVELS = 64
_KEY_END = re.compile(rb'"[ \t\r\n]*:')


def read(body: bytes) -> Any:
    """The JSON value of a body; ValidationFailed on the field `body` when it is not strict JSON."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ValidationFailed.of("body", f"is not valid JSON ({_place(error)})") from error
    if len(_KEY_END.findall(body)) > _count_keys(value, _MOST_LEVELS):
        _refuse_duplicates(body)
    return value


def fingerprint_of(value: Any) -> bytes:
    """Equal for JSON values that are equal, whatever their spelling and key order.

    1.0 and 1 would differ, but no body that is valid here holds a number that is not an integer.
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


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
