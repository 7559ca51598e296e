"""What a target receives, what its answer leads to, and signatures: ATTEMPT and SIGN."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import time
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.mutant import mutant
from zen_sandbox.clock import milliseconds, moment
from zen_sandbox.delivery import attempt, backoff, signing, transport
from zen_sandbox.domain import RetryPolicy
from zen_sandbox.store import destinations, queue
from zen_sandbox.store.deliveries import Deliveries

_SENT = {"ATTEMPT": "what arrives is another", "SIGN": "what arrives is another"}
_SENT |= {"RETRY": "what arrives is another", "DLV": "it ends otherwise", "LOG": "it ends so"}
_ENDS = {"ATTEMPT": "it ends otherwise", "DLV": "it ends otherwise", "RETRY": "it ends otherwise"}
_ENDS |= {"LOG": "it ends otherwise", "TRACE": "there are other attempts", "SIGN": "no attempts"}
_ENDS |= {"EVENT": "there are other attempts", "LIST": "other attempts", "TENANT": "other attempts"}


def _requested(server: Faulty, change: Any) -> None:
    """What goes to the target is another request: `change(request, due, plan)`."""

    @server.around(attempt, "request_of")
    def request_of(original: Any, due: Any, plan: Any) -> Any:
        return change(original(due, plan), due, plan)


def _headed(server: Faulty, change: Any) -> None:
    """What goes to the target has other headers: `change(headers, due, plan)` edits them."""

    def changed(request: Any, due: Any, plan: Any) -> Any:
        change(request.headers, due, plan)
        return request

    _requested(server, changed)


@mutant("delivery", "ATTEMPT-001", also=_SENT)
def the_query_of_a_url_is_dropped(server: Faulty) -> None:
    """An attempt goes to the url without its query."""
    _requested(
        server,
        lambda request, due, plan: request._replace(url=request.url.partition("?")[0]),
    )


@mutant("delivery", "ATTEMPT-001", also=_SENT)
def a_retry_goes_to_the_root(server: Faulty) -> None:
    """A retry goes to the root of the target's url."""

    def change(request: Any, due: Any, plan: Any) -> Any:
        root = "/".join(request.url.split("/")[:3]) + "/"
        return request._replace(url=root) if due.attempt_number > 1 else request

    _requested(server, change)


@mutant("delivery", "ATTEMPT-002", also=_SENT)
def json_is_written_anew(server: Faulty) -> None:
    """An event that is JSON is delivered re-serialised."""

    def change(request: Any, due: Any, plan: Any) -> Any:
        try:
            return request._replace(body=json.dumps(json.loads(request.body)).encode())
        except ValueError:
            return request

    _requested(server, change)


@mutant("delivery", "ATTEMPT-002", also=_SENT)
def an_event_is_delivered_as_text(server: Faulty) -> None:
    """Bytes of an event that are not UTF-8 are delivered as replacement characters."""
    _requested(
        server,
        lambda request, due, plan: request._replace(
            body=request.body.decode("utf-8", "replace").encode()
        ),
    )


@mutant("boundary", "ATTEMPT-002", also=_SENT)
def an_event_is_cut_at_64_kib(server: Faulty) -> None:
    """An event is delivered up to 64 KiB."""
    _requested(server, lambda request, due, plan: request._replace(body=request.body[: 64 * 1024]))


@mutant("boundary", "ATTEMPT-002", also=_SENT)
def a_line_end_at_the_end_is_dropped(server: Faulty) -> None:
    """White space at the end of an event is not delivered."""
    _requested(server, lambda request, due, plan: request._replace(body=request.body.rstrip()))


@mutant("delivery", "ATTEMPT-002", also=_SENT)
def every_attempt_is_json(server: Faulty) -> None:
    """The Content-Type of an attempt is application/json whatever the event's is."""
    _headed(server, lambda headers, due, plan: headers.update({"Content-Type": "application/json"}))


