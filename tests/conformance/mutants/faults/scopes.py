"""Scopes: SCOPE."""

from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import asks_for, lets_through, operation_of, refuses_too
from zen_sandbox import scopes, tokens
from zen_sandbox.problems import InsufficientScope
from zen_sandbox.request.exchange import Exchange


def _granted(exchange: Exchange) -> frozenset[str]:
    return exchange.credential.scopes if exchange.credential else frozenset()


def _opens(server: Faulty, operation_id: str, *keys: str) -> None:
    """The operation is open to who has one of those scopes; to every credential without them."""
    asked = asks_for(operation_id)
    lets_through(
        server,
        InsufficientScope,
        lambda one: asked(one) and (not keys or bool(_granted(one) & set(keys))),
    )


def _closes(server: Faulty, operation_id: str, scope: str, when: Any = None) -> None:
    """The operation asks for a scope that it has no right to."""

    def refuse(exchange: Exchange) -> InsufficientScope | None:
        credential = exchange.credential
        if operation_of(exchange) != operation_id or credential is None:
            return None
        if scope in credential.scopes or (when is not None and not when(exchange)):
            return None
        return InsufficientScope(scope, holder=credential.holder)

    refuses_too(server, refuse)


_ORDER = {"ORDER-004": "there is no 403 to come first", "LOG-003": "nothing was denied"}
_READS = {"SCOPE-008": "writing brings reading there", "ORDER-004": "there is no 403"}


@mutant("scope", "SCOPE-001", also=_READS | {"SCOPE-009": "any scope opens it"})
def a_single_target_needs_no_scope(server: Faulty) -> None:
    """GET of one target needs no scope; the list does."""
    _opens(server, "getDestination")


@mutant("scope", "SCOPE-001", also=_ORDER | {"SCOPE-010": "read:* brings it along"})
def a_reader_may_change_a_target(server: Faulty) -> None:
    """PATCH of a target takes read:destinations."""
    _opens(server, "updateDestination", "read:destinations")


@mutant("scope", "SCOPE-001", also=_ORDER)
def any_writer_may_delete_a_target(server: Faulty) -> None:
    """DELETE of a target takes write:delivery-flows."""
    _opens(server, "deleteDestination", "write:delivery-flows")


@mutant("scope", "SCOPE-002", also=_READS | {"SCOPE-009": "any scope opens it"})
def the_recipes_list_needs_no_scope(server: Faulty) -> None:
    """The recipe's list needs no scope."""
    _opens(server, "listClusterDeliveryFlows")


@mutant("scope", "SCOPE-002", also=_ORDER)
def the_recipe_asks_for_another_scope(server: Faulty) -> None:
    """A recipe create takes write:ingesters too."""
    _opens(server, "createClusterDeliveryFlow", "write:ingesters")


@mutant("scope", "SCOPE-002")
def a_flow_is_read_with_the_scope_of_targets(server: Faulty) -> None:
    """GET of one flow takes read:destinations."""
    _opens(server, "getDeliveryFlow", "read:destinations")


@mutant("scope", "SCOPE-002", also=_ORDER | {"SCOPE-010": "read:* brings it along"})
def a_reader_may_replace_a_flow(server: Faulty) -> None:
    """PUT of a flow takes read:delivery-flows; POST and DELETE do not."""
    _opens(server, "replaceDeliveryFlow", "read:delivery-flows")


@mutant("scope", "SCOPE-003", also=_ORDER | {"SCOPE": "any scope opens it"})
def an_endpoint_is_deleted_without_scope(server: Faulty) -> None:
    """DELETE of an endpoint needs no scope."""
    _opens(server, "deleteIngester")


@mutant("scope", "SCOPE-003")
def endpoints_are_listed_with_the_scope_of_flows(server: Faulty) -> None:
    """The list of endpoints takes read:delivery-flows."""
    _opens(server, "listIngesters", "read:delivery-flows")


@mutant("scope", "SCOPE-004")
def attempts_are_listed_with_the_scope_of_logs(server: Faulty) -> None:
    """The list of attempts takes read:logs."""
    _opens(server, "listDeliveries", "read:logs")


@mutant("scope", "SCOPE-004", "SCOPE-008", also=_READS | {"SCOPE-009": "writing is enough"})
def an_attempt_is_read_by_its_writer(server: Faulty) -> None:
    """GET of one attempt takes write:deliveries."""
    _opens(server, "getDelivery", "write:deliveries")


@mutant("scope", "SCOPE-005", also=_ORDER | {"SCOPE-010": "read:* brings it along"})
def a_reader_may_retry_a_batch(server: Faulty) -> None:
    """A batch retry takes read:deliveries; the retry of an event does not."""
    _opens(server, "retryBatch", "read:deliveries")


@mutant("scope", "SCOPE-005", also=_ORDER)
def a_retry_takes_the_scope_of_flows(server: Faulty) -> None:
    """The retry of an event takes write:delivery-flows."""
    _opens(server, "retryEvent", "write:delivery-flows")


@mutant("scope", "SCOPE-006")
def the_log_is_read_with_the_scope_of_attempts(server: Faulty) -> None:
    """The log takes read:deliveries."""
    _opens(server, "listLogs", "read:deliveries")


@mutant(
    "scope",
    "SCOPE-001",
    "SCOPE-002",
    "SCOPE-003",
    "SCOPE-005",
    also=_ORDER | {"SCOPE": "a JWT may do it"},
)
def a_jwts_scopes_are_not_looked_at_on_writes(server: Faulty) -> None:
    """A JWT may write whatever its scopes are."""

    def when(exchange: Exchange) -> bool:
        writes = exchange.operation is not None and exchange.operation.is_write
        return writes and exchange.credential is not None and exchange.credential.kind == "jwt"

    lets_through(server, InsufficientScope, when)


