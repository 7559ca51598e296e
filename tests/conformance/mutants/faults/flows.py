"""Flows, made and read: FLOW-001 to -008."""

import contextlib
import re
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from zen_sandbox.problems import NotFound
from zen_sandbox.request.call import Call
from zen_sandbox.store import delivery_flows

COLLECTION = delivery_flows.DeliveryFlows


def policy(body: Any) -> dict[str, Any]:
    policy: dict[str, Any] = body.setdefault("config", {}).setdefault("retry_policy", {})
    return policy


def stored(server: Faulty, change: Any, *operation_ids: str) -> None:
    """The body of a write is kept in another form: `change(body, before)` edits it."""

    @server.handler(*operation_ids)
    def instead(run: Any, call: Call, **given: Any) -> Any:
        with contextlib.suppress(NotFound):  # that is for the handler to tell, in its turn
            change(given["body"], given.get("flow_id") and found(call, given["flow_id"]))
        return run(call, **given)


def found(call: Call, flow_id: str) -> Any:
    return call.store.delivery_flows.get(call.tenant_id, flow_id)


@mutant("create", "FLOW-001", also={"FLOW": "its policy is another"})
def a_policy_is_kept_by_replace_only(server: Faulty) -> None:
    """POST of a flow takes a retry policy and keeps the defaults."""
    stored(server, lambda body, before: body.pop("config", None), "createDeliveryFlow")


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
            policy(body).setdefault("backoff_seconds", 30)

    stored(server, change, "createDeliveryFlow")


@mutant("create", "FLOW-002")
def an_empty_policy_has_no_attempts(server: Faulty) -> None:
    """max_attempts is 1 when the retry policy is an empty object."""

    def change(body: Any, before: Any) -> None:
        if body.get("config", {}).get("retry_policy", ...) == {}:
            policy(body)["max_attempts"] = 1

    stored(server, change, "createDeliveryFlow")


def _default(server: Faulty, name: str, value: int, *operation_ids: str) -> None:
    stored(server, lambda body, before: policy(body).setdefault(name, value), *operation_ids)


_ATTEMPTS = "config.retry_policy.max_attempts"


_BACKOFF = "config.retry_policy.backoff_seconds"


@mutant("boundary", "FLOW-003")
def ten_attempts_are_refused(server: Faulty) -> None:
    """max_attempts of 10 is refused by PUT."""
    server.body("replaceDeliveryFlow", _ATTEMPTS, maximum=9)


@mutant("boundary", "FLOW-003", also={"WIRE-006": "the eleven are shown, which is out of range"})
def eleven_attempts_are_taken(server: Faulty) -> None:
    """max_attempts of 11 is taken on create."""
    server.body("createDeliveryFlow", _ATTEMPTS, maximum=11)


@mutant("boundary", "FLOW-003")
def no_attempts_are_taken(server: Faulty) -> None:
    """max_attempts of 0 is taken by PUT as 1."""
    server.body("replaceDeliveryFlow", _ATTEMPTS, minimum=0)
    stored(
        server,
        lambda body, before: policy(body).update(
            max_attempts=max(1, policy(body).get("max_attempts", 3))
        ),
        "replaceDeliveryFlow",
    )


@mutant("boundary", "FLOW-003", also={"ATTEMPT": "attempts are too few"})
def one_attempt_becomes_two(server: Faulty) -> None:
    """max_attempts of 1 is kept as 2."""

    def change(body: Any, before: Any) -> None:
        if policy(body).get("max_attempts") == 1:
            policy(body)["max_attempts"] = 2

    stored(server, change, "createDeliveryFlow")


@mutant("boundary", "FLOW-004")
def a_backoff_of_an_hour_is_refused(server: Faulty) -> None:
    """backoff_seconds of 3600 is refused on create."""
    server.body("createDeliveryFlow", _BACKOFF, maximum=3599)


@mutant("boundary", "FLOW-004")
def a_backoff_of_3601_is_cut(server: Faulty) -> None:
    """backoff_seconds beyond 3600 is taken as 3600 by PUT."""
    server.body("replaceDeliveryFlow", _BACKOFF, "maximum")

    def change(body: Any, before: Any) -> None:
        if "backoff_seconds" in policy(body):
            policy(body)["backoff_seconds"] = min(3600, policy(body)["backoff_seconds"])

    stored(server, change, "replaceDeliveryFlow")


@mutant("boundary", "FLOW-004")
def a_backoff_of_zero_is_taken(server: Faulty) -> None:
    """backoff_seconds of 0 is taken on create, as the default."""
    server.body("createDeliveryFlow", _BACKOFF, minimum=0)

    def change(body: Any, before: Any) -> None:
        if policy(body).get("backoff_seconds") == 0:
            del policy(body)["backoff_seconds"]

    stored(server, change, "createDeliveryFlow")


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
    "reference",
    "FLOW-005",
    also={"ORDER": "it is taken", "IDEM-013": "likewise", "TENANT-007": "likewise"},
)
def put_does_not_look_at_the_source(server: Faulty) -> None:
    """PUT of a flow takes an unknown source."""
    _unchecked_source(server, "replaceDeliveryFlow")


@mutant("reference", "FLOW-005", also={"TENANT-007": "it is a 404", "ORDER": "it is a 404"})
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


@mutant("reference", "FLOW-006", also={"TENANT-007": "it is a 404", "ORDER": "it is a 404"})
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

    @server.around(COLLECTION, "create")
    def create(original: Any, self: Any, *given: Any, **more: Any) -> Any:
        made = original(self, *given, **more)
        first[made.id] = made.destination_id
        return made

    @server.shown("listDeliveryFlows")
    def edit(document: Any, call: Call, given: Any) -> None:
        for row in document["delivery_flows"]:
            row["destination_id"] = first.get(row["id"], row["destination_id"])


@mutant(
    "update",
    "FLOW-007",
    also={
        "FLOW-002": "a value that no GET shows is not kept, as far as anybody can see",
        "FLOW-003": "likewise",
        "FLOW-004": "likewise",
        "FLOW-009": "likewise",
        "FLOW-010": "likewise",
    },
)
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
