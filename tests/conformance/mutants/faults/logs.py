"""The log: LOG."""

import re
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Asked
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import body_of
from zen_sandbox import audit
from zen_sandbox.request.call import Call
from zen_sandbox.store import logs

_LOGGED = {"LOG": "entries are others", "TENANT-010": "entries are others", "LIST": "so they are"}


def _recorded(server: Faulty, change: Any) -> None:
    """What goes into the log is another entry: `change(entry)`; None keeps it out."""

    @server.around(logs.Logs, "add")
    def add(original: Any, self: Any, tenant_id: str, entry: Any) -> None:
        changed = change(entry)
        if changed is not None:
            original(self, tenant_id, changed)


@mutant("log", "LOG-001", also=_LOGGED)
def a_deleted_flow_is_not_logged(server: Faulty) -> None:
    """DELETE of a flow makes no entry when it succeeds."""

    def change(entry: Any) -> Any:
        deleted = entry.action == "delete" and entry.resource_type == "delivery-flow"
        return None if deleted and entry.result == "success" else entry

    _recorded(server, change)


@mutant("log", "LOG-001", also=_LOGGED)
def a_put_is_logged_as_a_create(server: Faulty) -> None:
    """PUT of an endpoint is logged with the action create."""

    def change(entry: Any) -> Any:
        put = entry.action == "update" and entry.resource_type == "ingester"
        return entry._replace(action="create") if put else entry

    _recorded(server, change)


@mutant("log", "LOG-001", also=_LOGGED)
def a_batch_is_not_logged(server: Faulty) -> None:
    """A batch retry makes no entry."""

    def change(entry: Any) -> Any:
        return None if entry.action == "retry" and entry.resource_type == "delivery" else entry

    _recorded(server, change)


@mutant("log", "LOG-001", also=_LOGGED)
def a_recipe_is_logged_twice(server: Faulty) -> None:
    """A recipe create makes two entries."""

    @server.around(audit, "record_success")
    def record_success(original: Any, store: Any, exchange: Any, response: Any, ms: int) -> None:
        original(store, exchange, response, ms)
        if exchange.operation.operation_id == "createClusterDeliveryFlow":
            original(store, exchange, response, ms)


@mutant("log", "LOG-002", also=_LOGGED | {"TENANT-010": "it is in the other log"})
def a_write_elsewhere_is_logged_there(server: Faulty) -> None:
    """A write to another tenant's path is logged with that tenant."""

    @server.around(audit, "record_refusal")
    def record_refusal(original: Any, store: Any, exchange: Any, problem: Any, ms: int) -> None:
        own = exchange.credential
        named = exchange.path_values.get("tenant_id", own.tenant_id)
        if store.accounts.tenant(named) is not None:
            exchange.credential = own._replace(tenant_id=named)
        try:
            original(store, exchange, problem, ms)
        finally:
            exchange.credential = own


@mutant("log", "LOG-002", also=_LOGGED)
def a_write_elsewhere_is_not_logged(server: Faulty) -> None:
    """A write to another tenant's path makes no entry."""

    @server.around(audit, "is_audited")
    def is_audited(original: Any, exchange: Any, problem: Any) -> Any:
        return original(exchange, problem) and problem.slug != "permission-denied"


@mutant("log", "LOG-003", also=_LOGGED)
def an_invalid_write_is_not_logged(server: Faulty) -> None:
    """A 400 of a body makes no entry."""

    @server.around(audit, "is_audited")
    def is_audited(original: Any, exchange: Any, problem: Any) -> Any:
        return original(exchange, problem) and problem.status != 400


@mutant("log", "LOG-003", also=_LOGGED)
def a_conflict_is_logged_as_an_error(server: Faulty) -> None:
    """A 409 is logged with the level error."""

    def change(entry: Any) -> Any:
        return entry._replace(level="error") if entry.result == "conflict" else entry

    _recorded(server, change)


