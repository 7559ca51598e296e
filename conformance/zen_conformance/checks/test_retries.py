"""Retrying an event: which chains go on, how, and when it is refused."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from zen_conformance.answer import Answer
from zen_conformance.check import requirement
from zen_conformance.failing import FailingFlow, post, trace
from zen_conformance.failures import ConformanceFailure, NotRun
from zen_conformance.receiver import Box, Reply
from zen_conformance.receiver.server import closed_port_url
from zen_conformance.resources import unknown_ids
from zen_conformance.retrying import count_is, retry, two_failed
from zen_conformance.stories import EXECUTED, PROMPTLY_SECONDS, Posted, Story, is_called
from zen_conformance.suite import Suite
from zen_conformance.tales import Tale, due_after, queued, see, tell, wait_for
from zen_conformance.tenant import Tenant, a_name

_HOUR = 3600


@pytest.fixture(scope="module")
def failing(suite: Suite) -> FailingFlow:
    """Events whose only attempt has failed."""
    return FailingFlow.of(suite.primary)


@requirement("RETRY-001")
def test_a_retry_is_queued(api: Tenant, failing: FailingFlow) -> None:
    event_id = failing.event()
    before = {row["id"] for row in trace(api, event_id)}
    answer = retry(api, event_id).expect(202).expect_members(status="queued")
    answer.must(isinstance(answer["message"], str), "message is not a text")
    made = [row["id"] for row in trace(api, event_id) if row["id"] not in before]
    answer.must(
        made[:1] == [answer["delivery_id"]],
        f"delivery_id is {answer['delivery_id']!r}, the new attempt is {made}",
    )


@requirement("RETRY-001")
def test_the_delivery_id_is_one_of_the_new_attempts_of_two_chains(suite: Suite) -> None:
    api = suite.primary
    event_id, before = two_failed(api)
    answer = retry(api, event_id).expect(202)
    made = {row["id"] for row in trace(api, event_id)} - before
    answer.must(
        answer["delivery_id"] in made,
        f"delivery_id is {answer['delivery_id']!r}, the new attempts are {sorted(made)}",
    )


@requirement("RETRY-002")
def test_each_failed_chain_goes_on_with_its_next_number(suite: Suite) -> None:
    api = suite.primary
    event_id, before = two_failed(api)
    retry(api, event_id).expect(202)
    made = [row for row in trace(api, event_id) if row["id"] not in before]
    flows = {row.get("flow_id") for row in made}
    if len(made) != 2 or len(flows) != 2 or {row.get("attempt_number") for row in made} != {2}:
        raise ConformanceFailure(f"a retry of two failed chains made {_brief(made)}")


@requirement("RETRY-002")
def test_a_chain_grows_by_one_with_each_retry(api: Tenant, failing: FailingFlow) -> None:
    event_id = failing.event()
    for number in (2, 3, 4):
        retry(api, event_id).expect(202)
        rows = failing.failed(event_id, attempts=number)
        numbers = sorted(int(row["attempt_number"]) for row in rows)
        if numbers != list(range(1, number + 1)):
            raise ConformanceFailure(f"after {number - 1} retries the numbers are {numbers}")


@requirement("RETRY-002")
def test_a_retry_of_one_event_leaves_others_alone(api: Tenant, failing: FailingFlow) -> None:
    event_id, beside = failing.event(), failing.event()
    retry(api, event_id).expect(202)
    count_is(api, beside, 1, "another event of the flow was retried too")


@requirement("RETRY-002")
def test_retries_at_once_queue_one(api: Tenant, failing: FailingFlow) -> None:
    event_id = failing.event()
    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(pool.map(lambda _: retry(api, event_id).status, range(6)))
    rows = failing.failed(event_id, attempts=1 + statuses.count(202))
    numbers = sorted(int(row["attempt_number"]) for row in rows)
    wanted = list(range(1, 2 + statuses.count(202)))
    if 202 not in statuses or set(statuses) > {202, 409} or numbers != wanted:
        raise ConformanceFailure(f"retries at once were answered {statuses}, attempts {numbers}")


def mixed(suite: Suite) -> Mapping[str, Any]:
    """An event of a chain that failed and one that was delivered; the failed one is retried."""
    api = suite.primary
    good = tell(suite, Reply(200))
    bad = Story.of(suite, Reply(500), Reply(500), ingester=good.story.ingester)
    event = good.story.post()
    fine = Tale(good.story, event)
    failed = Tale(bad, event)
    see([fine, failed])
    answer = retry(api, event.id)
    during = failed.look()
    failed.expected = 2
    see([fine, failed])
    return {"answer": answer, "fine": fine, "failed": failed, "during": during}


@requirement("RETRY-002", scenario=mixed)
def test_only_the_failed_chain_goes_on(told: Mapping[str, Any]) -> None:
    told["answer"].expect(202)
    fine, failed = told["fine"], told["failed"]
    fine.must(len(fine.rows) == 1, "the delivered chain was retried too")
    fine.must(len(fine.story.box.arrived) == 2, "the delivered event was sent again")
    failed.must(len(failed.rows) == 2, f"the failed chain has {len(failed.rows)} attempts")


@requirement("RETRY-001", scenario=mixed)
def test_the_delivery_id_is_that_of_the_failed_chain(told: Mapping[str, Any]) -> None:
    row = told["failed"].attempt(2)
    told["answer"].expect(202).expect_members(delivery_id=row["id"])


def recovering(suite: Suite) -> Mapping[str, Tale]:
    """Chains that ended in failure, retried by hand while the target takes its time."""
    slow = Reply(200, wait_seconds=1.0)
    body = {"body": b' {"a": 1,  "a": 2}\xff\n', "content_type": "text/x-odd; charset=utf-8"}
    tales = {
        "one": tell(suite, Reply(500), slow, event=body),
        "two": tell(suite, Reply(500), Reply(500), slow, max_attempts=2, event=body),
        "again": tell(suite, Reply(500), Reply(500, wait_seconds=1.0), event=body),
    }
    see(list(tales.values()))
    for tale in tales.values():
        tale.expected += 1
        retry(suite.primary, tale.event.id)
    see(list(tales.values()))
    wait_for(1.3)  # an automatic retry would be queued by now, and due
    for tale in tales.values():
        tale.look()
    return tales


_CHAINS = {"one": 2, "two": 3, "again": 2}


@pytest.mark.parametrize("name", _CHAINS)
@requirement("RETRY-002", scenario=recovering)
def test_a_retry_under_way_is_retrying(told: Mapping[str, Tale], name: str) -> None:
    number = _CHAINS[name]
    states = [
        one.row.get("status")
        for one in told[name].versions
        if one.row.get("attempt_number") == number
    ]
    told[name].must(states, f"no attempt {number} was queued by a retry")
    told[name].must(
        is_called(states[0], "retrying"), f"an attempt queued by a retry is {states[0]!r}"
    )


@pytest.mark.parametrize("name", _CHAINS)
@requirement("RETRY-003", scenario=recovering)
def test_a_retry_sends_the_same_again(told: Mapping[str, Tale], name: str) -> None:
    tale, number = told[name], _CHAINS[name]
    tale.executed(1)
    arrived = tale.story.box.arrived
    tale.must(len(arrived) == number, f"{len(arrived)} requests came instead of {number}")
    first, last = arrived[0], arrived[-1]
    tale.must(last.body == first.body == tale.event.body, "the retry sent other bytes")
    for header in ("Content-Type", "X-Zen-Event-Id"):
        tale.must(last.all(header) == first.all(header), f"the retry has another {header}")
    wanted = "failed" if name == "again" else "delivered"
    shown = tale.executed(number).get("status")
    tale.must(shown == wanted, f"the retry is {shown!r} instead of {wanted!r}")


@pytest.mark.parametrize("name", _CHAINS)
@requirement("ATTEMPT-004", scenario=recovering)
def test_the_idempotency_key_stays_over_manual_retries(told: Mapping[str, Tale], name: str) -> None:
    tale = told[name]
    tale.arrival(_CHAINS[name])
    keys = {tuple(one.all("X-Zen-Delivery-Idempotency-Key")) for one in tale.story.box.arrived}
    tale.must(len(keys) == 1, f"the keys of one chain are {sorted(keys)}")


@pytest.mark.parametrize("name", _CHAINS)
@requirement("ATTEMPT-003", scenario=recovering)
def test_a_manual_retry_has_the_headers_of_its_row(told: Mapping[str, Tale], name: str) -> None:
    tale, number = told[name], _CHAINS[name]
    came, row = tale.arrival(number), tale.attempt(number)
    shown = (came.all("X-Zen-Delivery-Id"), came.all("X-Zen-Attempt"))
    wanted = ([row.get("id")], [str(number)])
    tale.must(shown == wanted, f"the headers of attempt {number} are {shown}, not {wanted}")


@pytest.mark.parametrize("name", _CHAINS)
@requirement("DLV-009", scenario=recovering)
def test_a_manual_retry_rewrites_nothing(told: Mapping[str, Tale], name: str) -> None:
    ended: dict[Any, Any] = {}
    for one in told[name].versions:
        before = ended.get(one.row.get("id"))
        one.answer.must(before in (None, one.row), f"the executed row {before} became {one.row}")
        if one.row.get("status") in EXECUTED:
            ended[one.row.get("id")] = one.row


@requirement("RETRY-004", scenario=recovering)
def test_no_automatic_retry_follows_one_past_max_attempts(told: Mapping[str, Tale]) -> None:
    tale = told["again"]
    tale.executed(2)
    tale.must(len(tale.rows) == 2, f"{len(tale.rows)} attempts are there after a failed retry")


def at_the_limit(suite: Suite) -> Mapping[str, Tale]:
    """Manual retries that fail below, at and past a `max_attempts` that was raised meanwhile."""
    tales: dict[str, Tale] = {}
    for name, limit in (("below", 5), ("at", 2), ("past", 1)):
        tale = tell(suite, box=Box(closed_port_url(), (Reply(),)))
        tales[name] = tale
        see([tale])
        while name == "below" and tale.expected < 3:
            retry(suite.primary, tale.event.id)
            tale.expected += 1
            see([tale])
        tale.story.set_policy(max_attempts=limit, backoff_seconds=40)
        tale.expected += 1
        retry(suite.primary, tale.event.id)
    see([tales["at"], tales["past"]])
    see([tales["below"]], queued(5))
    wait_for(0.5)
    for tale in tales.values():
        tale.look()
    return tales


@pytest.mark.parametrize("name", ["at", "past"])
@requirement("RETRY-004", scenario=at_the_limit)
def test_no_automatic_retry_follows_at_the_limit(told: Mapping[str, Tale], name: str) -> None:
    told[name].executed(2)
    told[name].must(len(told[name].rows) == 2, f"{name}: {len(told[name].rows)} attempts are there")


@requirement("ATTEMPT-013", scenario=at_the_limit)
def test_the_wait_after_a_manual_retry_goes_by_its_number(told: Mapping[str, Tale]) -> None:
    tale = told["below"]
    tale.executed(4)
    tale.must(len(tale.rows) >= 5, "no retry follows a manual one that failed below max_attempts")
    wait = due_after(tale, 4)
    tale.must(318 <= wait <= 326, f"attempt 5 is due {wait:.1f} s after 4, not 320 s")


@requirement("RETRY-005")
def test_an_event_of_no_flow_is_a_conflict(api: Tenant) -> None:
    event_id = post(api, api.an_ingester())
    retry(api, event_id).expect_problem(409, "conflict")


@requirement("RETRY-005")
def test_an_event_whose_retry_waits_is_a_conflict(api: Tenant) -> None:
    flow = FailingFlow.of(api, max_attempts=2, backoff_seconds=_HOUR)
    tale = _of(flow)
    see([tale], queued(2))
    tale.executed(1)
    tale.attempt(2)
    retry(api, tale.event.id).expect_problem(409, "conflict")
    tale.look()
    tale.must(len(tale.rows) == 2, "a retry was queued beside the one that waits")


def unfinished(suite: Suite) -> Mapping[str, tuple[Tale, Answer]]:
    """Retries of events that were delivered, or whose attempt is under way."""
    tales = {
        "delivered": tell(suite, Reply(200)),
        "recovered": tell(suite, Reply(500), Reply(200), max_attempts=2),
        "pending": tell(suite, Reply(500, wait_seconds=2.0)),
    }
    tales["pending"].story.box.wait(1, PROMPTLY_SECONDS)
    answers = {"pending": retry(suite.primary, tales["pending"].event.id)}
    see(list(tales.values()))
    for name in ("delivered", "recovered"):
        answers[name] = retry(suite.primary, tales[name].event.id)
    wait_for(0.3)
    for tale in tales.values():
        tale.look()
    return {name: (tale, answers[name]) for name, tale in tales.items()}


@pytest.mark.parametrize("name", ["delivered", "recovered", "pending"])
@requirement("RETRY-005", scenario=unfinished)
def test_what_has_not_failed_is_a_conflict(
    told: Mapping[str, tuple[Tale, Answer]], name: str
) -> None:
    tale, answer = told[name]
    tale.executed(tale.expected)
    answer.expect_problem(409, "conflict")
    tale.must(len(tale.rows) == tale.expected, f"{name}: a retry was queued all the same")


@requirement("RETRY-006")
def test_an_unknown_event_is_not_found(api: Tenant) -> None:
    for one in unknown_ids():
        answer = retry(api, one).expect_problem(404, "not-found")
        answer.expect_members(detail=f"Event {one} not found.")


@requirement("RETRY-006")
def test_an_event_of_the_other_tenant_is_not_found(api: Tenant, other: Tenant) -> None:
    event_id = FailingFlow.of(other).event()
    answer = retry(api, event_id).expect_problem(404, "not-found")
    answer.expect_members(detail=f"Event {event_id} not found.")
    count_is(other, event_id, 1, "another tenant's event was retried")


@pytest.mark.parametrize("given", [{}, {"json": {}}, {"body": b" {} \n"}], ids=str)
@requirement("RETRY-007")
def test_a_retry_needs_no_body(api: Tenant, failing: FailingFlow, given: dict[str, Any]) -> None:
    event_id = failing.event()
    retry(api, event_id, **given).expect(202)
    failing.failed(event_id, attempts=2)


@pytest.mark.parametrize("order", [0, 1])
@requirement("RETRY-007")
def test_no_body_and_an_empty_object_are_equal_under_a_key(
    api: Tenant, failing: FailingFlow, order: int
) -> None:
    event_id, key = failing.event(), a_name("key").replace(" ", "-")
    given: list[dict[str, Any]] = [{}, {"json": {}}]
    first = retry(api, event_id, key=key, **given[order]).expect(202)
    again = retry(api, event_id, key=key, **given[1 - order]).expect(202)
    again.expect_members(delivery_id=first["delivery_id"])
    count_is(api, event_id, 2, "a repeated retry queued another attempt")


def _of(flow: FailingFlow) -> Tale:
    """An event of the failing flow."""
    box = Box("", (Reply(),))
    story = Story(None, flow.api, box, flow.ingester, {}, flow.flow)  # type: ignore[arg-type]
    return Tale(story, Posted(post(flow.api, flow.ingester), 1, b"", 0.0), max_attempts=2)


def _brief(rows: list[dict[str, Any]]) -> list[Any]:
    if any("id" not in row for row in rows):
        raise NotRun("an attempt has no id")
    return [(row["id"], row.get("flow_id"), row.get("attempt_number")) for row in rows]


@pytest.mark.parametrize("name", _CHAINS)
@requirement("DLV-006", scenario=recovering)
def test_a_retry_by_hand_says_when(told: Mapping[str, Tale], name: str) -> None:
    for one in told[name].versions:
        when = one.row.get("next_attempt_at")
        queued_now = one.row.get("status") == "retrying"
        one.answer.must(not queued_now or when, "a retrying attempt has no next_attempt_at")


@requirement("IDEM-019")
def test_equal_retries_without_a_key_are_two(api: Tenant, failing: FailingFlow) -> None:
    event_id = failing.event()
    for attempts in (2, 3):
        answer = retry(api, event_id).expect(202)
        answer.must(
            answer.header("Idempotency-Replayed") is None, "a retry without a key is a replay"
        )
        failing.failed(event_id, attempts=attempts)
