"""A request that somebody wants to make: sent to the API or written as code, the same both ways."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson

from zen_contract import contract, samples
from zen_contract.contract import Contract, Operation
from zen_sandbox.console.door import Refused, Reply
from zen_sandbox.console.room import room
from zen_sandbox.console.shown.values import LONG

Json = dict[str, Any]

_CONTRACTS = ("zen-back.v1", "zen-sandbox.v1")
_TENANT = "tenant_id"
_JSON = "application/json"


class Code(NamedTuple):
    """A program that makes the request; `language` is what a reader calls it."""

    language: str
    text: str


@dataclass(frozen=True)
class Wanted:
    """One request. `ids` are those of the path, but for the tenant."""

    operation_id: str
    tenant_id: str
    ids: Mapping[str, str] = field(default_factory=dict)
    document: Json | None = None

    @property
    def operation(self) -> Operation:
        """What the contract says of it."""
        return contract_of(self.operation_id).operation(self.operation_id)

    @property
    def path(self) -> str:
        """The address, with the ids in it."""
        ids = {_TENANT: self.tenant_id, **self.ids}
        return self.operation.path.format_map({name: quote(ids[name], safe="") for name in ids})

    def send(self, query: Mapping[str, object] | None = None) -> Reply:
        """The API's answer, refusals included."""
        return room().door.ask(
            self.operation.method, self.path, self.document, tenant_id=self.tenant_id, query=query
        )

    def read(self, query: Mapping[str, object] | None = None) -> Json:
        """What the API answers; Refused for a problem document."""
        reply = self.send(query)
        if reply.is_refusal:
            raise Refused(reply)
        return reply.document

    @property
    def code(self) -> list[Code]:
        """The request in each language; nothing when it is too long for anybody to paste."""
        if len(orjson.dumps(self.document)) > LONG:
            return []
        asked = samples.asked(contract_of(self.operation_id), self.operation_id)
        body = None if self.document is None else samples.Body(_JSON, self.document)
        written = samples.written(replace(asked, ids=self.ids, body=body))
        return [Code(samples.NAMES[one.language], one.text) for one in written]

    @property
    def variables(self) -> dict[str, str]:
        """What the code expects in the environment; never a real token."""
        asked = samples.asked(contract_of(self.operation_id), self.operation_id)
        found = {samples.TENANT_ID: self.tenant_id} if asked.of_tenant else {}
        return {**found, asked.token: "…"} if asked.token else found


def operation(operation_id: str) -> Operation:
    """What the contracts say of an operation."""
    return contract_of(operation_id).operation(operation_id)


@cache
def contract_of(operation_id: str) -> Contract:
    """The contract that has the operation."""
    return next(
        one
        for one in _contracts()
        if any(known.operation_id == operation_id for known in one.operations)
    )


@cache
def _contracts() -> tuple[Contract, ...]:
    return tuple(contract.load(name) for name in _CONTRACTS)
