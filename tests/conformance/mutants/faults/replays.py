"""Replays: IDEM-001 to -006 and -019."""

import json
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import refused
from zen_sandbox.problems import (
    IdempotencyConflict,
    NotFound,
)
from zen_sandbox.request import endpoint, validation

_AGAIN = {"IDEM": "the second request is another one", "RETRY": "a retry is made twice"}


def _forgets(server: Faulty, *operation_ids: str) -> None:
    """Those operations take no heed of a key."""

    @server.around(endpoint.Endpoint, "_replay")
    def replay(original: Any, self: Any, operation: Any, exchange: Any, ms: int) -> Any:
        if operation.operation_id in operation_ids:
            return None
        return original(self, operation, exchange, ms)


def _fingerprinted(server: Faulty, place: Any, body: Any) -> None:
    """What is compared: `place` and `body` of an operation and an exchange."""

    @server.around(endpoint, "_fingerprint")
    def fingerprint(original: Any, operation: Any, exchange: Any) -> bytes:
        compared = [place(operation, exchange), body(operation, exchange)]
        return json.dumps(compared, sort_keys=True).encode()


def _true_place(operation: Any, exchange: Any) -> Any:
    return [operation.method, operation.operation_id, exchange.path_values]


def _true_body(operation: Any, exchange: Any) -> Any:
    return {} if exchange.body is None and operation.body is not None else exchange.body


