"""Flows at the tenant level and by recipe: FLOW and RECIPE."""

import re
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from zen_sandbox import wire
from zen_sandbox.domain import RetryPolicy
from zen_sandbox.handlers import recipes
from zen_sandbox.problems import ValidationFailed
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Response
from zen_sandbox.store import accounts, delivery_flows

_COLLECTION = delivery_flows.DeliveryFlows


def _policy(body: Any) -> dict[str, Any]:
    policy: dict[str, Any] = body.setdefault("config", {}).setdefault("retry_policy", {})
    return policy


def _stored(server: Faulty, change: Any, *operation_ids: str) -> None:
    """The body of a write is kept in another form: `change(body, before)` edits it."""

    @server.handler(*operation_ids)
    def instead(run: Any, call: Call, **given: Any) -> Any:
        change(given["body"], given.get("flow_id") and _found(call, given["flow_id"]))
        return run(call, **given)


def _found(call: Call, flow_id: str) -> Any:
    return call.store.delivery_flows.get(call.tenant_id, flow_id)


@mutant("create", "FLOW-001", also={"FLOW": "its policy is another"})
def a_policy_is_kept_by_replace_only(server: Faulty) -> None:
    """POST of a flow takes a retry policy and keeps the defaults."""
    _stored(server, lambda body, before: body.pop("config", None), "createDeliveryFlow")


@mutant("create", "FLOW-001", also={"FLOW-007": "GET says otherwise"})
def a_new_flow_is_shown_as_pending(server: Faulty) -> None:
    """The 201 of a flow has the status `inactive`."""

    @server.shown("createDeliveryFlow")
    def edit(document: Any, call: Call, given: Any) -> None:
        document["status"] = "inactive"


@mutant("create", "FLOW-002", also={"FLOW-010": "so by PUT"})
def five_attempts_are_the_default(server: Faulty) -> None:
    """max_attempts is 5 when it is left out."""
    _default(server, "max_attempts", 5, "createDeliveryFlow", "replaceDeliveryFlow")


@mutant("create", "FLOW-002")
def half_a_policy_has_another_default(server: Faulty) -> None:
    """backoff_seconds is 30 when max_attempts alone is given on create."""

    def change(body: Any, before: Any) -> None:
        if "max_attempts" in body.get("config", {}).get("retry_policy", {}):
            _policy(body).setdefault("backoff_seconds", 30)

    _stored(server, change, "createDeliveryFlow")


@mutant("create", "FLOW-002")
def an_empty_policy_has_no_attempts(server: Faulty) -> None:
    """max_attempts is 1 when the retry policy is an empty object."""

    def change(body: Any, before: Any) -> None:
        if body.get("config", {}).get("retry_policy", ...) == {}:
            _policy(body)["max_attempts"] = 1

    _stored(server, change, "createDeliveryFlow")


def _default(server: Faulty, name: str, value: int, *operation_ids: str) -> None:
    _stored(server, lambda body, before: _policy(body).setdefault(name, value), *operation_ids)


_ATTEMPTS = "config.retry_policy.max_attempts"
_BACKOFF = "config.retry_policy.backoff_seconds"


@mutant("boundary", "FLOW-003")
def ten_attempts_are_refused(server: Faulty) -> None:
    """max_attempts of 10 is refused by PUT."""
    server.body("replaceDeliveryFlow", _ATTEMPTS, maximum=9)


@mutant("boundary", "FLOW-003")
def eleven_attempts_are_taken(server: Faulty) -> None:
    """max_attempts of 11 is taken on create."""
    server.body("createDeliveryFlow", _ATTEMPTS, maximum=11)


@mutant("boundary", "FLOW-003")
def no_attempts_are_taken(server: Faulty) -> None:
    """max_attempts of 0 is taken by PUT as 1."""
    server.body("replaceDeliveryFlow", _ATTEMPTS, minimum=0)
    _stored(
        server,
        lambda body, before: _policy(body).update(
            max_attempts=max(1, _policy(body).get("max_attempts", 3))
        ),
        "replaceDeliveryFlow",
    )