@mutant("log", "LOG-003", also=_LOGGED)
def a_denied_write_is_logged_as_invalid(server: Faulty) -> None:
    """A 403 for the scope is logged as validation_error."""

    def change(entry: Any) -> Any:
        denied = entry.result == "authorization_denied"
        return entry._replace(result="validation_error") if denied else entry

    _recorded(server, change)


@mutant("log", "LOG-003", also=_LOGGED)
def a_missing_object_is_not_logged(server: Faulty) -> None:
    """A 404 of DELETE makes no entry."""

    def change(entry: Any) -> Any:
        missing = entry.action == "delete" and entry.result == "not_found"
        return None if missing else entry

    _recorded(server, change)


@mutant("log", "LOG-004")
def a_refusals_entry_has_an_id_of_its_own(server: Faulty) -> None:
    """The request_id of a refused write's entry is not its X-Request-Id."""

    def change(entry: Any) -> Any:
        return entry._replace(request_id="req_log") if entry.level == "warn" else entry

    _recorded(server, change)


@mutant("log", "LOG-004")
def a_clients_request_id_is_not_logged(server: Faulty) -> None:
    """The request_id of an entry is absent where the client sent it."""

    def change(entry: Any) -> Any:
        own = re.fullmatch("req_[0-9a-f]{16}", entry.request_id or "")
        return entry if own else entry._replace(request_id=None)

    _recorded(server, change)


@mutant("log", "LOG-005", also=_LOGGED)
def a_failed_attempt_is_logged_as_a_warning(server: Faulty) -> None:
    """A failed attempt is logged with the level warn."""

    def change(entry: Any) -> Any:
        failed = entry.action == "deliver" and entry.level == "error"
        return entry._replace(level="warn") if failed else entry

    _recorded(server, change)


@mutant("log", "LOG-005", also=_LOGGED)
def only_failed_attempts_are_logged(server: Faulty) -> None:
    """A delivered attempt makes no entry."""

    def change(entry: Any) -> Any:
        return None if entry.action == "deliver" and entry.level == "info" else entry

    _recorded(server, change)


@mutant("log", "LOG-005", also=_LOGGED)
def retries_are_not_logged(server: Faulty) -> None:
    """Only the first attempt of a chain makes an entry."""

    def change(entry: Any) -> Any:
        later = entry.action == "deliver" and not entry.message.startswith("attempt 1 ")
        return None if later else entry

    _recorded(server, change)


@mutant("log", "LOG-006", also={"DEST-008": "the log is an answer too"})
def a_secret_is_in_the_log(server: Faulty) -> None:
    """The entry of a PATCH that sets a secret shows it."""
    _tells_secrets(server, "updateDestination")


@mutant("log", "LOG-006", also={"DEST-008": "the log is an answer too"})
def a_refused_secret_is_in_the_log(server: Faulty) -> None:
    """The entry of a create that is refused shows its secret."""
    seen: dict[str, Any] = {}

    @server.requests("createDestination")
    def look(asked: Asked) -> None:
        document = body_of(asked)
        secret = document.get("secret") if isinstance(document, dict) else None
        seen["secret"] = secret.get("value") if isinstance(secret, dict) else None

    def change(entry: Any) -> Any:
        refused = entry.action == "create" and entry.level == "warn" and seen.get("secret")
        return entry._replace(message=f"{entry.message} {seen['secret']}") if refused else entry

    _recorded(server, change)


@mutant("log", "LOG-010", also=_LOGGED)
def an_update_is_logged_with_another_object(server: Faulty) -> None:
    """The entry of an update that succeeds names the tenant as its object."""

    def change(entry: Any) -> Any:
        updated = entry.action == "update" and entry.level == "info"
        return entry._replace(resource_id="tnt_conformance_primary") if updated else entry

    _recorded(server, change)


def _tells_secrets(server: Faulty, operation_id: str) -> None:
    seen: dict[str, Any] = {}

    @server.around(audit, "record_success")
    def record_success(original: Any, store: Any, exchange: Any, response: Any, ms: int) -> None:
        if exchange.operation.operation_id == operation_id and exchange.body.get("secret"):
            seen["told"] = exchange.body["secret"]["value"]
        original(store, exchange, response, ms)
        seen.pop("told", None)

    def change(entry: Any) -> Any:
        told = seen.get("told")
        return entry._replace(message=f"{entry.message} {told}") if told else entry

    _recorded(server, change)


