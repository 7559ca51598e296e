"""The table of a contract's operations: which method of which resource answers each, and how.

The made server is built from it, a later run compares with it, and the sandbox's own handlers are
held to it by a test.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from zen_contract import references
from zen_contract.contract import Contract, ContractError, Operation, function_name
from zen_contract.plain_schemas import plain_json_schema

_KINDS = {"integer": "int", "string": "str", "boolean": "bool", "number": "float"}
_COMPONENTS = ("components", "schemas")
_FIRST_FAILURE = 300


@dataclass(frozen=True)
class Argument:
    """A keyword argument of a handler, with its type as Python writes it."""

    name: str
    annotation: str


@dataclass(frozen=True)
class Entry:
    """One operation as the made server has it."""

    operation: Operation
    raw: Mapping[str, Any]  # the operation with its $refs, from which models get their names
    document: Mapping[str, Any]

    @property
    def function(self) -> str:
        """`create_destination`."""
        return function_name(self.operation.operation_id)

    @property
    def resource(self) -> str:
        """The module of its handler: its scope's resource, else its tag, in snake_case."""
        _, _, named = (self.operation.scope or "").partition(":")
        tag = self.operation.tags[0] if self.operation.tags else "operations"
        return re.sub(r"[^a-z0-9]+", "_", (named or tag).lower()).strip("_")

    @property
    def arguments(self) -> tuple[Argument, ...]:
        """What its handler takes by name, but the tenant, which the call has."""
        found = [
            Argument(one["name"], _annotation(one))
            for one in self.operation.parameters
            if one["in"] in ("path", "query") and one["name"] != "tenant_id"
        ]
        if self.body_model:
            required = self.operation.request_body and self.operation.request_body.get("required")
            found.append(
                Argument("body", f"models.{self.body_model}{'' if required else ' | None'}")
            )
        return tuple(found)

    @cached_property
    def success(self) -> int:
        """The status of a success: the lowest that the contract has."""
        statuses = [int(one) for one in self.operation.responses if one.isdigit()]
        good = [one for one in statuses if one < _FIRST_FAILURE]
        if not good:
            raise ContractError(f"{self.operation.operation_id} needs a response below 300.")
        return min(good)

    @property
    def returns(self) -> str:
        """The type that its handler answers with."""
        model = self.success_model
        if model is None:
            return "None"
        headers = self.operation.responses[str(self.success)].get("headers", {})
        return f"Created[models.{model}]" if "Location" in headers else f"models.{model}"

    @property
    def body_model(self) -> str | None:
        """The model of the request body."""
        return self._model(self.raw.get("requestBody"), "Body")

    @property
    def success_model(self) -> str | None:
        """The model of the answer."""
        return self._model(self.raw["responses"][str(self.success)], "Answer")

    @property
    def own_schemas(self) -> dict[str, Any]:
        """Schemas that are written in the operation itself, under the names of their models."""
        schemas = {
            "Body": self._schema(self.raw.get("requestBody")),
            "Answer": self._schema(self.raw["responses"][str(self.success)]),
        }
        return {
            self._own_name(suffix): schema
            for suffix, schema in schemas.items()
            if schema is not None and references.reference_in(schema) is None
        }

    def row(self) -> dict[str, Any]:
        """The operation in `operations.json`."""
        one = self.operation
        return {
            "operation_id": one.operation_id,
            "method": one.method,
            "path": one.path,
            "scope": one.scope,
            "resource": self.resource,
            "function": self.function,
            "success": self.success,
            "parameters": [
                {
                    "name": parameter["name"],
                    "in": parameter["in"],
                    "required": bool(parameter.get("required")),
                    "schema": plain_json_schema(parameter["schema"]),
                }
                for parameter in one.parameters
            ],
            "body": self._body_row(),
            "answers": {status: _digest(answer) for status, answer in one.responses.items()},
        }

    def _body_row(self) -> dict[str, Any] | None:
        body = self.operation.request_body
        if not body:
            return None
        content = body["content"]
        return {
            "media_types": list(content),
            "required": bool(body.get("required")),
            "model": self.body_model,
            "schema": plain_json_schema(next(iter(content.values()))["schema"]),
        }

    def _model(self, place: Any, suffix: str) -> str | None:
        schema = self._schema(place)
        if schema is None:
            return None
        reference = references.reference_in(schema)
        if reference is None:
            return self._own_name(suffix)
        return references.path_of(reference)[-1]

    def _own_name(self, suffix: str) -> str:
        name = self.operation.operation_id
        return f"{name[0].upper()}{name[1:]}{suffix}"

    def _schema(self, place: Any) -> Any:
        """The schema of a request body or response, its own $ref left in; None without a body."""
        while (reference := references.reference_in(place)) is not None:
            place = references.target(self.document, reference)
        content = (place or {}).get("content") or {}
        return next(iter(content.values()))["schema"] if content else None


def table(contract: Contract) -> tuple[Entry, ...]:
    """Every operation of the contract, in its order."""
    paths = contract.document["paths"]
    return tuple(
        Entry(one, paths[one.path][one.method.lower()], contract.document)
        for one in contract.operations
    )


def schemas(entries: tuple[Entry, ...]) -> dict[str, Any]:
    """The schemas that models are made of: what bodies and answers name, and what those name."""
    wanted: dict[str, Any] = {}
    for entry in entries:
        wanted |= entry.own_schemas
        open_ = [entry.own_schemas, entry.body_model, entry.success_model]
        known = entry.document.get("components", {}).get("schemas", {})
        while open_:
            one = open_.pop()
            names = [one] if isinstance(one, str) else list(_named(one))
            for name in names:
                if name in known and name not in wanted:
                    wanted[name] = known[name]
                    open_.append(known[name])
    return dict(sorted(wanted.items()))


def _named(value: Any) -> Iterator[str]:
    """The component schemas that a value refers to."""
    reference = references.reference_in(value)
    if reference is not None:
        path = references.path_of(reference)
        if path[:2] == _COMPONENTS:
            yield path[2]
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _named(item)
    elif isinstance(value, list):
        for item in value:
            yield from _named(item)


def _annotation(parameter: Mapping[str, Any]) -> str:
    schema = parameter["schema"]
    kind = _KINDS.get(schema.get("type", ""), "str")
    if "enum" in schema:
        kind = f"Literal[{', '.join(json.dumps(one) for one in schema['enum'])}]"
    always = parameter.get("required") or schema.get("default") is not None
    return kind if always else f"{kind} | None"


def _digest(response: Mapping[str, Any]) -> str:
    """Of what a handler has to know of an answer: its headers and the schema of its body."""
    content = response.get("content", {})
    known = {
        "headers": sorted(response.get("headers", {})),
        "content": {
            name: plain_json_schema(one.get("schema", {})) for name, one in content.items()
        },
    }
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:16]
