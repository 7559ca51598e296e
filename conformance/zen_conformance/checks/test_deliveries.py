"""What the row of an attempt says, in each state that it goes through."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from zen_conformance.answered import (
    CUT,
    FAULTS,
    REDIRECTS,
    REFUSALS,
    SUCCESSES,
    UNREACHABLE,
    Tales,
    answers,
    backing_off,
    unreachable,
)
from zen_conformance.check import requirement
from zen_conformance.contract import told as told_in
from zen_conformance.failing import post, trace
from zen_conformance.failures import NotRun, must
from zen_conformance.matching import a_flow_between, a_silent_target
from zen_conformance.pages import LONG_PAGE
from zen_conformance.receiver import Reply
from zen_conformance.resources import near_ids, unknown_ids
from zen_conformance.standing import standing_attempt
from zen_conformance.stories import EXECUTED, PROMPTLY_SECONDS, QUEUED, Row, is_called
from zen_conformance.suite import Suite
from zen_conformance.tales import Tale, Version, see, tell, wait_for
from zen_conformance.tenant import Tenant
from zen_conformance.traffic import until

TALES = [answers, unreachable, backing_off]


def each_tale(requirement_id: str) -> pytest.MarkDecorator:
    """The check once for each scenario of `TALES`."""
    return pytest.mark.parametrize(
        "name",
        [
            pytest.param(one.__name__, marks=requirement(requirement_id, scenario=one))
            for one in TALES
        ],
    )


def versions(told: Tales) -> Iterator[Version]:
    """Every state of every row that was shown; there must be some."""
    found = [one for tale in told.values() for one in tale.versions]
    if not found:
        raise NotRun("no attempt was shown")
    return iter(found)


@each_tale("DLV-001")
def test_a_queued_attempt_is_pending_or_retrying_by_its_number(told: Tales, name: str) -> None:
    for tale in told.values():
        if tale.rows:
            tale.attempt(1)  # NotRun where they are not numbered from 1
    for one in versions(told):
        status, number = one.row.get("status"), one.row.get("attempt_number")
        queued = "pending" if number == 1 else "retrying"
        one.answer.must(
            status in EXECUTED or is_called(status, queued),
            f"attempt {number}, an automatic one, has status {status!r}",
        )


@each_tale("DLV-001")
def test_an_executed_attempt_does_not_stay_queued(told: Tales, name: str) -> None:
    for key, tale in told.items():
        for row in tale.rows:
            executed = row.get("attempted_at") is not None
            tale.must(
                not (executed and row.get("status") in QUEUED),
                f"{key}: an attempt that was executed is {row.get('status')!r}",
            )


@requirement("DLV-001", scenario=answers)
def test_a_first_attempt_under_way_is_pending(told: Tales) -> None:
    tale = told["200 after a while"]
    tale.arrival(1)
    shown = [one.row.get("status") for one in tale.versions]
    first = shown[0] if shown else None
    tale.must(
        first is not None and is_called(first, "pending"),
        f"an attempt under way was shown as {shown[:1]}",
    )


@pytest.mark.parametrize("status", [*SUCCESSES, *REDIRECTS, *REFUSALS, *FAULTS])
@requirement("DLV-002", scenario=answers)
def test_the_response_code_is_the_targets(told: Tales, status: int) -> None:
    tale = told[status]
    tale.arrival(1)
    shown = tale.executed(1).get("response_code")
    tale.must(shown == status, f"response_code is {shown!r} of an attempt answered {status}")


@requirement("DLV-002", scenario=answers)
def test_a_retry_has_a_response_code_of_its_own(told: Tales) -> None:
    for status in (*REFUSALS, *FAULTS):
        tale = told[status]
        shown = tale.executed(2).get("response_code")
        tale.must(shown == 200, f"response_code is {shown!r} of a retry answered 200")


@pytest.mark.parametrize("how", CUT)
@requirement("DLV-003", scenario=answers)
def test_an_answer_cut_off_has_no_response_code(told: Tales, how: str) -> None:
    row = told[how].executed(1)
    told[how].must("response_code" not in row, f"{how}: response_code is there: {row}")


@pytest.mark.parametrize("how", UNREACHABLE)
@requirement("DLV-003", scenario=unreachable)
def test_a_target_out_of_reach_has_no_response_code(told: Tales, how: str) -> None:
    for number in (1, 2):
        row = told[how].executed(number)
        told[how].must("response_code" not in row, f"{how}: response_code is there: {row}")


@each_tale("DLV-003")
def test_a_queued_attempt_has_no_response_code(told: Tales, name: str) -> None:
    _absent_while(told, "response_code", QUEUED)


@each_tale("DLV-004")
def test_only_a_failed_attempt_has_an_error_message(told: Tales, name: str) -> None:
    _absent_while(told, "error_message", (*QUEUED, "delivered"))


@each_tale("DLV-005")
def test_a_queued_attempt_has_no_attempted_at(told: Tales, name: str) -> None:
    _absent_while(told, "attempted_at", QUEUED)


@each_tale("DLV-005")
def test_an_executed_attempt_has_an_attempted_at(told: Tales, name: str) -> None:
    for one in versions(told):
        if one.row.get("status") in EXECUTED:
            one.answer.must(
                one.row.get("attempted_at") is not None,
                f"a {one.row['status']} attempt has no attempted_at",
            )


@each_tale("DLV-006")
def test_a_retrying_attempt_says_when(told: Tales, name: str) -> None:
    # One that waits a second may be over before a slow server shows it; others wait for long.
    for one in (one for one in versions(told) if one.row.get("status") == "retrying"):
        shown = one.row.get("next_attempt_at")
        one.answer.must(shown is not None, "a retrying attempt has no next_attempt_at")


@each_tale("DLV-007")
def test_no_two_attempts_share_an_evidence_id(told: Tales, name: str) -> None:
    owners: dict[Any, Any] = {}
    for one in versions(told):
        evidence = one.row.get("evidence_id")
        one.answer.must(evidence, "an attempt has no evidence_id")
        owner = owners.setdefault(evidence, one.row.get("id"))
        one.answer.must(owner == one.row.get("id"), f"two attempts have evidence_id {evidence!r}")


@each_tale("DLV-008")
def test_attempts_are_numbered_from_1(told: Tales, name: str) -> None:
    for key, tale in told.items():
        numbers = [row.get("attempt_number") for row in tale.rows]
        wanted = list(range(1, len(numbers) + 1))
        tale.must(numbers == wanted, f"{key}: the attempts are numbered {numbers}")


@each_tale("DLV-009")
def test_an_executed_attempt_stays_as_it_is(told: Tales, name: str) -> None:
    executed: dict[Any, dict[str, Any]] = {}
    for one in versions(told):
        before = executed.get(one.row.get("id"))
        one.answer.must(before in (None, one.row), f"the executed row {before} became {one.row}")
        if one.row.get("status") in EXECUTED:
            executed[one.row.get("id")] = one.row


@each_tale("DLV-010")
def test_an_attempt_alone_is_the_row_of_the_list(told: Tales, name: str) -> None:
    seen = set()
    for tale in told.values():
        for row in tale.rows:
            kind = (row.get("status"), row.get("response_code"), row.get("attempt_number"))
            if row.get("status") in EXECUTED and kind not in seen:
                seen.add(kind)
                answer = tale.story.row(str(row.get("id"))).expect(200)
                same = told_in("Delivery", answer.document) == row
                answer.must(same, "the attempt differs from its row in the list")
                answer.expect_members(
                    event_id=tale.event.id,
                    flow_id=tale.story.flow["id"],
                    destination_id=tale.story.destination["id"],
                )
    if not seen:
        raise NotRun("no attempt was executed")


@pytest.fixture(scope="module")
def shared(suite: Suite) -> tuple[list[str], list[Row]]:
    """Two flows to one target, and the first attempts of an event that went through both."""
    api, target = suite.primary, a_silent_target(suite.primary)
    ingester = api.an_ingester()
    flows = [a_flow_between(api, ingester, target) for _ in range(2)]
    event_id, rows = post(api, ingester), list[Row]()

    def there() -> bool:
        rows[:] = trace(api, event_id)
        return len(rows) >= len(flows)

    if not until(there, seconds=PROMPTLY_SECONDS):
        raise NotRun("a precondition failed: the event has not an attempt for each flow")
    return flows, rows


@requirement("DLV-010")
def test_two_flows_to_one_target_are_told_apart(
    api: Tenant, shared: tuple[list[str], list[Row]]
) -> None:
    flows, rows = shared
    _must_show(api, rows, "flow_id", flows)


@requirement("DLV-008")
def test_each_flow_numbers_its_own_attempts(
    api: Tenant, shared: tuple[list[str], list[Row]]
) -> None:
    _must_show(api, shared[1], "attempt_number", [1, 1])


def _must_show(api: Tenant, rows: list[Row], member: str, wanted: Sequence[object]) -> None:
    """The rows have those values, in the list and alone."""
    shown = sorted(str(row.get(member)) for row in rows)
    must(
        shown == sorted(map(str, wanted)), f"{member} of an event's two first attempts are {shown}"
    )
    for row in rows:
        alone = api.call("getDelivery", delivery_id=str(row.get("id")))
        alone.expect(200).expect_members(**{member: row.get(member)})


@requirement("DLV-011")
def test_an_unknown_attempt_is_not_found(api: Tenant) -> None:
    for one in unknown_ids():
        _must_be_unknown(api, one)


@requirement("DLV-011")
def test_an_id_near_that_of_an_attempt_is_unknown(api: Tenant) -> None:
    for one in near_ids(standing_attempt(api).id):
        _must_be_unknown(api, one)


def _must_be_unknown(api: Tenant, one: str) -> None:
    answer = api.call("getDelivery", delivery_id=one).expect_problem(404, "not-found")
    answer.expect_members(detail=f"Delivery {one} not found.")


def _absent_while(told: Tales, member: str, statuses: tuple[str, ...]) -> None:
    found = [one for one in versions(told) if one.row.get("status") in statuses]
    if not found:
        raise NotRun(f"no attempt was seen as {' or '.join(statuses)}")
    for one in found:
        shown = one.row.get(member)
        one.answer.must(
            shown is None, f"an attempt that is {one.row['status']} has {member} {shown!r}"
        )


def slow_then_fast(suite: Suite) -> tuple[Tale, Tale]:
    """An event that takes its time, and one after it that is delivered before it."""
    slow = tell(suite, Reply(200, wait_seconds=3.5), Reply(200))
    wait_for(1.2)  # of two that were queued within one second either may come first
    fast = Tale(slow.story, slow.story.post())
    see([slow, fast], seconds=3.5 + PROMPTLY_SECONDS)
    return slow, fast


@requirement("DLV-012", scenario=slow_then_fast)
@pytest.mark.parametrize("by", ["", "status", "destination_id"])
def test_attempts_are_listed_as_they_were_queued_not_as_they_were_made(
    told: tuple[Tale, Tale], by: str
) -> None:
    api, ids = told[0].story.api, [str(tale.executed(1)["id"]) for tale in told]
    filters = {by: told[0].executed(1)[by]} if by else {}
    walked = _until_both(api, ids, {**filters, "limit": LONG_PAGE})
    # A server may have the order right from page to page and wrong within one that holds both.
    first, last = sorted(map(walked.index, ids))
    limits = (limit for limit in range(LONG_PAGE, 1, -1) if first // limit == last // limit)
    for limit in itertools.islice(limits, 2):
        _until_both(api, ids, {**filters, "limit": limit})


def _until_both(api: Tenant, ids: list[str], query: dict[str, Any]) -> list[str]:
    """The ids of the list down to the second of the two, of which the later one comes first."""
    walked: list[str] = []
    for page in api.pages("listDeliveries", query):
        walked += [str(row.get("id")) for row in page.rows("deliveries")]
        shown = [one for one in walked if one in ids]
        if shown:
            page.must(shown[0] == ids[1], "an attempt that was queued earlier is listed first")
        if len(shown) == len(ids):
            return walked
    raise NotRun("the list does not show both attempts")