@mutant("delivery", "ATTEMPT-002", also=_SENT)
def the_charset_of_an_event_is_dropped(server: Faulty) -> None:
    """The Content-Type of an attempt has no parameters."""

    def change(headers: Any, due: Any, plan: Any) -> None:
        if "Content-Type" in headers:
            headers["Content-Type"] = headers["Content-Type"].partition(";")[0]

    _headed(server, change)


@mutant("delivery", "ATTEMPT-003", also=_SENT)
def every_attempt_is_the_first(server: Faulty) -> None:
    """X-Zen-Attempt is 1 in every attempt."""
    _headed(server, lambda headers, due, plan: headers.update({"X-Zen-Attempt": "1"}))


@mutant("delivery", "ATTEMPT-003", also=_SENT)
def a_retry_has_the_id_of_its_chain(server: Faulty) -> None:
    """X-Zen-Delivery-Id of a retry is that of the first attempt."""
    first: dict[tuple[str, str], str] = {}

    def change(headers: Any, due: Any, plan: Any) -> None:
        kept = first.setdefault((due.event_id, due.flow_id), due.id)
        headers["X-Zen-Delivery-Id"] = kept

    _headed(server, change)


@mutant("delivery", "ATTEMPT-003", also=_SENT)
def the_event_id_is_not_sent(server: Faulty) -> None:
    """X-Zen-Event-Id is the id of the attempt."""
    _headed(server, lambda headers, due, plan: headers.update({"X-Zen-Event-Id": due.id}))


@mutant("delivery", "ATTEMPT-004", also=_SENT)
def each_attempt_has_a_key_of_its_own(server: Faulty) -> None:
    """X-Zen-Delivery-Idempotency-Key differs from attempt to attempt."""
    _headed(
        server,
        lambda headers, due, plan: headers.update({"X-Zen-Delivery-Idempotency-Key": due.id}),
    )


@mutant("delivery", "ATTEMPT-004", also=_SENT)
def a_third_attempt_has_another_key(server: Faulty) -> None:
    """X-Zen-Delivery-Idempotency-Key of a third attempt is another one."""

    def change(headers: Any, due: Any, plan: Any) -> None:
        if due.attempt_number > 2:
            headers["X-Zen-Delivery-Idempotency-Key"] += ".3"

    _headed(server, change)


@mutant("delivery", "ATTEMPT-005", also=_SENT)
def a_providers_headers_are_dropped(server: Faulty) -> None:
    """The provider's own headers are not forwarded."""
    server.replace(attempt, "forwarded", lambda original: lambda headers: {})


@mutant("delivery", "ATTEMPT-006", also=_SENT)
def cookies_are_forwarded(server: Faulty) -> None:
    """The sender's Cookie is forwarded."""
    _forwards(server, "cookie")
    _keeps_cookies(server)


@mutant("delivery", "ATTEMPT-006", also=_SENT)
def a_senders_zen_headers_are_forwarded(server: Faulty) -> None:
    """The sender's own X-Zen-… headers are forwarded where the server sets no such header."""

    @server.around(attempt, "forwarded")
    def forwarded(original: Any, headers: Any) -> Any:
        zen = {name: value for name, value in headers.items() if name.startswith("x-zen-")}
        return {**original(headers), **zen}


@mutant("delivery", "ATTEMPT-006", also=_SENT)
def a_senders_hop_by_hop_headers_are_forwarded(server: Faulty) -> None:
    """The sender's TE, Trailer and Keep-Alive are forwarded."""
    _forwards(server, "te", "trailer", "keep-alive", "proxy-authenticate", "proxy-connection")


@mutant("delivery", "ATTEMPT-006", also=_SENT)
def headers_named_by_connection_are_forwarded(server: Faulty) -> None:
    """A header that the sender's Connection names is forwarded."""

    @server.around(attempt, "forwarded")
    def forwarded(original: Any, headers: Any) -> Any:
        return original({name: value for name, value in headers.items() if name != "connection"})


def _forwards(server: Faulty, *names: str) -> None:
    server.replace(attempt, "_NEVER_FORWARDED", lambda never: never - set(names))