@mutant("boundary", "FLOW-003", also={"ATTEMPT": "attempts are too few"})
def one_attempt_becomes_two(server: Faulty) -> None:
    """max_attempts of 1 is kept as 2."""

    def change(body: Any, before: Any) -> None:
        if _policy(body).get("max_attempts") == 1:
            _policy(body)["max_attempts"] = 2

    _stored(server, change, "createDeliveryFlow")


@mutant("boundary", "FLOW-004")
def a_backoff_of_an_hour_is_refused(server: Faulty) -> None:
    """backoff_seconds of 3600 is refused on create."""
    server.body("createDeliveryFlow", _BACKOFF, maximum=3599)


@mutant("boundary", "FLOW-004")
def a_backoff_of_3601_is_cut(server: Faulty) -> None:
    """backoff_seconds beyond 3600 is taken as 3600 by PUT."""
    server.body("replaceDeliveryFlow", _BACKOFF, "maximum")

    def change(body: Any, before: Any) -> None:
        if "backoff_seconds" in _policy(body):
            _policy(body)["backoff_seconds"] = min(3600, _policy(body)["backoff_seconds"])

    _stored(server, change, "replaceDeliveryFlow")


@mutant("boundary", "FLOW-004")
def a_backoff_of_zero_is_taken(server: Faulty) -> None:
    """backoff_seconds of 0 is taken on create, as the default."""
    server.body("createDeliveryFlow", _BACKOFF, minimum=0)

    def change(body: Any, before: Any) -> None:
        if _policy(body).get("backoff_seconds") == 0:
            del _policy(body)["backoff_seconds"]

    _stored(server, change, "createDeliveryFlow")


@mutant("boundary", "FLOW-004")
def a_backoff_with_a_fraction_is_cut(server: Faulty) -> None:
    """backoff_seconds of 1.5 is taken as 1 on create."""

    @server.requests("createDeliveryFlow")
    def rewrite(asked: Asked) -> None:
        asked.body = re.sub(rb'("backoff_seconds":\s*\d+)\.\d+', rb"\1", asked.body)


def _unchecked_source(server: Faulty, operation_id: str) -> None:
    @server.handler(operation_id)
    def instead(run: Any, call: Call, **given: Any) -> Any:
        store = call.store.ingesters
        find = store.find
        store.find = lambda *sought: find(*sought) or True  # type: ignore[method-assign, assignment]
        try:
            return run(call, **given)
        finally:
            store.find = find  # type: ignore[method-assign]


@mutant(
    "reference", "FLOW-005", also={"ORDER": "it is taken", "IDEM-014": "so", "TENANT-008": "so"}
)
def put_does_not_look_at_the_source(server: Faulty) -> None:
    """PUT of a flow takes an unknown source."""
    _unchecked_source(server, "replaceDeliveryFlow")


@mutant("reference", "FLOW-005", also={"TENANT-008": "it is a 404", "ORDER": "it is a 404"})
def an_unknown_source_is_a_404(server: Faulty) -> None:
    """POST of a flow with an unknown source is a 404."""
    _unknown(server, "source_id", 404)


@mutant("reference", "FLOW-005")
def an_unknown_source_is_called_source(server: Faulty) -> None:
    """The detail of an unknown source in PUT is `source_id: source not found`."""

    @server.answers("replaceDeliveryFlow")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 400:
            answer.body = answer.body.replace(b"endpoint not found", b"source not found")


@mutant("reference", "FLOW-005")
def a_deleted_source_is_taken(server: Faulty) -> None:
    """POST of a flow takes an endpoint that was deleted."""
    gone: set[str] = set()

    @server.handler("deleteIngester")
    def deleting(run: Any, call: Call, **given: Any) -> Any:
        response = run(call, **given)
        gone.add(given["ingester_id"])
        return response

    @server.handler("createDeliveryFlow")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        store = call.store.ingesters
        find = store.find
        if given["body"]["source_id"] in gone:
            store.find = lambda *sought: find(*sought) or True  # type: ignore[method-assign, assignment]
        try:
            return run(call, **given)
        finally:
            store.find = find  # type: ignore[method-assign]


