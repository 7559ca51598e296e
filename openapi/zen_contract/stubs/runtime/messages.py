"""From what a JSON Schema validator finds to `field: reason`, in words for people."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import jsonschema_rs

_MOST_ERRORS = 100
_LONGEST_FIELD = 200
_LONGEST_QUOTE = 64
_TYPES = {
    "object": "a JSON object",
    "array": "a list",
    "integer": "an integer",
    "string": "a string",
}
_REASONS = {
    "minProperties": "must have at least one field",
    "maxProperties": "must be empty",
    "minItems": "must have more items",
    "maxItems": "must have fewer items",
}


class Checked:
    """A schema, ready to check values by."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._validator = jsonschema_rs.Draft4Validator(dict(schema), validate_formats=True)

    def errors(self, value: Any, name: str = "") -> dict[str, str]:
        """What is wrong, one reason per field; `name` is a parameter's, `""` stands for a body."""
        if self._validator.is_valid(value):
            return {}
        found: dict[str, str] = {}
        told = (one for error in self._validator.iter_errors(value) for one in self._told(error))
        for path, reason in islice(told, _MOST_ERRORS):
            dotted = ".".join([name, *path] if name else path)[:_LONGEST_FIELD]
            found.setdefault(dotted or "body", reason)
        return found

    def _told(self, error: jsonschema_rs.ValidationError) -> Iterator[tuple[list[str], str]]:
        path = [str(part) for part in error.instance_path]
        *place, keyword = error.schema_path
        node, value = self._node(place), error.instance
        if keyword == "required" and isinstance(value, Mapping):
            yield from (([*path, n], "is required") for n in node["required"] if n not in value)
        elif keyword == "additionalProperties" and isinstance(value, Mapping):
            known = node.get("properties", {})
            yield from (([*path, n], "is not a known field") for n in value if n not in known)
        else:
            yield path, _reason(node, str(keyword), value)

    def _node(self, place: Sequence[str | int]) -> Mapping[str, Any]:
        node: Any = self._schema
        for part in place:
            node = node[part] if isinstance(node, Mapping) else node[int(part)]
        found: Mapping[str, Any] = node
        return found


def _reason(node: Mapping[str, Any], keyword: str, value: Any) -> str:
    if value is None:
        return "must not be null"
    if value == "":
        return "must not be empty"
    own = node.get("x-zen-message")  # the contract's own words
    if own and (keyword != "type" or isinstance(value, str)):
        return str(own).replace("{value}", str(value)[:_LONGEST_QUOTE])
    bounds = f" from {node['minimum']} to {node['maximum']}" if "maximum" in node else ""
    if keyword in ("type", "minimum", "maximum"):
        kinds = node["type"] if isinstance(node["type"], list) else [node["type"]]
        return f"must be {' or '.join(_TYPES.get(one, str(one)) for one in kinds)}{bounds}"
    if keyword == "enum":
        return f"must be one of: {', '.join(map(str, node['enum']))}"
    return _REASONS.get(keyword, "is not valid")
