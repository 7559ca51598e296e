"""Retrying a batch of attempts: what is merged, counted and refused."""

from typing import Any

import pytest

from zen_conformance.answer import Answer
from zen_conformance.check import requirement
from zen_conformance.failing import FailingFlow, trace
from zen_conformance.failures import ConformanceFailure
from zen_conformance.receiver import Reply
from zen_conformance.resources import unknown_ids
from zen_conformance.retrying import count_is, retry, two_failed
from zen_conformance.suite import Suite
from zen_conformance.tales import Tale, see, tell
from zen_conformance.tenant import Tenant

_BAD: dict[str, Any] = {
    "no ids": [],
    "101 ids": [f"dlv_zc_{number}" for number in range(101)],
    "101 times one id": ["dlv_zc_1"] * 101,
    "a text": "dlv_zc_1",
    "null": None,
    "an object": {"0": "dlv_zc_1"},
    "numbers": [1],
    "a null among them": ["dlv_zc_1", None],
    "lists": [["dlv_zc_1"]],
}


@pytest.fixture(scope="module")
def failing(suite: Suite) -> FailingFlow:
    """Events whose only attempt has failed."""
    return FailingFlow.of(suite.primary)


def batch(api: Tenant, ids: Any) -> Answer:
    """Ask for a batch."""
    return api.call("retryBatch", json={"delivery_ids": ids})


def attempts(api: Tenant, event_id: str) -> list[str]:
    """The ids of the event's attempts, oldest first."""
    return [str(row.get("id")) for row in trace(api, event_id)]


def queues(answer: Answer, ids: list[str]) -> None:
    """Fail unless the answer names just those as queued."""
    answer.expect(202)
    shown = [one.get("delivery_id") for one in answer.rows("deliveries")]
    answer.must(shown == ids, f"deliveries names {shown} instead of {ids}")
    answer.must(
        all(one.get("status") == "queued" for one in answer.rows("deliveries")),
        "a delivery's status is not queued",
    )
    answer.expect_members(queued=len(ids))


@pytest.mark.parametrize("count", [1, 2, 5])
@requirement("RETRY-008")
def test_each_given_id_is_queued(api: Tenant, failing: FailingFlow, count: int) -> None:
    events = [failing.event() for _ in range(count)]
    ids = [attempts(api, one)[0] for one in reversed(events)]
    queues(batch(api, ids), ids)
    for one in events:
        count_is(api, one, 2, "a batch did not queue one attempt for each")


@requirement("RETRY-008")
def test_chains_of_one_event_are_two(suite: Suite) -> None:
    api = suite.primary
    ids, event_id = _two_chains(api)
    queues(batch(api, ids), ids)
    count_is(api, event_id, 4, "a batch of two chains did not queue one each")


@requirement("RETRY-008")
def test_one_chain_of_two_is_left_alone(suite: Suite) -> None:
    api = suite.primary
    ids, event_id = _two_chains(api)
    queues(batch(api, ids[1:]), ids[1:])
    count_is(api, event_id, 3, "a batch of one chain queued another number")


@requirement("RETRY-009")
def test_a_repeated_id_is_queued_once(api: Tenant, failing: FailingFlow) -> None:
    events = [failing.event() for _ in range(2)]
    one, two = (attempts(api, event)[0] for event in events)
    queues(batch(api, [two, one, two, two, one]), [two, one])
    for event in events:
        count_is(api, event, 2, "a repeated id queued again")


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (0,), (1,)])
@requirement("RETRY-009")
def test_any_failed_attempt_stands_for_its_chain(
    api: Tenant, failing: FailingFlow, order: tuple[int, ...]
) -> None:
    event_id, beside = failing.event(), failing.event()
    for number in (2, 3):
        retry(api, event_id)
        failing.failed(event_id, attempts=number)
    rows = sorted(trace(api, event_id), key=lambda row: int(row.get("attempt_number") or 0))
    ids = [str(rows[place].get("id")) for place in order]
    another = attempts(api, beside)[0]
    queues(batch(api, [ids[0], another, *ids[1:]]), [ids[0], another])
    count_is(api, event_id, 4, "a chain was not queued once")


