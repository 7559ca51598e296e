"""The order of checks, and that what is refused changes nothing: ORDER."""

import re
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import (
    body_of,
    name_exists,
    operation_of,
    refused,
)
from zen_sandbox import domain
from zen_sandbox.problems import (
    Conflict,
    IdempotencyConflict,
    InsufficientScope,
    NotFound,
    PayloadTooLarge,
    PermissionDenied,
    Unauthorized,
    UnsupportedMediaType,
    ValidationFailed,
)
from zen_sandbox.request import endpoint, security
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import exchange_of

_MEBIBYTE = 1_048_576


def _wrong_type(asked: Asked) -> bool:
    named = (asked.header("content-type") or "").split(";")[0].strip().lower()
    known = ("application/json", "application/merge-patch+json")
    return bool(asked.body or asked.header("content-length") not in (None, "0")) and (
        named not in known
    )


def _first(server: Faulty, status: int, problem: Any, when: Any, *operation_ids: str) -> None:
    """Where the sandbox answers that status, another problem comes first when there is one."""

    @server.requests(*operation_ids)
    def look(asked: Asked) -> None:
        """Lets the body be read, so that `when` can look at it."""

    @server.answers(*operation_ids)
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == status and when(asked):
            refused(answer, problem)


def _no_json(asked: Asked) -> bool:
    return body_of(asked) is None


_MISSING = Unauthorized("Send a token.", token_sent=False)
_BAD_LIMIT = ValidationFailed.of("limit", "must be an integer from 1 to 100")
_TOO_LARGE = PayloadTooLarge(_MEBIBYTE)
_WRONG_TYPE = UnsupportedMediaType("Content-Type must be one of: application/json.")
_NOT_JSON = ValidationFailed.of("body", "is not valid JSON")


@mutant("order", "ORDER-001", also={"ROUTE-002": "it is a 401", "PROB-008": "likewise"})
def an_unknown_path_asks_for_a_token(server: Faulty) -> None:
    """A path that is not served is a 401 without a credential."""
    _routed_late(server, 404)


@mutant("order", "ORDER-001", also={"ROUTE-003": "it is a 401", "PROB-009": "likewise"})
def a_wrong_method_asks_for_a_token(server: Faulty) -> None:
    """A method that is not served is a 401 without a credential."""
    _routed_late(server, 405)


def _routed_late(server: Faulty, status: int) -> None:
    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        unknown = asked.exchange is not None and asked.exchange.operation is None
        if answer.status == status and unknown and not asked.header("authorization"):
            refused(answer, _MISSING)


@mutant("order", "ORDER-002")
def a_media_type_is_judged_before_the_credential(server: Faulty) -> None:
    """POST of a target of a wrong media type is a 415 without a credential."""
    _first(server, 401, _WRONG_TYPE, _wrong_type, "createDestination")


@mutant("order", "ORDER-002")
def a_limit_is_judged_before_the_credential(server: Faulty) -> None:
    """A bad limit of the list of endpoints is a 400 without a credential."""
    _first(
        server,
        401,
        _BAD_LIMIT,
        lambda asked: re.search(r"limit=(0|101|x|-1|abc)", asked.query),
        "listIngesters",
    )


@mutant("order", "ORDER-002")
def a_size_is_judged_before_the_credential(server: Faulty) -> None:
    """PUT of a flow over 1 MiB is a 413 without a credential."""
    _first(
        server, 401, _TOO_LARGE, lambda asked: len(asked.body) > _MEBIBYTE, "replaceDeliveryFlow"
    )


@mutant("order", "ORDER-002")
def a_body_is_judged_before_the_credential(server: Faulty) -> None:
    """A batch retry whose body is not JSON is a 400 without a credential."""
    _first(server, 401, _NOT_JSON, lambda asked: body_of(asked) is None, "retryBatch")


@mutant("order", "ORDER-002")
def the_tenant_is_judged_before_the_token(server: Faulty) -> None:
    """A malformed token under a tenant's path is a 403 for PATCH."""
    _first(
        server,
        401,
        PermissionDenied(),
        lambda asked: "malformed" in (asked.header("authorization") or ""),
        "updateDestination",
    )


