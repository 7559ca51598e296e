"""What a handler is called with, and what it answers with where a body alone does not say it."""

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

Body = TypeVar("Body")
_SCOPE_KEY = "zen_back_server.exchange"


@dataclass(frozen=True)
class Credential:
    """Who asks: the tenant of the token and the scopes that it was given."""

    tenant_id: str
    scopes: frozenset[str]
    name: str = ""  # for logs

    def allows(self, scope: str) -> bool:
        """Whether a scope was given, or follows: admin brings write, `read:*` brings all reads."""
        verb, _, resource = scope.partition(":")
        implied = {"read": "read:*", "write": f"admin:{resource}"}.get(verb, scope)
        return not self.scopes.isdisjoint({scope, implied})


NOBODY = Credential("", frozenset())
"""Whose requests those of an operation without security are."""


@dataclass(frozen=True)
class Call:
    """One request that was let through: the tenant is the credential's, the scope is there."""

    credential: Credential
    request_id: str
    idempotency_key: str | None = None

    @property
    def tenant_id(self) -> str:
        """The tenant that everything is read from and written to."""
        return self.credential.tenant_id


@dataclass(frozen=True)
class Created(Generic[Body]):
    """The answer of a create: the new resource, and its path for `Location`."""

    body: Body
    location: str


@dataclass
class Exchange:
    """What is found out about a request on its way to the handler."""

    request_id: str
    operation_id: str = ""
    path_values: dict[str, str] = field(default_factory=dict)
    credential: Credential = NOBODY

    def put_into(self, scope: MutableMapping[str, Any]) -> None:
        """Hands it along with the request."""
        scope[_SCOPE_KEY] = self


def exchange_of(scope: MutableMapping[str, Any]) -> Exchange:
    """The exchange of a request."""
    exchange: Exchange = scope[_SCOPE_KEY]
    return exchange