@pytest.mark.parametrize("place", [0, 1, 2])
@requirement("RETRY-010")
def test_an_unknown_id_queues_nothing(api: Tenant, failing: FailingFlow, place: int) -> None:
    events = [failing.event() for _ in range(2)]
    for unknown in list(unknown_ids())[: 1 + (place == 1)]:
        ids = [attempts(api, event)[0] for event in events]
        ids.insert(place, unknown)
        _names(batch(api, ids), unknown)
        for event in events:
            count_is(api, event, 1, "a batch with an unknown id queued something")


@pytest.mark.parametrize("mixed", [False, True])
@requirement("RETRY-010")
def test_an_id_of_the_other_tenant_is_unknown(
    api: Tenant, other: Tenant, failing: FailingFlow, mixed: bool
) -> None:
    theirs, ours = FailingFlow.of(other).event(), failing.event()
    foreign = attempts(other, theirs)[0]
    _names(batch(api, [attempts(api, ours)[0], foreign] if mixed else [foreign]), foreign)
    count_is(other, theirs, 1, "another tenant's attempt was retried")
    count_is(api, ours, 1, "a batch with an unknown id queued something")


def unfit(suite: Suite) -> dict[str, Tale]:
    """Chains whose newest attempt has not failed."""
    tales = {
        "delivered": tell(suite, Reply(200)),
        "recovered": tell(suite, Reply(500), Reply(200), max_attempts=2),
        "waiting": tell(suite, Reply(500), max_attempts=2, backoff_seconds=3600),
    }
    see([tales["delivered"], tales["recovered"]])
    see([tales["waiting"]], lambda tale: len(tale.look()) == 2)
    return tales


@pytest.mark.parametrize("mixed", [None, 0, 1])
@pytest.mark.parametrize(
    ("name", "number"),
    [("delivered", 1), ("recovered", 1), ("recovered", 2), ("waiting", 1), ("waiting", 2)],
)
@requirement("RETRY-011", scenario=unfit)
def test_a_chain_that_has_not_failed_queues_nothing(
    told: dict[str, Tale],
    api: Tenant,
    failing: FailingFlow,
    name: str,
    number: int,
    mixed: int | None,
) -> None:
    tale = told[name]
    ids, event_id, before = [str(tale.attempt(number)["id"])], failing.event(), len(tale.rows)
    if mixed is not None:
        ids.insert(mixed, attempts(api, event_id)[0])
    batch(api, ids).expect_problem(409, "conflict")
    count_is(api, event_id, 1, "a batch that is a conflict queued something")
    tale.must(len(tale.look()) == before, f"{name}: a batch queued another attempt")


@pytest.mark.parametrize("name", _BAD)
@requirement("RETRY-012")
def test_what_is_no_list_of_ids_is_refused(api: Tenant, name: str) -> None:
    batch(api, _BAD[name]).expect_problem(400, "validation-error")


@requirement("RETRY-012")
def test_no_delivery_ids_at_all_are_refused(api: Tenant) -> None:
    api.call("retryBatch", json={}).expect_problem(400, "validation-error")


@pytest.mark.parametrize("count", [99, 100])
@requirement("RETRY-012")
def test_100_ids_are_taken(api: Tenant, failing: FailingFlow, count: int) -> None:
    events = [failing.event() for _ in range(2)]
    one, two = (attempts(api, event)[0] for event in events)
    queues(batch(api, [one] * (count - 1) + [two]), [one, two])


def _names(answer: Answer, unknown: str) -> None:
    answer.expect_problem(404, "not-found")
    detail = answer.get("detail")
    answer.must(isinstance(detail, str) and unknown in detail, f"{detail!r} does not name it")


def _two_chains(api: Tenant) -> tuple[list[str], str]:
    event_id, _ = two_failed(api)
    ids = attempts(api, event_id)
    if len(set(ids)) != 2:
        raise ConformanceFailure(f"two chains have the attempts {ids}")
    return ids, event_id
