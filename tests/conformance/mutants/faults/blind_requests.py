"""A sample written without a look at the checks: paths, headers, problems, bodies, credentials."""

import json
import re
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import body_of
from zen_sandbox import tokens
from zen_sandbox.handlers import logs as log_handlers

_LITERALS = frozenset(
    {
        *("v1", "tenants", "destinations", "delivery-flows", "deliveries", "ingesters"),
        *("events", "retry", "batch", "logs", "clusters"),
    }
)


@mutant("route", "ROUTE-002")
def paths_are_matched_without_case(server: Faulty) -> None:
    """`/v1/Tenants/…/Destinations` is served."""

    @server.requests()
    def rewrite(asked: Asked) -> None:
        parts = asked.path.split("/")
        asked.path = "/".join(part.lower() if part.lower() in _LITERALS else part for part in parts)


@mutant("route", "ROUTE-002")
def an_empty_segment_is_skipped(server: Faulty) -> None:
    """`/v1//tenants/…` is served."""

    @server.requests()
    def rewrite(asked: Asked) -> None:
        asked.path = re.sub("/{2,}", "/", asked.path)


@mutant("wire", "WIRE-006", "DLV-003", also={"DLV-010": "the list shows the row without it"})
def a_refused_connection_has_a_null_code(server: Faulty) -> None:
    """An attempt that got no answer is shown alone with a `response_code` of null."""

    @server.shown("getDelivery")
    def edit(document: Any, call: Any, given: Any) -> None:
        if document["status"] == "failed":
            document.setdefault("response_code", None)


@mutant("problem", "PROB-003")
def a_target_in_use_has_a_path_as_instance(server: Faulty) -> None:
    """The 409 for a target in use has the path as `instance`."""

    @server.answers("deleteDestination")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 409 and answer.document["type"].endswith("/conflict"):
            answer.document = {**answer.document, "instance": asked.path}


@mutant("problem", "PROB-006")
def a_retry_asks_for_another_scope_by_name(server: Faulty) -> None:
    """A 403 of a retry has `write:events` as `required_scope`."""

    @server.answers("retryEvent", "retryBatch")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 403 and "required_scope" in answer.document:
            answer.document = {**answer.document, "required_scope": "write:events"}


@mutant("problem", "PROB-011")
def a_long_key_is_cut_in_its_conflict(server: Faulty) -> None:
    """An `idempotency_key` is shown up to its 64th character."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 409 and "idempotency_key" in answer.document:
            document = answer.document
            answer.document = {**document, "idempotency_key": document["idempotency_key"][:64]}


def _take_as_json(asked: Asked, pattern: str) -> None:
    asked.headers = [
        (name, re.sub(pattern, "application/json", value) if name == "content-type" else value)
        for name, value in asked.headers
    ]


@mutant("boundary", "BODY-004")
def a_chunked_put_may_be_too_long(server: Faulty) -> None:
    """The size of a chunked PUT of an endpoint is not looked at."""

    @server.requests("replaceIngester")
    def rewrite(asked: Asked) -> None:
        if asked.header("content-length") is None and len(asked.body) > 1_048_576:
            asked.body = asked.body.strip()[:1_048_576]


@mutant("validation", "FLOW-003", "BODY-011")
def true_is_one(server: Faulty) -> None:
    """A `max_attempts` of `true` is taken."""

    @server.requests("createDeliveryFlow", "replaceDeliveryFlow")
    def rewrite(asked: Asked) -> None:
        _read_attempts(asked, lambda value: 1 if value is True else value)


@mutant("validation", "FLOW-003", "BODY-011")
def attempts_are_rounded_down(server: Faulty) -> None:
    """PUT of a flow takes a `max_attempts` of 3.7."""

    @server.requests("replaceDeliveryFlow")
    def rewrite(asked: Asked) -> None:
        _read_attempts(asked, lambda value: int(value) if isinstance(value, float) else value)


def _read_attempts(asked: Asked, read: Any) -> None:
    body = body_of(asked)
    try:
        policy = body["config"]["retry_policy"]
        policy["max_attempts"] = read(policy["max_attempts"])
    except (TypeError, LookupError, ValueError, OverflowError):
        return
    asked.body = json.dumps(body).encode()


@mutant("scope", "SCOPE-001", "SCOPE-009")
def admin_of_endpoints_writes_targets(server: Faulty) -> None:
    """`admin:ingesters` brings `write:destinations` along."""

    @server.around(tokens, "expanded")
    def expanded(original: Any, granted: Any) -> frozenset[str]:
        known = frozenset(granted)
        more = {"write:destinations"} if "admin:ingesters" in known else set()
        return frozenset(original(known) | more)


@mutant("log", "LOG-009")
def a_moment_is_compared_as_text(server: Faulty) -> None:
    """`since` a whole second leaves out entries with a fraction of that second."""

    @server.around(log_handlers, "comparable")
    def comparable(original: Any, timestamp: str) -> str:
        return original(timestamp) if "." in timestamp else f"{timestamp[:-1]}.9999"
