"""A JSON value as source text: on one line where it fits, else a line for each member."""

import json
import re
from typing import Any, NamedTuple

WIDTH = 88
_INDENT = 2
_PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


class Notation(NamedTuple):
    """How a language writes what JSON can say."""

    true: str = "true"
    false: str = "false"
    null: str = "null"
    indent: int = _INDENT
    padding: str = ""  # inside the braces of an object on one line
    bare_keys: bool = False
    last_comma: bool = False


JSON = Notation()
PYTHON = Notation("True", "False", "None", indent=4, last_comma=True)
JAVASCRIPT = Notation(padding=" ", bare_keys=True, last_comma=True)


def literal(value: Any, notation: Notation, *, column: int = 0, taken: int = 0) -> str:
    """The value in that notation.

    `column` is the indent of the line it starts on, `taken` is what else stands on that line.
    """
    flat = _flat(value, notation)
    if column + taken + len(flat) <= WIDTH or not isinstance(value, dict | list) or not value:
        return flat
    inner = column + notation.indent
    if isinstance(value, dict):
        keys = [f"{_key(key, notation)}: " for key in value]
        members = [
            key + literal(item, notation, column=inner, taken=len(key) + 1)
            for key, item in zip(keys, value.values(), strict=True)
        ]
    else:
        members = [literal(item, notation, column=inner, taken=1) for item in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    lines = ",\n".join(" " * inner + member for member in members)
    comma = "," if notation.last_comma else ""
    return f"{opening}\n{lines}{comma}\n{' ' * column}{closing}"


def _flat(value: Any, notation: Notation) -> str:
    if value is None or isinstance(value, bool):
        return {True: notation.true, False: notation.false, None: notation.null}[value]
    if isinstance(value, dict) and value:
        members = [f"{_key(key, notation)}: {_flat(item, notation)}" for key, item in value.items()]
        return f"{{{notation.padding}{', '.join(members)}{notation.padding}}}"
    if isinstance(value, list):
        return f"[{', '.join(_flat(item, notation) for item in value)}]"
    return json.dumps(value, ensure_ascii=False)


def _key(key: str, notation: Notation) -> str:
    bare = notation.bare_keys and _PLAIN_KEY.fullmatch(key)
    return key if bare else json.dumps(key, ensure_ascii=False)
