"""One operation of a contract, compiled: how to read its parameters and body, and its handler.

Everything here comes from the contract; a handler never checks again what was checked here.
"""

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jsonschema_rs

from zen_contract.contract import Contract
from zen_contract.contract import Operation as ContractOperation
from zen_contract.plain_schemas import plain_json_schema
from zen_sandbox.request.messages import Messages

Handler = Callable[..., Any]
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_PAGING = frozenset({"limit", "cursor"})
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})", re.ASCII)


class Parameter(NamedTuple):
    """One path or query parameter, or the idempotency key."""

    name: str
    is_integer: bool
    default: Any
    is_valid: Callable[[Any], bool]
    messages: Messages

    def read(self, text: str) -> Any:
        """The value a text stands for; text that is not an integer stays text, and is not valid."""
        if self.is_integer and _INTEGER.fullmatch(text):
            return int(text)
        return text


class Body(NamedTuple):
    """The request body: its media types, and whether it may be left out.

    A `raw` one is of any type and reaches the handler as the bytes that came.
    """

    media_types: frozenset[str]
    required: bool
    raw: bool
    is_valid: Callable[[Any], bool]
    messages: Messages


class Operation(NamedTuple):
    """What the stations of the request path need to know of an operation."""

    operation_id: str
    pointer: str  # where it stands in its contract, as a JSON pointer
    method: str
    is_write: bool
    is_async: bool  # manages its own transactions, if it needs any
    path_parameters: tuple[Parameter, ...]
    query_parameters: Mapping[str, Parameter]
    defaults: Mapping[str, Any]
    idempotency_key: Parameter | None
    body: Body | None
    is_list: bool
    tenant_in_path: bool
    handler: Handler


def compile_operations(contract: Contract, handlers: Mapping[str, Handler]) -> dict[str, Operation]:
    """All operations of a contract by operationId; KeyError when one has no handler."""
    return {
        one.operation_id: _compile(one, handlers[one.operation_id]) for one in contract.operations
    }


def _compile(operation: ContractOperation, handler: Handler) -> Operation:
    by_place: dict[str, list[Parameter]] = {"path": [], "query": [], "header": []}
    for definition in operation.parameters:
        by_place[definition["in"]].append(_parameter(definition))
    query = {parameter.name: parameter for parameter in by_place["query"]}
    return Operation(
        operation_id=operation.operation_id,
        pointer=f"/paths/{operation.path.replace('/', '~1')}/{operation.method.lower()}",
        method=operation.method,
        is_write=operation.method in WRITES,
        is_async=inspect.iscoroutinefunction(handler),
        path_parameters=tuple(by_place["path"]),
        query_parameters=query,
        defaults={name: one.default for name, one in query.items() if one.default is not None},
        idempotency_key=next(iter(by_place["header"]), None),
        body=_body(operation.request_body) if operation.request_body else None,
        is_list=query.keys() >= _PAGING,
        tenant_in_path=any(one.name == "tenant_id" for one in by_place["path"]),
        handler=handler,
    )


def _parameter(definition: Mapping[str, Any]) -> Parameter:
    schema = plain_json_schema(definition["schema"])
    return Parameter(
        name=definition["name"],
        is_integer=schema.get("type") == "integer",
        default=schema.get("default"),
        is_valid=jsonschema_rs.Draft4Validator(schema, validate_formats=True).is_valid,
        messages=Messages(schema),
    )


def _body(definition: Mapping[str, Any]) -> Body:
    content = definition["content"]
    raw = "*/*" in content
    schema = plain_json_schema(next(iter(content.values()))["schema"])
    return Body(
        media_types=frozenset(content),
        required=bool(definition.get("required")),
        raw=raw,
        is_valid=jsonschema_rs.Draft4Validator(schema, validate_formats=True).is_valid,
        messages=Messages(schema),
    )
