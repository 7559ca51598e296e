"""Taken names: NAME-005 to -011."""

import asyncio
from typing import Any

from tests.conformance.mutants.faults.names import KINDS
from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import (
    names_are_not_unique,
    refused,
)
from zen_sandbox.problems import Conflict, Problem, ValidationFailed
from zen_sandbox.request import endpoint
from zen_sandbox.request.call import Call
from zen_sandbox.store import delivery_flows, destinations, ingesters


def _not_unique(server: Faulty, table: str, *operation_ids: str) -> None:
    """A name may be given again by those operations; all others still refuse it."""
    names_are_not_unique(server, table)
    every = {
        "destinations": ("createDestination", "updateDestination"),
        "delivery_flows": (
            "createDeliveryFlow",
            "replaceDeliveryFlow",
            "createClusterDeliveryFlow",
        ),
        "ingesters": ("createIngester", "replaceIngester"),
    }[table]

    @server.handler(*(one for one in every if one not in operation_ids))
    def instead(run: Any, call: Call, **given: Any) -> Any:
        name = given["body"].get("name")
        own = given.get("destination_id") or given.get("ingester_id") or given.get("flow_id")
        row = call.store.database.execute(
            f"SELECT 1 FROM {table} WHERE tenant_id = ? AND name = ? AND id <> IFNULL(?, '')",
            (call.tenant_id, name, own),
        ).fetchone()
        response = run(call, **given)
        if row is not None:
            raise Conflict(f"{KINDS[table]} with name '{name}' already exists.")
        return response


_TWICE = {
    "NAME-009": "there is no 409",
    "NAME-010": "a name is always free",
    "NAME-011": "each succeeds",
    "IDEM-012": "there is no 409 to replay",
    "PROB-010": "there is no 409",
    "LOG-003": "nothing conflicted",
    "ORDER": "there is no 409",
}


@mutant("name", "NAME-005", also=_TWICE)
def two_targets_may_have_one_name(server: Faulty) -> None:
    """POST of a target takes a name that is used."""
    _not_unique(server, "destinations", "createDestination")


@mutant("name", "NAME-006", also=_TWICE | {"RECIPE-003": "there is no 409"})
def two_flows_may_have_one_name(server: Faulty) -> None:
    """POST of a flow takes a name that is used."""
    _not_unique(server, "delivery_flows", "createDeliveryFlow")


@mutant("name", "NAME-006", "RECIPE-003", also=_TWICE)
def a_recipe_may_take_a_used_name(server: Faulty) -> None:
    """A recipe takes a name that a flow has."""
    _not_unique(server, "delivery_flows", "createClusterDeliveryFlow")


@mutant("name", "NAME-007", also=_TWICE)
def two_endpoints_may_have_one_name(server: Faulty) -> None:
    """POST of an endpoint takes a name that is used."""
    _not_unique(server, "ingesters", "createIngester")


@mutant("name", "NAME-005")
def a_name_is_free_once_its_target_is_disabled(server: Faulty) -> None:
    """POST of a target takes the name of one that is disabled."""
    names_are_not_unique(server, "destinations")

    @server.handler("createDestination", "updateDestination")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        name, own = given["body"].get("name"), given.get("destination_id", "")
        row = call.store.database.execute(
            "SELECT 1 FROM destinations"
            " WHERE tenant_id = ? AND name = ? AND id <> ? AND status <> 'disabled'",
            (call.tenant_id, name, own),
        ).fetchone()
        response = run(call, **given)
        if row is not None:
            raise Conflict(f"A destination with name '{name}' already exists.")
        return response


@mutant("name", "NAME-008", also={"ORDER-011": "it is changed", "NAME-009": "there is no 409"})
def a_patch_may_take_a_used_name(server: Faulty) -> None:
    """PATCH takes a name that another target has."""
    _not_unique(server, "destinations", "updateDestination")


@mutant("name", "NAME-008", also={"ORDER-011": "it is changed", "NAME-009": "there is no 409"})
def a_put_of_an_endpoint_may_take_a_used_name(server: Faulty) -> None:
    """PUT takes a name that another endpoint has."""
    _not_unique(server, "ingesters", "replaceIngester")


@mutant("name", "NAME-008", also={"FLOW": "a flow keeps its name", "ORDER-011": "likewise"})
def ones_own_name_is_taken_on_put(server: Faulty) -> None:
    """PUT of a flow with the name that it has is a 409."""

    @server.handler("replaceDeliveryFlow")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        name = given["body"]["name"]
        row = call.store.database.execute(
            "SELECT name FROM delivery_flows WHERE tenant_id = ? AND id = ?",
            (call.tenant_id, given["flow_id"]),
        ).fetchone()
        if row is not None and row[0] == name:
            raise Conflict(f"A flow with name '{name}' already exists.")
        return run(call, **given)


@mutant("name", "NAME-009")
def a_taken_target_is_called_target(server: Faulty) -> None:
    """The detail of a target's 409 is `A target with name …`."""
    _detailed(server, "A destination with", "A target with")


@mutant("name", "NAME-009")
def a_taken_endpoint_is_called_ingester(server: Faulty) -> None:
    """The detail of an endpoint's 409 is `An ingester with name …`."""
    _detailed(server, "An endpoint with", "An ingester with")


@mutant("name", "NAME-009")
def a_taken_name_has_other_quotes(server: Faulty) -> None:
    """The detail of a flow's 409 has the name in double quotes."""
    _detailed(server, "A flow with name '", 'A flow with name "')