@mutant("order", "ORDER-003", also={"TENANT-001": "it is another 403", "TENANT-002": "likewise"})
def the_scope_is_judged_before_the_tenant(server: Faulty) -> None:
    """Without the scope, another tenant's path is a 403 insufficient-scope for writes of flows."""

    @server.around(security.ScopedBearer, "get_fn")
    def get_fn(original: Any, self: Any, scheme: Any, required: list[str]) -> Any:
        check = original(self, scheme, required)

        async def scope_first(request: Any) -> Any:
            try:
                return await check(request)
            except PermissionDenied:
                credential = exchange_of(request.scope).credential
                scope = "write:delivery-flows"
                if credential and scope in required and scope not in credential.scopes:
                    raise InsufficientScope(scope, holder=credential.holder) from None
                raise

        return scope_first


@mutant("order", "ORDER-004")
def a_media_type_is_judged_before_the_scope(server: Faulty) -> None:
    """PUT of an endpoint of a wrong media type is a 415 without the scope."""
    _first(server, 403, _WRONG_TYPE, _wrong_type, "replaceIngester")


@mutant("order", "ORDER-004")
def a_body_is_judged_before_the_scope(server: Faulty) -> None:
    """A recipe whose body is not JSON is a 400 without the scope."""
    _first(
        server, 403, _NOT_JSON, lambda asked: body_of(asked) is None, "createClusterDeliveryFlow"
    )


@mutant("order", "ORDER-004")
def a_size_is_judged_before_the_scope(server: Faulty) -> None:
    """PATCH over 1 MiB is a 413 without the scope."""
    _first(server, 403, _TOO_LARGE, lambda asked: len(asked.body) > _MEBIBYTE, "updateDestination")


@mutant("order", "ORDER-004")
def a_filter_is_judged_before_the_scope(server: Faulty) -> None:
    """A status that is none is a 400 for who may not list attempts."""
    _first(
        server,
        403,
        ValidationFailed.of("status", "'x' is not a valid status value"),
        lambda asked: (
            re.search(r"status=(?!delivered|failed|retrying|pending)", asked.query)
            or re.search(r"limit=(0|101|x|-1|abc)", asked.query)
        ),
        "listDeliveries",
    )


@mutant("order", "ORDER-004", also={"SCOPE": "it is a 404", "LOG-003": "it is no 403"})
def a_missing_flow_is_told_before_the_scope(server: Faulty) -> None:
    """DELETE of a flow that is not there is a 404 without the scope."""

    @server.around(security.ScopedBearer, "get_fn")
    def get_fn(original: Any, self: Any, scheme: Any, required: list[str]) -> Any:
        check = original(self, scheme, required)

        async def object_first(request: Any) -> Any:
            try:
                return await check(request)
            except InsufficientScope:
                exchange = exchange_of(request.scope)
                if operation_of(exchange) == "deleteDeliveryFlow" and exchange.credential:
                    flows = self._tokens._store.delivery_flows
                    flows.get(exchange.credential.tenant_id, exchange.path_values["flow_id"])
                raise

        return object_first


@mutant("order", "ORDER-004", also={"TENANT-001": "it is a 400"})
def a_body_is_judged_before_the_tenant(server: Faulty) -> None:
    """POST of an endpoint for another tenant is a 400 when its body is not valid."""

    def invalid(asked: Asked) -> bool:
        document = body_of(asked)
        return not isinstance(document, dict) or not {"name", "type"} <= set(document)

    _first(server, 403, _NOT_JSON, invalid, "createIngester")


@mutant("order", "ORDER-005", also={"BODY-001": "it is a 400"})
def json_is_judged_before_its_media_type(server: Faulty) -> None:
    """A body of POST that is neither JSON nor of its media type is a 400."""
    _first(
        server,
        415,
        _NOT_JSON,
        lambda asked: asked.body and body_of(asked) is None,
        "createDestination",
        "createIngester",
    )


@mutant("order", "ORDER-005")
def the_key_is_judged_before_the_media_type(server: Faulty) -> None:
    """A bad Idempotency-Key is a 400 where the media type is wrong too."""
    _first(server, 415, _BAD_KEY, _has_bad_key)


@mutant("order", "ORDER-005")
def the_key_is_judged_before_the_size(server: Faulty) -> None:
    """A bad Idempotency-Key is a 400 where the body is too large too."""
    _first(server, 413, _BAD_KEY, _has_bad_key)


_BAD_KEY = ValidationFailed.of("Idempotency-Key", "must be 1 to 255 visible ASCII characters")


def _has_bad_key(asked: Asked) -> bool:
    key = asked.header("idempotency-key")
    return key is not None and not re.fullmatch(r"[!-~]{1,255}", key)


