"""What a handler is given, and what it gives back: an act that waits until the request is sound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.conformance.second.answer import Answer
from tests.conformance.second.asked import Asked, asked
from tests.conformance.second.credentials import Caller
from tests.conformance.second.engine import Engine
from tests.conformance.second.reading import Fields
from tests.conformance.second.world import Tenant, World


@dataclass(frozen=True)
class Call:
    """A request of a caller who may make it, its body read."""

    world: World
    engine: Engine
    tenant: Tenant
    caller: Caller
    path: str
    ids: dict[str, str]
    query: str
    fields: Fields

    def asked(self, *filters: str) -> Asked:
        """The query of a list with these filters."""
        return asked(self.query, self.tenant.id, self.path, filters)

    def location(self, collection: str, identity: str) -> str:
        """Where a new thing is found: an absolute URL."""
        return f"{self.world.base_url}/v1/tenants/{self.tenant.id}/{collection}/{identity}"


Act = Callable[[], Answer]
# The handler checks the request by itself (400); its act is what looks at the world and changes it.
Handler = Callable[[Call], Act]


@dataclass(frozen=True)
class Operation:
    """One row of the table of operations."""

    method: str
    path: str
    scope: str | None
    handler: Handler
    body: Sequence[str] = ()
    body_optional: bool = False
    action: str = ""

    @property
    def resource(self) -> str:
        """The word that the log knows the resource by."""
        return (self.scope or "").partition(":")[2]
