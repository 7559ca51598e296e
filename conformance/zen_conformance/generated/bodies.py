"""What is to become of a made-up body so that it reaches the operation's handler, and what fits.

Ids in a made-up body are replaced by ids of resources that exist, and values of which the contract
allows more spellings than its prose asks of a server (a url's characters, a secret's base64) by
plain ones, so that a refusal or an acceptance means something.
"""

import copy
import functools
from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from zen_conformance import contract
from zen_conformance.tenant import NOWHERE

_SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


@functools.cache
def validator(operation_id: str) -> Any:
    """A validator of the operation's request body."""
    content = (contract.operation(operation_id).request_body or {})["content"]
    return jsonschema_rs.Draft202012Validator(
        _folded(content["application/json"]["schema"]), validate_formats=False
    )


def grounded(body: Any, real: Mapping[str, Any]) -> Any:
    """A copy whose sound ids are those of `real`, by path as `target.id`, and its url plain."""
    body = copy.deepcopy(body)
    if not isinstance(body, dict):
        return body
    for name, value in real.items():
        *outer, last = name.split(".")
        holder: Any = functools.reduce(_member, outer, body)
        if isinstance(holder, dict) and _is_id(holder.get(last)):
            holder[last] = value
    if _fits("TargetUrl", body.get("url")):
        body["url"] = NOWHERE
    secret = body.get("secret")
    if isinstance(secret, dict) and _fits("SigningSecret", {"value": secret.get("value")}):
        secret["value"] = _SECRET
    return body


def has_whole_float(value: Any) -> bool:
    """Whether there is a number such as 3.0 in it, which a server may take or refuse."""
    if isinstance(value, dict):
        return any(has_whole_float(one) for one in value.values())
    if isinstance(value, list):
        return any(has_whole_float(one) for one in value)
    return isinstance(value, float) and value.is_integer()


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _is_id(value: Any) -> bool:
    return _fits("Id", value)


@functools.cache
def _named(name: str) -> Any:
    schema = contract.contract().resolved()["components"]["schemas"][name]
    return jsonschema_rs.Draft202012Validator(_folded(schema), validate_formats=False)


def _fits(name: str, value: Any) -> bool:
    return isinstance(value, str | dict) and bool(_named(name).is_valid(value))


def _folded(schema: Any) -> Any:
    """The schema with `nullable` said as JSON Schema says it."""
    if isinstance(schema, list):
        return [_folded(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    out = {key: _folded(value) for key, value in schema.items() if key != "nullable"}
    if schema.get("nullable") is True and isinstance(out.get("type"), str):
        out["type"] = [out["type"], "null"]
    return out