def _keeps_cookies(server: Faulty) -> None:
    from zen_sandbox.handlers import ingest

    server.replace(ingest, "_NOT_KEPT", lambda never: never - {"cookie"})


def _failing(server: Faulty, change: Any) -> None:
    """Why an attempt failed is found otherwise: `change(error, answer)`; None is a success."""

    @server.around(attempt, "_failure")
    def failure(original: Any, answer: Any) -> Any:
        return change(original(answer), answer)


@mutant("delivery", "ATTEMPT-007", also=_ENDS)
def only_200_is_a_success(server: Faulty) -> None:
    """An answer of 201, 202 or 204 is a failure."""
    _failing(
        server,
        lambda error, answer: (
            error or (None if answer.status == 200 else f"the target answered {answer.status}")
        ),
    )


@mutant("boundary", "ATTEMPT-007", also=_ENDS)
def an_answer_of_299_is_a_failure(server: Faulty) -> None:
    """An answer above 206 is a failure."""
    _failing(
        server,
        lambda error, answer: (
            error or (None if answer.status <= 206 else f"the target answered {answer.status}")
        ),
    )


@mutant("delivery", "ATTEMPT-007", also=_ENDS)
def a_410_is_a_success(server: Faulty) -> None:
    """A 410 from the target counts as delivered."""
    _failing(
        server,
        lambda error, answer: None if answer.status == 410 else error,
    )


@mutant("delivery", "ATTEMPT-007", "ATTEMPT-011", also=_ENDS)
def a_4xx_is_final(server: Faulty) -> None:
    """After a 4xx no retry follows."""

    @server.around(attempt, "_queue_next")
    def queue_next(
        original: Any, store: Any, lane: Any, due: Any, policy: Any, answer: Any, ms: int
    ) -> None:
        if answer.status is None or not 400 <= answer.status <= 499:
            original(store, lane, due, policy, answer, ms)


@mutant("delivery", "ATTEMPT-008", also=_ENDS)
def redirects_are_followed(server: Faulty) -> None:
    """A redirect is followed."""
    import aiohttp

    @server.around(aiohttp.ClientSession, "post")
    def post(original: Any, self: Any, url: Any, **more: Any) -> Any:
        return original(self, url, **{**more, "allow_redirects": True})


@mutant("delivery", "ATTEMPT-008", also=_ENDS)
def a_redirect_is_a_success(server: Faulty) -> None:
    """A 302 from the target counts as delivered."""
    _failing(
        server,
        lambda error, answer: None if answer.status in (301, 302, 303, 307, 308) else error,
    )


@mutant("delivery", "ATTEMPT-009", also=_ENDS)
def an_answer_cut_off_is_a_success(server: Faulty) -> None:
    """A 200 whose body ends before its announced length counts as delivered."""
    _failing(
        server,
        lambda error, answer: None if "before its answer was whole" in (error or "") else error,
    )


@mutant("delivery", "ATTEMPT-009", also=_ENDS)
def a_refused_connection_stays_queued(server: Faulty) -> None:
    """An attempt whose connection is refused is never shown as executed."""

    @server.around(transport.Transport, "post")
    async def post(original: Any, self: Any, *given: Any) -> Any:
        answer = await original(self, *given)
        if answer.error and "refused" in answer.error:
            await asyncio.sleep(3600)
        return answer


@mutant("delivery", "ATTEMPT-010", also=_ENDS, waits=True)
def an_attempt_has_five_seconds(server: Faulty) -> None:
    """An attempt is given up after 5 seconds."""
    _patience(server, 5.0)


@mutant("delivery", "ATTEMPT-010", also=_ENDS, waits=True)
def an_attempt_has_no_end(server: Faulty) -> None:
    """An attempt is given up after 60 seconds."""
    _patience(server, 60.0)


