"""The contract as the suite holds servers to it: operations, paths, and what an answer may hold.

A response schema is checked without the bounds that only document our own server (how long a prose
member gets, which characters a cursor has): an implementation of the contract's semantics may
differ there, and the suite accuses nobody of being different.
"""

import functools
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import jsonschema_rs

import zen_contract.contract
from zen_contract.contract import Contract, Operation

# Members whose patterns the contract's prose demands; every other pattern or length is ours.
_STRICT = ("id", "instance")
_STRICT_ENDINGS = ("_id",)  # the form of timestamps is WIRE-007, which reads them
_OURS = ("maxLength", "pattern", "maxItems", "minLength")


@functools.cache
def contract() -> Contract:
    """The public contract."""
    return zen_contract.contract.load("zen-back.v1")


def operation(operation_id: str) -> Operation:
    """The operation of that id."""
    return contract().operation(operation_id)


def operations() -> tuple[Operation, ...]:
    """Every operation of the public contract."""
    return contract().operations


def path(one: Operation, ids: Mapping[str, str]) -> str:
    """The operation's path with those ids, each percent-encoded as one segment."""
    filled = one.path
    for name, value in ids.items():
        filled = filled.replace("{" + name + "}", quote(value, safe=""))
    return filled


def find(method: str, raw_path: str) -> Operation | None:
    """The operation that a method and a path without a query belong to."""
    segments = raw_path.split("/")
    for one in operations():
        template = one.path.split("/")
        if one.method == method and len(template) == len(segments):
            pairs = zip(template, segments, strict=True)
            if all((part.startswith("{") and given) or part == given for part, given in pairs):
                return one
    return None


@functools.cache
def answer_faults(operation_id: str, status: str) -> Any:
    """A validator for the operation's answer of that status; None when it documents no body."""
    content = operation(operation_id).responses.get(status, {}).get("content", {})
    for media in content.values():
        if "schema" in media:
            return _validator(media["schema"])
    return None


@functools.cache
def schema_faults(name: str) -> Any:
    """A validator for one named schema of the contract, such as `Destination`."""
    return _validator(contract().resolved()["components"]["schemas"][name])


def told(name: str, document: Any) -> Any:
    """What a document says in the words of that schema; what else a server adds may change."""
    return _told(contract().resolved()["components"]["schemas"][name], document)


def _told(schema: Mapping[str, Any], value: Any) -> Any:
    parts = (schema, *schema.get("allOf", ()))
    known = {name: one for part in parts for name, one in part.get("properties", {}).items()}
    if not known or not isinstance(value, Mapping):
        return value
    return {name: _told(known[name], one) for name, one in value.items() if name in known}


def _validator(schema: Mapping[str, Any]) -> Any:
    return jsonschema_rs.Draft202012Validator(_loosened(schema), validate_formats=False)


def _loosened(schema: Any, name: str = "") -> Any:
    """The schema in JSON Schema's words, without the bounds that are only ours."""
    if not isinstance(schema, Mapping):
        return schema
    strict = name in _STRICT or name.endswith(_STRICT_ENDINGS)
    out: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _OURS and not strict:
            continue
        if key == "properties":
            out[key] = {member: _loosened(one, member) for member, one in value.items()}
        elif key in ("items", "additionalProperties", "not"):
            out[key] = _loosened(value, name if key == "items" else "")
        elif key in ("allOf", "anyOf", "oneOf"):
            out[key] = [_loosened(one, name) for one in value]
        elif key not in ("example", "nullable", "description", "discriminator"):
            out[key] = value
    if schema.get("nullable") and isinstance(out.get("type"), str):
        out["type"] = [out["type"], "null"]
    return out
