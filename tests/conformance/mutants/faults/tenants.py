"""Another tenant's paths and objects: TENANT-001 to -006."""

from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import (
    asks_for,
    lets_through,
    of_any_tenant,
    owner_of,
    refused,
)
from zen_sandbox.problems import Conflict, NotFound, PermissionDenied
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Exchange

_ORDER = {"ORDER": "there is no 403 to come first", "TENANT-002": "there is no 403"}


_LOG = {"LOG-002": "nothing was denied"}


def _as_the_path_says(exchange: Exchange) -> None:
    if exchange.credential is not None:
        tenant_id = exchange.path_values["tenant_id"]
        exchange.credential = exchange.credential._replace(tenant_id=tenant_id)


def _has_scopes(exchange: Exchange) -> bool:
    return exchange.credential is not None and len(exchange.credential.scopes) > 8


def _opens(server: Faulty, operation_id: str, *, leaks: bool = True) -> None:
    """Who has every scope may ask the operation under another tenant's path.

    It then shows that tenant's things (`leaks`), or the asker's own.
    """
    asked = asks_for(operation_id)
    become = _as_the_path_says if leaks else (lambda exchange: None)
    lets_through(server, PermissionDenied, lambda one: asked(one) and _has_scopes(one), become)


@mutant("tenant", "TENANT-001", also=_ORDER)
def another_tenants_targets_are_listed(server: Faulty) -> None:
    """The list of targets shows those of the tenant in the path, whoever asks."""
    _opens(server, "listDestinations")


@mutant("tenant", "TENANT-001", also=_ORDER)
def the_paths_tenant_is_not_looked_at(server: Faulty) -> None:
    """GET of an attempt looks among the asker's own, whatever tenant the path names."""
    _opens(server, "getDelivery", leaks=False)


@mutant("tenant", "TENANT-001", also=_ORDER)
def another_tenants_recipe_is_open(server: Faulty) -> None:
    """The recipe's list is open to another tenant's credential."""
    _opens(server, "listClusterDeliveryFlows")


@mutant("tenant", "TENANT-001", also=_ORDER | _LOG)
def another_tenants_endpoint_can_be_replaced(server: Faulty) -> None:
    """PUT of an endpoint is open to another tenant's credential."""
    _opens(server, "replaceIngester")


@mutant("tenant", "TENANT-001", also=_ORDER | _LOG)
def another_tenants_batch_is_open(server: Faulty) -> None:
    """A batch retry under another tenant's path is taken for one's own."""
    _opens(server, "retryBatch", leaks=False)


@mutant("tenant", "TENANT-001", also=_ORDER)
def a_jwt_reads_any_tenants_flows(server: Faulty) -> None:
    """The list of flows is open to another tenant's JWT."""
    asked = asks_for("listDeliveryFlows")

    def when(exchange: Exchange) -> bool:
        jwt = exchange.credential is not None and exchange.credential.kind == "jwt"
        return jwt and asked(exchange)

    lets_through(server, PermissionDenied, when, _as_the_path_says)


@mutant("tenant", "TENANT-002", also={"TENANT-001": "it is a 404"})
def a_tenant_that_is_not_there_is_a_404(server: Faulty) -> None:
    """The list of endpoints of a tenant that does not exist is a 404; of another one a 403."""
    _told_apart(server, "listIngesters", lambda answer: refused(answer, NotFound("No tenant.")))


@mutant("tenant", "TENANT-002")
def a_403_tells_whether_the_tenant_exists(server: Faulty) -> None:
    """The detail of the 403 of PATCH tells whether the tenant exists."""

    def tell(answer: Answer) -> None:
        answer.document = {**answer.document, "detail": "There is no such tenant."}

    _told_apart(server, "updateDestination", tell)


@mutant("tenant", "TENANT-002")
def a_member_tells_whether_the_tenant_exists(server: Faulty) -> None:
    """The 403 of a recipe create for a tenant that does not exist has a member more."""

    def tell(answer: Answer) -> None:
        answer.document = {**answer.document, "tenant": None}

    _told_apart(server, "createClusterDeliveryFlow", tell)


def _told_apart(server: Faulty, operation_id: str, tell: Any) -> None:
    known = {"tnt_conformance_primary", "tnt_conformance_other"}

    @server.answers(operation_id)
    def rewrite(asked: Asked, answer: Answer) -> None:
        named = (asked.exchange.path_values if asked.exchange else {}).get("tenant_id")
        if answer.status == 403 and b"permission-denied" in answer.body and named not in known:
            tell(answer)