@mutant("scope", "SCOPE-007", also={"SCOPE": "the reader is refused", "AUTH": "likewise"})
def a_recipe_asks_for_a_second_scope(server: Faulty) -> None:
    """A recipe create asks for read:ingesters as well."""
    _closes(server, "createClusterDeliveryFlow", "read:ingesters")


@mutant("scope", "SCOPE-007", also={"SCOPE-009": "admin of flows is refused too"})
def a_new_flow_asks_to_read_targets(server: Faulty) -> None:
    """POST of a flow asks for read:destinations as well."""
    _closes(server, "createDeliveryFlow", "read:destinations")


@mutant("scope", "SCOPE-007", also={"PROB-006": "the scope that it names is not the operation's"})
def a_jwt_of_one_scope_reads_no_targets(server: Faulty) -> None:
    """GET of one target asks a JWT for write:destinations as well."""

    def jwt(exchange: Exchange) -> bool:
        return exchange.credential is not None and exchange.credential.kind == "jwt"

    _closes(server, "getDestination", "write:destinations", jwt)


@mutant("scope", "SCOPE-007", also={"SCOPE-009": "admin is refused too"})
def deleting_an_endpoint_asks_to_read_it(server: Faulty) -> None:
    """DELETE of an endpoint asks for read:ingesters as well."""
    _closes(server, "deleteIngester", "read:ingesters")


@mutant("scope", "SCOPE-008", also={"SCOPE-003": "the list opens to it", "SCOPE-009": "likewise"})
def who_writes_endpoints_lists_them(server: Faulty) -> None:
    """write:ingesters allows the list of endpoints."""
    _opens(server, "listIngesters", "write:ingesters")


@mutant("scope", "SCOPE-008", also={"SCOPE-001": "it opens to it", "SCOPE-009": "likewise"})
def who_writes_targets_reads_one(server: Faulty) -> None:
    """write:destinations allows GET of one target, not of the list."""
    _opens(server, "getDestination", "write:destinations")


@mutant("scope", "SCOPE-009")
def admin_of_flows_does_not_write(server: Faulty) -> None:
    """admin:delivery-flows does not bring write:delivery-flows: the hyphen is in the way."""
    _expanding(server, lambda granted, found: found - _unless(granted, "delivery-flows"))


@mutant("scope", "SCOPE-009", also={"SCOPE-006": "admin reads"})
def admin_of_logs_reads_them(server: Faulty) -> None:
    """admin:logs alone allows reading the log."""
    _expanding(
        server, lambda granted, found: found | ({"read:logs"} if "admin:logs" in granted else set())
    )


@mutant("scope", "SCOPE-009", also={"SCOPE-004": "admin reads"})
def admin_of_deliveries_lists_them(server: Faulty) -> None:
    """admin:deliveries alone allows the list of attempts."""
    _opens(server, "listDeliveries", "admin:deliveries")


@mutant("scope", "SCOPE-009")
def admin_of_endpoints_does_not_delete(server: Faulty) -> None:
    """DELETE of an endpoint asks for write:ingesters by name: admin:ingesters is refused."""
    asked = asks_for("deleteIngester")

    def refuse(exchange: Exchange) -> InsufficientScope | None:
        by_admin = "admin:ingesters" in _granted(exchange) and len(_granted(exchange)) <= 2
        if asked(exchange) and by_admin:
            return InsufficientScope("write:ingesters", holder="API key")
        return None

    refuses_too(server, refuse)


@mutant("scope", "SCOPE-010")
def read_everything_leaves_the_log_out(server: Faulty) -> None:
    """read:* does not allow reading the log."""

    def without(granted: set[str], found: frozenset[str]) -> frozenset[str]:
        given = "read:logs" in granted or "read:*" not in granted
        return found if given else found - {"read:logs"}

    _expanding(server, without)


@mutant("scope", "SCOPE-010")
def read_everything_leaves_the_recipe_out(server: Faulty) -> None:
    """read:* does not allow the recipe's list."""
    asked = asks_for("listClusterDeliveryFlows")

    def refuse(exchange: Exchange) -> InsufficientScope | None:
        by_star = "read:*" in _granted(exchange) and "write:destinations" not in _granted(exchange)
        if asked(exchange) and by_star:
            return InsufficientScope("read:delivery-flows", holder="API key")
        return None

    refuses_too(server, refuse)


@mutant("scope", "SCOPE-010", also=_ORDER | {"SCOPE-005": "read:* opens it"})
def read_everything_retries_a_batch(server: Faulty) -> None:
    """read:* allows a batch retry."""
    _opens(server, "retryBatch", "read:*")


@mutant("scope", "SCOPE-010", also=_ORDER | {"SCOPE-001": "read:* opens it"})
def read_everything_deletes_targets(server: Faulty) -> None:
    """read:* allows DELETE of a target."""
    _opens(server, "deleteDestination", "read:*")


def _unless(granted: set[str], resource: str) -> set[str]:
    return set() if f"write:{resource}" in granted else {f"write:{resource}"}


def _expanding(server: Faulty, change: Any) -> None:
    def made(original: Any) -> Any:
        return lambda granted: frozenset(change(set(granted), original(granted)))

    server.replace(scopes, "expanded", made)
    server.replace(tokens, "expanded", made)
