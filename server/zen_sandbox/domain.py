"""What the sandbox knows, as frozen typed values; the store makes them, `wire.py` shows them.

Named tuples and not dataclasses: a page of a list makes a hundred of them, and a row of SQLite
becomes one without a call per field. Every moment is the text that `clock.py` describes.
"""

from typing import NamedTuple


class Destination(NamedTuple):
    """A target. `seq` is its place in lists; the secret never leaves the store with it."""

    seq: int
    id: str
    name: str
    url: str
    type: str
    status: str
    created_at: str
    updated_at: str


class DeliveryFlow(NamedTuple):
    """A flow. `destination_type` comes from its target, for the recipe's view."""

    seq: int
    id: str
    name: str
    source_id: str
    destination_id: str
    max_attempts: int
    backoff_seconds: int
    status: str
    created_at: str
    updated_at: str
    destination_type: str


class Ingester(NamedTuple):
    """An endpoint."""

    seq: int
    id: str
    name: str
    type: str
    status: str
    created_at: str
    updated_at: str


class Delivery(NamedTuple):
    """One attempt."""

    seq: int
    id: str
    event_id: str
    destination_id: str
    flow_id: str
    status: str
    response_code: int | None
    attempt_number: int
    attempted_at: str | None
    next_attempt_at: str | None
    error_message: str | None
    evidence_id: str


class Event(NamedTuple):
    """An event that was taken in; `size` in bytes, `deliveries` counts its attempts so far."""

    seq: int
    id: str
    tenant_id: str
    ingester_id: str
    received_at: str
    content_type: str | None
    size: int
    deliveries: int


class LogEntry(NamedTuple):
    """One line of the tenant's log."""

    seq: int
    id: str
    timestamp: str
    level: str
    message: str
    action: str
    result: str
    actor: str
    resource_type: str
    resource_id: str | None
    request_id: str | None
    delivery_id: str | None
    source_id: str | None


class RetryPolicy(NamedTuple):
    """How often and after how many seconds a flow tries again."""

    max_attempts: int = 3
    backoff_seconds: int = 10


class Credential(NamedTuple):
    """Who is asking: `scopes` are all granted ones, implied ones included."""

    actor: str
    tenant_id: str
    scopes: frozenset[str]
    kind: str  # "api_key" or "jwt"
    expires_at: str | None

    @property
    def holder(self) -> str:
        """How the detail of a refusal calls this credential."""
        return "API key" if self.kind == "api_key" else "Token"


class Tenant(NamedTuple):
    """A tenant; a revoked one's credentials are not valid."""

    id: str
    name: str
    created_at: str
    revoked_at: str | None


class Cluster(NamedTuple):
    """A cluster (a plane), known by its id only."""

    id: str
    tenant_id: str
    created_at: str


class ApiKey(NamedTuple):
    """An API key as the store keeps it: without the key."""

    id: str
    tenant_id: str
    name: str
    scopes: tuple[str, ...]
    created_at: str
    expires_at: str | None
    revoked_at: str | None

    def state(self, now: str) -> str:
        """At that moment: valid, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "valid"