@mutant("order", "ORDER-006", also={"IDEM": "the key is looked at first"})
def the_key_is_looked_up_before_the_body_is_judged(server: Faulty) -> None:
    """An invalid body under a used key is a 409, not a 400."""
    used: set[tuple[str, str]] = set()

    @server.answers("createDestination", "createIngester", "replaceDeliveryFlow")
    def rewrite(asked: Asked, answer: Answer) -> None:
        key = asked.header("idempotency-key")
        if key is None:
            return
        if answer.status < 300:
            used.add((asked.path.split("/")[3], key))
        elif answer.status == 400 and (asked.path.split("/")[3], key) in used:
            refused(answer, IdempotencyConflict(key))


@mutant("order", "ORDER-006", also={"TENANT": "a 404 comes first"})
def a_missing_target_is_told_before_its_body(server: Faulty) -> None:
    """PATCH of a target that is not there is a 404 though its body is invalid."""
    _object_first(server, "updateDestination", "destinations", "destination_id", "Destination")


@mutant("order", "ORDER-006", also={"TENANT": "a 404 comes first"})
def a_missing_endpoint_is_told_before_its_body(server: Faulty) -> None:
    """PUT of an endpoint that is not there is a 404 though its body is invalid."""
    _object_first(server, "replaceIngester", "ingesters", "ingester_id", "Endpoint")


def _object_first(server: Faulty, operation_id: str, table: str, parameter: str, kind: str) -> None:
    @server.around(endpoint.Endpoint, "log_refusal")
    async def log_refusal(original: Any, self: Any, exchange: Any, problem: Any) -> None:
        await original(self, exchange, problem)
        if problem.status == 400 and operation_of(exchange) == operation_id:
            identifier = exchange.path_values[parameter]
            tenant_id = exchange.credential.tenant_id
            if getattr(self._store, table).find(tenant_id, identifier) is None:
                raise NotFound.of(kind, identifier)


@mutant("order", "ORDER-007", "IDEM-001", also={"IDEM": "a replay is a 400"})
def a_reference_is_judged_before_the_key(server: Faulty) -> None:
    """A replayed create of a flow is a 400 once its target is gone."""

    @server.around(endpoint.Endpoint, "_replay")
    def replay(original: Any, self: Any, operation: Any, exchange: Any, ms: int) -> Any:
        found = original(self, operation, exchange, ms)
        if found is not None and operation.operation_id == "createDeliveryFlow":
            tenant_id = exchange.credential.tenant_id
            target = exchange.body["destination_id"]
            if self._store.destinations.find(tenant_id, target) is None:
                raise ValidationFailed.of("destination_id", "target not found")
        return found


@mutant("order", "ORDER-007", "IDEM-012", also={"IDEM": "a replay is a 404"})
def an_object_is_looked_up_before_the_key(server: Faulty) -> None:
    """A replayed PATCH is a 404 once its target is gone."""

    @server.around(endpoint.Endpoint, "_replay")
    def replay(original: Any, self: Any, operation: Any, exchange: Any, ms: int) -> Any:
        found = original(self, operation, exchange, ms)
        if found is not None and operation.operation_id == "updateDestination":
            tenant_id = exchange.credential.tenant_id
            self._store.destinations.get(tenant_id, exchange.path_values["destination_id"])
        return found


@mutant("order", "ORDER-008")
def a_missing_flow_is_told_before_its_references(server: Faulty) -> None:
    """PUT of a flow that is not there is a 404 though its source does not exist either."""

    @server.handler("replaceDeliveryFlow")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        call.store.delivery_flows.get(call.tenant_id, given["flow_id"])
        return run(call, **given)


@mutant("order", "ORDER-008")
def a_taken_name_is_told_before_a_missing_object(server: Faulty) -> None:
    """PATCH of a target that is not there is a 409 when the name is taken."""

    @server.handler("updateDestination")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        name = given["body"].get("name", "")
        found = call.store.destinations.find(call.tenant_id, given["destination_id"])
        if found is None and name_exists(call, "destinations", name):
            raise Conflict(f"A destination with name '{name}' already exists.")
        return run(call, **given)


@mutant("order", "ORDER-008")
def a_taken_name_is_told_before_a_reference(server: Faulty) -> None:
    """POST of a flow with a taken name and an unknown target is a 409."""

    @server.handler("createDeliveryFlow")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        name = given["body"]["name"]
        if name_exists(call, "delivery_flows", name):
            raise Conflict(f"A flow with name '{name}' already exists.")
        return run(call, **given)


