"""Whose a key is and what it may be: IDEM-007 to -010 and -018."""

from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import refused
from zen_sandbox.problems import (
    IdempotencyConflict,
    ValidationFailed,
)
from zen_sandbox.request import endpoint
from zen_sandbox.store import idempotency

_KEYS = idempotency.IdempotencyRecords


@mutant("idempotency", "IDEM-007", also={"TENANT": "another tenant's key was used"})
def keys_are_everybodys(server: Faulty) -> None:
    """A key is shared by all tenants."""

    @server.around(_KEYS, "find")
    def find(original: Any, self: Any, tenant_id: str, key: str, ms: int) -> Any:
        return original(self, "shared", key, ms)

    @server.around(_KEYS, "remember")
    def remember(original: Any, self: Any, tenant_id: str, key: str, ms: int, answer: Any) -> None:
        original(self, "shared", key, ms, answer)


@mutant("idempotency", "IDEM-008")
def a_key_belongs_to_its_credential(server: Faulty) -> None:
    """Another credential of the tenant has keys of its own."""
    _by_credential(server, lambda credential: credential.actor)


@mutant("idempotency", "IDEM-008")
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


@mutant("idempotency", "IDEM-009")
def a_key_on_a_get_is_judged(server: Faulty) -> None:
    """A bad key on GET of a flow is a 400."""

    @server.answers("getDeliveryFlow")
    def rewrite(asked: Asked, answer: Answer) -> None:
        key = asked.header("idempotency-key")
        if key is not None and (" " in key or not 0 < len(key) <= 255):
            refused(answer, ValidationFailed.of("Idempotency-Key", "must be visible ASCII"))


@mutant("idempotency", "IDEM-009")
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


@mutant("idempotency", "IDEM-009")
def a_get_is_replayed(server: Faulty) -> None:
    """GET of a target under a used key answers what it was first answered with."""
    kept: dict[tuple[str, str], bytes] = {}

    @server.answers("getDestination")
    def rewrite(asked: Asked, answer: Answer) -> None:
        key = asked.header("idempotency-key")
        if key and answer.status == 200:
            answer.body = kept.setdefault((asked.path, key), answer.body)


@mutant("boundary", "IDEM-010")
def a_key_of_255_is_refused(server: Faulty) -> None:
    """A key of 255 characters is answered 400 by PUT of a flow."""
    server.parameter("replaceDeliveryFlow", "Idempotency-Key", pattern="^[!-~]{1,254}$")


@mutant("boundary", "IDEM-010")
def a_key_of_256_is_taken(server: Faulty) -> None:
    """A key of 256 characters is taken by DELETE of a target."""
    server.parameter(
        "deleteDestination", "Idempotency-Key", maxLength=256, pattern="^[!-~]{1,256}$"
    )


@mutant("boundary", "IDEM-018", also={"IDEM": "keys of one beginning are one"})
def a_key_is_cut_at_64(server: Faulty) -> None:
    """Two keys that share their first 64 characters are one key."""

    @server.around(_KEYS, "find")
    def find(original: Any, self: Any, tenant_id: str, key: str, ms: int) -> Any:
        return original(self, tenant_id, key[:64], ms)

    @server.around(_KEYS, "remember")
    def remember(original: Any, self: Any, tenant_id: str, key: str, ms: int, answer: Any) -> None:
        original(self, tenant_id, key[:64], ms, answer)


@mutant("idempotency", "IDEM-010")
def a_key_with_a_space_is_taken(server: Faulty) -> None:
    """A key with a space in it is taken by POST of an endpoint."""
    server.parameter("createIngester", "Idempotency-Key", pattern="^[ -~]{1,255}$")


@mutant("idempotency", "IDEM-010")
def an_empty_key_is_none(server: Faulty) -> None:
    """An empty key is taken as none by a recipe."""

    @server.requests("createClusterDeliveryFlow")
    def rewrite(asked: Asked) -> None:
        if asked.header("idempotency-key") == "":
            kept = [pair for pair in asked.headers if pair[0].lower() != "idempotency-key"]
            asked.headers = kept


@mutant("idempotency", "IDEM-010")
def a_key_may_only_be_an_uuid(server: Faulty) -> None:
    """A key with other characters than letters, digits and hyphens is answered 400 by PATCH."""
    server.parameter("updateDestination", "Idempotency-Key", pattern="^[A-Za-z0-9-]{1,255}$")


@mutant("idempotency", "IDEM-018", also={"IDEM": "keys that differ in case are one"})
def keys_are_compared_without_case(server: Faulty) -> None:
    """Two keys that differ in letter case only are one key."""

    @server.around(_KEYS, "find")
    def find(original: Any, self: Any, tenant_id: str, key: str, ms: int) -> Any:
        return original(self, tenant_id, key.lower(), ms)

    @server.around(_KEYS, "remember")
    def remember(original: Any, self: Any, tenant_id: str, key: str, ms: int, answer: Any) -> None:
        original(self, tenant_id, key.lower(), ms, answer)


@mutant("boundary", "IDEM-018", also={"IDEM": "keys of one beginning are one"})
def the_last_character_of_a_long_key_does_not_count(server: Faulty) -> None:
    """Two keys of 255 characters that differ in their last one are one key."""

    @server.around(_KEYS, "find")
    def find(original: Any, self: Any, tenant_id: str, key: str, ms: int) -> Any:
        return original(self, tenant_id, key[:254], ms)

    @server.around(_KEYS, "remember")
    def remember(original: Any, self: Any, tenant_id: str, key: str, ms: int, answer: Any) -> None:
        original(self, tenant_id, key[:254], ms, answer)
