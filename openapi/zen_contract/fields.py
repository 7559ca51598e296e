"""What a schema asks of each field, in a few words: for the terminal and for the pages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_LONGEST_PATTERN = 50
_RANGES = (("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems"))


@dataclass(frozen=True)
class Field:
    """One field of an object, however deep: `config.retry_policy`, `deliveries[].id`."""

    path: str
    required: bool
    kind: str
    pattern: str
    rule: str  # the pattern as a sentence, where the contract has one
    description: str
    values: tuple[str, ...]  # those that are documented of an open set


def fields(schema: Mapping[str, Any], prefix: str = "") -> Iterator[Field]:
    """The fields of a schema whose references are inlined, each before those inside it."""
    whole = merged(schema)
    if whole.get("type") == "array":
        yield from fields(whole.get("items", {}), f"{prefix.removesuffix('.')}[].")
    required = whole.get("required", [])
    for name, given in whole.get("properties", {}).items():
        field = merged(given)
        yield Field(
            path=f"{prefix}{name}",
            required=name in required,
            kind=kind(field),
            pattern=field.get("pattern", ""),
            rule=field.get("x-zen-message", ""),
            description=field.get("description", "").strip(),
            values=tuple(field.get("x-extensible-enum", ())),
        )
        yield from fields(field, f"{prefix}{name}.")


def kind(schema: Mapping[str, Any]) -> str:
    """A schema in a few words: its type and what bounds it."""
    schema = merged(schema)
    words = [str(schema.get("type", "")), str(schema.get("format", ""))]
    if "enum" in schema:
        named = [str(value) for value in schema["enum"] if value is not None]
        words.append(f"one of {', '.join(named)}")
    for low, high in _RANGES:
        if low in schema or high in schema:
            words.append(f"{schema.get(low, 0)} to {schema.get(high, 'any')}")
    if "default" in schema:
        words.append(f"default {schema['default']}")
    if schema.get("nullable"):
        words.append("or null")
    if schema.get("type") == "array":
        words.append(f"of {kind(schema.get('items', {}))}")
    return " ".join(filter(None, words))


def matching(pattern: str) -> str:
    """A pattern in a readable length, after what `kind` says; empty without one."""
    if len(pattern) > _LONGEST_PATTERN:
        pattern = f"{pattern[:_LONGEST_PATTERN]}…"
    return f" matching {pattern}" if pattern else ""


def merged(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema with the parts of its `allOf` put together; what it says itself wins."""
    if "allOf" not in schema:
        return schema
    whole: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    required: list[str] = []
    for part in [*map(merged, schema["allOf"]), schema]:
        whole |= part
        properties |= part.get("properties", {})
        required += [name for name in part.get("required", []) if name not in required]
    del whole["allOf"]
    if properties:
        whole |= {"properties": properties, "required": required}
    return whole