@mutant("order", "ORDER-008")
def a_missing_cluster_is_told_before_the_target(server: Faulty) -> None:
    """A recipe in an unknown cluster with an unknown target is a 404."""

    @server.handler("createClusterDeliveryFlow")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        call.store.accounts.require_cluster(call.tenant_id, given["cluster_id"])
        return run(call, **given)


def _made_all_the_same(server: Faulty, operation_id: str, status: int, make: Any) -> None:
    """A refused create makes something."""

    @server.around(endpoint.Endpoint, "log_refusal")
    async def log_refusal(original: Any, self: Any, exchange: Any, problem: Any) -> None:
        await original(self, exchange, problem)
        if operation_of(exchange) == operation_id and problem.status == status:
            async with self.transaction():
                make(self._store, exchange)


def _make_target(store: Any, name: str, tenant_id: str, url: str = "https://x.example.com") -> None:
    try:
        store.destinations.create(tenant_id, store.ids.new("dest"), store.now(), name=name, url=url)
    except Conflict:
        return


@mutant("create", "ORDER-010")
def a_target_of_a_bad_url_is_made(server: Faulty) -> None:
    """POST of a target that is refused for its url is a 400 and makes it."""
    seen: dict[str, str] = {}

    @server.requests("createDestination")
    def look(asked: Asked) -> None:
        document = body_of(asked)
        if isinstance(document, dict) and isinstance(document.get("name"), str):
            seen["name"] = document["name"]

    def make(store: Any, exchange: Any) -> None:
        if "name" in seen and 0 < len(seen["name"]) <= 100:
            _make_target(store, seen.pop("name"), exchange.credential.tenant_id)

    _made_all_the_same(server, "createDestination", 400, make)


@mutant("create", "ORDER-010", also={"SCOPE": "it is made"})
def a_target_is_made_without_the_scope(server: Faulty) -> None:
    """POST of a target without the scope is a 403 and makes it."""
    seen: dict[str, str] = {}

    @server.requests("createDestination")
    def look(asked: Asked) -> None:
        document = body_of(asked)
        if isinstance(document, dict) and isinstance(document.get("name"), str):
            seen["name"] = document["name"]

    def make(store: Any, exchange: Any) -> None:
        if "name" in seen:
            _make_target(store, seen.pop("name"), exchange.credential.tenant_id)

    _made_all_the_same(server, "createDestination", 403, make)


@mutant("create", "ORDER-010", also={"FLOW": "it is made", "NAME": "its name is taken"})
def a_flow_of_an_unknown_source_is_made(server: Faulty) -> None:
    """POST of a flow that names an unknown source is a 400 and makes it."""

    @server.around(endpoint.Endpoint, "_refusal")
    def refusal(original: Any, self: Any, operation: Any, exchange: Any, problem: Any) -> Any:
        made = original(self, operation, exchange, problem)
        body = exchange.body
        if operation.operation_id == "createDeliveryFlow" and problem.detail.startswith("source"):
            tenant_id = exchange.credential.tenant_id
            if self._store.destinations.find(tenant_id, body["destination_id"]):
                self._store.delivery_flows.create(
                    tenant_id,
                    self._store.ids.new("flow"),
                    self._store.now(),
                    name=body["name"],
                    source_id=body["source_id"],
                    destination_id=body["destination_id"],
                    policy=domain.RetryPolicy(),
                )
        return made


@mutant("create", "ORDER-010", also={"RECIPE": "it is made", "IDEM-014": "its name is taken"})
def a_recipe_of_a_wrong_type_is_made(server: Faulty) -> None:
    """A recipe with another target.type than the target's is a 400 and makes the flow."""

    @server.around(endpoint.Endpoint, "_refusal")
    def refusal(original: Any, self: Any, operation: Any, exchange: Any, problem: Any) -> Any:
        made = original(self, operation, exchange, problem)
        body = exchange.body
        if problem.detail.startswith("target.type"):
            tenant_id = exchange.credential.tenant_id
            if self._store.ingesters.find(tenant_id, body["source"]):
                self._store.delivery_flows.create(
                    tenant_id,
                    self._store.ids.new("flow"),
                    self._store.now(),
                    name=body["name"],
                    source_id=body["source"],
                    destination_id=body["target"]["id"],
                    policy=domain.RetryPolicy(),
                )
        return made


