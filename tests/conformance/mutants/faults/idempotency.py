"""Idempotency keys: IDEM."""

import asyncio
import json
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import operation_of, refused
from zen_sandbox.problems import (
    Conflict,
    IdempotencyConflict,
    InsufficientScope,
    NotFound,
    Problem,
    UnsupportedMediaType,
    ValidationFailed,
)
from zen_sandbox.request import endpoint, gate, validation
from zen_sandbox.store import idempotency

_KEYS = idempotency.IdempotencyRecords
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


def _replayed(server: Faulty, edit: Any) -> None:
    """Changes replayed answers: `edit(asked, answer)`."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.header("idempotency-replayed"):
            edit(asked, answer)


@mutant("idempotency", "IDEM-001", also={"IDEM-012": "it is another status"})
def a_replayed_create_is_a_200(server: Faulty) -> None:
    """A replayed 201 is a 200."""

    def edit(asked: Asked, answer: Answer) -> None:
        answer.status = 200 if answer.status == 201 else answer.status

    _replayed(server, edit)


@mutant("idempotency", "IDEM-001", also={"WIRE-008": "there is no Location", "IDEM-012": "so"})
def a_replayed_create_has_no_location(server: Faulty) -> None:
    """A replayed 201 of a recipe has no Location."""

    def edit(asked: Asked, answer: Answer) -> None:
        if asked.operation_id == "createClusterDeliveryFlow":
            answer.set_header("location", None)

    _replayed(server, edit)


@mutant("idempotency", "IDEM-001")
def a_replayed_batch_has_no_body(server: Faulty) -> None:
    """A replayed batch retry lists no deliveries."""

    def edit(asked: Asked, answer: Answer) -> None:
        if asked.operation_id == "retryBatch" and answer.status == 202:
            answer.document = {**answer.document, "deliveries": []}

    _replayed(server, edit)


@mutant("idempotency", "IDEM-001", also={"IDEM": "it is a 404"})
def a_replayed_delete_is_a_404(server: Faulty) -> None:
    """DELETE of an endpoint under its key again is a 404."""

    def edit(asked: Asked, answer: Answer) -> None:
        if asked.operation_id == "deleteIngester" and answer.status == 204:
            refused(answer, NotFound("Endpoint not found."))

    _replayed(server, edit)


@mutant("idempotency", "IDEM-001", "IDEM-012", also={"IDEM": "the body is another"})
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

    _replayed(server, edit)


@mutant("idempotency", "IDEM-002", also={"IDEM-013": "it is not said", "PROB-003": "not said"})
def a_replayed_problem_does_not_say_so(server: Faulty) -> None:
    """A replayed 404 or 409 has no Idempotency-Replayed."""

    def edit(asked: Asked, answer: Answer) -> None:
        if answer.status >= 400:
            answer.set_header("idempotency-replayed", None)

    _replayed(server, edit)


@mutant("idempotency", "IDEM-002", also={"PROB-003": "the rule spares replays", "IDEM": "so"})
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


@mutant("idempotency", "IDEM-003", also=_AGAIN | {"ORDER-007": "there is no replay"})
def deleting_a_flow_takes_no_heed_of_a_key(server: Faulty) -> None:
    """DELETE of a flow takes no heed of its key."""
    _forgets(server, "deleteDeliveryFlow")


@mutant("idempotency", "IDEM-003", also=_AGAIN | {"ORDER-007": "there is no replay"})
def replacing_an_endpoint_takes_no_heed_of_a_key(server: Faulty) -> None:
    """PUT of an endpoint takes no heed of its key."""
    _forgets(server, "replaceIngester")


@mutant("idempotency", "IDEM-003", also=_AGAIN | {"ORDER-007": "there is no replay"})
def a_recipe_takes_no_heed_of_a_key(server: Faulty) -> None:
    """A recipe create takes no heed of its key."""
    _forgets(server, "createClusterDeliveryFlow")


@mutant("idempotency", "IDEM-003", also={"IDEM-013": "a 404 is made again"})
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


@mutant("idempotency", "IDEM-007")
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


@mutant("idempotency", "IDEM-007")
def a_key_conflict_is_remembered(server: Faulty) -> None:
    """A conflict over a key takes the place of its first answer."""

    @server.around(endpoint.Endpoint, "_refusal")
    def refusal(original: Any, self: Any, operation: Any, exchange: Any, problem: Any) -> Any:
        response = original(self, operation, exchange, problem)
        if isinstance(problem, IdempotencyConflict) and operation.operation_id.startswith("create"):
            self._remember(operation, exchange, response, self._now_ms(exchange))
        return response


def _shared(server: Faulty, when: Any) -> None:
    @server.around(endpoint, "_tenant_of")
    def tenant_of(original: Any, exchange: Any) -> Any:
        return "shared" if when(exchange) else original(exchange)


@mutant("idempotency", "IDEM-008", also={"TENANT": "another tenant's key was used"})
def keys_are_everybodys(server: Faulty) -> None:
    """A key is shared by all tenants."""

    @server.around(_KEYS, "find")
    def find(original: Any, self: Any, tenant_id: str, key: str, ms: int) -> Any:
        return original(self, "shared", key, ms)

    @server.around(_KEYS, "remember")
    def remember(original: Any, self: Any, tenant_id: str, key: str, ms: int, answer: Any) -> None:
        original(self, "shared", key, ms, answer)


@mutant("idempotency", "IDEM-009")
def a_key_belongs_to_its_credential(server: Faulty) -> None:
    """Another credential of the tenant has keys of its own."""
    _by_credential(server, lambda credential: credential.actor)


@mutant("idempotency", "IDEM-009")
def a_key_belongs_to_its_kind_of_credential(server: Faulty) -> None:
    """The JWTs of a tenant have other keys than its API keys."""
    _by_credential(server, lambda credential: credential.kind)


def _by_credential(server: Faulty, of: Any) -> None:
    who: dict[str, str] = {}

    @server.around(endpoint.Endpoint, "_write")
    async def write(original: Any, self: Any, operation: Any, exchange: Any) -> Any:
        if exchange.credential is not None and exchange.idempotency_key is not None:
            who["newest"] = of(exchange.credential)
        return await original(self, operation, exchange)

    @server.around(_KEYS, "find")
    def find(original: Any, self: Any, tenant_id: str, key: str, ms: int) -> Any:
        return original(self, f"{tenant_id}/{who['newest']}", key, ms)

    @server.around(_KEYS, "remember")
    def remember(original: Any, self: Any, tenant_id: str, key: str, ms: int, answer: Any) -> None:
        original(self, f"{tenant_id}/{who['newest']}", key, ms, answer)


@mutant("idempotency", "IDEM-010")
def a_key_on_a_get_is_judged(server: Faulty) -> None:
    """A bad key on GET of a flow is a 400."""

    @server.answers("getDeliveryFlow")
    def rewrite(asked: Asked, answer: Answer) -> None:
        key = asked.header("idempotency-key")
        if key is not None and (" " in key or not 0 < len(key) <= 255):
            refused(answer, ValidationFailed.of("Idempotency-Key", "must be visible ASCII"))


@mutant("idempotency", "IDEM-010")
def a_key_on_a_get_is_used_up(server: Faulty) -> None:
    """A key that was on GET of a list is a conflict on POST."""
    used: set[str] = set()

    @server.requests()
    def look(asked: Asked) -> None:
        key = asked.header("idempotency-key")
        if key and asked.method == "GET":
            used.add(key)

    @server.answers("createDestination", "createIngester", "createDeliveryFlow")
    def rewrite(asked: Asked, answer: Answer) -> None:
        key = asked.header("idempotency-key")
        if key in used and key and answer.status < 300:
            refused(answer, IdempotencyConflict(key))


@mutant("idempotency", "IDEM-010")
def a_get_is_replayed(server: Faulty) -> None:
    """GET of a target under a used key answers what it was first answered with."""
    kept: dict[tuple[str, str], bytes] = {}

    @server.answers("getDestination")
    def rewrite(asked: Asked, answer: Answer) -> None:
        key = asked.header("idempotency-key")
        if key and answer.status == 200:
            answer.body = kept.setdefault((asked.path, key), answer.body)


@mutant("boundary", "IDEM-011")
def a_key_of_255_is_refused(server: Faulty) -> None:
    """A key of 255 characters is answered 400 by PUT of a flow."""
    server.parameter("replaceDeliveryFlow", "Idempotency-Key", pattern="^[!-~]{1,254}$")


@mutant("boundary", "IDEM-011")
def a_key_of_256_is_taken(server: Faulty) -> None:
    """A key of 256 characters is taken by DELETE of a target."""
    server.parameter(
        "deleteDestination", "Idempotency-Key", maxLength=256, pattern="^[!-~]{1,256}$"
    )


@mutant("boundary", "IDEM-011", also={"IDEM": "keys of one beginning are one"})
def a_key_is_cut_at_64(server: Faulty) -> None:
    """Two keys that share their first 64 characters are one key."""

    @server.around(_KEYS, "find")
    def find(original: Any, self: Any, tenant_id: str, key: str, ms: int) -> Any:
        return original(self, tenant_id, key[:64], ms)

    @server.around(_KEYS, "remember")
    def remember(original: Any, self: Any, tenant_id: str, key: str, ms: int, answer: Any) -> None:
        original(self, tenant_id, key[:64], ms, answer)


@mutant("idempotency", "IDEM-011")
def a_key_with_a_space_is_taken(server: Faulty) -> None:
    """A key with a space in it is taken by POST of an endpoint."""
    server.parameter("createIngester", "Idempotency-Key", pattern="^[ -~]{1,255}$")


@mutant("idempotency", "IDEM-011")
def an_empty_key_is_none(server: Faulty) -> None:
    """An empty key is taken as none by a recipe."""

    @server.requests("createClusterDeliveryFlow")
    def rewrite(asked: Asked) -> None:
        if asked.header("idempotency-key") == "":
            kept = [pair for pair in asked.headers if pair[0].lower() != "idempotency-key"]
            asked.headers = kept


@mutant("idempotency", "IDEM-011")
def a_key_may_only_be_an_uuid(server: Faulty) -> None:
    """A key with other characters than letters, digits and hyphens is answered 400 by PATCH."""
    server.parameter("updateDestination", "Idempotency-Key", pattern="^[A-Za-z0-9-]{1,255}$")


@mutant("idempotency", "IDEM-012", also={"IDEM-001": "there is nothing to replay"})
def a_deleted_target_is_made_anew(server: Faulty) -> None:
    """A create of a target under its key is made again once the target is gone."""

    @server.around(endpoint.Endpoint, "_replay")
    def replay(original: Any, self: Any, operation: Any, exchange: Any, ms: int) -> Any:
        found = original(self, operation, exchange, ms)
        if found is None or operation.operation_id != "createDestination" or found.status != 201:
            return found
        tenant_id, made = exchange.credential.tenant_id, json.loads(found.body)["id"]
        return found if self._store.destinations.find(tenant_id, made) else None


@mutant("idempotency", "IDEM-012")
def a_replayed_create_shows_what_is_there_now(server: Faulty) -> None:
    """A replayed create of an endpoint shows the endpoint as it is now."""

    @server.around(endpoint.Endpoint, "_replay")
    def replay(original: Any, self: Any, operation: Any, exchange: Any, ms: int) -> Any:
        found = original(self, operation, exchange, ms)
        if found is None or operation.operation_id != "createIngester" or found.status != 201:
            return found
        first = json.loads(found.body)
        now = self._store.ingesters.find(exchange.credential.tenant_id, first["id"])
        if now is None:
            return found
        shown = {**first, "name": now.name, "type": now.type}
        return found._replace(body=json.dumps(shown).encode())


def _not_stored(server: Faulty, when: Any) -> None:
    @server.around(endpoint.Endpoint, "_remember")
    def remember(
        original: Any, self: Any, operation: Any, exchange: Any, response: Any, ms: int
    ) -> None:
        if not when(operation, response):
            original(self, operation, exchange, response, ms)


@mutant("idempotency", "IDEM-013", also={"IDEM": "it is not stored"})
def a_404_is_not_stored(server: Faulty) -> None:
    """A 404 of a write is not stored."""
    _not_stored(server, lambda operation, response: response.status == 404)


@mutant("idempotency", "IDEM-013", also={"IDEM": "it is not stored"})
def a_409_of_an_endpoint_is_not_stored(server: Faulty) -> None:
    """A 409 of POST of an endpoint is not stored."""
    _not_stored(
        server,
        lambda operation, response: (
            response.status == 409 and operation.operation_id == "createIngester"
        ),
    )


@mutant("idempotency", "IDEM-013")
def a_409_of_a_retry_is_not_stored(server: Faulty) -> None:
    """A 409 of a retry, of an event or a batch, is not stored."""
    _not_stored(
        server,
        lambda operation, response: (
            response.status == 409 and operation.operation_id.startswith("retry")
        ),
    )


@mutant("idempotency", "IDEM-013")
def a_replayed_problem_has_an_instance_of_its_own(server: Faulty) -> None:
    """A replayed 404 or 409 has the replay's request id as instance."""

    def edit(asked: Asked, answer: Answer) -> None:
        if answer.status >= 400:
            instance = answer.header("x-request-id")
            answer.document = {**answer.document, "instance": instance}

    _replayed(server, edit)


