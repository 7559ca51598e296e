"""Flows by recipe: RECIPE."""

from typing import Any

from tests.conformance.mutants.faults.flows import COLLECTION
from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from zen_sandbox import wire
from zen_sandbox.domain import RetryPolicy
from zen_sandbox.handlers import recipes
from zen_sandbox.problems import ValidationFailed
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Response
from zen_sandbox.store import accounts


@mutant("create", "RECIPE-001", also={"WIRE-006": "documented members are missing"})
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


@mutant(
    "create",
    "RECIPE-003",
    also={"RECIPE": "it is not seen", "LIST": "likewise", "EVENT": "likewise"},
)
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


@mutant("create", "RECIPE-004", also={"RECIPE-005": "they are missing", "LIST": "likewise"})
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

    @server.around(COLLECTION, "create")
    def create(original: Any, self: Any, *given: Any, **more: Any) -> Any:
        made = original(self, *given, **more)
        first[made.id] = made.source_id
        return made

    @server.shown("listClusterDeliveryFlows")
    def edit(document: Any, call: Call, given: Any) -> None:
        for row in document["items"]:
            row["source"] = first.get(row["id"], row["source"])


@mutant(
    "list",
    "RECIPE-005",
    also=dict.fromkeys(
        ("WIRE-006", "LIST", "RECIPE", "TENANT", "IDEM", "NAME", "FLOW"), "items are missing"
    ),
)
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


@mutant("reference", "RECIPE-006", also={"ORDER": "there is no 404", "IDEM": "likewise"})
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


@mutant(
    "reference",
    "RECIPE-007",
    also={"TENANT-007": "it is a 400", "ORDER": "likewise", "IDEM": "likewise"},
)
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


@mutant(
    "reference",
    "RECIPE-008",
    also={
        "TENANT-007": "it is said otherwise",
        "IDEM-013": "likewise",
        "PROB-016": "the detail begins with no field",
    },
)
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
