"""What a history believes about the server: three collections, and what they are held to."""

from dataclasses import dataclass, field
from typing import Any

from zen_conformance.answer import Answer
from zen_conformance.moments import Moment
from zen_conformance.tenant import Tenant

Document = dict[str, Any]
MOST = 6  # resources of a kind


@dataclass(frozen=True)
class Kind:
    """How a collection is called and which requirements speak of it."""

    name: str  # the operationId's noun
    id_name: str
    member: str  # of the list
    created: str  # requirement: a create takes effect as given
    updated: str
    kept: str  # requirement: id and created_at stay
    reads: str  # requirement: reads show the last write
    moves: str  # requirement: updated_at never moves back
    gone: str
    in_use: str | None = None
    # A member with a default, and the requirements that a create, and an update, give it.
    filled: tuple[str, str, str] | None = None


DESTINATION = Kind(
    "Destination", "destination_id", "destinations",
    "DEST-001", "DEST-011", "DEST-018", "DEST-009", "DEST-017", "DEST-019", "DEST-020",
    ("type", "DEST-002", "DEST-011"),
)  # fmt: skip
INGESTER = Kind(
    "Ingester", "ingester_id", "ingesters",
    "ING-001", "ING-006", "ING-007", "ING-004", "ING-008", "ING-009", "ING-010",
)  # fmt: skip
FLOW = Kind(
    "DeliveryFlow", "flow_id", "delivery_flows",
    "FLOW-001", "FLOW-009", "FLOW-011", "FLOW-007", "FLOW-012", "FLOW-013",
    filled=("config", "FLOW-002", "FLOW-010"),
)  # fmt: skip
KINDS = (DESTINATION, INGESTER, FLOW)


@dataclass
class World:
    """What the server should hold of this history."""

    api: Tenant
    run: str  # in every name, so that histories do not meet
    known: dict[str, dict[str, Document]] = field(
        default_factory=lambda: {kind.name: {} for kind in KINDS}
    )
    began: Moment | None = None  # when its first resource was made, by the server's clock
    gone: list[tuple[Kind, str]] = field(default_factory=list)

    def call(self, verb: str, kind: Kind, resource_id: str | None = None, **more: Any) -> Answer:
        """Ask the operation of that verb."""
        ids = {} if resource_id is None else {kind.id_name: resource_id}
        return self.api.call(f"{verb}{kind.name}", ids=ids, **more)

    def taken(self, kind: Kind, name: str, but: str | None = None) -> bool:
        """Whether another resource has the name."""
        held = self.known[kind.name].items()
        return any(one["name"] == name and resource_id != but for resource_id, one in held)

    def pick(self, kind: Kind, number: int) -> str | None:
        """One of the kind's ids, None when there is none."""
        ids = list(self.known[kind.name])
        return ids[number % len(ids)] if ids else None

    def uses(self, resource_id: str) -> bool:
        """Whether a flow uses the target or endpoint."""
        flows = self.known["DeliveryFlow"].values()
        return any(resource_id in (f["source_id"], f["destination_id"]) for f in flows)

    def full(self, kind: Kind) -> bool:
        """Whether there are enough of them."""
        return len(self.known[kind.name]) >= MOST