def _burnt(server: Faulty, when: Any) -> None:
    """A key of a refused request is a conflict from then on: `when(exchange, problem)`."""
    burnt: set[tuple[str, str]] = set()

    @server.around(gate.Gate, "_refusal")
    async def refusal(original: Any, self: Any, exchange: Any, problem: Problem) -> Any:
        key = exchange.headers.get(b"idempotency-key", b"").decode("latin-1")
        if key and exchange.credential and when(exchange, problem):
            burnt.add((exchange.credential.tenant_id, key))
        return await original(self, exchange, problem)

    @server.around(endpoint.Endpoint, "_replay")
    def replay(original: Any, self: Any, operation: Any, exchange: Any, ms: int) -> Any:
        key = exchange.idempotency_key
        if key and (exchange.credential.tenant_id, key) in burnt:
            raise IdempotencyConflict(key)
        return original(self, operation, exchange, ms)


@mutant("idempotency", "IDEM-014")
def a_400_uses_its_key_up(server: Faulty) -> None:
    """A key whose request was a 400 is a conflict from then on."""
    _burnt(server, lambda exchange, problem: isinstance(problem, ValidationFailed))


@mutant("idempotency", "IDEM-014", also={"FLOW": "the reference was stored", "RECIPE": "so"})
def a_400_for_a_reference_is_stored(server: Faulty) -> None:
    """A 400 for a reference to something that does not exist is stored."""

    @server.around(endpoint.Endpoint, "_refusal")
    def refusal(original: Any, self: Any, operation: Any, exchange: Any, problem: Any) -> Any:
        response = original(self, operation, exchange, problem)
        if isinstance(problem, ValidationFailed) and not response.replayed:
            self._remember(operation, exchange, response, self._now_ms(exchange))
        return response


