"""Another tenant's things in bodies, lists and cursors: TENANT-007 to -011."""

import json
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import (
    owner_of,
)
from zen_sandbox import wire
from zen_sandbox.cursor import Window
from zen_sandbox.domain import Destination, Ingester
from zen_sandbox.problems import NotFound, PermissionDenied, ValidationFailed
from zen_sandbox.request.call import Call
from zen_sandbox.store import delivery_flows, logs


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


@mutant("tenant", "TENANT-007")
def a_flow_may_have_any_tenants_source(server: Faulty) -> None:
    """POST of a flow takes another tenant's endpoint as source."""
    _sources_of_any_tenant(server, "createDeliveryFlow")


@mutant("tenant", "TENANT-007")
def a_flow_may_be_moved_to_any_tenants_source(server: Faulty) -> None:
    """PUT of a flow takes another tenant's endpoint as source."""
    _sources_of_any_tenant(server, "replaceDeliveryFlow")


@mutant("tenant", "TENANT-007")
def a_recipe_may_have_any_tenants_source(server: Faulty) -> None:
    """A recipe create takes another tenant's endpoint as source."""
    _sources_of_any_tenant(server, "createClusterDeliveryFlow")


@mutant("tenant", "TENANT-007")
def another_tenants_target_in_a_recipe_is_told_apart(server: Faulty) -> None:
    """A recipe that names another tenant's target is told that it belongs to another one."""

    @server.handler("createClusterDeliveryFlow")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        target = given["body"]["target"]["id"]
        if owner_of(call, "destinations", target) != call.tenant_id:
            raise ValidationFailed.of("target.id", "belongs to another tenant")
        return run(call, **given)


@mutant("tenant", "TENANT-007")
def another_tenants_target_in_a_flow_is_told_apart(server: Faulty) -> None:
    """A flow that names another tenant's target is a 403 on PUT."""

    @server.handler("replaceDeliveryFlow")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        if owner_of(call, "destinations", given["body"]["destination_id"]) != call.tenant_id:
            raise PermissionDenied
        return run(call, **given)


@mutant("tenant", "TENANT-008", also={"LIST": "there are rows too many", "ING-004": "likewise"})
def everybodys_endpoints_are_listed(server: Faulty) -> None:
    """The last page of endpoints ends with those of other tenants."""

    @server.handler("listIngesters")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        return _with_strangers(run(call, **given), call, "ingesters", Ingester, _shown_ingester)


@mutant("tenant", "TENANT-008", also={"LIST": "there are rows too many", "DEST-009": "likewise"})
def everybodys_targets_are_listed(server: Faulty) -> None:
    """The last page of targets ends with those of other tenants."""

    @server.handler("listDestinations")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        return _with_strangers(
            run(call, **given), call, "destinations", Destination, wire.destination
        )


@mutant("tenant", "TENANT-008", also={"LIST": "there are rows too many", "FLOW-007": "likewise"})
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


@mutant("tenant", "TENANT-009")
def a_target_filter_finds_any_tenants_attempts(server: Faulty) -> None:
    """destination_id finds attempts to another tenant's target."""
    _in_any_tenant(server, "destination_id")


@mutant("tenant", "TENANT-009")
def a_trace_of_any_tenants_event_is_shown(server: Faulty) -> None:
    """event_id finds the trace of another tenant's event."""
    _in_any_tenant(server, "event_id")


@mutant("tenant", "TENANT-009")
def another_tenants_target_is_told_apart_in_a_filter(server: Faulty) -> None:
    """destination_id of another tenant's target is a 404; of an unknown one it is an empty list."""

    @server.handler("listDeliveries")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        value = given.get("destination_id")
        if value and owner_of(call, "destinations", value) != call.tenant_id:
            raise NotFound.of("Destination", value)
        return run(call, **given)


@mutant("tenant", "TENANT-009")
def another_tenants_trace_is_empty(server: Faulty) -> None:
    """event_id of another tenant's event is an empty list; of an unknown one it is a 404."""

    @server.handler("listDeliveries")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        value = given.get("event_id")
        if value and owner_of(call, "events", value) != call.tenant_id:
            return wire.ok({"deliveries": []})
        return run(call, **given)


@mutant("tenant", "TENANT-010", also={"LOG": "there are entries too many"})
def a_filtered_log_is_everybodys(server: Faulty) -> None:
    """source_id finds entries of every tenant."""
    _any_log(server, "source_id")


@mutant("tenant", "TENANT-010", also={"LOG": "there are entries too many"})
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


def _cursors_of_any_tenant(server: Faulty, operation_ids: str = "") -> None:
    """Cursors of operations whose id begins so are not bound to their tenant."""

    @server.around(Call, "window")
    def window(original: Any, self: Any, limit: int, cursor: str | None) -> Any:
        own, identity = self.tenant_id, self._list_identity
        if identity.startswith(operation_ids):
            self.tenant_id = "any"
            # The tenant of the path is an argument of the operation, as a filter is.
            self._list_identity = identity.replace(f"tenant_id={own}", "")
        try:
            return original(self, limit, cursor)
        finally:
            self.tenant_id, self._list_identity = own, identity


@mutant("tenant", "TENANT-011")
def a_cursor_is_good_for_every_tenant(server: Faulty) -> None:
    """A cursor is not bound to its tenant."""
    _cursors_of_any_tenant(server)


@mutant("tenant", "TENANT-011")
def a_cursor_of_attempts_is_good_for_every_tenant(server: Faulty) -> None:
    """A cursor of the list of attempts is not bound to its tenant."""
    _cursors_of_any_tenant(server, "listDeliveries")