@mutant("reference", "FLOW-006", also={"TENANT-008": "it is a 404", "ORDER": "it is a 404"})
def an_unknown_target_is_a_404(server: Faulty) -> None:
    """POST of a flow with an unknown target is a 404."""
    _unknown(server, "destination_id", 404)


@mutant("reference", "FLOW-006")
def an_unknown_target_in_put_is_called_destination(server: Faulty) -> None:
    """The detail of an unknown target in PUT is `destination_id: destination not found`."""

    @server.answers("replaceDeliveryFlow")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 400:
            answer.body = answer.body.replace(b"target not found", b"destination not found")


def _unknown(server: Faulty, field: str, status: int) -> None:
    @server.answers("createDeliveryFlow")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 400 and re.match(f"{field}: .*not found", answer.document["detail"]):
            document = {k: v for k, v in answer.document.items() if k != "errors"}
            document |= {"status": status, "title": "Not Found"}
            document["type"] = document["type"].replace("validation-error", "not-found")
            answer.status, answer.document = status, document


@mutant("update", "FLOW-007")
def the_list_shows_a_flow_as_it_was_made(server: Faulty) -> None:
    """The list shows the target that a flow was made with."""
    first: dict[str, str] = {}

    @server.around(_COLLECTION, "create")
    def create(original: Any, self: Any, *given: Any, **more: Any) -> Any:
        made = original(self, *given, **more)
        first[made.id] = made.destination_id
        return made

    @server.shown("listDeliveryFlows")
    def edit(document: Any, call: Call, given: Any) -> None:
        for row in document["delivery_flows"]:
            row["destination_id"] = first.get(row["id"], row["destination_id"])


@mutant("update", "FLOW-007")
def a_flow_is_read_with_the_default_policy(server: Faulty) -> None:
    """GET of a flow shows the default retry policy."""

    @server.shown("getDeliveryFlow")
    def edit(document: Any, call: Call, given: Any) -> None:
        document["config"] = {"retry_policy": {"max_attempts": 3, "backoff_seconds": 10}}


@mutant("problem", "FLOW-008")
def a_missing_flow_is_called_delivery_flow(server: Faulty) -> None:
    """The detail of PUT of a missing flow is `Delivery flow <id> not found.`"""

    @server.answers("replaceDeliveryFlow")
    def rewrite(asked: Asked, answer: Answer) -> None:
        answer.body = answer.body.replace(b'"detail":"Flow ', b'"detail":"Delivery flow ')


@mutant("update", "FLOW-009", also={"FLOW": "the source stays", "EVENT-003": "so", "ING": "so"})
def put_does_not_move_the_source(server: Faulty) -> None:
    """PUT of a flow keeps the source that it was made with."""
    _stored(
        server,
        lambda body, before: body.update(source_id=before.source_id),
        "replaceDeliveryFlow",
    )


@mutant("update", "FLOW-009", also={"FLOW": "the backoff stays", "ATTEMPT-017": "so"})
def put_changes_one_half_of_the_policy(server: Faulty) -> None:
    """PUT of a flow with both halves of the policy changes max_attempts only."""

    def change(body: Any, before: Any) -> None:
        if {"max_attempts", "backoff_seconds"} <= set(_policy(body)):
            _policy(body)["backoff_seconds"] = before.backoff_seconds

    _stored(server, change, "replaceDeliveryFlow")


@mutant("update", "FLOW-010", also={"IDEM": "it is another flow"})
def put_keeps_a_policy_that_is_left_out(server: Faulty) -> None:
    """PUT of a flow without config keeps the retry policy that is there."""

    def change(body: Any, before: Any) -> None:
        if "config" not in body:
            _policy(body).update(
                max_attempts=before.max_attempts, backoff_seconds=before.backoff_seconds
            )

    _stored(server, change, "replaceDeliveryFlow")


