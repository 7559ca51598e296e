"""Odd servers that behave otherwise where the contract leaves it to them."""

import asyncio
import itertools
import json
import re
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.pieces import LISTS, refused
from tests.conformance.tolerance.odd import odd
from zen_sandbox import audit, wire
from zen_sandbox.delivery import attempt, engine
from zen_sandbox.problems import (
    Conflict,
    IdempotencyConflict,
    NotFound,
    PayloadTooLarge,
    PermissionDenied,
    Problem,
    RateLimited,
    ServiceUnavailable,
    Unauthorized,
    UnsupportedMediaType,
    ValidationFailed,
)
from zen_sandbox.request import security, strict_json
from zen_sandbox.request.call import Call
from zen_sandbox.store import destinations

_EVERY = 150  # of so many requests one is put off


@odd("A 400 has no errors.", warns=("PROB-015",))
def no_errors(server: Faulty) -> None:
    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 400:
            document = answer.document
            answer.document = {name: document[name] for name in document if name != "errors"}


@odd("The detail of a 400 is about the last of several faults.")
def the_last_fault_first(server: Faulty) -> None:
    @server.around(ValidationFailed, "__init__")
    def init(original: Any, self: Any, errors: Any) -> None:
        original(self, list(errors)[::-1])


@odd("An attempt that is under way has a status of its own.", warns=("WIRE-010",))
def a_status_of_its_own(server: Faulty) -> None:
    under_way: set[str] = set()

    @server.around(engine.Engine, "_make")
    async def make(original: Any, self: Any, lane: Any, due: Any) -> None:
        under_way.add(due.id)
        try:
            await original(self, lane, due)
        finally:
            under_way.discard(due.id)

    @server.around(wire, "delivery")
    def delivery(original: Any, it: Any) -> Any:
        row = original(it)
        return {**row, "status": "sending"} if it.id in under_way else row


@odd("Every twentieth answer takes a fifth of a second longer.")
def slow_answers(server: Faulty) -> None:
    numbers = itertools.count(1)

    @server.around(security.ScopedBearer, "get_fn")
    def get_fn(original: Any, self: Any, scheme: Any, scopes: Any) -> Any:
        check = original(self, scheme, scopes)

        async def slow(request: Any) -> Any:
            if next(numbers) % 20 == 0:
                await asyncio.sleep(0.2)
            return await check(request)

        return slow


@odd("An attempt begins half a second after it is due.")
def a_slow_engine(server: Faulty) -> None:
    @server.around(engine.Engine, "_make")
    async def make(original: Any, self: Any, lane: Any, due: Any) -> None:
        await asyncio.sleep(0.5)
        await original(self, lane, due)


@odd("OPTIONS is served.")
def options_is_served(server: Faulty) -> None:
    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if asked.method == "OPTIONS" and answer.status == 405:
            answer.status, answer.body = 204, b""
            answer.set_header("content-type", None)


@odd("HEAD is a 405, whose Allow names OPTIONS, without blanks and in another order.")
def head_is_not_served(server: Faulty) -> None:
    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if asked.method == "HEAD" and answer.header("content-type"):
            answer.status = 405
            answer.set_header("content-type", "application/problem+json")
            answer.set_header("allow", "GET")
        elif answer.status == 405:
            listed = (answer.header("allow") or "").split(", ")
            kept = [one for one in listed if one != "HEAD"] + ["OPTIONS"]
            if asked.method != "OPTIONS":
                answer.set_header("allow", ",".join(reversed(kept)))


@odd("A path id off the pattern is a 404.")
def off_the_pattern_is_a_404(server: Faulty) -> None:
    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status != 400 or asked.exchange is None:
            return
        ids = asked.exchange.path_values.values()
        if not all(re.fullmatch("[A-Za-z0-9][A-Za-z0-9_-]{0,63}", one) for one in ids):
            refused(answer, NotFound("There is nothing of that id."))


@odd("3.0 is taken as an integer.")
def whole_floats_are_integers(server: Faulty) -> None:
    @server.requests()
    def rewrite(asked: Asked) -> None:
        if asked.operation_id in ("createDeliveryFlow", "replaceDeliveryFlow"):
            number = rb'("(?:max_attempts|backoff_seconds)"\s*:\s*\d+)\.0+(?=[\s,}])'
            asked.body = re.sub(number, rb"\1", asked.body)


@odd("Of two equal keys in JSON the last one counts.", warns=("BODY-012",))
def the_last_of_two_keys_counts(server: Faulty) -> None:
    @server.around(strict_json, "read")
    def read(original: Any, body: bytes) -> Any:
        try:
            return original(body)
        except ValidationFailed as problem:
            if "given twice" in problem.detail:
                return original(json.dumps(json.loads(body)).encode())
            raise


@odd("Now and then a request is a 429 with Retry-After.")
def now_and_then_a_429(server: Faulty) -> None:
    numbers = itertools.count(1)

    @server.around(security.RateLimit, "count")
    def count(original: Any, self: Any, tenant_id: str) -> None:
        if next(numbers) % _EVERY == 0:
            raise RateLimited(1)
        original(self, tenant_id)