@mutant("idempotency", "IDEM-015")
def a_403_uses_its_key_up(server: Faulty) -> None:
    """A key whose request was a 403 for its scope is a conflict from then on."""
    _burnt(server, lambda exchange, problem: isinstance(problem, InsufficientScope))


@mutant("idempotency", "IDEM-015")
def a_415_of_a_patch_uses_its_key_up(server: Faulty) -> None:
    """A key whose PATCH was a 415 is a conflict from then on."""

    def when(exchange: Any, problem: Problem) -> bool:
        patch = operation_of(exchange) == "updateDestination"
        return patch and isinstance(problem, UnsupportedMediaType)

    _burnt(server, when)


@mutant("idempotency", "IDEM-015")
def a_413_uses_its_key_up(server: Faulty) -> None:
    """A key whose request was a 413 is a conflict from then on."""
    _burnt(server, lambda exchange, problem: problem.status == 413)


def _side_by_side(server: Faulty, *operation_ids: str) -> None:
    """Equal requests under one key that come at once are all made."""

    @server.around(endpoint.Endpoint, "_write")
    async def write(original: Any, self: Any, operation: Any, exchange: Any) -> Any:
        if operation.operation_id not in operation_ids or exchange.idempotency_key is None:
            return await original(self, operation, exchange)
        ms = self._now_ms(exchange)
        tenant_id, key = exchange.credential.tenant_id, exchange.idempotency_key
        if self._store.idempotency.find(tenant_id, key, ms) is not None:
            return await original(self, operation, exchange)
        await asyncio.sleep(0.1)
        async with self.transaction():
            self._store.database.execute(
                "DELETE FROM idempotency WHERE tenant_id = ? AND key = ?", (tenant_id, key)
            )
        return await original(self, operation, exchange)


