"""For every operation of the contract one request that a correct server serves.

    @each_operation(WRITES)
    def test_…(suite, api, operation_id):
        api.call(operation_id, **valid_request(api, operation_id))

`valid_request` makes everything it needs anew. `standing_request` builds on resources that the run
makes once for each tenant, for requests that are expected to be refused: no check may count on
them being untouched, only on their being there.
"""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from zen_conformance import contract
from zen_conformance.answer import Answer
from zen_conformance.failures import ConformanceFailure, NotOffered, NotRun
from zen_conformance.standing import Standing, standing, whole_destination
from zen_conformance.suite import Suite
from zen_conformance.tenant import NOWHERE, Tenant, a_name

Arguments = dict[str, Any]  # of Tenant.call

ALL = tuple(one.operation_id for one in contract.operations())
READS = tuple(one.operation_id for one in contract.operations() if one.method == "GET")
WRITES = tuple(name for name in ALL if name not in READS)
WITH_BODY = tuple(one.operation_id for one in contract.operations() if one.request_body)
LISTS = tuple(name for name in READS if name.startswith("list"))
CREATES = tuple(name for name in WRITES if name.startswith("create"))
CHANGES = tuple(name for name in WRITES if name.startswith(("update", "replace", "delete")))
# The operations whose path names one object, and how the path calls its id.
OBJECT_ID = {
    "Destination": "destination_id",
    "DeliveryFlow": "flow_id",
    "Ingester": "ingester_id",
    "Delivery": "delivery_id",
}


def each_operation(ids: Iterable[str] = ALL) -> pytest.MarkDecorator:
    """A check of each of those operations."""
    return pytest.mark.parametrize("operation_id", tuple(ids))


def must_be_offered(suite: Suite, operation_id: str) -> None:
    """NotOffered when the target file says that the server lacks the operation."""
    path = contract.operation(operation_id).path
    needs = {"/ingesters": "ingesters", "retry": "retry", "/logs": "logs", "/clusters": "clusters"}
    if any(part in path and not suite.target.offers(need) for part, need in needs.items()):
        raise NotOffered


def kind_of(operation_id: str) -> str | None:
    """Which of OBJECT_ID the operation is about, None when its path names no one object."""
    verb = next(v for v in ("get", "update", "replace", "delete", "") if operation_id.startswith(v))
    kind = operation_id.removeprefix(verb)
    return kind if verb and kind in OBJECT_ID else None


def success(operation_id: str) -> int:
    """The status of the operation's success."""
    return int(next(s for s in contract.operation(operation_id).responses if s.startswith("2")))


def taken(operation_id: str) -> tuple[int, ...]:
    """The statuses of a request whose credential was taken: its attempt may be queued already."""
    return (202, 409) if operation_id.startswith("retry") else (success(operation_id),)


def must_be_served(answer: Answer, api: Tenant, operation_id: str) -> None:
    """The request was served; NotRun where nobody's is, whatever the credential."""
    if answer.status not in taken(operation_id):
        plain = api.call(operation_id, **valid_request(api, operation_id))
        plain.precondition(*taken(operation_id))
    answer.expect(*taken(operation_id))


def scope_of(operation_id: str) -> str:
    """The one scope that the operation asks for."""
    scope = contract.operation(operation_id).scope
    if scope is None:
        raise ValueError(f"{operation_id} asks for no single scope")
    return scope


def valid_request(tenant: Tenant, operation_id: str) -> Arguments:
    """The arguments of a call that succeeds, everything it needs made anew.

    Attempts take a while to fail and are the standing one: a retry of it may be a 409 (`taken`).
    """
    return _arguments(operation_id, Standing(tenant, standing(tenant)))


def standing_request(tenant: Tenant, operation_id: str) -> Arguments:
    """The arguments of a call that would succeed, on what the run made once for the tenant."""
    return _arguments(operation_id, standing(tenant))


def _arguments(operation_id: str, made: Standing) -> Arguments:
    arguments: Arguments = {"ids": _ids(operation_id, made)}
    if "{cluster_id}" in contract.operation(operation_id).path:
        arguments["ids"]["cluster_id"] = made.cluster_id
    if operation_id in _BODIES:
        arguments["json"] = _BODIES[operation_id](made)
    return arguments


def _ids(operation_id: str, made: Standing) -> dict[str, str]:
    if operation_id == "retryEvent":
        return {"event_id": made.attempt.event_id}
    kind = kind_of(operation_id)
    return {} if kind is None else {OBJECT_ID[kind]: str(_object_id(kind, operation_id, made))}


def _object_id(kind: str, operation_id: str, made: Standing) -> Any:
    if kind == "Delivery":
        return made.attempt.id
    if kind == "DeliveryFlow":
        return made.flow["id"]
    lonely = operation_id.startswith("delete")
    if kind == "Destination":
        return (made.lonely_destination if lonely else made.destination)["id"]
    return (made.lonely_ingester if lonely else made.ingester)["id"]


def _flow_body(made: Standing) -> Any:
    return {
        "name": a_name("flow"),
        "source_id": made.source_id,
        "destination_id": made.destination["id"],
        "config": {"retry_policy": {"max_attempts": 2, "backoff_seconds": 5}},
    }


def _cluster_flow_body(made: Standing) -> Any:
    target = {"id": made.destination["id"], "type": made.destination.get("type", "webhook")}
    return {"name": a_name("flow"), "source": made.source_id, "target": target}


def _ingester_body(made: Standing) -> Any:
    return {"name": a_name("endpoint"), "type": "github"}


_BODIES: dict[str, Callable[[Standing], Any]] = {
    "createDestination": lambda made: whole_destination(),
    "updateDestination": lambda made: {
        **whole_destination(),
        "url": f"{NOWHERE}/changed",
        "status": "active",
    },
    "createDeliveryFlow": _flow_body,
    "replaceDeliveryFlow": _flow_body,
    "createIngester": _ingester_body,
    "replaceIngester": _ingester_body,
    "createClusterDeliveryFlow": _cluster_flow_body,
    "retryEvent": lambda made: {},
    "retryBatch": lambda made: {"delivery_ids": [made.attempt.id]},
}


def read_back(tenant: Tenant, operation_id: str, arguments: Arguments) -> Any:
    """What the contract names of the object that the request is about; None when there is none."""
    kind = kind_of(operation_id)
    if kind is None:
        raise ValueError(f"{operation_id} is about no one object")
    answer = tenant.call(f"get{kind}", ids=arguments["ids"])
    try:
        document = answer.expect(200, 404).document
        return contract.told(kind, document) if answer.status == 200 else None
    except ConformanceFailure as failure:
        raise NotRun(f"it could not be read back: {failure.message}") from failure
