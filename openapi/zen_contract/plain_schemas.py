"""OpenAPI 3.0 schemas as plain JSON Schema, for a validator that knows nothing of OpenAPI."""

from collections.abc import Mapping
from typing import Any

_NOTES = frozenset(
    {"description", "example", "examples", "readOnly", "writeOnly", "x-extensible-enum", "nullable"}
)


def plain_json_schema(schema: Any) -> Any:
    """A Draft 4 schema: `nullable` becomes a type, notes are dropped, `x-zen-message` stays."""
    if isinstance(schema, Mapping):
        plain = {
            key: _plain_properties(value) if key == "properties" else plain_json_schema(value)
            for key, value in schema.items()
            if key not in _NOTES
        }
        if schema.get("nullable") and "type" in plain:
            plain["type"] = [plain["type"], "null"]
        return plain
    if isinstance(schema, list):
        return [plain_json_schema(item) for item in schema]
    return schema


def _plain_properties(properties: Mapping[str, Any]) -> dict[str, Any]:
    # A property may be called `description`; only its schema is a schema.
    return {name: plain_json_schema(schema) for name, schema in properties.items()}