@mutant("delivery", "ATTEMPT-010", also=_ENDS, waits=True)
def the_body_of_an_answer_has_no_end(server: Faulty) -> None:
    """The 30 seconds are for the headers of an answer; its body may take any time."""

    @server.around(transport.Transport, "_exchange")
    async def exchange(
        original: Any, self: Any, url: str, headers: Any, body: bytes, progress: Any
    ) -> None:
        task = asyncio.ensure_future(original(self, url, headers, body, progress))
        while not task.done():
            await asyncio.wait([task], timeout=0.2)
            if progress.status is not None:
                self._timeout = 30.0
        await task

    @server.around(transport.Transport, "post")
    async def post(original: Any, self: Any, url: str, headers: Any, body: bytes) -> Any:
        self._timeout = 90.0
        return await original(self, url, headers, body)


def _patience(server: Faulty, seconds: float) -> None:
    @server.around(transport.Transport, "__init__")
    def init(original: Any, self: Any, *given: Any, **more: Any) -> None:
        original(self, *given, **{**more, "timeout": seconds})


@mutant("delivery", "ATTEMPT-011", also=_ENDS)
def the_next_attempt_is_queued_when_it_is_due(server: Faulty) -> None:
    """The next attempt is queued a second after the failed one is shown."""
    from zen_sandbox.delivery import engine

    later: list[Any] = []

    @server.around(attempt, "_queue_next")
    def queue_next(original: Any, *given: Any) -> None:
        later.append(lambda: original(*given))

    @server.around(engine.Engine, "_write_down")
    async def write_down(original: Any, self: Any, *given: Any) -> None:
        await original(self, *given)
        waiting, later[:] = list(later), []
        if waiting:
            await asyncio.sleep(1.0)
            async with self._transaction():
                for one in waiting:
                    one()


@mutant("delivery", "ATTEMPT-012", also=_ENDS)
def the_first_retry_comes_at_once(server: Faulty) -> None:
    """The first retry is due at once."""

    @server.around(attempt, "seconds_until_next")
    def seconds_until_next(original: Any, number: int, seconds: int, asked: Any = None) -> float:
        return 0.0 if number == 1 and not asked else original(number, seconds, asked)


@mutant("delivery", "ATTEMPT-012", also=_ENDS)
def the_first_wait_is_doubled(server: Faulty) -> None:
    """The first retry is due after twice backoff_seconds."""

    @server.around(attempt, "seconds_until_next")
    def seconds_until_next(original: Any, number: int, seconds: int, asked: Any = None) -> float:
        found: float = original(number + 1, seconds, asked)
        return found


@mutant("delivery", "ATTEMPT-012", also=_ENDS)
def a_retry_is_announced_too_late(server: Faulty) -> None:
    """next_attempt_at is three seconds later than the retry comes."""

    @server.around(Deliveries, "queue")
    def queue_(original: Any, self: Any, *given: Any, **more: Any) -> None:
        original(self, *given, **more)
        if more.get("due_at"):
            shown = moment(milliseconds(more["due_at"]) + 3000)
            self._database.execute(
                "UPDATE deliveries SET next_attempt_at = ? WHERE tenant_id = ? AND id = ?",
                (shown, *given[:2]),
            )


@mutant("delivery", "ATTEMPT-013", also=_ENDS, waits=True)
def the_wait_does_not_double(server: Faulty) -> None:
    """Each retry is due after backoff_seconds."""

    @server.around(attempt, "seconds_until_next")
    def seconds_until_next(original: Any, number: int, seconds: int, asked: Any = None) -> float:
        found: float = original(1, seconds, asked)
        return found


@mutant("delivery", "ATTEMPT-013", also=_ENDS, waits=True)
def the_second_wait_quadruples(server: Faulty) -> None:
    """The wait after the second failure is four times backoff_seconds."""

    @server.around(attempt, "seconds_until_next")
    def seconds_until_next(original: Any, number: int, seconds: int, asked: Any = None) -> float:
        found: float = original(number + 1 if number > 1 else number, seconds, asked)
        return found


