"""Isolation of tenants: TENANT."""

import json
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
from zen_sandbox import wire
from zen_sandbox.cursor import Window
from zen_sandbox.domain import Destination, Ingester
from zen_sandbox.problems import Conflict, NotFound, PermissionDenied, ValidationFailed
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Exchange
from zen_sandbox.store import delivery_flows, logs

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


@mutant("tenant", "TENANT-007", also={"RETRY": "a queued attempt of nobody's"})
def any_tenants_event_can_be_retried(server: Faulty) -> None:
    """A retry finds an event whoever's it is."""
    of_any_tenant(server, "retryEvent", "events", "event_id")


@mutant("tenant", "TENANT-007")
def another_tenants_event_is_a_409(server: Faulty) -> None:
    """The retry of another tenant's event is a 409, of an unknown one a 404."""

    @server.handler("retryEvent")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        if owner_of(call, "events", given["event_id"]) != call.tenant_id:
            raise Conflict(f"Event {given['event_id']} has no failed delivery to retry.")
        return run(call, **given)


@mutant("tenant", "TENANT-007")
def any_tenants_attempt_can_be_in_a_batch(server: Faulty) -> None:
    """A batch retry finds attempts whoever's they are."""

    @server.handler("retryBatch")
    def instead(run: Any, call: Call, body: Any) -> Any:
        owners = [owner_of(call, "deliveries", one) for one in body["delivery_ids"]]
        call.tenant_id = next((one for one in owners if one != call.tenant_id), call.tenant_id)
        return run(call, body=body)


def _sources_of_any_tenant(server: Faulty, operation_id: str) -> None:
    @server.handler(operation_id)
    def instead(run: Any, call: Call, **given: Any) -> Any:
        store = call.store.ingesters
        find, get = store.find, store.get

        def found(tenant_id: str, ingester_id: str) -> Any:
            return find(owner_of(call, "ingesters", ingester_id), ingester_id)

        def got(tenant_id: str, ingester_id: str) -> Any:
            return get(owner_of(call, "ingesters", ingester_id), ingester_id)

        store.find, store.get = found, got  # type: ignore[method-assign]
        try:
            return run(call, **given)
        finally:
            store.find, store.get = find, get  # type: ignore[method-assign]


@mutant("tenant", "TENANT-008")
def a_flow_may_have_any_tenants_source(server: Faulty) -> None:
    """POST of a flow takes another tenant's endpoint as source."""
    _sources_of_any_tenant(server, "createDeliveryFlow")


@mutant("tenant", "TENANT-008")
def a_flow_may_be_moved_to_any_tenants_source(server: Faulty) -> None:
    """PUT of a flow takes another tenant's endpoint as source."""
    _sources_of_any_tenant(server, "replaceDeliveryFlow")


@mutant("tenant", "TENANT-008")
def a_recipe_may_have_any_tenants_source(server: Faulty) -> None:
    """A recipe create takes another tenant's endpoint as source."""
    _sources_of_any_tenant(server, "createClusterDeliveryFlow")


@mutant("tenant", "TENANT-008")
def another_tenants_target_in_a_recipe_is_told_apart(server: Faulty) -> None:
    """A recipe that names another tenant's target is told that it belongs to another one."""

    @server.handler("createClusterDeliveryFlow")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        target = given["body"]["target"]["id"]
        if owner_of(call, "destinations", target) != call.tenant_id:
            raise ValidationFailed.of("target.id", "belongs to another tenant")
        return run(call, **given)


@mutant("tenant", "TENANT-008")
def another_tenants_target_in_a_flow_is_told_apart(server: Faulty) -> None:
    """A flow that names another tenant's target is a 403 on PUT."""

    @server.handler("replaceDeliveryFlow")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        if owner_of(call, "destinations", given["body"]["destination_id"]) != call.tenant_id:
            raise PermissionDenied
        return run(call, **given)


@mutant("tenant", "TENANT-009", also={"LIST": "there are rows too many", "ING-004": "likewise"})
def everybodys_endpoints_are_listed(server: Faulty) -> None:
    """The last page of endpoints ends with those of other tenants."""

    @server.handler("listIngesters")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        return _with_strangers(run(call, **given), call, "ingesters", Ingester, _shown_ingester)


@mutant("tenant", "TENANT-009", also={"LIST": "there are rows too many", "DEST-009": "likewise"})
def everybodys_targets_are_listed(server: Faulty) -> None:
    """The last page of targets ends with those of other tenants."""

    @server.handler("listDestinations")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        return _with_strangers(
            run(call, **given), call, "destinations", Destination, wire.destination
        )


