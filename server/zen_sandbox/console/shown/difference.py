"""What is different between two attempts, line by line: the outcome, headers, the answer's body."""

import difflib
from collections.abc import Mapping
from typing import Any, NamedTuple

from zen_sandbox.console.shown.values import LONG, pretty, text_of

_MOST_LINES = 500


class Part(NamedTuple):
    """A part of both, as lines: each with `-`, `+` or a blank in front. None where all is equal."""

    name: str
    lines: list[tuple[str, str]]


def difference(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[Part]:
    """Of two attempts as `/sandbox/deliveries/{delivery_id}` shows them."""
    pairs = {
        "Outcome": [_members(one["delivery"]) for one in (first, second)],
        "Request headers": [
            _members(one.get("record", {}).get("request_headers", {})) for one in (first, second)
        ],
        "Answer's headers": [
            _members(one.get("record", {}).get("response_headers", {})) for one in (first, second)
        ],
        "Answer's body": [_body(one.get("record", {})) for one in (first, second)],
    }
    return [Part(name, _compared(*sides)) for name, sides in pairs.items()]


def _members(document: Mapping[str, Any]) -> list[str]:
    return [f"{name}: {str(document[name])[:LONG]}" for name in sorted(document, key=str.lower)]


def _body(record: Mapping[str, Any]) -> list[str]:
    text = text_of(record.get("response_body", {}))[:LONG]
    return pretty(text).splitlines()[:_MOST_LINES]


def _compared(first: list[str], second: list[str]) -> list[tuple[str, str]]:
    if first == second:
        return []
    told = difflib.unified_diff(first, second, lineterm="", n=2)
    return [(line[:1], line[1:]) for line in told if not line.startswith(("---", "+++", "@@"))]