def _filtered(server: Faulty, change: Any) -> None:
    """The log is asked with other filters: `change(filters)` edits them."""

    @server.handler("listLogs")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        change(given)
        return run(call, **given)


@mutant("filter", "LOG-007", also=_LOGGED)
def a_level_is_a_lower_bound(server: Faulty) -> None:
    """`level=warn` finds errors too."""

    @server.around(logs.Logs, "page")
    def page(original: Any, self: Any, tenant_id: str, window: Any, **filters: Any) -> Any:
        if filters.get("level") != "warn":
            return original(self, tenant_id, window, **filters)
        both = original(self, tenant_id, window, **{**filters, "level": None})
        return [one for one in both if one.level in ("warn", "error")]


@mutant("filter", "LOG-007", also=_LOGGED)
def a_level_is_ignored_beside_a_source(server: Faulty) -> None:
    """`level` is ignored where source_id or delivery_id is given too."""

    def change(given: Any) -> None:
        if given.get("source_id") or given.get("delivery_id"):
            given.pop("level", None)

    _filtered(server, change)


@mutant("filter", "LOG-007", also=_LOGGED)
def a_level_is_ignored_beside_a_moment(server: Faulty) -> None:
    """`level` is ignored where `since` is given too."""

    def change(given: Any) -> None:
        if given.get("since"):
            given.pop("level", None)

    _filtered(server, change)


@mutant("filter", "LOG-008", also=_LOGGED)
def a_source_is_ignored(server: Faulty) -> None:
    """source_id of the log is ignored."""
    _filtered(server, lambda given: given.pop("source_id", None))


@mutant("filter", "LOG-008", also=_LOGGED)
def an_attempt_is_ignored_beside_a_level(server: Faulty) -> None:
    """delivery_id of the log is ignored where `level` is given too."""

    def change(given: Any) -> None:
        if given.get("level"):
            given.pop("delivery_id", None)

    _filtered(server, change)


@mutant("filter", "LOG-008", also=_LOGGED | {"TENANT-010": "entries lack their source"})
def attempts_are_logged_without_their_source(server: Faulty) -> None:
    """source_id does not find the entries of attempts, which show it."""

    @server.shown("listLogs")
    def edit(document: Any, call: Call, given: Any) -> None:
        if given.get("source_id"):
            kept = [row for row in document["logs"] if row["action"] != "deliver"]
            document["logs"] = kept


@mutant("boundary", "LOG-009", also=_LOGGED)
def since_is_exclusive(server: Faulty) -> None:
    """`since` leaves the entry of that very moment out."""

    @server.shown("listLogs")
    def edit(document: Any, call: Call, given: Any) -> None:
        if given.get("since"):
            kept = [row for row in document["logs"] if row["timestamp"] != given["since"]]
            document["logs"] = kept


@mutant("boundary", "LOG-009", also=_LOGGED)
def until_is_inclusive(server: Faulty) -> None:
    """`until` takes the entry of that very moment in."""

    @server.around(logs.Logs, "page")
    def page(original: Any, self: Any, tenant_id: str, window: Any, **filters: Any) -> Any:
        if filters.get("until"):
            filters["until"] += "0"
        return original(self, tenant_id, window, **filters)


@mutant("filter", "LOG-009", also=_LOGGED)
def until_is_ignored_beside_since(server: Faulty) -> None:
    """`until` is ignored where `since` is given too."""

    def change(given: Any) -> None:
        if given.get("since"):
            given.pop("until", None)

    _filtered(server, change)


@mutant("filter", "LOG-009", also=_LOGGED)
def moments_are_read_to_the_second(server: Faulty) -> None:
    """The fraction of `since` is dropped."""

    def change(given: Any) -> None:
        if given.get("since"):
            given["since"] = given["since"][:19] + "Z"

    _filtered(server, change)