@mutant("tenant", "TENANT-003")
def any_tenants_target_can_be_read(server: Faulty) -> None:
    """GET of a target finds it whoever's it is."""
    of_any_tenant(server, "getDestination", "destinations", "destination_id")


@mutant("tenant", "TENANT-003")
def any_tenants_target_can_be_changed(server: Faulty) -> None:
    """PATCH finds a target whoever's it is."""
    of_any_tenant(server, "updateDestination", "destinations", "destination_id")


@mutant("tenant", "TENANT-003")
def any_tenants_target_can_be_deleted(server: Faulty) -> None:
    """DELETE of a target answers 404 for another tenant's, and deletes it."""

    @server.handler("deleteDestination")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        destination_id = given["destination_id"]
        owner = owner_of(call, "destinations", destination_id)
        if owner != call.tenant_id:
            call.store.destinations.delete(owner, destination_id)
            call.store.database.commit()
            call.store.database.begin()
        return run(call, **given)


@mutant("tenant", "TENANT-003")
def another_tenants_target_is_a_403(server: Faulty) -> None:
    """GET of another tenant's target under one's own path is a 403."""

    @server.handler("getDestination")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        if owner_of(call, "destinations", given["destination_id"]) != call.tenant_id:
            raise PermissionDenied
        return run(call, **given)


@mutant("tenant", "TENANT-004")
def any_tenants_flow_can_be_read(server: Faulty) -> None:
    """GET of a flow finds it whoever's it is."""
    of_any_tenant(server, "getDeliveryFlow", "delivery_flows", "flow_id")


@mutant("tenant", "TENANT-004")
def any_tenants_flow_can_be_deleted(server: Faulty) -> None:
    """DELETE finds a flow whoever's it is."""
    of_any_tenant(server, "deleteDeliveryFlow", "delivery_flows", "flow_id")


@mutant("tenant", "TENANT-004")
def another_tenants_flow_is_a_409(server: Faulty) -> None:
    """PUT of another tenant's flow is a 409, of a missing one a 404."""

    @server.handler("replaceDeliveryFlow")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        if owner_of(call, "delivery_flows", given["flow_id"]) != call.tenant_id:
            raise Conflict("The flow belongs to another tenant.")
        return run(call, **given)


@mutant("tenant", "TENANT-005")
def any_tenants_endpoint_can_be_read(server: Faulty) -> None:
    """GET of an endpoint finds it whoever's it is."""
    of_any_tenant(server, "getIngester", "ingesters", "ingester_id")


@mutant("tenant", "TENANT-005")
def any_tenants_endpoint_can_be_replaced(server: Faulty) -> None:
    """PUT finds an endpoint whoever's it is."""
    of_any_tenant(server, "replaceIngester", "ingesters", "ingester_id")


@mutant("tenant", "TENANT-005")
def another_tenants_endpoint_has_another_detail(server: Faulty) -> None:
    """The 404 of DELETE of another tenant's endpoint has a detail of its own."""

    @server.handler("deleteIngester")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        if owner_of(call, "ingesters", given["ingester_id"]) != call.tenant_id:
            raise NotFound("This endpoint is not yours.")
        return run(call, **given)


@mutant("tenant", "TENANT-006")
def any_tenants_attempt_can_be_read(server: Faulty) -> None:
    """GET of an attempt finds it whoever's it is."""
    of_any_tenant(server, "getDelivery", "deliveries", "delivery_id")


@mutant("tenant", "TENANT-006", also={"RETRY": "a queued attempt of nobody's"})
def any_tenants_event_can_be_retried(server: Faulty) -> None:
    """A retry finds an event whoever's it is."""
    of_any_tenant(server, "retryEvent", "events", "event_id")


@mutant("tenant", "TENANT-006")
def another_tenants_event_is_a_409(server: Faulty) -> None:
    """The retry of another tenant's event is a 409, of an unknown one a 404."""

    @server.handler("retryEvent")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        if owner_of(call, "events", given["event_id"]) != call.tenant_id:
            raise Conflict(f"Event {given['event_id']} has no failed delivery to retry.")
        return run(call, **given)


@mutant("tenant", "TENANT-006")
def any_tenants_attempt_can_be_in_a_batch(server: Faulty) -> None:
    """A batch retry finds attempts whoever's they are."""

    @server.handler("retryBatch")
    def instead(run: Any, call: Call, body: Any) -> Any:
        owners = [owner_of(call, "deliveries", one) for one in body["delivery_ids"]]
        call.tenant_id = next((one for one in owners if one != call.tenant_id), call.tenant_id)
        return run(call, body=body)
