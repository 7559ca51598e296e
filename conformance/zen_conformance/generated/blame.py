"""Which requirement a server breaks by taking a faulty body, or by refusing a sound one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_READ_ONLY = {"id", "created_at", "updated_at", "ingest_url", "createdAt", "updatedAt"}

# What refuses a member of that operation's body, by the member's last name.
_MEMBERS: dict[str, dict[str, str]] = {
    "Destination": {"url": "DEST-004", "type": "DEST-002", "status": "DEST-012"},
    "DeliveryFlow": {"max_attempts": "FLOW-003", "backoff_seconds": "FLOW-004"},
    "ClusterDeliveryFlow": {"type": "RECIPE-009"},
    "Ingester": {"type": "ING-002"},
    "Event": {},
    "Batch": {"delivery_ids": "RETRY-012"},
}
SOUND = {
    "createDestination": "DEST-001",
    "updateDestination": "DEST-011",
    "createDeliveryFlow": "FLOW-001",
    "replaceDeliveryFlow": "FLOW-009",
    "createClusterDeliveryFlow": "RECIPE-001",
    "createIngester": "ING-001",
    "replaceIngester": "ING-006",
}
_SOUND_MEMBERS = {
    "name": "NAME-001",
    "url": "DEST-005",
    "secret": "DEST-007",
    "max_attempts": "FLOW-003",
    "backoff_seconds": "FLOW-004",
}
_VERBS = ("create", "update", "replace", "retry")


@dataclass(frozen=True)
class Fault:
    """One way in which a body departs from its schema."""

    keyword: str
    path: tuple[str | int, ...]
    member: str  # the missing or surplus member, or the last name of the path
    message: str

    @property
    def top(self) -> str:
        """The member of the body that it is in, or that is missing; empty at the top itself."""
        return str(self.path[0]) if self.path else self.member


def faults(validator: Any, body: Any) -> Iterator[Fault]:
    """What a jsonschema-rs validator of the request's schema says of the body."""
    for error in validator.iter_errors(body):
        keyword = str(error.schema_path[-1])
        path = tuple(error.instance_path)
        kind = error.kind
        if keyword == "additionalProperties":
            for name in kind.unexpected:
                yield Fault(keyword, path, str(name), error.message)
        elif keyword == "required":
            yield Fault(keyword, path, str(kind.property), error.message)
        else:
            names = [step for step in path if isinstance(step, str)]
            yield Fault(keyword, path, names[-1] if names else "", error.message)


def is_only_ours(fault: Fault) -> bool:
    """Whether the contract's pattern is stricter than its prose: another server may take it."""
    return fault.member in ("url", "value") and fault.keyword in (
        "pattern",
        "minLength",
        "maxLength",
    )


def of_faults(operation_id: str, found: Sequence[Fault]) -> str:
    """The requirement to refuse the body."""
    first = min(found, key=lambda fault: len(fault.path))
    if first.keyword == "additionalProperties":
        return "BODY-009" if first.member in _READ_ONLY else "BODY-008"
    if first.keyword == "required":
        return "BODY-010"
    if first.keyword == "minProperties":
        return "DEST-014"
    own = _MEMBERS[_resource(operation_id)]
    if "secret" in first.path:
        return "DEST-007"
    if first.keyword == "type" and first.member not in own:
        return "DEST-014" if operation_id == "updateDestination" else "BODY-011"
    if first.member == "name":
        return "NAME-003" if first.keyword == "pattern" else "NAME-002"
    return own.get(first.member, "BODY-011")


def of_refusal(operation_id: str, detail: object) -> str | None:
    """The requirement to take a sound body, by the field that the refusal names, if one fits."""
    field = str(detail).partition(":")[0].split(".")
    for step in reversed(field):
        if step in _SOUND_MEMBERS:
            return _SOUND_MEMBERS[step]
    return SOUND.get(operation_id)


def _resource(operation_id: str) -> str:
    for verb in _VERBS:
        operation_id = operation_id.removeprefix(verb)
    return operation_id