@mutant("update", "FLOW-010")
def put_merges_a_policy(server: Faulty) -> None:
    """PUT of a flow with half a retry policy keeps the other half."""

    def change(body: Any, before: Any) -> None:
        if "backoff_seconds" in _policy(body):
            _policy(body).setdefault("max_attempts", before.max_attempts)
        elif "max_attempts" in _policy(body):
            _policy(body).setdefault("backoff_seconds", before.backoff_seconds)

    _stored(server, change, "replaceDeliveryFlow")


@mutant("update", "FLOW-010")
def put_keeps_a_policy_of_null_members(server: Faulty) -> None:
    """PUT of a flow with an empty config keeps the retry policy that is there."""

    def change(body: Any, before: Any) -> None:
        if body.get("config", ...) == {}:
            _policy(body).update(
                max_attempts=before.max_attempts, backoff_seconds=before.backoff_seconds
            )

    _stored(server, change, "replaceDeliveryFlow")


@mutant("update", "FLOW-011", also={"FLOW": "it is another flow", "LIST-010": "so"})
def put_moves_created_at(server: Faulty) -> None:
    """PUT of a flow sets created_at anew."""

    @server.around(_COLLECTION, "replace")
    def replace(original: Any, self: Any, tenant_id: str, flow_id: str, now: str, **to: Any) -> Any:
        original(self, tenant_id, flow_id, now, **to)
        self._database.execute(
            "UPDATE delivery_flows SET created_at = ? WHERE tenant_id = ? AND id = ?",
            (now, tenant_id, flow_id),
        )
        return self.get(tenant_id, flow_id)


@mutant("update", "FLOW-011", also={"FLOW": "it is another id", "IDEM": "so", "NAME": "so"})
def put_answers_with_a_new_id(server: Faulty) -> None:
    """PUT of a flow to another target shows another id."""

    @server.shown("replaceDeliveryFlow")
    def edit(document: Any, call: Call, given: Any) -> None:
        document["id"] = f"{document['id']}_2"


@mutant("update", "FLOW-012")
def a_change_of_policy_does_not_move_updated_at(server: Faulty) -> None:
    """PUT of a flow that changes its policy only leaves updated_at."""

    @server.around(_COLLECTION, "replace")
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

    @server.around(_COLLECTION, "replace")
    def replace(original: Any, self: Any, tenant_id: str, flow_id: str, now: str, **to: Any) -> Any:
        before = self.get(tenant_id, flow_id)
        return original(self, tenant_id, flow_id, before.updated_at, **to)


@mutant("delete", "FLOW-013", also={"LIST": "it is listed", "RECIPE": "it is listed"})
def a_deleted_flow_is_listed(server: Faulty) -> None:
    """The list still shows the flow that was deleted last."""
    gone: dict[str, Any] = {}

    @server.around(_COLLECTION, "delete")
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

    @server.around(_COLLECTION, "delete")
    def delete(original: Any, self: Any, tenant_id: str, flow_id: str) -> Any:
        deleted = original(self, tenant_id, flow_id)
        gone.add(flow_id)
        return deleted

    @server.around(_COLLECTION, "replace")
    def replace(original: Any, self: Any, tenant_id: str, flow_id: str, now: str, **to: Any) -> Any:
        if flow_id in gone:
            gone.discard(flow_id)
            return self.create(tenant_id, flow_id, now, **to)
        return original(self, tenant_id, flow_id, now, **to)


@mutant("create", "RECIPE-001", also={"RECIPE-003": "it is shown otherwise"})
def a_recipes_answer_has_snake_case(server: Faulty) -> None:
    """The 201 of a recipe has created_at and updated_at instead of camelCase."""

    @server.shown("createClusterDeliveryFlow")
    def edit(document: Any, call: Call, given: Any) -> None:
        document["created_at"] = document.pop("createdAt")
        document["updated_at"] = document.pop("updatedAt")


@mutant("create", "RECIPE-001", also={"RECIPE-005": "the list says otherwise"})
def a_recipes_target_is_always_a_webhook(server: Faulty) -> None:
    """The 201 of a recipe shows the target's type as webhook."""

    @server.shown("createClusterDeliveryFlow")
    def edit(document: Any, call: Call, given: Any) -> None:
        document["target"]["type"] = "webhook"


