"""From a validator's findings to `field: reason`: one reason per field, in words for people.

A schema may say its own reason in `x-zen-message` (`{value}` stands for the refused value); else
the failed keyword says it. Values are quoted shortened, and never those of other fields.
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import jsonschema_rs

from zen_sandbox.problems import FieldError

MAX_ERRORS = 100
_MAX_QUOTE = 64
_MAX_FIELD = 200
_MOST_ITEMS = 200
_TYPE_NAMES = {
    "object": "a JSON object",
    "array": "a list",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


class Messages:
    """Explains what is wrong with a value, by one schema; called only when something is."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema
        self._validator: jsonschema_rs.Draft4Validator | None = None

    def errors(self, value: Any, name: str) -> list[FieldError]:
        """What is wrong; `name` is the parameter's, or `""` for a body."""
        if self._validator is None:
            self._validator = jsonschema_rs.Draft4Validator(self._schema, validate_formats=True)
        found: dict[str, FieldError] = {}
        # The validator makes all its findings before it hands out the first: 400,000 bad items of
        # one list would stop the server for seconds.
        cut = _cut(value)
        findings = self._validator.iter_errors(value if self._validator.is_valid(cut) else cut)
        # One finding may be about 100,000 unknown fields, so the bound is on what is told of them.
        for each in chain.from_iterable(self._explain(one, name) for one in findings):
            found.setdefault(each.field, each)
            if len(found) == MAX_ERRORS:
                break
        return list(found.values())

    def _explain(self, error: jsonschema_rs.ValidationError, name: str) -> Iterator[FieldError]:
        path = [str(part) for part in error.instance_path]
        keyword = str(error.schema_path[-1])
        node = self._node(error.schema_path[:-1])
        place = "".join(f"/{part}" for part in error.schema_path)
        if keyword == "required" and isinstance(error.instance, dict):
            for missing in (key for key in node["required"] if key not in error.instance):
                yield FieldError(_field([*path, missing], name), "is required", place)
        elif keyword == "additionalProperties" and isinstance(error.instance, dict):
            for unknown in (key for key in error.instance if key not in node.get("properties", {})):
                yield FieldError(_field([*path, unknown], name), "is not a known field", place)
        else:
            yield FieldError(_field(path, name), _reason(node, keyword, error.instance), place)

    def _node(self, path: list[str | int]) -> Mapping[str, Any]:
        node: Any = self._schema
        for part in path:
            node = node[part] if isinstance(node, Mapping) else node[int(part)]
        found: Mapping[str, Any] = node
        return found


def _cut(value: Any) -> Any:
    """The value with no list longer than what makes it too long already."""
    if isinstance(value, dict):
        return {key: _cut(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_cut(item) for item in value[:_MOST_ITEMS]]
    return value


def _field(path: list[str], name: str) -> str:
    dotted = ".".join(part[:_MAX_FIELD] for part in ([name, *path] if name else path))
    return dotted[:_MAX_FIELD] or "body"


def _reason(node: Mapping[str, Any], keyword: str, value: Any) -> str:
    if value is None:
        return "must not be null"
    if value == "":
        return "must not be empty"
    if "x-zen-message" in node and not (keyword == "type" and not isinstance(value, str)):
        return str(node["x-zen-message"]).replace("{value}", _quote(value))
    return _generic_reason(node, keyword)


def _generic_reason(node: Mapping[str, Any], keyword: str) -> str:
    if keyword == "type":
        types = node["type"] if isinstance(node["type"], list) else [node["type"]]
        wanted = " or ".join(_TYPE_NAMES[one] for one in types)
        return f"must be {wanted}{_bounds(node)}"
    if keyword in ("minimum", "maximum"):
        return f"must be an integer{_bounds(node)}"
    if keyword == "enum":
        return "must be one of: " + ", ".join(str(one) for one in node["enum"])
    if keyword == "minProperties":
        return "must have at least one field"
    return {
        "maxProperties": "must be empty",
        "minItems": "must have more items",
        "maxItems": "must have fewer items",
    }.get(keyword, "is not valid")


def _bounds(node: Mapping[str, Any]) -> str:
    if "minimum" in node and "maximum" in node:
        return f" from {node['minimum']} to {node['maximum']}"
    return ""


def _quote(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _MAX_QUOTE else text[:_MAX_QUOTE] + "…"
