"""The order of checks: ORDER-001 to -008."""

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


@mutant("order", "ORDER-002", "AUTH-002")
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


@mutant(
    "order", "ORDER-005", also={"BODY-001": "it is a 400", "BODY-002": "a packed body is none, too"}
)
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


@mutant("order", "ORDER-007", "IDEM-011", also={"IDEM": "a replay is a 404"})
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