@mutant("update", "ORDER-011", also={"NAME-008": "the rest is changed"})
def a_patch_to_a_taken_name_changes_the_rest(server: Faulty) -> None:
    """PATCH that is a 409 for its name changes the other members."""

    @server.around(endpoint.Endpoint, "_refusal")
    def refusal(original: Any, self: Any, operation: Any, exchange: Any, problem: Any) -> Any:
        made = original(self, operation, exchange, problem)
        if operation.operation_id == "updateDestination" and isinstance(problem, Conflict):
            rest = {
                name: value
                for name, value in exchange.body.items()
                if name in ("url", "type", "status")
            }
            self._store.destinations.update(
                exchange.credential.tenant_id,
                exchange.path_values["destination_id"],
                self._store.now(),
                rest,
            )
        return made


@mutant("update", "ORDER-011", also={"FLOW": "the name is changed"})
def a_put_with_an_unknown_target_changes_the_name(server: Faulty) -> None:
    """PUT of a flow that is a 400 for its target changes the name."""

    @server.around(endpoint.Endpoint, "_refusal")
    def refusal(original: Any, self: Any, operation: Any, exchange: Any, problem: Any) -> Any:
        made = original(self, operation, exchange, problem)
        unknown = problem.detail.startswith("destination_id: target")
        if operation.operation_id == "replaceDeliveryFlow" and unknown:
            self._store.database.execute(
                "UPDATE OR IGNORE delivery_flows SET name = ? WHERE tenant_id = ? AND id = ?",
                (
                    exchange.body["name"],
                    exchange.credential.tenant_id,
                    exchange.path_values["flow_id"],
                ),
            )
        return made


@mutant("delete", "ORDER-011", also={"DEST-021": "it is disabled"})
def a_refused_delete_disables_the_target(server: Faulty) -> None:
    """DELETE of a target in use is a 409 and disables it."""

    @server.around(endpoint.Endpoint, "_refusal")
    def refusal(original: Any, self: Any, operation: Any, exchange: Any, problem: Any) -> Any:
        made = original(self, operation, exchange, problem)
        if operation.operation_id == "deleteDestination" and isinstance(problem, Conflict):
            self._store.destinations.update(
                exchange.credential.tenant_id,
                exchange.path_values["destination_id"],
                self._store.now(),
                {"status": "disabled"},
            )
        return made


@mutant("update", "ORDER-011")
def a_patch_without_scope_is_made(server: Faulty) -> None:
    """PATCH without the scope is a 403, and changes the url."""

    @server.requests("updateDestination")
    def look(asked: Asked) -> None:
        document = body_of(asked)
        _seen["url"] = document.get("url") if isinstance(document, dict) else None

    @server.around(endpoint.Endpoint, "log_refusal")
    async def log_refusal(original: Any, self: Any, exchange: Any, problem: Any) -> None:
        await original(self, exchange, problem)
        if operation_of(exchange) == "updateDestination" and problem.status == 403 and _seen["url"]:
            async with self.transaction():
                self._store.database.execute(
                    "UPDATE destinations SET url = ? WHERE tenant_id = ? AND id = ?",
                    (
                        _seen["url"],
                        exchange.credential.tenant_id,
                        exchange.path_values["destination_id"],
                    ),
                )


_seen: dict[str, Any] = {}


@mutant("update", "ORDER-011", also={"ING-002": "the name is changed"})
def a_put_of_a_bad_type_changes_the_name(server: Faulty) -> None:
    """PUT of an endpoint that is a 400 for its type changes the name."""

    @server.requests("replaceIngester")
    def look(asked: Asked) -> None:
        document = body_of(asked)
        _seen["name"] = document.get("name") if isinstance(document, dict) else None

    @server.around(endpoint.Endpoint, "log_refusal")
    async def log_refusal(original: Any, self: Any, exchange: Any, problem: Any) -> None:
        await original(self, exchange, problem)
        name = _seen.get("name")
        bad_type = problem.detail.startswith("type:") and isinstance(name, str)
        if operation_of(exchange) == "replaceIngester" and bad_type:
            async with self.transaction():
                self._store.database.execute(
                    "UPDATE OR IGNORE ingesters SET name = ? WHERE tenant_id = ? AND id = ?",
                    (name, exchange.credential.tenant_id, exchange.path_values["ingester_id"]),
                )
