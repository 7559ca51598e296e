"""Targets, changed and deleted: DEST-011 to -021."""

import json
from typing import Any

from tests.conformance.mutants.faults.destinations import COLLECTION
from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import body_of
from zen_sandbox import wire
from zen_sandbox.problems import Conflict, ValidationFailed
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Response


def _patched(server: Faulty, change: Any) -> None:
    """PATCH works with other changes than were asked for: `change(changes, before)`."""

    @server.around(COLLECTION, "update")
    def update(
        original: Any, self: Any, tenant_id: str, destination_id: str, now: str, changes: Any
    ) -> Any:
        before = self.get(tenant_id, destination_id)
        return original(self, tenant_id, destination_id, now, change(dict(changes), before))


@mutant("update", "DEST-011", also={"DEST": "the type stays", "RECIPE-009": "likewise"})
def a_patch_of_the_type_is_ignored(server: Faulty) -> None:
    """PATCH of the type answers 200 and changes nothing."""
    _patched(server, lambda changes, before: {k: v for k, v in changes.items() if k != "type"})


@mutant("update", "DEST-011")
def a_patch_of_two_members_changes_one(server: Faulty) -> None:
    """PATCH of name and url together changes the name only."""

    def change(changes: Any, before: Any) -> Any:
        if {"name", "url"} <= set(changes):
            del changes["url"]
        return changes

    _patched(server, change)


@mutant("update", "DEST-012")
def a_status_of_error_can_be_set(server: Faulty) -> None:
    """PATCH takes `error` as status."""
    server.body("updateDestination", "status", enum=["active", "disabled", "error"])


@mutant("update", "DEST-012", also=dict.fromkeys(("EVENT-004", "DEST"), "it stays disabled"))
def a_disabled_target_stays_so(server: Faulty) -> None:
    """PATCH of a disabled target to active answers 200 and leaves it disabled."""

    def change(changes: Any, before: Any) -> Any:
        if before.status == "disabled" and changes.get("status") == "active":
            del changes["status"]
        return changes

    _patched(server, change)


@mutant("update", "DEST-013", also={"EVENT-004": "it is active"})
def a_patch_of_the_url_activates(server: Faulty) -> None:
    """PATCH of the url sets a disabled target to active."""

    def change(changes: Any, before: Any) -> Any:
        return {"status": "active", **changes} if "url" in changes else changes

    _patched(server, change)


@mutant("update", "DEST-013", also={"DEST": "the type is another"})
def a_patch_of_the_name_resets_the_type(server: Faulty) -> None:
    """PATCH of the name alone sets the type back to webhook."""

    def change(changes: Any, before: Any) -> Any:
        return {**changes, "type": "webhook"} if set(changes) == {"name"} else changes

    _patched(server, change)


@mutant("validation", "DEST-014", also={"BODY-006": "an empty body is none"})
def an_empty_patch_is_taken(server: Faulty) -> None:
    """PATCH with an empty object is a 200."""
    server.body("updateDestination", "", "minProperties")


_NULL = {"BODY-011": "null is another type"}


def _null(server: Faulty, name: str) -> None:
    @server.requests("updateDestination")
    def rewrite(asked: Asked) -> None:
        document = body_of(asked)
        if isinstance(document, dict) and document.get(name, ...) is None:
            del document[name]
            asked.body = json.dumps(document or {"status": "active"}).encode()


@mutant("update", "DEST-014", also=_NULL)
def a_status_of_null_is_ignored(server: Faulty) -> None:
    """PATCH with `status: null` leaves the status as it is."""
    _null(server, "status")


@mutant("update", "DEST-014", also=_NULL)
def a_type_of_null_is_ignored(server: Faulty) -> None:
    """PATCH with `type: null` leaves the type as it is."""
    _null(server, "type")


@mutant("update", "DEST-014", also=_NULL)
def a_url_of_null_is_ignored(server: Faulty) -> None:
    """PATCH with `url: null` leaves the url as it is."""
    _null(server, "url")


