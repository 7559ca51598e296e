"""One attempt: what is sent, whether it may be sent at all, and what its outcome leads to."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from zen_sandbox.clock import moment
from zen_sandbox.delivery import signing
from zen_sandbox.delivery.answer import Answer
from zen_sandbox.delivery.backoff import retry_after_seconds, seconds_until_next
from zen_sandbox.domain import LogEntry, RetryPolicy
from zen_sandbox.store import Store
from zen_sandbox.store.deliveries import Outcome
from zen_sandbox.store.queue import Due, Lane, Plan, Record

FAILURES_UNTIL_ERROR = 5
"""Final failures in a row after which a target's status becomes `error`."""

_MAX_MESSAGE = 2000
# Credentials, what is about the one connection, and what an answer is not decoded from.
_NEVER_FORWARDED = frozenset(
    {
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "cookie",
        "expect",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


class Request(NamedTuple):
    """What goes to the target."""

    url: str
    headers: dict[str, str]
    body: bytes


def forwarded(headers: Mapping[str, str]) -> dict[str, str]:
    """The provider's own end-to-end headers, which its receiver may want to see."""
    listed = {name.strip().lower() for name in headers.get("connection", "").split(",")}
    return {
        name: _as_sent(value)
        for name, value in headers.items()
        if name not in _NEVER_FORWARDED and name not in listed and not name.startswith("x-zen-")
    }


def _as_sent(value: str) -> str:
    """The value, of which each character is a byte, so that it goes out as those bytes in UTF-8."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def refusal(plan: Plan) -> str | None:
    """Why the attempt cannot be made and nothing follows; None when it can."""
    if plan.ingester_id is None:
        return "the event is no longer kept"
    if plan.max_attempts is None:
        return "the flow was deleted"
    if plan.url is None:
        return "the target was deleted"
    if plan.destination_status == "disabled":
        return "the target is disabled"
    return None


def request_of(due: Due, plan: Plan) -> Request:
    """The request of an attempt that can be made."""
    headers = forwarded(plan.headers)
    if plan.content_type is not None:
        headers["Content-Type"] = _as_sent(plan.content_type)
    headers["X-Zen-Event-Id"] = due.event_id
    headers["X-Zen-Delivery-Id"] = due.id
    headers["X-Zen-Delivery-Idempotency-Key"] = f"{due.event_id}.{due.flow_id}"
    headers["X-Zen-Attempt"] = str(due.attempt_number)
    if plan.secret is not None:
        # Wall time and not the sandbox's clock: receivers compare it with their own.
        headers |= signing.headers(plan.secret, due.event_id, int(time.time()), plan.body)
    return Request(plan.url or "", headers, plan.body)


def settle(
    store: Store, lane: Lane, due: Due, plan: Plan, request: Request | None, answer: Answer | None
) -> None:
    """Writes down how an attempt went and queues the next, inside the caller's transaction.

    Without `request` and `answer` it was not made, for the reason that `refusal` gives.
    """
    ms = store.clocks.peek_ms(lane.tenant_id)
    now = moment(ms)
    error = refusal(plan) if answer is None else _failure(answer)
    delivered = error is None
    code = answer.status if answer else None
    message = None if error is None else error[:_MAX_MESSAGE]
    if not store.deliveries.finish(lane.tenant_id, due.id, Outcome(delivered, now, code, message)):
        return  # taken away while it was under way, by a reset or a restored snapshot
    store.attempts.note(due.seq)
    store.logs.add(lane.tenant_id, _entry(store, lane, due, plan, message, ms))
    if request is not None and answer is not None:
        store.queue.keep_record(due.seq, _record(request, answer))
    if delivered:
        store.queue.clear_final_failures(lane, now)
    elif answer is not None:
        # As it is now: the flow may have been deleted while the target took its time.
        policy = store.queue.policy(lane.tenant_id, due.flow_id)
        if policy is not None and due.attempt_number < policy.max_attempts:
            _queue_next(store, lane, due, policy, answer, ms)
        else:
            store.queue.count_final_failure(lane, now, FAILURES_UNTIL_ERROR)


def _failure(answer: Answer) -> str | None:
    if answer.error is not None:
        return answer.error
    if answer.status is None or not 200 <= answer.status <= 299:
        return f"the target answered {answer.status}"
    return None


def _queue_next(
    store: Store, lane: Lane, due: Due, policy: RetryPolicy, answer: Answer, ms: int
) -> None:
    asked = retry_after_seconds(answer.header("retry-after"), datetime.now(UTC))
    seconds = seconds_until_next(due.attempt_number, policy.backoff_seconds, asked)
    store.deliveries.queue(
        lane.tenant_id,
        store.background_ids.new("dlv", ms),
        moment(ms),
        event_id=due.event_id,
        flow_id=due.flow_id,
        destination_id=lane.destination_id,
        evidence_id=store.background_ids.new("ev", ms),
        attempt_number=due.attempt_number + 1,
        due_at=moment(ms + round(seconds * 1000)),
    )


def _entry(store: Store, lane: Lane, due: Due, plan: Plan, error: str | None, ms: int) -> LogEntry:
    outcome = "delivered" if error is None else f"failed: {error}"
    return LogEntry(
        seq=0,
        id=store.background_ids.new("log", ms),
        timestamp=moment(ms),
        level="info" if error is None else "error",
        message=f"attempt {due.attempt_number} of event {due.event_id} {outcome}",
        action="deliver",
        result="success",
        actor="engine",
        resource_type="delivery",
        resource_id=due.id,
        request_id=None,
        delivery_id=due.id,
        source_id=plan.ingester_id,
    )


def _record(request: Request, answer: Answer) -> Record:
    return Record(
        request.headers,
        answer.headers,
        answer.body,
        answer.truncated,
        answer.address,
        answer.first_byte_ms,
        answer.total_ms,
    )