def replayed(server: Faulty, edit: Any) -> None:
    """Changes replayed answers: `edit(asked, answer)`."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.header("idempotency-replayed"):
            edit(asked, answer)


@mutant("idempotency", "IDEM-001", also={"IDEM-011": "it is another status"})
def a_replayed_create_is_a_200(server: Faulty) -> None:
    """A replayed 201 is a 200."""

    def edit(asked: Asked, answer: Answer) -> None:
        answer.status = 200 if answer.status == 201 else answer.status

    replayed(server, edit)


@mutant(
    "idempotency", "IDEM-001", also={"WIRE-008": "there is no Location", "IDEM-011": "likewise"}
)
def a_replayed_create_has_no_location(server: Faulty) -> None:
    """A replayed 201 of a recipe has no Location."""

    def edit(asked: Asked, answer: Answer) -> None:
        if asked.operation_id == "createClusterDeliveryFlow":
            answer.set_header("location", None)

    replayed(server, edit)


@mutant(
    "idempotency",
    "IDEM-001",
    also={"IDEM": "no replay shows the first answer's body", "WIRE-006": "the list is empty"},
)
def a_replayed_batch_has_no_body(server: Faulty) -> None:
    """A replayed batch retry lists no deliveries."""

    def edit(asked: Asked, answer: Answer) -> None:
        if asked.operation_id == "retryBatch" and answer.status == 202:
            answer.document = {**answer.document, "deliveries": []}

    replayed(server, edit)


@mutant("idempotency", "IDEM-001", also={"IDEM": "it is a 404"})
def a_replayed_delete_is_a_404(server: Faulty) -> None:
    """DELETE of an endpoint under its key again is a 404."""

    def edit(asked: Asked, answer: Answer) -> None:
        if asked.operation_id == "deleteIngester" and answer.status == 204:
            refused(answer, NotFound("Endpoint not found."))

    replayed(server, edit)


@mutant("idempotency", "IDEM-001", "IDEM-011", also={"IDEM": "the body is another"})
def a_replayed_put_shows_what_is_there_now(server: Faulty) -> None:
    """A replayed PUT of a flow shows the flow as it is now."""

    @server.around(endpoint.Endpoint, "_replay")
    def replay(original: Any, self: Any, operation: Any, exchange: Any, ms: int) -> Any:
        found = original(self, operation, exchange, ms)
        if found is None or operation.operation_id != "replaceDeliveryFlow":
            return found
        return self._call(operation, exchange, ms)._replace(replayed=True)


@mutant("idempotency", "IDEM-002")
def a_replayed_204_does_not_say_so(server: Faulty) -> None:
    """A replayed 204 has no Idempotency-Replayed."""

    def edit(asked: Asked, answer: Answer) -> None:
        if answer.status == 204:
            answer.set_header("idempotency-replayed", None)

    replayed(server, edit)


@mutant("idempotency", "IDEM-002", also={"IDEM-012": "it is not said", "PROB-003": "not said"})
def a_replayed_problem_does_not_say_so(server: Faulty) -> None:
    """A replayed 404 or 409 has no Idempotency-Replayed."""

    def edit(asked: Asked, answer: Answer) -> None:
        if answer.status >= 400:
            answer.set_header("idempotency-replayed", None)

    replayed(server, edit)


@mutant("idempotency", "IDEM-002", also={"PROB-003": "the rule spares replays", "IDEM": "likewise"})
def every_answer_to_a_key_is_a_replay(server: Faulty) -> None:
    """The first answer to a key of PATCH says Idempotency-Replayed: true."""

    @server.answers("updateDestination")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if asked.header("idempotency-key") and answer.status == 200:
            answer.set_header("idempotency-replayed", "true")


@mutant("idempotency", "IDEM-003", also=_AGAIN)
def a_batch_takes_no_heed_of_a_key(server: Faulty) -> None:
    """A batch retry under its key again is made again."""
    _forgets(server, "retryBatch")


@mutant("idempotency", "IDEM-003", also=_AGAIN)
def a_retry_takes_no_heed_of_a_key(server: Faulty) -> None:
    """A retry under its key again is made again."""
    _forgets(server, "retryEvent")


@mutant("idempotency", "IDEM-001", also=_AGAIN | {"ORDER-007": "there is no replay"})
def deleting_a_flow_takes_no_heed_of_a_key(server: Faulty) -> None:
    """DELETE of a flow takes no heed of its key."""
    _forgets(server, "deleteDeliveryFlow")


@mutant(
    "idempotency",
    "IDEM-002",
    "IDEM-003",
    also=_AGAIN | {"ORDER-007": "there is no replay"},
)
def replacing_an_endpoint_takes_no_heed_of_a_key(server: Faulty) -> None:
    """PUT of an endpoint takes no heed of its key."""
    _forgets(server, "replaceIngester")


@mutant("idempotency", "IDEM-003", also=_AGAIN | {"ORDER-007": "there is no replay"})
def a_recipe_takes_no_heed_of_a_key(server: Faulty) -> None:
    """A recipe create takes no heed of its key."""
    _forgets(server, "createClusterDeliveryFlow")


@mutant("idempotency", "IDEM-003", also={"IDEM-012": "a 404 is made again"})
def a_replay_runs_again(server: Faulty) -> None:
    """A retry under its key again is answered from memory, but queues attempts once more."""

    @server.around(endpoint.Endpoint, "_replay")
    def replay(original: Any, self: Any, operation: Any, exchange: Any, ms: int) -> Any:
        found = original(self, operation, exchange, ms)
        if found is not None and operation.operation_id == "updateDestination":
            self._store.destinations.update(
                exchange.credential.tenant_id,
                exchange.path_values["destination_id"],
                self._store.now(),
                {k: v for k, v in exchange.body.items() if k != "secret"},
            )
        return found


@mutant("idempotency", "IDEM-004")
def bodies_are_compared_as_bytes(server: Faulty) -> None:
    """The bytes of two bodies are compared."""
    bodies: dict[str, str] = {}

    @server.around(validation, "strict_json_or_absent")
    def strict_json_or_absent(original: Any, raw: bytes) -> Any:
        bodies["newest"] = raw.hex()
        return original(raw)

    def body(operation: Any, exchange: Any) -> Any:
        return bodies.get("newest") if operation.body and exchange.body is not None else {}

    _fingerprinted(server, _true_place, body)


@mutant("idempotency", "IDEM-004")
def the_order_of_members_is_compared(server: Faulty) -> None:
    """Two bodies with their members in another order are not the same."""

    @server.around(endpoint, "_fingerprint")
    def fingerprint(original: Any, operation: Any, exchange: Any) -> Any:
        return original(operation, exchange) + json.dumps(exchange.body or {}).encode()


@mutant("idempotency", "IDEM-004")
def the_query_is_compared(server: Faulty) -> None:
    """Two requests that differ in their query are not the same."""
    queries: dict[str, str] = {}

    @server.requests()
    def look(asked: Asked) -> None:
        queries["newest"] = asked.query

    @server.around(endpoint, "_fingerprint")
    def fingerprint(original: Any, operation: Any, exchange: Any) -> Any:
        return original(operation, exchange) + queries["newest"].encode()


@mutant("idempotency", "IDEM-005", also={"IDEM": "another body is a replay"})
def the_body_of_a_patch_is_not_compared(server: Faulty) -> None:
    """Another PATCH under a used key is a replay."""

    def body(operation: Any, exchange: Any) -> Any:
        patch = operation.operation_id == "updateDestination"
        return None if patch else _true_body(operation, exchange)

    _fingerprinted(server, _true_place, body)


@mutant("idempotency", "IDEM-005")
def only_the_top_of_a_body_is_compared(server: Faulty) -> None:
    """Another retry policy under a used key is a replay."""

    def body(operation: Any, exchange: Any) -> Any:
        true = _true_body(operation, exchange)
        if not isinstance(true, dict):
            return true
        return {name: value for name, value in true.items() if not isinstance(value, dict)}

    _fingerprinted(server, _true_place, body)


@mutant("idempotency", "IDEM-005")
def a_batch_is_compared_by_its_first_id(server: Faulty) -> None:
    """Another batch under a used key that begins with the same id is a replay."""

    def body(operation: Any, exchange: Any) -> Any:
        true = _true_body(operation, exchange)
        return true["delivery_ids"][:1] if operation.operation_id == "retryBatch" else true

    _fingerprinted(server, _true_place, body)


@mutant("idempotency", "IDEM-005")
def bodies_of_one_length_are_the_same(server: Faulty) -> None:
    """Two creates of an endpoint are the same when their bodies are of one length."""

    def body(operation: Any, exchange: Any) -> Any:
        true = _true_body(operation, exchange)
        return len(json.dumps(true)) if operation.operation_id == "createIngester" else true

    _fingerprinted(server, _true_place, body)


@mutant("idempotency", "IDEM-006")
def another_id_is_the_same_path(server: Faulty) -> None:
    """DELETE of another target under a used key is a replay."""
    _fingerprinted(server, lambda operation, exchange: [operation.operation_id], _true_body)


@mutant("idempotency", "IDEM-006")
def another_method_is_the_same_request(server: Faulty) -> None:
    """Another method on the same object under a used key is a replay."""

    def place(operation: Any, exchange: Any) -> Any:
        return sorted(exchange.path_values.items())

    def body(operation: Any, exchange: Any) -> Any:
        item = len(exchange.path_values) > 1
        return None if item else [operation.operation_id, _true_body(operation, exchange)]

    _fingerprinted(server, place, body)


@mutant("idempotency", "IDEM-006")
def a_retry_of_another_event_is_a_replay(server: Faulty) -> None:
    """A retry of another event under a used key is a replay."""

    def place(operation: Any, exchange: Any) -> Any:
        true = _true_place(operation, exchange)
        return true[:2] if operation.operation_id == "retryEvent" else true

    _fingerprinted(server, place, _true_body)


@mutant("idempotency", "IDEM-005")
def a_key_conflict_forgets_the_key(server: Faulty) -> None:
    """A conflict over a key forgets what the key was first answered with."""

    @server.around(endpoint.Endpoint, "_refusal")
    def refusal(original: Any, self: Any, operation: Any, exchange: Any, problem: Any) -> Any:
        if isinstance(problem, IdempotencyConflict):
            self._store.database.execute(
                "DELETE FROM idempotency WHERE tenant_id = ? AND key = ?",
                (exchange.credential.tenant_id, exchange.idempotency_key),
            )
        return original(self, operation, exchange, problem)


@mutant("idempotency", "IDEM-005")
def a_key_conflict_is_remembered(server: Faulty) -> None:
    """A conflict over a key takes the place of its first answer."""

    @server.around(endpoint.Endpoint, "_refusal")
    def refusal(original: Any, self: Any, operation: Any, exchange: Any, problem: Any) -> Any:
        response = original(self, operation, exchange, problem)
        if isinstance(problem, IdempotencyConflict) and operation.operation_id.startswith("create"):
            self._remember(operation, exchange, response, self._now_ms(exchange))
        return response


def _without_key(server: Faulty, *operation_ids: str) -> None:
    """A write that was sent before is a replay though it has no key."""

    @server.around(endpoint.Endpoint, "_write")
    async def write(original: Any, self: Any, operation: Any, exchange: Any) -> Any:
        if operation.operation_id in operation_ids and exchange.idempotency_key is None:
            exchange.idempotency_key = endpoint._fingerprint(operation, exchange).hex()
        return await original(self, operation, exchange)


@mutant("idempotency", "IDEM-019", also={"NAME": "there is no 409", "LOG": "there is no second"})
def equal_creates_are_one(server: Faulty) -> None:
    """A create of an endpoint that was sent before is a replay though it has no key."""
    _without_key(server, "createIngester")


@mutant("idempotency", "IDEM-019", also={"RETRY": "nothing is queued", "DLV": "nothing is queued"})
def equal_retries_are_one(server: Faulty) -> None:
    """A retry of an event that was retried before is a replay though it has no key."""
    _without_key(server, "retryEvent")