@mutant("delivery", "ATTEMPT-014", also=_ENDS)
def retry_after_is_not_looked_at(server: Faulty) -> None:
    """A Retry-After of the target is not looked at."""
    server.replace(attempt, "retry_after_seconds", lambda original: lambda *given: None)


@mutant("delivery", "ATTEMPT-014", also=_ENDS)
def retry_after_as_a_date_is_not_read(server: Faulty) -> None:
    """A Retry-After that is a date is not read."""

    @server.around(attempt, "retry_after_seconds")
    def retry_after_seconds(original: Any, value: str | None, now: Any) -> Any:
        return original(value, now) if value and value.strip().isdigit() else None


@mutant("delivery", "ATTEMPT-014", also=_ENDS)
def retry_after_hastens(server: Faulty) -> None:
    """A Retry-After that is shorter than the backoff counts."""

    @server.around(attempt, "seconds_until_next")
    def seconds_until_next(original: Any, number: int, seconds: int, asked: Any = None) -> float:
        return float(original(number, seconds) if asked is None else asked)


@mutant("delivery", "ATTEMPT-014", also=_ENDS)
def retry_after_counts_with_a_503_only(server: Faulty) -> None:
    """A Retry-After counts with a 503 only, not with a 429 or 500."""

    @server.around(attempt, "_queue_next")
    def queue_next(
        original: Any, store: Any, lane: Any, due: Any, policy: Any, answer: Any, ms: int
    ) -> None:
        kept = answer if answer.status == 503 else answer._replace(headers=())
        original(store, lane, due, policy, kept, ms)


@mutant("boundary", "ATTEMPT-015", also=_ENDS)
def retry_after_has_no_end(server: Faulty) -> None:
    """A Retry-After of a day is waited for."""
    server.replace(backoff, "LONGEST", lambda longest: 24 * 3600)


@mutant("delivery", "ATTEMPT-016", also=_ENDS)
def the_first_attempt_is_not_counted(server: Faulty) -> None:
    """max_attempts counts the retries: one attempt more is made."""

    @server.around(queue.Queue, "policy")
    def policy(original: Any, self: Any, *given: Any) -> Any:
        found: RetryPolicy | None = original(self, *given)
        return found and found._replace(max_attempts=found.max_attempts + 1)


@mutant("boundary", "ATTEMPT-016", also=_ENDS)
def one_attempt_is_retried(server: Faulty) -> None:
    """A flow of one attempt gets a second one."""

    @server.around(queue.Queue, "policy")
    def policy(original: Any, self: Any, *given: Any) -> Any:
        found: RetryPolicy | None = original(self, *given)
        return found and found._replace(max_attempts=max(2, found.max_attempts))


@mutant("delivery", "ATTEMPT-017", also=_ENDS | _SENT)
def an_events_url_is_the_one_of_its_first_attempt(server: Faulty) -> None:
    """A retry goes to the url that the target had for the first attempt."""
    first: dict[tuple[str, str], str] = {}

    def change(request: Any, due: Any, plan: Any) -> Any:
        return request._replace(url=first.setdefault((due.event_id, due.flow_id), request.url))

    _requested(server, change)


@mutant("delivery", "ATTEMPT-017", also=_ENDS)
def an_events_policy_is_the_one_of_its_first_attempt(server: Faulty) -> None:
    """How often an event is tried is what the flow said when it came in."""
    first: dict[str, RetryPolicy] = {}

    @server.around(queue.Queue, "policy")
    def policy(original: Any, self: Any, tenant_id: str, flow_id: str) -> Any:
        found: RetryPolicy | None = original(self, tenant_id, flow_id)
        return found and first.setdefault(flow_id, found)


@mutant("delivery", "ATTEMPT-018", also=_ENDS)
def a_disabled_target_is_attempted(server: Faulty) -> None:
    """A queued attempt to a target that was disabled is made."""
    _makes(server, "the target is disabled")


def _makes(server: Faulty, reason: str) -> None:
    @server.around(attempt, "refusal")
    def refusal(original: Any, plan: Any) -> Any:
        found = original(plan)
        return None if found == reason else found