def _detailed(server: Faulty, old: str, new: str) -> None:
    @server.around(Problem, "__init__")
    def init(original: Any, self: Any, detail: str, **more: Any) -> None:
        original(self, detail.replace(old, new), **more)


@mutant("name", "NAME-010", also={"DEST-019": "its name stays taken"})
def the_name_of_a_deleted_target_stays_taken(server: Faulty) -> None:
    """The name of a deleted target is never free again."""
    _burnt_by_deleting(server, destinations.Destinations, "A destination")


@mutant("name", "NAME-010", also={"FLOW-013": "its name stays taken", "RECIPE": "likewise"})
def the_name_of_a_deleted_flow_stays_taken(server: Faulty) -> None:
    """The name of a deleted flow is never free again."""
    _burnt_by_deleting(server, delivery_flows.DeliveryFlows, "A flow")


def _burnt_by_deleting(server: Faulty, collection: Any, kind: str) -> None:
    burnt: set[tuple[str, str]] = set()

    @server.around(collection, "delete")
    def delete(original: Any, self: Any, tenant_id: str, identifier: str) -> Any:
        name = self.get(tenant_id, identifier).name
        deleted = original(self, tenant_id, identifier)
        burnt.add((tenant_id, name))
        return deleted

    @server.around(collection, "create")
    def create(original: Any, self: Any, tenant_id: str, *given: Any, **more: Any) -> Any:
        if (tenant_id, more["name"]) in burnt:
            raise Conflict(f"{kind} with name '{more['name']}' already exists.")
        return original(self, tenant_id, *given, **more)


@mutant("name", "NAME-010")
def the_old_name_of_an_endpoint_stays_taken(server: Faulty) -> None:
    """The name that an endpoint had before a PUT is never free again."""
    burnt: set[tuple[str, str]] = set()

    @server.around(ingesters.Ingesters, "replace")
    def replace(
        original: Any, self: Any, tenant_id: str, ingester_id: str, *given: Any, **to: Any
    ) -> Any:
        before = self.get(tenant_id, ingester_id).name
        found = original(self, tenant_id, ingester_id, *given, **to)
        if before != found.name:
            burnt.add((tenant_id, before))
        return found

    @server.around(ingesters.Ingesters, "create")
    def create(original: Any, self: Any, tenant_id: str, *given: Any, **more: Any) -> Any:
        if (tenant_id, more["name"]) in burnt:
            raise Conflict(f"An endpoint with name '{more['name']}' already exists.")
        return original(self, tenant_id, *given, **more)


def _raced(server: Faulty, operation_id: str, table: str, lost: Any) -> None:
    """Between the look for a name and its use there is a pause."""

    @server.around(endpoint.Endpoint, "_write")
    async def write(original: Any, self: Any, operation: Any, exchange: Any) -> Any:
        if operation.operation_id != operation_id:
            return await original(self, operation, exchange)
        values = (exchange.credential.tenant_id, exchange.body["name"])
        taken = f"SELECT 1 FROM {table} WHERE tenant_id = ? AND name = ?"
        if self._store.database.execute(taken, values).fetchone() is not None:
            return await original(self, operation, exchange)
        await asyncio.sleep(0.05)
        if self._store.database.execute(taken, values).fetchone() is None:
            return await original(self, operation, exchange)
        return await lost(original, self, operation, exchange)


@mutant("concurrency", "NAME-011")
def targets_of_one_name_made_at_once_are_all_made(server: Faulty) -> None:
    """Creates of a target with one name sent at once all succeed."""
    names_are_not_unique(server, "destinations")
    made_late: list[bool] = []

    async def lost(original: Any, self: Any, operation: Any, exchange: Any) -> Any:
        made_late.append(True)
        try:
            return await original(self, operation, exchange)
        finally:
            made_late.pop()

    _raced(server, "createDestination", "destinations", lost)

    @server.handler("createDestination", "updateDestination")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        name, own = given["body"].get("name"), given.get("destination_id", "")
        row = call.store.database.execute(
            "SELECT 1 FROM destinations WHERE tenant_id = ? AND name = ? AND id <> ?",
            (call.tenant_id, name, own),
        ).fetchone()
        response = run(call, **given)
        if row is not None and not made_late:
            raise Conflict(f"A destination with name '{name}' already exists.")
        return response


@mutant("concurrency", "NAME-011", also={"WIRE-009": "it is a 500"})
def a_lost_race_for_a_name_is_a_500(server: Faulty) -> None:
    """Of creates of an endpoint with one name sent at once all but one are a 500."""

    async def lost(original: Any, self: Any, operation: Any, exchange: Any) -> Any:
        raise RuntimeError("UNIQUE constraint failed")

    _raced(server, "createIngester", "ingesters", lost)


@mutant(
    "concurrency",
    "NAME-011",
    also={"NAME-006": "it is a 400", "IDEM-015": "a duplicate loses the race for its own name"},
)
def a_lost_race_for_a_flows_name_is_a_400(server: Faulty) -> None:
    """Of creates of a flow with one name sent at once all but one are a 400."""

    async def lost(original: Any, self: Any, operation: Any, exchange: Any) -> Any:
        raise ValidationFailed.of("name", "is taken")

    _raced(server, "createDeliveryFlow", "delivery_flows", lost)


@mutant("name", "NAME-005", also=_TWICE)
def a_taken_name_is_a_400(server: Faulty) -> None:
    """POST of a target with a used name is a 400."""

    @server.answers("createDestination")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 409 and b"with name" in answer.body:
            refused(answer, ValidationFailed.of("name", "is taken"))