@odd("Now and then a request is a 503 with Retry-After.")
def now_and_then_a_503(server: Faulty) -> None:
    numbers = itertools.count(1)

    @server.around(security.RateLimit, "count")
    def count(original: Any, self: Any, tenant_id: str) -> None:
        if next(numbers) % _EVERY == 0:
            raise ServiceUnavailable("Try again in 1 second.")
        original(self, tenant_id)


_PROSE: dict[type[Problem], str] = {
    Unauthorized: "Wer da?",
    PermissionDenied: "No.",
    IdempotencyConflict: "That key is taken by something else!",
    PayloadTooLarge: "too much",
    UnsupportedMediaType: "We speak JSON.",
}


@odd("What the contract does not quote is said in other words.")
def other_words(server: Faulty) -> None:
    @server.around(Problem, "document")
    def document(original: Any, self: Any, instance: str) -> Any:
        made = original(self, instance)
        made["detail"] = _PROSE.get(type(self), made["detail"])
        if isinstance(self, Conflict) and "with name" not in made["detail"]:
            made["detail"] = f"NOT NOW: {made['detail']}"
        if made["detail"].startswith("There is nothing at"):
            made["detail"] = "?"
        return made

    @server.shown("retryEvent")
    def edit(document: Any, call: Any, given: Any) -> None:
        document["message"] = "ok"


@odd("A pending attempt says when it is due.")
def pending_attempts_say_when(server: Faulty) -> None:
    @server.around(wire, "delivery")
    def delivery(original: Any, it: Any) -> Any:
        row = original(it)
        if row["status"] == "pending":
            row["next_attempt_at"] = "2026-11-20T10:00:00Z"
        return row


@odd("A challenge has a realm and a description, before and behind what is asked for.")
def wordy_challenges(server: Faulty) -> None:
    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        challenge = answer.header("www-authenticate")
        if challenge is not None:
            _, _, said = challenge.partition(" ")
            parts = ['Bearer realm="zen"', *([said] if said else []), 'charset="UTF-8"']
            answer.set_header("www-authenticate", ", ".join(parts))


@odd("Two Authorization headers are a 400.")
def two_credentials_are_a_400(server: Faulty) -> None:
    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        sent = [name for name, _ in asked.headers if name.lower() == "authorization"]
        if len(sent) > 1 and answer.status == 401:
            refused(answer, ValidationFailed.of("Authorization", "must be given once"))
            answer.set_header("www-authenticate", None)


@odd("A PATCH that changes nothing moves updated_at.")
def every_patch_moves_updated_at(server: Faulty) -> None:
    @server.around(destinations.Destinations, "update")
    def update(original: Any, self: Any, tenant_id: str, target: str, now: str, to: Any) -> Any:
        original(self, tenant_id, target, now, to)
        self._database.execute(
            "UPDATE destinations SET updated_at = MAX(updated_at, ?)"
            " WHERE tenant_id = ? AND id = ?",
            (now, tenant_id, target),
        )
        return self.get(tenant_id, target)


@odd("413 and 415 are in the log, and so are replays.")
def more_is_logged(server: Faulty) -> None:
    more = {413: "validation_error", 415: "validation_error"}
    server.replace(audit, "_RESULTS", lambda results: {**results, **more})


@odd("Providers post to an address that looks otherwise.")
def another_ingest_url(server: Faulty) -> None:
    @server.around(wire, "ingester")
    def ingester(original: Any, it: Any, *, base_url: str) -> Any:
        shown = original(it, base_url=base_url)
        return {**shown, "ingest_url": f"{base_url}/in/v2/{it.id}/events?key=k"}

    @server.requests()
    def rewrite(asked: Asked) -> None:
        found = re.fullmatch("/in/v2/([^/]+)/events", asked.path)
        if found:
            asked.path = f"/hooks/{found[1]}"


@odd("A target is `error` after its first final failure.")
def targets_err_soon(server: Faulty) -> None:
    server.replace(attempt, "FAILURES_UNTIL_ERROR", lambda count: 1)


@odd("Every third page has half of the rows that it may have.")
def short_pages(server: Faulty) -> None:
    numbers = itertools.count(1)

    @server.handler(*LISTS)
    def instead(run: Any, call: Call, **given: Any) -> Any:
        if next(numbers) % 3 == 0:
            given["limit"] = max(1, given["limit"] // 2)
        return run(call, **given)


@odd("A path with a slash at its end leads to the one without.")
def slashes_lead_on(server: Faulty) -> None:
    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 404 and asked.method == "GET" and asked.path.endswith("/"):
            answer.status, answer.body = 308, b""
            answer.set_header("content-type", None)
            answer.set_header("location", asked.path.rstrip("/"))


@odd("A batch's answer lists its chains in another order.")
def batches_in_another_order(server: Faulty) -> None:
    @server.shown("retryBatch")
    def edit(document: Any, call: Any, given: Any) -> None:
        document["deliveries"].sort(key=lambda row: row["delivery_id"], reverse=True)
