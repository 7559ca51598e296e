"""A manual retry of an event: what it answers, and which attempts it queues."""

from dataclasses import dataclass
from typing import Any

import pytest

from zen_conformance.answer import Answer
from zen_conformance.chains import (
    FAILED,
    Branched,
    Way,
    lowest_number,
    must_be_numbered,
    must_come,
    must_stay,
    one_chain,
)
from zen_conformance.check import requirement
from zen_conformance.crowd import Crowd
from zen_conformance.failing import FailingFlow, trace
from zen_conformance.failures import NotRun
from zen_conformance.matching import ONCE, a_flow_between, taken_in
from zen_conformance.pages import LONG_PAGE
from zen_conformance.receiver import Reply
from zen_conformance.resources import FLOW, RECIPE, TARGET, near_ids, unknown_ids
from zen_conformance.standing import standing_attempt
from zen_conformance.stories import PROMPTLY_SECONDS, Row
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant, a_name
from zen_conformance.traffic import until

_AT_ONCE = 8
_REFUSED = {
    "failed": FAILED,
    "failed twice": Way(("failed", "failed"), max_attempts=2, backoff_seconds=1),
    "retrying": Way(("failed", "retrying"), max_attempts=2),
}
_ANSWERED = {
    "failed": Way(("failed",), replies=(Reply(500),)),
    "delivered": Way(("delivered",), replies=(Reply(200),)),
    "pending": Way(("pending",), replies=(Reply(200, wait_seconds=6.0),)),
    "recovers": Way(("failed",), replies=(Reply(503), Reply(200))),
}


@requirement("RETRY-001")
def test_a_retry_names_the_attempt_it_queues(api: Tenant, failing: FailingFlow) -> None:
    event_id = failing.event()
    for number in (2, 3, 4):
        answer = api.call("retryEvent", event_id=event_id).expect(202)
        answer.expect_members(status="queued")
        message = answer["message"]
        answer.must(isinstance(message, str) and message, f"message is {message!r}")
        _must_name_an_attempt(api, answer, event_id, number)
        must_come(api, event_id, number, answer)


@requirement("RETRY-001")
def test_a_retry_of_several_chains_names_a_new_attempt(suite: Suite, api: Tenant) -> None:
    event = Branched(suite, {"one": FAILED, "two": FAILED, "three": FAILED})
    event_id = event.posted()
    for number in (2, 3):
        answer = api.call("retryEvent", event_id=event_id).expect(202)
        answer.expect_members(status="queued")
        _must_name_an_attempt(api, answer, event_id, number)
        must_come(api, event_id, 3 * number, answer)


def _must_name_an_attempt(api: Tenant, answer: Answer, event_id: str, number: int) -> None:
    named = str(answer["delivery_id"])
    number += lowest_number(trace(api, event_id)) - 1
    read = api.call("getDelivery", delivery_id=named).expect(200, why="a retry named it")
    for member, wanted in (("event_id", event_id), ("attempt_number", number)):
        said = read[member]
        answer.must(
            said == wanted, f"delivery_id is an attempt of {member} {said!r} instead of {wanted!r}"
        )


@requirement("RETRY-002")
def test_a_retry_queues_one_attempt(api: Tenant, failing: FailingFlow) -> None:
    event_id = failing.event()
    _must_number_retries(api, event_id, (2, 3, 4))


@requirement("RETRY-002")
def test_a_retry_of_more_than_nine_attempts_queues_one(
    api: Tenant, failing: FailingFlow, note: Any
) -> None:
    event_id = failing.event()
    _must_number_retries(api, event_id, tuple(range(2, 13)))
    answer = api.call("listDeliveries", query={"event_id": event_id, "limit": LONG_PAGE})
    shown = [row.get("attempt_number") for row in answer.expect(200).rows("deliveries")]
    note(
        "TRACE-002",
        None if shown == [*range(1, 13)] else f"a trace shows its attempts as {shown}",
        answer,
    )


@requirement("RETRY-002")
def test_a_retry_of_one_event_leaves_others_alone(api: Tenant, failing: FailingFlow) -> None:
    event_id, beside = failing.event(), failing.event()
    own = [row.get("id") for row in trace(api, beside)]
    answer = api.call("retryEvent", event_id=event_id).expect(202)
    must_stay(api, beside, own, answer)


