"""A sample written without a look at the checks: events, attempts, signatures, retries, the log."""

import gzip
import json
import zlib
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.mutant import mutant
from zen_sandbox import audit, tokens
from zen_sandbox.delivery import attempt, signing
from zen_sandbox.handlers import recovery
from zen_sandbox.problems import IdempotencyConflict, ValidationFailed
from zen_sandbox.request.call import Call
from zen_sandbox.store.delivery_flows import DeliveryFlows


@mutant("validation", "EVENT-006", also={"EVENT-005": "the body is looked at first"})
def an_empty_event_is_refused(server: Faulty) -> None:
    """An event without a body is a 400."""

    @server.handler("ingestEvent")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        if not given["body"]:
            raise ValidationFailed.of("body", "must not be empty")
        return run(call, **given)


@mutant("validation", "EVENT-006", also={"EVENT-005": "the body is looked at first"})
def a_json_event_must_be_json(server: Faulty) -> None:
    """An event of type `application/json` that cannot be read as JSON is a 400."""

    @server.handler("ingestEvent")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        if call.headers.get(b"content-type", b"").startswith(b"application/json"):
            try:
                json.loads(given["body"])
            except (ValueError, RecursionError):
                raise ValidationFailed.of("body", "is not valid JSON") from None
        return run(call, **given)


@mutant("delivery", "ATTEMPT-002")
def a_packed_event_is_unpacked(server: Faulty) -> None:
    """An event with `Content-Encoding: gzip` is kept unpacked."""

    @server.handler("ingestEvent")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        if call.headers.get(b"content-encoding") == b"gzip":
            try:
                given["body"] = gzip.decompress(given["body"])
            except (OSError, EOFError, zlib.error):
                raise ValidationFailed.of("body", "cannot be unpacked") from None
        return run(call, **given)


@mutant("delivery", "ATTEMPT-011", also={"ATTEMPT-007": "a failure is tried again"})
def what_is_gone_is_not_tried_again(server: Faulty) -> None:
    """No retry follows a 410."""

    @server.around(attempt, "_queue_next")
    def queue_next(original: Any, store: Any, lane: Any, due: Any, policy: Any, *rest: Any) -> None:
        if rest[0].status != 410:
            original(store, lane, due, policy, *rest)


def _noting_manual_retries(server: Faulty) -> set[str]:
    noted: set[str] = set()

    @server.around(recovery, "_queue_after")
    def queue_after(original: Any, call: Call, end: Any) -> str:
        delivery_id: str = original(call, end)
        noted.add(delivery_id)
        return delivery_id

    return noted


@mutant("retry", "ATTEMPT-011", also={"ATTEMPT": "what follows a manual retry is missing"})
def a_manual_retry_is_the_last(server: Faulty) -> None:
    """No automatic retry follows a manual one, even below `max_attempts`."""
    manual = _noting_manual_retries(server)

    @server.around(attempt, "_queue_next")
    def queue_next(original: Any, store: Any, lane: Any, due: Any, *rest: Any) -> None:
        if due.id not in manual:
            original(store, lane, due, *rest)


@mutant("delivery", "ATTEMPT-013", waits=True)
def the_doubled_wait_has_no_end(server: Faulty) -> None:
    """The doubled wait goes past 3600 seconds."""

    @server.around(attempt, "seconds_until_next")
    def seconds(original: Any, number: int, backoff: int, asked: float | None = None) -> float:
        return float(max(backoff * 2 ** (number - 1), min(asked or 0, 3600)))


@mutant("signature", "SIGN-002", also={"SIGN-004": "no secret of that kind signs"})
def a_secret_is_read_as_urlsafe(server: Faulty) -> None:
    """A secret with `+` or `/` is no base64, and its text is the key."""

    @server.around(signing, "key_of")
    def key_of(original: Any, secret: str) -> bytes:
        text = secret.removeprefix(signing.PREFIX)
        return text.encode() if {"+", "/"} & set(text) else bytes(original(secret))


@mutant("retry", "ATTEMPT-004")
def a_manual_retry_has_another_key(server: Faulty) -> None:
    """A manual retry has an `X-Zen-Delivery-Idempotency-Key` of its own."""
    manual = _noting_manual_retries(server)

    @server.around(attempt, "request_of")
    def request_of(original: Any, due: Any, plan: Any) -> Any:
        request = original(due, plan)
        if due.id in manual:
            request.headers["X-Zen-Delivery-Idempotency-Key"] += f".{due.attempt_number}"
        return request


@mutant("delivery", "EVENT-002")
def a_target_in_error_gets_no_attempt(server: Faulty) -> None:
    """A flow whose target is `error` gets no attempt."""

    @server.around(DeliveryFlows, "fed_by")
    def fed_by(original: Any, self: Any, tenant_id: str, source_id: str) -> Any:
        broken = {
            row[0]
            for row in self._database.execute(
                "SELECT id FROM destinations WHERE tenant_id = ? AND status = 'error'", (tenant_id,)
            )
        }
        return [row for row in original(self, tenant_id, source_id) if row[1] not in broken]


@mutant("log", "LOG-003")
def unreadable_json_is_not_logged(server: Faulty) -> None:
    """A write whose body is not JSON makes no entry."""

    @server.around(audit, "is_audited")
    def is_audited(original: Any, exchange: Any, problem: Any) -> bool:
        return original(exchange, problem) and "is not valid JSON" not in problem.detail


@mutant("log", "LOG-004")
def the_log_has_an_id_of_its_own(server: Faulty) -> None:
    """An entry's `request_id` is not the one that the client sent."""

    @server.around(audit, "_record")
    def record(original: Any, store: Any, exchange: Any, ms: int, **more: Any) -> None:
        kept = exchange.request_id
        if b"x-request-id" in exchange.headers:
            exchange.request_id = store.ids.new("req", ms)
        original(store, exchange, ms, **more)
        exchange.request_id = kept


@mutant("log", "LOG-003")
def a_reused_key_is_not_logged(server: Faulty) -> None:
    """A write that is refused for its key makes no entry."""

    @server.around(audit, "record_refusal")
    def record(original: Any, store: Any, exchange: Any, problem: Any, ms: int) -> None:
        if not isinstance(problem, IdempotencyConflict):
            original(store, exchange, problem, ms)


@mutant("log", "LOG-006")
def the_actor_is_the_key(server: Faulty) -> None:
    """An entry's `actor` is the API key itself."""

    @server.around(tokens.Tokens, "_check_api_key")
    def check(original: Any, self: Any, token: str) -> Any:
        return original(self, token)._replace(actor=token)
