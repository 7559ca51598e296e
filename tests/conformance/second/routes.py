"""Which operation a method and a path mean; a path whose id no id can be is not a path of ours."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote

from tests.conformance.second import deliveries, destinations, flows, ingesters, logs, recipe
from tests.conformance.second.answer import Refusal
from tests.conformance.second.call import Operation
from tests.conformance.second.world import IDENTITY

_JSON = ("application/json",)
_PATCH = ("application/json", "application/merge-patch+json")
_TENANT = "/v1/tenants/{tenant_id}"
_TARGETS = _TENANT + "/destinations"
_TARGET = _TARGETS + "/{destination_id}"
_FLOWS = _TENANT + "/delivery-flows"
_FLOW = _FLOWS + "/{flow_id}"
_ENDPOINTS = _TENANT + "/ingesters"
_ENDPOINT = _ENDPOINTS + "/{ingester_id}"
_ATTEMPTS = _TENANT + "/deliveries"
_RECIPE = "/tenants/{tenant_id}/clusters/{cluster_id}/delivery-flows"
_RETRY = _TENANT + "/events/{event_id}/retry"
_BATCH = _TENANT + "/retry/batch"
_READ_FLOWS, _WRITE_FLOWS = "read:delivery-flows", "write:delivery-flows"
_WRITE_TARGETS, _WRITE_ATTEMPTS = "write:destinations", "write:deliveries"
_WRITE_ENDPOINTS = "write:ingesters"

OPERATIONS = (
    Operation("GET", _TARGETS, "read:destinations", destinations.listed),
    Operation("POST", _TARGETS, _WRITE_TARGETS, destinations.created, _JSON, action="create"),
    Operation("GET", _TARGET, "read:destinations", destinations.read),
    Operation("PATCH", _TARGET, _WRITE_TARGETS, destinations.patched, _PATCH, action="update"),
    Operation("DELETE", _TARGET, _WRITE_TARGETS, destinations.deleted, action="delete"),
    Operation("GET", _FLOWS, _READ_FLOWS, flows.listed),
    Operation("POST", _FLOWS, _WRITE_FLOWS, flows.created, _JSON, action="create"),
    Operation("GET", _FLOW, _READ_FLOWS, flows.read),
    Operation("PUT", _FLOW, _WRITE_FLOWS, flows.replaced, _JSON, action="update"),
    Operation("DELETE", _FLOW, _WRITE_FLOWS, flows.deleted, action="delete"),
    Operation("GET", _RECIPE, _READ_FLOWS, recipe.listed),
    Operation("POST", _RECIPE, _WRITE_FLOWS, recipe.created, _JSON, action="create"),
    Operation("GET", _ENDPOINTS, "read:ingesters", ingesters.listed),
    Operation("POST", _ENDPOINTS, _WRITE_ENDPOINTS, ingesters.created, _JSON, action="create"),
    Operation("GET", _ENDPOINT, "read:ingesters", ingesters.read),
    Operation("PUT", _ENDPOINT, _WRITE_ENDPOINTS, ingesters.replaced, _JSON, action="update"),
    Operation("DELETE", _ENDPOINT, _WRITE_ENDPOINTS, ingesters.deleted, action="delete"),
    Operation("GET", _ATTEMPTS, "read:deliveries", deliveries.listed),
    Operation("GET", _ATTEMPTS + "/{delivery_id}", "read:deliveries", deliveries.read),
    Operation("POST", _RETRY, _WRITE_ATTEMPTS, deliveries.retried, _JSON, True, "retry"),
    Operation("POST", _BATCH, _WRITE_ATTEMPTS, deliveries.retried_as_batch, _JSON, action="retry"),
    Operation("GET", "/v1/logs", "read:logs", logs.listed),
)


def _by_shape() -> dict[tuple[int, str], dict[str, Operation]]:
    """Operations by the number of segments and the fixed words between the ids."""
    shapes: dict[tuple[int, str], dict[str, Operation]] = {}
    for operation in OPERATIONS:
        segments = operation.path.split("/")
        shape = "/".join("{}" if segment.startswith("{") else segment for segment in segments)
        shapes.setdefault((len(segments), shape), {})[operation.method] = operation
    return shapes


_SHAPES = _by_shape()


def methods(path: str) -> tuple[dict[str, Operation], dict[str, str]]:
    """The operations of a path as it came over the wire, and the ids in it; 404 when none."""
    segments = path.split("/")
    for (length, shape), operations in _SHAPES.items():
        if length == len(segments):
            ids = _ids(segments, shape, next(iter(operations.values())).path)
            if ids is not None:
                return operations, ids
    raise Refusal(404, "not-found", "There is nothing at this path.")


def _ids(segments: Sequence[str], shape: str, template: str) -> dict[str, str] | None:
    ids: dict[str, str] = {}
    for segment, word, name in zip(segments, shape.split("/"), template.split("/"), strict=True):
        told = unquote(segment, errors="replace")
        if word == "{}":
            if not IDENTITY.fullmatch(told):
                return None
            ids[name.strip("{}")] = told
        elif told != word:
            return None
    return ids


def chosen(operations: dict[str, Operation], method: str) -> Operation:
    """The operation of a method; HEAD is served as GET."""
    found = operations.get("GET" if method == "HEAD" else method)
    if found is None:
        raise not_allowed(method, allowed(operations))
    return found


def allowed(operations: dict[str, Operation]) -> str:
    """What an Allow header lists."""
    return ", ".join([*operations, *(["HEAD"] if "GET" in operations else []), "OPTIONS"])


def not_allowed(method: str, allow: str) -> Refusal:
    """405: the path is there, the method is not."""
    detail = f"{method[:32]} is not served here."
    return Refusal(405, "method-not-allowed", detail, headers={"Allow": allow})