@mutant("update", "DEST-015", also={"SIGN-003": "it stays"})
def removing_no_secret_is_refused(server: Faulty) -> None:
    """PATCH with `secret: null` is a 400 where there is no secret."""

    @server.handler("updateDestination")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        found = call.store.destinations.get(call.tenant_id, given["destination_id"])
        kept = call.store.destinations.secret(call.tenant_id, found.id)
        if kept is None and given["body"].get("secret", ...) is None:
            raise ValidationFailed.of("secret", "there is none to remove")
        return run(call, **given)


@mutant("update", "DEST-015", also={"SIGN-003": "it cannot be removed"})
def a_secret_cannot_be_removed(server: Faulty) -> None:
    """PATCH with `secret: null` is a 400."""
    server.definition("updateDestination")(_not_nullable)


def _not_nullable(definition: Any) -> None:
    for media in definition["requestBody"]["content"].values():
        media["schema"]["properties"]["secret"].pop("nullable", None)


@mutant("update", "DEST-016")
def a_merge_patch_is_a_415(server: Faulty) -> None:
    """PATCH of application/merge-patch+json is a 415."""

    @server.definition("updateDestination")
    def edit(definition: Any) -> None:
        del definition["requestBody"]["content"]["application/merge-patch+json"]


@mutant("update", "DEST-016")
def a_merge_patch_changes_nothing(server: Faulty) -> None:
    """PATCH of application/merge-patch+json is a 200 that changes nothing but the status."""

    @server.handler("updateDestination")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        if b"merge-patch" in call.headers.get(b"content-type", b""):
            kept = {k: v for k, v in given["body"].items() if k == "status"}
            given["body"] = kept
        return run(call, **given)


@mutant("update", "DEST-017", waits=False)
def a_change_of_status_does_not_move_updated_at(server: Faulty) -> None:
    """PATCH of the status leaves updated_at as it was."""

    @server.around(COLLECTION, "update")
    def update(
        original: Any, self: Any, tenant_id: str, destination_id: str, now: str, changes: Any
    ) -> Any:
        moves = set(changes) != {"status"}
        before = self.get(tenant_id, destination_id).updated_at
        return original(self, tenant_id, destination_id, now if moves else before, changes)


@mutant("update", "DEST-017")
def updated_at_stays(server: Faulty) -> None:
    """PATCH leaves updated_at as it was."""

    @server.around(COLLECTION, "update")
    def update(
        original: Any, self: Any, tenant_id: str, destination_id: str, now: str, changes: Any
    ) -> Any:
        before = self.get(tenant_id, destination_id).updated_at
        return original(self, tenant_id, destination_id, before, changes)


@mutant("update", "DEST-017", also={"DEST-009": "GET says another time"})
def updated_at_moves_back(server: Faulty) -> None:
    """PATCH shows an updated_at that lies an hour before created_at."""

    @server.shown("updateDestination")
    def edit(document: Any, call: Call, given: Any) -> None:
        document["updated_at"] = "2020-01-01T00:00:00Z"


@mutant("update", "DEST-018", also={"DEST-009": "it is another", "LIST-010": "it is another"})
def a_patch_moves_created_at(server: Faulty) -> None:
    """PATCH sets created_at anew."""

    @server.around(COLLECTION, "update")
    def update(
        original: Any, self: Any, tenant_id: str, destination_id: str, now: str, changes: Any
    ) -> Any:
        original(self, tenant_id, destination_id, now, changes)
        self._database.execute(
            "UPDATE destinations SET created_at = ? WHERE tenant_id = ? AND id = ?",
            (now, tenant_id, destination_id),
        )
        return self.get(tenant_id, destination_id)


@mutant("update", "DEST-018")
def a_rename_shows_another_created_at(server: Faulty) -> None:
    """PATCH of the name answers with the time of the change as created_at."""

    @server.shown("updateDestination")
    def edit(document: Any, call: Call, given: Any) -> None:
        if "name" in given["body"]:
            document["created_at"] = document["updated_at"]