@mutant("create", "RECIPE-002", also={"WIRE-008": "it leads elsewhere"})
def a_recipes_location_is_in_its_cluster(server: Faulty) -> None:
    """The Location of a recipe create is below the cluster."""

    @server.handler("createClusterDeliveryFlow")
    def instead(run: Any, call: Call, **given: Any) -> Response:
        response: Response = run(call, **given)
        below = f"/tenants/{call.tenant_id}/clusters/{given['cluster_id']}/delivery-flows/"
        made = (response.location or "").rpartition("/")[2]
        return response._replace(location=below + made)


@mutant("create", "RECIPE-003", also={"FLOW-002": "it is another default"})
def a_recipe_has_a_policy_of_its_own(server: Faulty) -> None:
    """A flow made by recipe has 5 attempts."""
    server.replace(recipes, "RetryPolicy", lambda original: lambda: RetryPolicy(5, 10))


@mutant("create", "RECIPE-003", also={"RECIPE": "it is not seen", "LIST": "so", "EVENT": "so"})
def a_recipes_flow_is_not_listed_for_the_tenant(server: Faulty) -> None:
    """A flow made by recipe is not in the tenant's list."""
    made: set[str] = set()

    @server.shown("createClusterDeliveryFlow")
    def note(document: Any, call: Call, given: Any) -> None:
        made.add(document["id"])

    @server.shown("listDeliveryFlows")
    def edit(document: Any, call: Call, given: Any) -> None:
        kept = [row for row in document["delivery_flows"] if row["id"] not in made]
        document["delivery_flows"] = kept


@mutant("create", "RECIPE-004", also={"RECIPE-005": "they are missing", "LIST": "so"})
def only_recipes_flows_are_in_a_cluster(server: Faulty) -> None:
    """A flow made at the tenant level is in no cluster's list."""
    made: set[str] = set()

    @server.shown("createDeliveryFlow")
    def note(document: Any, call: Call, given: Any) -> None:
        made.add(document["id"])

    @server.shown("listClusterDeliveryFlows")
    def edit(document: Any, call: Call, given: Any) -> None:
        document["items"] = [row for row in document["items"] if row["id"] not in made]


@mutant("update", "RECIPE-004")
def a_replaced_flow_stays_in_its_cluster_as_it_was(server: Faulty) -> None:
    """The recipe's list shows the source that a flow was made with."""
    first: dict[str, str] = {}

    @server.around(_COLLECTION, "create")
    def create(original: Any, self: Any, *given: Any, **more: Any) -> Any:
        made = original(self, *given, **more)
        first[made.id] = made.source_id
        return made

    @server.shown("listClusterDeliveryFlows")
    def edit(document: Any, call: Call, given: Any) -> None:
        for row in document["items"]:
            row["source"] = first.get(row["id"], row["source"])


@mutant("list", "RECIPE-005", also={"WIRE-006": "items are missing", "LIST": "so", "RECIPE": "so"})
def the_recipes_list_has_another_name(server: Faulty) -> None:
    """The recipe's list is called delivery_flows, as at the tenant level."""

    @server.shown("listClusterDeliveryFlows")
    def edit(document: Any, call: Call, given: Any) -> None:
        document["delivery_flows"] = document.pop("items")


@mutant("list", "RECIPE-005", also={"LIST": "it is not paged"})
def the_recipes_list_is_not_paged(server: Faulty) -> None:
    """The recipe's list has no next_cursor."""

    @server.shown("listClusterDeliveryFlows")
    def edit(document: Any, call: Call, given: Any) -> None:
        document.pop("next_cursor", None)


@mutant("reference", "RECIPE-006", also={"SCOPE": "any cluster is listed"})
def any_cluster_can_be_listed(server: Faulty) -> None:
    """The list of an unknown cluster is a 200."""

    @server.handler("listClusterDeliveryFlows")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        if not call.store.accounts.cluster_exists(call.tenant_id, given["cluster_id"]):
            return wire.ok({"items": []})
        return run(call, **given)