@mutant("delivery", "ATTEMPT-018", also=_ENDS)
def a_disabled_target_is_retried(server: Faulty) -> None:
    """After an attempt to a disabled target the next one is queued."""

    @server.around(attempt, "settle")
    def settle(
        original: Any, store: Any, lane: Any, due: Any, plan: Any, request: Any, answer: Any
    ) -> None:
        original(store, lane, due, plan, request, answer)
        policy = store.queue.policy(lane.tenant_id, due.flow_id)
        if answer is None and policy and due.attempt_number < policy.max_attempts:
            ms = store.clocks.peek_ms(lane.tenant_id)
            store.deliveries.queue(
                lane.tenant_id,
                store.background_ids.new("dlv", ms),
                moment(ms),
                event_id=due.event_id,
                flow_id=due.flow_id,
                destination_id=lane.destination_id,
                evidence_id=store.background_ids.new("ev", ms),
                attempt_number=due.attempt_number + 1,
                due_at=moment(ms + 60_000),
            )


@mutant("delivery", "ATTEMPT-018", also=_ENDS | {"DEST-022": "it is not executed"})
def an_attempt_to_a_deleted_target_stays_queued(server: Faulty) -> None:
    """A queued attempt to a target that was deleted stays queued."""

    @server.around(attempt, "settle")
    def settle(original: Any, store: Any, lane: Any, due: Any, plan: Any, *more: Any) -> None:
        if plan.url is None and plan.ingester_id is not None:
            store.database.execute(
                "UPDATE deliveries SET due_at = NULL WHERE tenant_id = ? AND id = ?",
                (lane.tenant_id, due.id),
            )
        else:
            original(store, lane, due, plan, *more)


@mutant("delivery", "ATTEMPT-019", also=_ENDS)
def a_deleted_flow_is_retried(server: Faulty) -> None:
    """An attempt of a flow that was deleted meanwhile is retried by the default policy."""

    @server.around(queue.Queue, "policy")
    def policy(original: Any, self: Any, *given: Any) -> Any:
        return original(self, *given) or RetryPolicy()


def _signed(server: Faulty, change: Any) -> None:
    """Signed headers are others: `change(secret, message_id, timestamp, body)` makes them."""
    server.replace(signing, "headers", lambda original: lambda *given: change(original, *given))


@mutant("signature", "SIGN-001", also=_SENT)
def a_signatures_id_is_the_attempts(server: Faulty) -> None:
    """webhook-id is another id than the event's."""

    def change(original: Any, secret: str, message_id: str, *more: Any) -> Any:
        return original(secret, f"msg_{message_id}", *more)

    _signed(server, change)


@mutant("signature", "SIGN-001", also=_SENT)
def a_signatures_time_is_in_milliseconds(server: Faulty) -> None:
    """webhook-timestamp is in milliseconds."""

    def change(original: Any, secret: str, message_id: str, timestamp: int, body: bytes) -> Any:
        return original(secret, message_id, timestamp * 1000, body)

    _signed(server, change)


@mutant("signature", "SIGN-001", also=_SENT)
def a_signatures_time_is_local(server: Faulty) -> None:
    """webhook-timestamp is an hour ahead: a local time taken for UTC."""

    def change(original: Any, secret: str, message_id: str, timestamp: int, body: bytes) -> Any:
        return original(secret, message_id, timestamp + 3600, body)

    _signed(server, change)


def _digested(server: Faulty, make: Any) -> None:
    @server.around(signing, "signature")
    def signature(original: Any, secret: str, message_id: str, timestamp: int, body: bytes) -> str:
        made: str = make(original, secret, message_id, timestamp, body)
        return made


@mutant("signature", "SIGN-002", also=_SENT)
def the_secret_is_not_decoded(server: Faulty) -> None:
    """The key of the HMAC is the text of the secret."""

    def make(original: Any, secret: str, message_id: str, timestamp: int, body: bytes) -> str:
        signed = f"{message_id}.{timestamp}.".encode() + body
        digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
        return "v1," + base64.b64encode(digest).decode()

    _digested(server, make)


