"""All that the server remembers, in dictionaries, and how it names new things."""

from __future__ import annotations

import itertools
import re
import uuid
from dataclasses import dataclass, field
from typing import TypeVar

from tests.conformance.second import moments
from tests.conformance.second.answer import Answer
from tests.conformance.second.collection import Collection, Key

IDENTITY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)


@dataclass
class Resource:
    """What the three kinds that customers write have in common."""

    id: str
    name: str
    key: Key
    created: float
    updated: float


@dataclass
class Destination(Resource):
    """A target."""

    url: str
    type: str
    secret: bytes | None
    status: str = "active"
    losses: int = 0


@dataclass
class Ingester(Resource):
    """An endpoint."""

    type: str


@dataclass
class Flow(Resource):
    """From one endpoint to one target."""

    source_id: str
    destination_id: str
    max_attempts: int
    backoff_seconds: int


@dataclass
class Delivery:
    """One attempt."""

    id: str
    event_id: str
    destination_id: str
    flow_id: str
    source_id: str
    chain: str
    status: str
    attempt_number: int
    evidence_id: str
    due: float
    key: Key
    attempted: float | None = None
    response_code: int | None = None
    error_message: str | None = None


@dataclass
class Event:
    """What a provider sent, and its chains: the attempts per flow, oldest first."""

    id: str
    tenant: str
    source_id: str
    body: bytes
    content_type: str | None
    chains: dict[str, list[Delivery]] = field(default_factory=dict)
    trace: Collection[Delivery] = field(default_factory=Collection)


@dataclass(frozen=True)
class Remembered:
    """The first answer under an Idempotency-Key, and what it was an answer to."""

    request: tuple[str, str, object]
    answer: Answer
    since: float


Held = TypeVar("Held", bound=Resource)


class Kind(Collection[Held]):
    """A collection whose rows have unique names."""

    def __init__(self) -> None:
        super().__init__()
        self.by_id: dict[str, Held] = {}
        self.by_name: dict[str, Held] = {}

    def enter(self, row: Held) -> None:
        """Take in a new row."""
        self.add(row.key, row)
        self.by_id[row.id] = row
        self.by_name[row.name] = row

    def rename(self, row: Held, name: str) -> None:
        """Give a row another name."""
        del self.by_name[row.name]
        row.name = name
        self.by_name[name] = row

    def leave(self, row: Held) -> None:
        """Forget a row."""
        self.drop(row.key)
        del self.by_id[row.id]
        del self.by_name[row.name]


@dataclass
class Tenant:
    """One customer's things."""

    id: str
    destinations: Kind[Destination] = field(default_factory=Kind)
    ingesters: Kind[Ingester] = field(default_factory=Kind)
    flows: Kind[Flow] = field(default_factory=Kind)
    events: dict[str, Event] = field(default_factory=dict)
    deliveries: Collection[Delivery] = field(default_factory=Collection)
    deliveries_by_id: dict[str, Delivery] = field(default_factory=dict)
    logs: Collection[dict[str, str]] = field(default_factory=Collection)
    remembered: dict[str, Remembered] = field(default_factory=dict)
    recent_requests: list[float] = field(default_factory=list)


@dataclass
class World:
    """The tenants, and the choices this run of the server made where the contract leaves some."""

    fractional: bool
    short_ids: bool
    clusters: tuple[str, ...]
    requests_per_minute: int | None = None
    base_url: str = ""
    tenants: dict[str, Tenant] = field(default_factory=dict)
    ingester_tenants: dict[str, str] = field(default_factory=dict)
    counter: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def identity(self) -> str:
        """A new id, without any prefix."""
        return str(next(self.counter)) if self.short_ids else str(uuid.uuid4())

    def shown(self, moment: float) -> str:
        """A timestamp in this run's form."""
        return moments.shown(moment, self.fractional)

    def newest_first(self, moment: float, identity: str) -> Key:
        """Rows of one written moment come in the order of their ids."""
        return (-moments.cut(moment, self.fractional), identity)
