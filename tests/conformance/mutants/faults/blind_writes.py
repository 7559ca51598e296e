"""A sample written without a look at the checks: order of checks, idempotency, what writes do."""

from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import body_of, name_exists, refused
from zen_sandbox.clock import moment
from zen_sandbox.handlers import recovery
from zen_sandbox.problems import Conflict, NotFound, ValidationFailed
from zen_sandbox.request import endpoint
from zen_sandbox.request.call import Call
from zen_sandbox.store.destinations import Destinations

_ENDPOINT = endpoint.Endpoint


@mutant("name", "NAME-004", also={"TENANT-003": "names are looked at before the target"})
def a_new_name_is_compared_over_all_tenants(server: Faulty) -> None:
    """A target cannot be given a name that another tenant's has."""

    @server.handler("updateDestination")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        name = given["body"].get("name")
        found = call.store.database.execute(
            "SELECT 1 FROM destinations WHERE tenant_id <> ? AND name = ? LIMIT 1",
            (call.tenant_id, name),
        ).fetchone()
        if found:
            raise Conflict(f"A destination with name '{name}' already exists.")
        return run(call, **given)


@mutant("tenant", "TENANT-006")
def a_batch_says_that_an_attempt_is_anothers(server: Faulty) -> None:
    """The 404 of a batch tells another tenant's attempt from a missing one."""

    @server.handler("retryBatch")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        for delivery_id in given["body"]["delivery_ids"]:
            try:
                owner = call.store.deliveries.owner(delivery_id, None)
            except NotFound:
                continue
            if owner != call.tenant_id:
                raise NotFound(f"Delivery {delivery_id} is not yours.")
        return run(call, **given)


@mutant("order", "ORDER-008")
def a_taken_name_comes_before_a_missing_target(server: Faulty) -> None:
    """PUT of a flow with a taken name and a target that does not exist is a 409."""

    @server.handler("replaceDeliveryFlow")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        name = given["body"]["name"]
        flow = call.store.delivery_flows.get(call.tenant_id, given["flow_id"])
        if name != flow.name and name_exists(call, "delivery_flows", name):
            raise Conflict(f"A flow with name '{name}' already exists.")
        return run(call, **given)


@mutant("order", "ORDER-004")
def a_bad_limit_comes_before_the_scope(server: Faulty) -> None:
    """A `limit` of 0 for attempts is a 400 without the scope too."""

    @server.answers("listDeliveries")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 403 and "limit=0" in asked.query.split("&"):
            refused(answer, ValidationFailed.of("limit", "must be an integer from 1 to 100"))


@mutant("order", "ORDER-008", "RETRY-010")
def in_a_batch_a_conflict_comes_before_an_unknown_id(server: Faulty) -> None:
    """A batch of an attempt that did not fail and an unknown one is a 409."""

    @server.handler("retryBatch")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        for delivery_id in given["body"]["delivery_ids"]:
            try:
                attempt = call.store.deliveries.get(call.tenant_id, delivery_id)
            except NotFound:
                continue
            if recovery._newest(call, attempt).status != "failed":
                raise Conflict(f"Delivery {delivery_id} is not failed.")
        return run(call, **given)


@mutant("order", "ORDER-011")
def a_refused_rename_moves_updated_at(server: Faulty) -> None:
    """PATCH to a taken name is a 409 and moves the target's `updated_at`."""

    @server.around(_ENDPOINT, "_refuse")
    async def refuse(original: Any, self: Any, operation: Any, exchange: Any, problem: Any) -> Any:
        response = await original(self, operation, exchange, problem)
        if operation.operation_id == "updateDestination" and type(problem) is Conflict:
            now = moment(self._now_ms(exchange))
            async with self.transaction():
                self._store.database.execute(
                    "UPDATE destinations SET updated_at = ? WHERE tenant_id = ? AND id = ?",
                    (now, exchange.credential.tenant_id, exchange.path_values["destination_id"]),
                )
        return response


def _compared_as(server: Faulty, read: Any) -> None:
    @server.around(endpoint, "_fingerprint")
    def fingerprint(original: Any, operation: Any, exchange: Any) -> Any:
        whole = exchange.body
        if isinstance(whole, dict):
            exchange.body = read(whole)
        try:
            return original(operation, exchange)
        finally:
            exchange.body = whole