@requirement("RETRY-002")
def test_a_retry_of_a_recipes_flow_queues_one_attempt(api: Tenant) -> None:
    ingester = api.an_ingester()
    flow = FLOW.read(api, a_flow_between(api, ingester, maker=RECIPE)).expect(200).document
    FLOW.changed(api, flow, config=ONCE)
    taken = taken_in(api, ingester)
    event_id = str(taken["event_id"])
    if not until(lambda: _statuses(api, event_id) == ["failed"], seconds=PROMPTLY_SECONDS):
        raise NotRun(f"the attempt of {event_id} did not fail in time")
    _must_number_retries(api, event_id, (2, 3))


def _statuses(api: Tenant, event_id: str) -> list[object]:
    return [row.get("status") for row in trace(api, event_id)]


def _must_number_retries(api: Tenant, event_id: str, numbers: tuple[int, ...]) -> None:
    for number in numbers:
        answer = api.call("retryEvent", event_id=event_id).expect(202)
        must_be_numbered(trace(api, event_id), number, answer, "once the retry was answered")
        rows = must_come(api, event_id, number, answer)
        must_be_numbered(rows, number, answer, "once the retry was made")


@dataclass
class Told:
    """Chains of one event, and how they stood after each of its retries."""

    event: Branched
    event_id: str
    answers: list[Answer]
    numbers: list[dict[str, list[object]]]
    over: list[bool]


def _retried(event: Branched, times: int) -> Told:
    event_id = event.posted()
    told = Told(event, event_id, [], [], [])
    for _ in range(times):
        told.answers.append(event.api.call("retryEvent", event_id=event_id))
        told.numbers.append(event.numbers(event_id))
        told.over.append(event.over(event_id))
    told.numbers.append(event.numbers(event_id))
    return told


def of_refused(suite: Suite) -> Told:
    """An event that targets refused, retried twice."""
    return _retried(Branched(suite, _REFUSED), 2)


def of_answered(suite: Suite) -> Told:
    """An event that targets answered, retried twice."""
    return _retried(Branched(suite, _ANSWERED), 2)


@requirement("RETRY-002", scenario=of_refused)
def test_a_retry_is_of_the_failed_chains_and_numbers_each(told: Told) -> None:
    _must_be_retried(told, {"failed": 1, "failed twice": 2}, {"failed": 1, "failed twice": 2})


@requirement("RETRY-002", scenario=of_answered)
def test_a_retry_passes_by_chains_that_have_not_failed(told: Told) -> None:
    _must_be_retried(told, {"failed": 1, "recovers": 1}, {"failed": 1})
    for name in ("delivered", "pending"):
        came = len(told.event.boxes[name].arrived)
        told.answers[-1].must(came <= 1, f"what was {name} was sent {came} times")


@requirement("RETRY-001", scenario=of_answered)
def test_the_delivery_id_is_that_of_a_failed_chain(told: Told) -> None:
    for answer, number, chains in zip(
        told.answers, (2, 3), (("failed", "recovers"), ("failed",)), strict=True
    ):
        read = told.event.api.call(
            "getDelivery", delivery_id=str(answer.expect(202)["delivery_id"])
        )
        flows = [told.event.flows[name]["id"] for name in chains]
        wanted = number - 1 + lowest_number(trace(told.event.api, told.event_id))
        shown = (read.expect(200, why="a retry named it")["flow_id"], read["attempt_number"])
        answer.must(
            shown[0] in flows and shown[1] == wanted,
            f"delivery_id is attempt {shown[1]} of another chain than those that had failed",
        )


def _must_be_retried(told: Told, *failed: dict[str, int]) -> None:
    wanted = {name: len(way.statuses) for name, way in told.event.ways.items()}
    for answer, chains, over, found in zip(
        told.answers, failed, told.over, told.numbers, strict=False
    ):
        answer.expect(202)
        for name in chains:
            wanted[name] += 1
        _must_number(answer, found, wanted)
        answer.must(over, "the attempts that a retry queued were not made within 10 s")
    _must_number(told.answers[-1], told.numbers[-1], wanted)


def _must_number(answer: Answer, found: dict[str, list[object]], wanted: dict[str, int]) -> None:
    for name, count in wanted.items():
        expected = list(range(1, count + 1))
        answer.must(
            found[name] == expected,
            f"the chain that was {name} has attempts {found[name]} instead of {expected}",
        )


@requirement("RETRY-002")
def test_retries_at_once_queue_one_attempt_each(
    suite: Suite, api: Tenant, failing: FailingFlow
) -> None:
    event_id = failing.event()
    with Crowd(suite, _AT_ONCE) as crowd:
        answers = crowd.at_once([lambda: api.call("retryEvent", event_id=event_id)] * _AT_ONCE)
    taken = [one for one in answers if one.expect(202, 409).status == 202]
    answers[0].must(taken, "of retries at once none was taken")
    rows = must_come(api, event_id, 1 + len(taken), taken[0])
    must_be_numbered(rows, 1 + len(taken), taken[0], f"after {len(taken)} retries were taken")
    named = {str(one["delivery_id"]) for one in taken}
    taken[0].must(len(named) == len(taken), "two retries at once name one attempt")