@mutant("signature", "SIGN-002", also=_SENT)
def the_signature_is_of_written_json(server: Faulty) -> None:
    """The HMAC is over the event's JSON re-serialised."""

    def make(original: Any, secret: str, message_id: str, timestamp: int, body: bytes) -> str:
        with contextlib.suppress(ValueError):
            body = json.dumps(json.loads(body), separators=(",", ":")).encode()
        return str(original(secret, message_id, timestamp, body))

    _digested(server, make)


@mutant("signature", "SIGN-002", also=_SENT)
def the_signature_is_of_text(server: Faulty) -> None:
    """The HMAC is over the event read as UTF-8 with replacement characters."""

    def make(original: Any, secret: str, message_id: str, timestamp: int, body: bytes) -> str:
        text = body.decode("utf-8", "replace").encode()
        return str(original(secret, message_id, timestamp, text))

    _digested(server, make)


@mutant("signature", "SIGN-002", also=_SENT)
def the_signature_is_in_hexadecimal(server: Faulty) -> None:
    """The HMAC is sent in hexadecimal."""

    def make(original: Any, *given: Any) -> str:
        made: str = original(*given)
        return "v1," + base64.b64decode(made[3:]).hex()

    _digested(server, make)


@mutant("signature", "SIGN-002", also=_SENT)
def the_signature_leaves_an_empty_body_out(server: Faulty) -> None:
    """The HMAC of an event without a body lacks the second dot."""

    def make(original: Any, secret: str, message_id: str, timestamp: int, body: bytes) -> str:
        if body:
            return str(original(secret, message_id, timestamp, body))
        digest = hmac.new(
            signing.key_of(secret), f"{message_id}.{timestamp}".encode(), hashlib.sha256
        ).digest()
        return "v1," + base64.b64encode(digest).decode()

    _digested(server, make)


@mutant("signature", "SIGN-003", also=_SENT)
def an_attempt_without_secret_is_signed(server: Faulty) -> None:
    """An attempt to a target without a secret is signed with an empty key."""

    def change(headers: Any, due: Any, plan: Any) -> None:
        if plan.secret is None:
            headers |= signing.headers("whsec_", due.event_id, int(time.time()), plan.body)

    _headed(server, change)


@mutant("signature", "SIGN-003", also=_SENT)
def a_removed_secret_still_signs(server: Faulty) -> None:
    """PATCH with `secret: null` does not remove the secret."""

    @server.around(destinations.Destinations, "update")
    def update(
        original: Any, self: Any, tenant_id: str, destination_id: str, now: str, changes: Any
    ) -> Any:
        kept = {k: v for k, v in changes.items() if k != "secret" or v is not None}
        return original(self, tenant_id, destination_id, now, kept)


@mutant("signature", "SIGN-004", also=_SENT)
def a_patch_without_secret_removes_it(server: Faulty) -> None:
    """PATCH of the url alone removes the secret."""

    @server.around(destinations.Destinations, "update")
    def update(
        original: Any, self: Any, tenant_id: str, destination_id: str, now: str, changes: Any
    ) -> Any:
        lost = {"secret": None} if set(changes) == {"url"} else {}
        return original(self, tenant_id, destination_id, now, {**lost, **changes})


@mutant("signature", "SIGN-004", also=_SENT | {"DEST-016": "none is kept"})
def a_new_secret_is_not_kept(server: Faulty) -> None:
    """PATCH of a secret where there is one keeps the old one."""

    @server.around(destinations.Destinations, "update")
    def update(
        original: Any, self: Any, tenant_id: str, destination_id: str, now: str, changes: Any
    ) -> Any:
        if changes.get("secret") and self.secret(tenant_id, destination_id):
            changes = {k: v for k, v in changes.items() if k != "secret"}
        return original(self, tenant_id, destination_id, now, changes)
