"""Flows, replaced and deleted: FLOW-009 to -013."""

from typing import Any

from tests.conformance.mutants.faults.flows import COLLECTION, policy, stored
from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.mutant import mutant
from zen_sandbox import wire
from zen_sandbox.request.call import Call


@mutant(
    "update",
    "FLOW-009",
    also={"FLOW": "the source stays", "EVENT-003": "likewise", "ING": "likewise"},
)
def put_does_not_move_the_source(server: Faulty) -> None:
    """PUT of a flow keeps the source that it was made with."""
    stored(
        server,
        lambda body, before: body.update(source_id=before.source_id),
        "replaceDeliveryFlow",
    )


@mutant(
    "update",
    "FLOW-009",
    also={
        "FLOW": "the backoff stays",
        "ATTEMPT-017": "likewise",
        "IDEM": "a request is compared by the policy that is kept, not by the one that is sent",
    },
)
def put_changes_one_half_of_the_policy(server: Faulty) -> None:
    """PUT of a flow with both halves of the policy changes max_attempts only."""

    def change(body: Any, before: Any) -> None:
        if {"max_attempts", "backoff_seconds"} <= set(policy(body)):
            policy(body)["backoff_seconds"] = before.backoff_seconds

    stored(server, change, "replaceDeliveryFlow")


@mutant("update", "FLOW-010", also={"IDEM": "it is another flow"})
def put_keeps_a_policy_that_is_left_out(server: Faulty) -> None:
    """PUT of a flow without config keeps the retry policy that is there."""

    def change(body: Any, before: Any) -> None:
        if "config" not in body:
            policy(body).update(
                max_attempts=before.max_attempts, backoff_seconds=before.backoff_seconds
            )

    stored(server, change, "replaceDeliveryFlow")


@mutant("update", "FLOW-010")
def put_merges_a_policy(server: Faulty) -> None:
    """PUT of a flow with half a retry policy keeps the other half."""

    def change(body: Any, before: Any) -> None:
        if "backoff_seconds" in policy(body):
            policy(body).setdefault("max_attempts", before.max_attempts)
        elif "max_attempts" in policy(body):
            policy(body).setdefault("backoff_seconds", before.backoff_seconds)

    stored(server, change, "replaceDeliveryFlow")


@mutant("update", "FLOW-010", also={"FLOW-009": "PUT of an empty config is no replacement"})
def put_keeps_a_policy_of_null_members(server: Faulty) -> None:
    """PUT of a flow with an empty config keeps the retry policy that is there."""

    def change(body: Any, before: Any) -> None:
        if body.get("config", ...) == {}:
            policy(body).update(
                max_attempts=before.max_attempts, backoff_seconds=before.backoff_seconds
            )

    stored(server, change, "replaceDeliveryFlow")


@mutant("update", "FLOW-011", also={"FLOW": "it is another flow", "LIST-010": "likewise"})
def put_moves_created_at(server: Faulty) -> None:
    """PUT of a flow sets created_at anew."""

    @server.around(COLLECTION, "replace")
    def replace(original: Any, self: Any, tenant_id: str, flow_id: str, now: str, **to: Any) -> Any:
        original(self, tenant_id, flow_id, now, **to)
        self._database.execute(
            "UPDATE delivery_flows SET created_at = ? WHERE tenant_id = ? AND id = ?",
            (now, tenant_id, flow_id),
        )
        return self.get(tenant_id, flow_id)


@mutant(
    "update", "FLOW-011", also={"FLOW": "it is another id", "IDEM": "likewise", "NAME": "likewise"}
)
def put_answers_with_a_new_id(server: Faulty) -> None:
    """PUT of a flow to another target shows another id."""

    @server.shown("replaceDeliveryFlow")
    def edit(document: Any, call: Call, given: Any) -> None:
        document["id"] = f"{document['id']}_2"


@mutant("update", "FLOW-012")
def a_change_of_policy_does_not_move_updated_at(server: Faulty) -> None:
    """PUT of a flow that changes its policy only leaves updated_at."""

    @server.around(COLLECTION, "replace")
    def replace(original: Any, self: Any, tenant_id: str, flow_id: str, now: str, **to: Any) -> Any:
        before = self.get(tenant_id, flow_id)
        same = (before.name, before.source_id, before.destination_id) == (
            to["name"],
            to["source_id"],
            to["destination_id"],
        )
        return original(self, tenant_id, flow_id, before.updated_at if same else now, **to)


@mutant("update", "FLOW-012")
def a_replaced_flow_keeps_its_time(server: Faulty) -> None:
    """PUT of a flow leaves updated_at."""

    @server.around(COLLECTION, "replace")
    def replace(original: Any, self: Any, tenant_id: str, flow_id: str, now: str, **to: Any) -> Any:
        before = self.get(tenant_id, flow_id)
        return original(self, tenant_id, flow_id, before.updated_at, **to)


@mutant("delete", "FLOW-013", also={"LIST": "it is listed", "RECIPE": "it is listed"})
def a_deleted_flow_is_listed(server: Faulty) -> None:
    """The list still shows the flow that was deleted last."""
    gone: dict[str, Any] = {}

    @server.around(COLLECTION, "delete")
    def delete(original: Any, self: Any, tenant_id: str, flow_id: str) -> Any:
        gone[tenant_id] = original(self, tenant_id, flow_id)
        return gone[tenant_id]

    @server.shown("listDeliveryFlows")
    def edit(document: Any, call: Call, given: Any) -> None:
        if call.tenant_id in gone and not given.get("cursor"):
            document["delivery_flows"].insert(0, wire.delivery_flow(gone[call.tenant_id]))


@mutant("delete", "FLOW-013")
def a_deleted_flow_comes_back_by_put(server: Faulty) -> None:
    """PUT of a flow that was deleted makes it again."""
    gone: set[str] = set()

    @server.around(COLLECTION, "delete")
    def delete(original: Any, self: Any, tenant_id: str, flow_id: str) -> Any:
        deleted = original(self, tenant_id, flow_id)
        gone.add(flow_id)
        return deleted

    @server.around(COLLECTION, "replace")
    def replace(original: Any, self: Any, tenant_id: str, flow_id: str, now: str, **to: Any) -> Any:
        if flow_id in gone:
            gone.discard(flow_id)
            return self.create(tenant_id, flow_id, now, **to)
        return original(self, tenant_id, flow_id, now, **to)
