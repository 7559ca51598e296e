"""What the sample of an operation asks for, chosen among the contract's examples.

One filter at most, the first media type and its first example: a sample shows how to ask, and the
reference shows all that can be asked for.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from zen_contract.contract import Contract, ContractError, Operation

BASE_URL = "ZEN_API_BASE"
TOKEN = "ZEN_API_TOKEN"
TENANT_ID = "ZEN_TENANT_ID"
"""The environment variables that say where and as whom: the names of the create-a-flow recipe."""

ADMIN_TOKEN = "ZEN_SANDBOX_ADMIN_TOKEN"
"""What `zen-sandbox serve` reads its admin token from, too."""

TENANT_PARAMETER = "tenant_id"

_ANY_MEDIA_TYPE = "*/*"  # its examples are text; ours happen to be JSON
_IN_BRACES = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class Body:
    """A request body: its media type, and the example as the contract writes it."""

    media_type: str
    value: Any


@dataclass(frozen=True)
class Asked:
    """One request. `ids` are the path's, but for the tenant, in the order of the path."""

    method: str
    path: str  # the template
    ids: Mapping[str, str]
    query: Mapping[str, Any]
    body: Body | None
    token: str | None  # the variable that holds it; None where none is asked for
    idempotent: bool
    answer: Literal["json", "text", "nothing"]  # the body of a success

    @property
    def of_tenant(self) -> bool:
        """Whether the path names the tenant."""
        return f"{{{TENANT_PARAMETER}}}" in self.path

    def path_with(self, written: Callable[[str], str]) -> str:
        """The path, each parameter as `written` writes it."""
        return _IN_BRACES.sub(lambda found: written(found[1]), self.path)


def asked(contract: Contract, operation_id: str) -> Asked:
    """The request of that operation's samples."""
    operation = contract.operation(operation_id)
    return Asked(
        method=operation.method,
        path=operation.path,
        ids=_ids(operation),
        query=_query(operation),
        body=_body(operation),
        token=_token(contract, operation),
        idempotent=operation.takes_idempotency_key,
        answer=_answer(operation),
    )


def _ids(operation: Operation) -> dict[str, str]:
    parameters = {one["name"]: one for one in operation.parameters if one["in"] == "path"}
    names = [name for name in _IN_BRACES.findall(operation.path) if name != TENANT_PARAMETER]
    return {name: str(_example(operation, parameters[name])) for name in names}


def _query(operation: Operation) -> dict[str, Any]:
    parameters = [one for one in operation.parameters if one["in"] == "query"]
    required = [one for one in parameters if one.get("required")]
    shown = required or [one for one in parameters if "example" in one][:1]
    return {one["name"]: _example(operation, one) for one in shown}


def _body(operation: Operation) -> Body | None:
    body = operation.request_body or {}
    for media_type, media in body.get("content", {}).items():
        for example in media.get("examples", {}).values():
            if not body.get("required") and not example["value"]:
                return None  # an empty body that may as well be left out
            if media_type == _ANY_MEDIA_TYPE:
                return Body("application/json", json.loads(example["value"]))
            return Body(media_type, example["value"])
    if body.get("required"):
        raise ContractError(f"The body of {operation.operation_id} has no example.")
    return None


def _token(contract: Contract, operation: Operation) -> str | None:
    if operation.scope is None:
        return None
    schemes = contract.document.get("components", {}).get("securitySchemes", {})
    security = operation.definition.get("security", contract.document.get("security", []))
    asked_for = [schemes.get(name, {}) for either in security for name in either]
    is_admin = any(one.get("x-zen-credential") == "admin" for one in asked_for)
    return ADMIN_TOKEN if is_admin else TOKEN


def _example(operation: Operation, parameter: Mapping[str, Any]) -> Any:
    for holder in (parameter, parameter.get("schema", {})):
        if "example" in holder:
            return holder["example"]
    raise ContractError(
        f"The parameter {parameter['name']} of {operation.operation_id} has no example."
    )


def _answer(operation: Operation) -> Literal["json", "text", "nothing"]:
    media_types = [
        media_type
        for status, response in operation.responses.items()
        if status.startswith("2")
        for media_type in response.get("content", {})
    ]
    if not media_types:
        return "nothing"
    return "json" if "application/json" in media_types else "text"