@mutant("concurrency", "IDEM-016")
def creates_under_one_key_at_once_are_all_made(server: Faulty) -> None:
    """Creates of a target under one key sent at once are all made, and fail over the name."""
    _side_by_side(server, "createDestination")


@mutant("concurrency", "IDEM-016")
def retries_under_one_key_at_once_are_all_made(server: Faulty) -> None:
    """Every write but a create under one key sent at once is made as often as it is sent."""
    _side_by_side(
        server,
        "retryEvent",
        "retryBatch",
        "updateDestination",
        "replaceIngester",
        "replaceDeliveryFlow",
        "deleteDestination",
        "deleteIngester",
        "deleteDeliveryFlow",
    )


@mutant("concurrency", "IDEM-016")
def a_duplicate_under_way_is_a_plain_conflict(server: Faulty) -> None:
    """A request whose key is under way is a 409 of type conflict."""
    under_way: set[tuple[str, str]] = set()

    @server.around(endpoint.Endpoint, "_write")
    async def write(original: Any, self: Any, operation: Any, exchange: Any) -> Any:
        if exchange.idempotency_key is None or exchange.credential is None:
            return await original(self, operation, exchange)
        place = (exchange.credential.tenant_id, exchange.idempotency_key)
        if place in under_way:
            raise Conflict("This key is in use.")
        under_way.add(place)
        try:
            await asyncio.sleep(0.03)
            return await original(self, operation, exchange)
        finally:
            under_way.discard(place)