@mutant("reference", "RECIPE-006", also={"ORDER": "there is no 404", "IDEM": "so"})
def any_cluster_can_be_created_in(server: Faulty) -> None:
    """A recipe create in an unknown cluster is a 201."""

    @server.handler("createClusterDeliveryFlow")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        require = accounts.Accounts.require_cluster
        accounts.Accounts.require_cluster = lambda *given: None  # type: ignore[method-assign]
        try:
            return run(call, **given)
        finally:
            accounts.Accounts.require_cluster = require  # type: ignore[method-assign]


@mutant("reference", "RECIPE-006", also={"PROB": "it is said otherwise"})
def an_unknown_cluster_is_called_plane(server: Faulty) -> None:
    """The detail of an unknown cluster is `Plane <id> not found.`"""

    @server.answers("createClusterDeliveryFlow", "listClusterDeliveryFlows")
    def rewrite(asked: Asked, answer: Answer) -> None:
        answer.body = answer.body.replace(b'"detail":"Cluster ', b'"detail":"Plane ')


@mutant("reference", "RECIPE-007", also={"TENANT-008": "it is a 400", "ORDER": "so", "IDEM": "so"})
def an_unknown_source_of_a_recipe_is_a_400(server: Faulty) -> None:
    """An unknown endpoint in a recipe is a 400."""

    @server.handler("createClusterDeliveryFlow")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        if call.store.ingesters.find(call.tenant_id, given["body"]["source"]) is None:
            raise ValidationFailed.of("source", "endpoint not found")
        return run(call, **given)


@mutant("reference", "RECIPE-007")
def an_unknown_source_of_a_recipe_is_called_ingester(server: Faulty) -> None:
    """The detail of an unknown endpoint in a recipe is `Ingester <id> not found.`"""

    @server.answers("createClusterDeliveryFlow")
    def rewrite(asked: Asked, answer: Answer) -> None:
        answer.body = answer.body.replace(b'"detail":"Endpoint ', b'"detail":"Ingester ')


@mutant("reference", "RECIPE-008", also={"TENANT-008": "it is said otherwise", "IDEM-014": "so"})
def an_unknown_target_of_a_recipe_has_another_field(server: Faulty) -> None:
    """The detail of an unknown target in a recipe begins with `target:`."""

    @server.answers("createClusterDeliveryFlow")
    def rewrite(asked: Asked, answer: Answer) -> None:
        answer.body = answer.body.replace(b"target.id: target not", b"target: target not")


@mutant("reference", "RECIPE-009", also={"ORDER": "there is no 400"})
def a_recipes_target_type_is_not_compared(server: Faulty) -> None:
    """A recipe takes any target.type."""

    @server.handler("createClusterDeliveryFlow")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        target = given["body"]["target"]
        found = call.store.destinations.find(call.tenant_id, target["id"])
        if found is not None:
            target["type"] = found.type
        return run(call, **given)


@mutant("reference", "RECIPE-009")
def a_recipes_target_type_may_be_its_beginning(server: Faulty) -> None:
    """A recipe takes a target.type that the target's begins with."""

    @server.handler("createClusterDeliveryFlow")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        target = given["body"]["target"]
        found = call.store.destinations.find(call.tenant_id, target["id"])
        if found is not None and found.type.startswith(target["type"][:4]):
            target["type"] = found.type
        return run(call, **given)


@mutant("reference", "RECIPE-009")
def a_recipe_compares_the_type_that_the_target_was_made_with(server: Faulty) -> None:
    """A recipe compares target.type with the type before the last PATCH."""
    first: dict[str, str] = {}

    @server.shown("createDestination")
    def note(document: Any, call: Call, given: Any) -> None:
        first[document["id"]] = document["type"]

    @server.handler("createClusterDeliveryFlow")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        target = given["body"]["target"]
        found = call.store.destinations.find(call.tenant_id, target["id"])
        if found is not None and first.get(found.id) == target["type"]:
            target["type"] = found.type
        return run(call, **given)