@mutant("idempotency", "IDEM-005")
def null_and_absent_are_one_body(server: Faulty) -> None:
    """A body with `secret: null` is the same request as the body without it."""
    _compared_as(server, lambda body: {k: v for k, v in body.items() if v is not None})


@mutant("idempotency", "IDEM-005")
def ids_in_another_order_are_one_body(server: Faulty) -> None:
    """Two batches of the same ids in another order are the same request."""

    def read(body: Any) -> Any:
        ids = body.get("delivery_ids")
        return body if ids is None else {"delivery_ids": sorted(ids)}

    _compared_as(server, read)


@mutant("name", "NAME-003")
def a_name_may_end_in_a_wide_blank(server: Faulty) -> None:
    """PUT of an endpoint takes a name with U+3000 at its end."""
    inner = r"[^\u0000-\u001f\u007f-\u009f]*"
    end = r"[^\u0000-\u0020\u007f-\u00a0]"
    server.body("replaceIngester", "name", pattern=f"^{end}({inner}{end})?$")


@mutant("name", "NAME-010")
def a_renamed_flows_old_name_stays_taken(server: Faulty) -> None:
    """A flow cannot be made with a name that another one had before it was renamed."""
    left: set[tuple[str, str]] = set()

    @server.handler("replaceDeliveryFlow")
    def replace(run: Any, call: Call, **given: Any) -> Any:
        row = call.store.database.execute(
            "SELECT name FROM delivery_flows WHERE tenant_id = ? AND id = ?",
            (call.tenant_id, given["flow_id"]),
        ).fetchone()
        response = run(call, **given)
        if row and row[0] != given["body"]["name"]:
            left.add((call.tenant_id, row[0]))
        return response

    @server.handler("createDeliveryFlow")
    def create(run: Any, call: Call, **given: Any) -> Any:
        name = given["body"]["name"]
        if (call.tenant_id, name) in left:
            raise Conflict(f"A flow with name '{name}' already exists.")
        return run(call, **given)


@mutant("update", "DEST-017")
def a_new_secret_alone_moves_nothing(server: Faulty) -> None:
    """PATCH of the secret alone leaves `updated_at`."""

    @server.around(Destinations, "update")
    def update(
        original: Any, self: Any, tenant_id: str, identifier: str, now: str, changes: Any
    ) -> Any:
        if set(changes) == {"secret"}:
            now = self.get(tenant_id, identifier).updated_at
        return original(self, tenant_id, identifier, now, changes)


@mutant(
    "problem",
    "DEST-008",
    also=dict.fromkeys(("WIRE-009", "PROB", "BODY-007"), "a lone surrogate cannot be echoed"),
)
def a_refused_body_is_echoed(server: Faulty) -> None:
    """A 400 over a target's body shows the body, its secret too, in `errors`."""

    @server.requests("createDestination", "updateDestination")
    def look(asked: Asked) -> None:
        """Bodies are read only where somebody looks."""

    @server.answers("createDestination", "updateDestination")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 400:
            document = answer.document
            for one in document.get("errors", ()):
                one["input"] = body_of(asked)
            answer.document = document


@mutant("update", "FLOW-010")
def a_recipes_flow_keeps_its_policy(server: Faulty) -> None:
    """PUT without `config` keeps the policy of a flow that was made by recipe."""
    made: set[str] = set()

    @server.handler("createClusterDeliveryFlow")
    def create(run: Any, call: Call, **given: Any) -> Any:
        response = run(call, **given)
        made.add(response.resource_id)
        return response

    @server.handler("replaceDeliveryFlow")
    def replace(run: Any, call: Call, **given: Any) -> Any:
        flow_id, body = given["flow_id"], given["body"]
        if flow_id in made and "config" not in body:
            flow = call.store.delivery_flows.get(call.tenant_id, flow_id)
            policy = {"max_attempts": flow.max_attempts, "backoff_seconds": flow.backoff_seconds}
            given["body"] = {**body, "config": {"retry_policy": policy}}
        return run(call, **given)
