"""What a target's answer leads to: ATTEMPT-007 to -019."""

import asyncio
from typing import Any

from tests.conformance.mutants.faults.attempts import SENT, requested
from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.mutant import mutant
from zen_sandbox.clock import milliseconds, moment
from zen_sandbox.delivery import attempt, backoff, transport
from zen_sandbox.domain import RetryPolicy
from zen_sandbox.store import queue
from zen_sandbox.store.deliveries import Deliveries

_ENDS = {"ATTEMPT": "it ends otherwise", "DLV": "it ends otherwise", "RETRY": "it ends otherwise"}


_ENDS |= {"LOG": "it ends otherwise", "TRACE": "there are other attempts", "SIGN": "no attempts"}


_ENDS |= {"EVENT": "there are other attempts", "LIST": "other attempts", "TENANT": "other attempts"}


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


@mutant("delivery", "ATTEMPT-017", also=_ENDS | SENT)
def an_events_url_is_the_one_of_its_first_attempt(server: Faulty) -> None:
    """A retry goes to the url that the target had for the first attempt."""
    first: dict[tuple[str, str], str] = {}

    def change(request: Any, due: Any, plan: Any) -> Any:
        return request._replace(url=first.setdefault((due.event_id, due.flow_id), request.url))

    requested(server, change)


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


@mutant("delivery", "ATTEMPT-018", also=_ENDS | {"DEST-021": "it is not executed"})
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