@mutant("delete", "DEST-019", also={"DEST": "it is not gone", "NAME-010": "its name is taken"})
def a_deleted_target_can_be_read(server: Faulty) -> None:
    """GET of a deleted target still shows it."""
    gone: dict[str, Response] = {}

    @server.handler("deleteDestination")
    def deleting(run: Any, call: Call, **given: Any) -> Any:
        before = call.store.destinations.find(call.tenant_id, given["destination_id"])
        response = run(call, **given)
        if before is not None:
            gone[f"{call.tenant_id}/{before.id}"] = wire.ok(wire.destination(before))
        return response

    @server.handler("getDestination")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        kept = gone.get(f"{call.tenant_id}/{given['destination_id']}")
        return kept or run(call, **given)


@mutant("delete", "DEST-019")
def a_deleted_target_can_be_deleted_again(server: Faulty) -> None:
    """DELETE of a target that was deleted is a 204 again."""
    gone: set[str] = set()

    @server.handler("deleteDestination")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        place = f"{call.tenant_id}/{given['destination_id']}"
        if place in gone:
            return wire.deleted()
        response = run(call, **given)
        gone.add(place)
        return response


@mutant("delete", "DEST-019", also={"LIST-009": "it is listed", "DEST-009": "it is listed"})
def a_deleted_target_is_listed(server: Faulty) -> None:
    """The list still shows the target that was deleted last."""
    gone: dict[str, Any] = {}

    @server.handler("deleteDestination")
    def deleting(run: Any, call: Call, **given: Any) -> Any:
        before = call.store.destinations.find(call.tenant_id, given["destination_id"])
        response = run(call, **given)
        gone[call.tenant_id] = wire.destination(before) if before else None
        return response

    @server.shown("listDestinations")
    def edit(document: Any, call: Call, given: Any) -> None:
        if gone.get(call.tenant_id) and not given.get("cursor"):
            document["destinations"].insert(0, gone[call.tenant_id])


@mutant("delete", "DEST-020", also={"ORDER-011": "it is gone", "PROB-010": "there is no 409"})
def a_target_in_use_can_be_deleted(server: Faulty) -> None:
    """DELETE of a target in use takes the flows that use it along."""

    @server.handler("deleteDestination")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        try:
            return run(call, **given)
        except Conflict:
            call.store.database.execute(
                "DELETE FROM delivery_flows WHERE tenant_id = ? AND destination_id = ?",
                (call.tenant_id, given["destination_id"]),
            )
            return run(call, **given)


@mutant("delete", "DEST-020", also={"PROB-010": "its detail is another"})
def a_target_in_use_is_told_without_its_flow(server: Faulty) -> None:
    """The 409 of DELETE of a target in use names no flow."""

    @server.answers("deleteDestination")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 409 and b" is used by " in answer.body:
            answer.document = {**answer.document, "detail": "The destination is in use."}


@mutant("delete", "DEST-020")
def a_target_stays_in_use(server: Faulty) -> None:
    """A target that a flow has used cannot be deleted after that flow moved to another."""
    used: set[str] = set()

    @server.handler("replaceDeliveryFlow")
    def moving(run: Any, call: Call, **given: Any) -> Any:
        before = call.store.delivery_flows.get(call.tenant_id, given["flow_id"])
        response = run(call, **given)
        if before.destination_id != given["body"]["destination_id"]:
            used.add(before.destination_id)
        return response

    @server.handler("deleteDestination")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        if given["destination_id"] in used:
            raise Conflict(f"Destination {given['destination_id']} is used by flow 'x' (flow_x).")
        return run(call, **given)


@mutant("delete", "DEST-021", also={"DLV-009": "the executed rows are gone"})
def past_attempts_of_a_deleted_target_are_gone(server: Faulty) -> None:
    """The attempts to a target are deleted with it."""

    @server.around(COLLECTION, "delete")
    def delete(original: Any, self: Any, tenant_id: str, destination_id: str) -> None:
        original(self, tenant_id, destination_id)
        self._database.execute(
            "DELETE FROM deliveries WHERE tenant_id = ? AND destination_id = ?",
            (tenant_id, destination_id),
        )


@mutant("filter", "DEST-021")
def a_deleted_target_is_no_filter(server: Faulty) -> None:
    """destination_id of a deleted target finds nothing."""

    @server.handler("listDeliveries")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        sought = given.get("destination_id")
        if sought and call.store.destinations.find(call.tenant_id, sought) is None:
            return wire.ok({"deliveries": []})
        return run(call, **given)
