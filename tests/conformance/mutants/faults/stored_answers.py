"""What is stored under a key: IDEM-011 to -015."""

import asyncio
import json
from typing import Any

from tests.conformance.mutants.faults.replays import replayed
from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import operation_of
from zen_sandbox.problems import (
    Conflict,
    IdempotencyConflict,
    InsufficientScope,
    Problem,
    UnsupportedMediaType,
    ValidationFailed,
)
from zen_sandbox.request import endpoint, gate


@mutant("idempotency", "IDEM-011", also={"IDEM-001": "there is nothing to replay"})
def a_deleted_target_is_made_anew(server: Faulty) -> None:
    """A create of a target under its key is made again once the target is gone."""

    @server.around(endpoint.Endpoint, "_replay")
    def replay(original: Any, self: Any, operation: Any, exchange: Any, ms: int) -> Any:
        found = original(self, operation, exchange, ms)
        if found is None or operation.operation_id != "createDestination" or found.status != 201:
            return found
        tenant_id, made = exchange.credential.tenant_id, json.loads(found.body)["id"]
        return found if self._store.destinations.find(tenant_id, made) else None


@mutant("idempotency", "IDEM-011")
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


@mutant("idempotency", "IDEM-012", also={"IDEM": "it is not stored"})
def a_404_is_not_stored(server: Faulty) -> None:
    """A 404 of a write is not stored."""
    _not_stored(server, lambda operation, response: response.status == 404)


@mutant("idempotency", "IDEM-012", also={"IDEM": "it is not stored"})
def a_409_of_an_endpoint_is_not_stored(server: Faulty) -> None:
    """A 409 of POST of an endpoint is not stored."""
    _not_stored(
        server,
        lambda operation, response: (
            response.status == 409 and operation.operation_id == "createIngester"
        ),
    )


@mutant("idempotency", "IDEM-012")
def a_409_of_a_retry_is_not_stored(server: Faulty) -> None:
    """A 409 of a retry, of an event or a batch, is not stored."""
    _not_stored(
        server,
        lambda operation, response: (
            response.status == 409 and operation.operation_id.startswith("retry")
        ),
    )


@mutant("idempotency", "IDEM-012")
def a_replayed_problem_has_an_instance_of_its_own(server: Faulty) -> None:
    """A replayed 404 or 409 has the replay's request id as instance."""

    def edit(asked: Asked, answer: Answer) -> None:
        if answer.status >= 400:
            instance = answer.header("x-request-id")
            answer.document = {**answer.document, "instance": instance}

    replayed(server, edit)


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


@mutant("idempotency", "IDEM-013")
def a_400_uses_its_key_up(server: Faulty) -> None:
    """A key whose request was a 400 is a conflict from then on."""
    _burnt(server, lambda exchange, problem: isinstance(problem, ValidationFailed))


@mutant("idempotency", "IDEM-013", also={"FLOW": "the reference was stored", "RECIPE": "likewise"})
def a_400_for_a_reference_is_stored(server: Faulty) -> None:
    """A 400 for a reference to something that does not exist is stored."""

    @server.around(endpoint.Endpoint, "_refusal")
    def refusal(original: Any, self: Any, operation: Any, exchange: Any, problem: Any) -> Any:
        response = original(self, operation, exchange, problem)
        if isinstance(problem, ValidationFailed) and not response.replayed:
            self._remember(operation, exchange, response, self._now_ms(exchange))
        return response


@mutant("idempotency", "IDEM-014")
def a_403_uses_its_key_up(server: Faulty) -> None:
    """A key whose request was a 403 for its scope is a conflict from then on."""
    _burnt(server, lambda exchange, problem: isinstance(problem, InsufficientScope))


@mutant("idempotency", "IDEM-014")
def a_415_of_a_patch_uses_its_key_up(server: Faulty) -> None:
    """A key whose PATCH was a 415 is a conflict from then on."""

    def when(exchange: Any, problem: Problem) -> bool:
        patch = operation_of(exchange) == "updateDestination"
        return patch and isinstance(problem, UnsupportedMediaType)

    _burnt(server, when)


@mutant("idempotency", "IDEM-014")
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


@mutant("concurrency", "IDEM-015")
def creates_under_one_key_at_once_are_all_made(server: Faulty) -> None:
    """Creates of a target under one key sent at once are all made, and fail over the name."""
    _side_by_side(server, "createDestination")


@mutant("concurrency", "IDEM-015")
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


@mutant("concurrency", "IDEM-015")
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
