"""For every operation of the contract one request that a correct server serves.

    @each_operation(WRITES)
    def test_…(suite, api, operation_id):
        api.call(operation_id, **valid_request(api, operation_id))

`valid_request` makes everything it needs anew. `standing_request` builds on resources that the run
makes once for each tenant, for requests that are expected to be refused: no check may count on
them being untouched, only on their being there.
"""

import threading
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from zen_conformance import contract
from zen_conformance.failed_attempts import Attempt, failed_attempt
from zen_conformance.failures import ConformanceFailure, NotOffered, NotRun
from zen_conformance.suite import Suite
from zen_conformance.tenant import NOWHERE, Tenant, a_name
from zen_conformance.traffic import Traffic

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
UNKNOWN_ID = "zc-no-such-thing"
SECRET = {"value": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}


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


def standing_attempt(tenant: Tenant) -> Attempt:
    """The tenant's attempt that the run made once; it was failed before anybody retried it."""
    return standing(tenant).attempt


class Standing:
    """What requests build on, each made when it is first asked for."""

    def __init__(self, tenant: Tenant, attempts_of: "Standing | None" = None) -> None:
        self.tenant = tenant
        self._attempts_of = attempts_of
        self._kept: dict[str, Any] = {}
        self._lock = threading.RLock()

    @property
    def cluster_id(self) -> str:
        """A cluster to ask in; the other tenant's need not be told, it is only refused there."""
        if self.tenant.entry.role == "other" and not self.tenant.entry.clusters:
            return UNKNOWN_ID
        return self.tenant.cluster_id

    @property
    def destination(self) -> Any:
        """A target."""
        return self._once("destination", self.tenant.a_destination)

    @property
    def source_id(self) -> str:
        """An endpoint's id, to build flows on."""
        return str(self._once("source_id", self.tenant.a_source_id))

    @property
    def ingester(self) -> Any:
        """An endpoint."""
        return self._once("ingester", self.tenant.an_ingester)

    @property
    def flow(self) -> Any:
        """A flow from `source_id` to `destination`."""
        return self._once(
            "flow",
            lambda: self.tenant.a_flow(
                source_id=self.source_id, destination_id=self.destination["id"]
            ),
        )

    @property
    def second_flow(self) -> Any:
        """Another flow over the same."""
        return self._once(
            "second_flow",
            lambda: self.tenant.a_flow(
                source_id=self.source_id, destination_id=self.destination["id"]
            ),
        )

    @property
    def lonely_destination(self) -> Any:
        """A target that no flow uses, so that it can be deleted."""
        return self._once("lonely", self.tenant.a_destination)

    @property
    def lonely_ingester(self) -> Any:
        """An endpoint that no flow uses."""
        return self._once("lonely_ingester", self.tenant.an_ingester)

    @property
    def attempt(self) -> Attempt:
        """An attempt that failed."""
        if self._attempts_of is not None:
            return self._attempts_of.attempt
        attempt: Attempt = self._once("attempt", lambda: failed_attempt(self.tenant))
        return attempt

    def anew(self) -> "Standing":
        """The same tenant's, with nothing made yet but the attempt, which nobody can delete."""
        fresh = Standing(self.tenant, self._attempts_of)
        if "attempt" in self._kept:
            fresh._kept["attempt"] = self._kept["attempt"]
        return fresh

    @property
    def used_key(self) -> str:
        """An Idempotency-Key that a request which succeeded had."""
        key: str = self._once("used_key", self._use_a_key)
        return key

    def _use_a_key(self) -> str:
        key = f"zc-{uuid.uuid4().hex}"
        try:
            self.tenant.call("createDestination", json=whole_destination(), key=key).expect(201)
        except ConformanceFailure as failure:
            raise NotRun(f"a precondition failed: {failure.message}") from failure
        return key

    def _once(self, name: str, make: Callable[[], Any]) -> Any:
        with self._lock:
            if name not in self._kept:
                try:
                    self._kept[name] = make()
                except NotRun as reason:
                    self._kept[name] = reason  # waited for once, not by every check
            if isinstance(self._kept[name], NotRun):
                raise self._kept[name]
            return self._kept[name]


_STANDING: dict[tuple[int, str], tuple[Traffic, Standing]] = {}
_LOCK = threading.Lock()


def standing(tenant: Tenant) -> Standing:
    """What the run made once for the tenant."""
    # The traffic stands for the run; it is kept along so that its id is not given out again.
    key = (id(tenant.traffic), tenant.entry.role)
    with _LOCK:
        if key not in _STANDING:
            _STANDING[key] = (tenant.traffic, Standing(tenant))
        return _STANDING[key][1]


def forget_standing(tenant: Tenant) -> None:
    """Make the tenant's standing resources anew: a refused request may have changed them."""
    key = (id(tenant.traffic), tenant.entry.role)
    with _LOCK:
        if key in _STANDING:
            _STANDING[key] = (tenant.traffic, _STANDING[key][1].anew())


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


def whole_destination() -> Any:
    """A body of createDestination with every member that it may have."""
    return {"name": a_name("target"), "url": NOWHERE, "type": "webhook", "secret": SECRET}


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
    "updateDestination": lambda made: {**whole_destination(), "status": "active"},
    "createDeliveryFlow": _flow_body,
    "replaceDeliveryFlow": _flow_body,
    "createIngester": _ingester_body,
    "replaceIngester": _ingester_body,
    "createClusterDeliveryFlow": _cluster_flow_body,
    "retryEvent": lambda made: {},
    "retryBatch": lambda made: {"delivery_ids": [made.attempt.id]},
}


def read_back(tenant: Tenant, operation_id: str, arguments: Arguments) -> Any:
    """The document of the object that the request is about; None when there is no such object."""
    kind = kind_of(operation_id)
    if kind is None:
        raise ValueError(f"{operation_id} is about no one object")
    answer = tenant.call(f"get{kind}", ids=arguments["ids"])
    try:
        return answer.expect(200, 404).document if answer.status == 200 else None
    except ConformanceFailure as failure:
        raise NotRun(f"it could not be read back: {failure.message}") from failure
