"""What the sample of an operation asks for, chosen among the contract's examples.

One filter at most, the first media type and its first example: a sample shows how to ask, and the
reference shows all that can be asked for.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zen_contract.contract import Contract, ContractError, Operation

BASE_URL = "ZEN_API_BASE"
TOKEN = "ZEN_API_TOKEN"
TENANT_ID = "ZEN_TENANT_ID"
"""The environment variables that say where and as whom: the names of the create-a-flow recipe."""

TENANT_PARAMETER = "tenant_id"

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
    authorized: bool
    idempotent: bool
    answered: bool  # whether a success has a body

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
        authorized=operation.scope is not None,
        idempotent=operation.takes_idempotency_key,
        answered=any("content" in response for response in _successes(operation)),
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
    body = operation.request_body
    if body is None or not body.get("required"):
        return None
    for media_type, media in body.get("content", {}).items():
        for example in media.get("examples", {}).values():
            return Body(media_type, example["value"])
    raise ContractError(f"The body of {operation.operation_id} has no example.")


def _example(operation: Operation, parameter: Mapping[str, Any]) -> Any:
    for holder in (parameter, parameter.get("schema", {})):
        if "example" in holder:
            return holder["example"]
    raise ContractError(
        f"The parameter {parameter['name']} of {operation.operation_id} has no example."
    )


def _successes(operation: Operation) -> Iterator[Mapping[str, Any]]:
    return (one for status, one in operation.responses.items() if status.startswith("2"))