@dataclass
class Crowded:
    """Retries that were made at once, and the event's attempts afterwards."""

    answers: list[Answer]
    rows: list[Row]


def a_crowd_retries(suite: Suite) -> Crowded:
    """Retries at once of an event whose retry takes a while."""
    event = one_chain(suite, Way(("failed",), replies=(Reply(500), Reply(200, wait_seconds=4.0))))
    event_id = event.posted()
    with Crowd(suite, _AT_ONCE) as crowd:
        retry = [lambda: event.api.call("retryEvent", event_id=event_id)] * _AT_ONCE
        answers = crowd.at_once(retry)
    return Crowded(answers, trace(event.api, event_id))


@requirement("RETRY-002", scenario=a_crowd_retries)
def test_of_retries_at_once_one_is_taken(told: Crowded) -> None:
    taken = [one for one in told.answers if one.expect(202, 409).status == 202]
    told.answers[0].must(len(taken) == 1, f"of {_AT_ONCE} retries at once {len(taken)} were taken")
    must_be_numbered(told.rows, 2, taken[0])


@requirement("RETRY-002", scenario=a_crowd_retries)
def test_a_retry_under_way_is_retrying(told: Crowded) -> None:
    for row in told.rows:
        if row.get("attempt_number") == 2:
            status = row.get("status")
            told.answers[0].must(status != "pending", f"a manual retry has status {status!r}")


@requirement("RETRY-002")
def test_a_retry_to_a_disabled_target_is_numbered_too(suite: Suite, api: Tenant) -> None:
    event = one_chain(suite)
    event_id = event.posted()
    target = {"id": event.flows["it"]["destination_id"]}
    TARGET.changed(api, target, status="disabled")
    answer = api.call("retryEvent", event_id=event_id).expect(202)
    must_be_numbered(must_come(api, event_id, 2, answer), 2, answer)


@requirement("RETRY-006")
@pytest.mark.parametrize("body", [None, b"{}"])
def test_an_event_that_does_not_exist_is_not_found(api: Tenant, body: bytes | None) -> None:
    for event_id in unknown_ids():
        answer = api.call("retryEvent", event_id=event_id, body=body)
        answer.expect_problem(404, "not-found")
        answer.expect_members(detail=f"Event {event_id} not found.")


@requirement("RETRY-006")
def test_an_id_near_that_of_an_event_is_not_found(api: Tenant, failing: FailingFlow) -> None:
    for event_id in near_ids(failing.event()):
        answer = api.call("retryEvent", event_id=event_id).expect_problem(404, "not-found")
        answer.expect_members(detail=f"Event {event_id} not found.")


@requirement("RETRY-006")
def test_an_event_of_the_other_tenant_is_not_found(api: Tenant, other: Tenant) -> None:
    event_id = standing_attempt(other).event_id
    answer = api.call("retryEvent", event_id=event_id).expect_problem(404, "not-found")
    answer.expect_members(detail=f"Event {event_id} not found.")


_FORMS = (None, b"", b"{}", b" {\n} ")


@requirement("RETRY-007")
@pytest.mark.parametrize("body", _FORMS)
def test_a_retry_needs_no_body(api: Tenant, failing: FailingFlow, body: bytes | None) -> None:
    event_id = failing.event()
    answer = api.call("retryEvent", event_id=event_id, body=body).expect(202)
    must_come(api, event_id, 2, answer)


@requirement("RETRY-007")
@pytest.mark.parametrize("first", _FORMS)
@pytest.mark.parametrize("second", _FORMS)
def test_no_body_and_an_empty_object_are_equal_under_one_key(
    api: Tenant, failing: FailingFlow, first: bytes | None, second: bytes | None
) -> None:
    event_id, key = failing.event(), a_name("key").replace(" ", "-")
    one = api.call("retryEvent", event_id=event_id, body=first, key=key).expect(202)
    two = api.call("retryEvent", event_id=event_id, body=second, key=key)
    two.expect(202, why=f"{second!r} was sent under the key of {first!r}")
    two.expect_members(delivery_id=one["delivery_id"])
    must_be_numbered(trace(api, event_id), 2, two, "after a repeated retry")