@mutant("tenant", "TENANT-009", also={"LIST": "there are rows too many", "FLOW-007": "likewise"})
def everybodys_flows_are_listed_on_later_pages(server: Faulty) -> None:
    """The second page of flows shows those of every tenant."""
    server.sql(delivery_flows, "_NEXT_PAGE", "f.tenant_id = ?", "f.tenant_id <> IFNULL(?, '')")

    @server.around(delivery_flows.DeliveryFlows, "page")
    def page(original: Any, self: Any, tenant_id: str, window: Window) -> Any:
        return original(self, "" if window.after is not None else tenant_id, window)


def _shown_ingester(it: Ingester) -> Any:
    return wire.ingester(it, base_url="http://127.0.0.1")


def _with_strangers(response: Any, call: Call, table: str, kind: Any, show: Any) -> Any:
    document = json.loads(response.body)
    if "next_cursor" in document:
        return response
    columns = ", ".join(kind._fields)
    rows = call.store.database.execute(
        f"SELECT {columns} FROM {table} WHERE tenant_id <> ? ORDER BY seq DESC LIMIT 100",
        (call.tenant_id,),
    ).fetchall()
    document[table] += [show(kind._make(row)) for row in rows]
    return response._replace(body=json.dumps(document).encode())


def _in_any_tenant(server: Faulty, name: str) -> None:
    """A filter of the list of attempts looks among the attempts of every tenant."""

    @server.handler("listDeliveries")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        value = given.get(name)
        if value is not None:
            row = call.store.database.execute(
                f"SELECT tenant_id FROM deliveries WHERE {name} = ? LIMIT 1", (value,)
            ).fetchone()
            call.tenant_id = row[0] if row else call.tenant_id
        return run(call, **given)


@mutant("tenant", "TENANT-010")
def a_target_filter_finds_any_tenants_attempts(server: Faulty) -> None:
    """destination_id finds attempts to another tenant's target."""
    _in_any_tenant(server, "destination_id")


@mutant("tenant", "TENANT-010")
def a_trace_of_any_tenants_event_is_shown(server: Faulty) -> None:
    """event_id finds the trace of another tenant's event."""
    _in_any_tenant(server, "event_id")


@mutant("tenant", "TENANT-010")
def another_tenants_target_is_told_apart_in_a_filter(server: Faulty) -> None:
    """destination_id of another tenant's target is a 404; of an unknown one it is an empty list."""

    @server.handler("listDeliveries")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        value = given.get("destination_id")
        if value and owner_of(call, "destinations", value) != call.tenant_id:
            raise NotFound.of("Destination", value)
        return run(call, **given)


@mutant("tenant", "TENANT-010")
def another_tenants_trace_is_empty(server: Faulty) -> None:
    """event_id of another tenant's event is an empty list; of an unknown one it is a 404."""

    @server.handler("listDeliveries")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        value = given.get("event_id")
        if value and owner_of(call, "events", value) != call.tenant_id:
            return wire.ok({"deliveries": []})
        return run(call, **given)


@mutant("tenant", "TENANT-011", also={"LOG": "there are entries too many"})
def a_filtered_log_is_everybodys(server: Faulty) -> None:
    """source_id finds entries of every tenant."""
    _any_log(server, "source_id")


@mutant("tenant", "TENANT-011", also={"LOG": "there are entries too many"})
def the_log_of_any_attempt_is_shown(server: Faulty) -> None:
    """delivery_id finds entries of every tenant."""
    _any_log(server, "delivery_id")


def _any_log(server: Faulty, name: str) -> None:
    @server.around(logs.Logs, "page")
    def page(original: Any, self: Any, tenant_id: str, window: Window, **filters: Any) -> Any:
        value = filters.get(name)
        if value is not None:
            row = self._database.execute(
                f"SELECT tenant_id FROM logs WHERE {name} = ? LIMIT 1", (value,)
            ).fetchone()
            tenant_id = row[0] if row else tenant_id
        return original(self, tenant_id, window, **filters)


@mutant("tenant", "TENANT-012")
def a_cursor_is_good_for_every_tenant(server: Faulty) -> None:
    """A cursor is not bound to its tenant."""

    @server.around(Call, "window")
    def window(original: Any, self: Any, limit: int, cursor: str | None) -> Any:
        own, self.tenant_id = self.tenant_id, "any"
        try:
            return original(self, limit, cursor)
        finally:
            self.tenant_id = own


@mutant("tenant", "TENANT-012")
def a_cursor_of_attempts_is_good_for_every_tenant(server: Faulty) -> None:
    """A cursor of the list of attempts is not bound to its tenant."""

    @server.around(Call, "window")
    def window(original: Any, self: Any, limit: int, cursor: str | None) -> Any:
        own = self.tenant_id
        if self._list_identity.startswith("listDeliveries"):
            self.tenant_id = "any"
        try:
            return original(self, limit, cursor)
        finally:
            self.tenant_id = own
