"""Attempts that wait while their flow or target changes."""

from collections.abc import Callable, Mapping

import pytest

from zen_conformance.check import requirement
from zen_conformance.contract import told as told_in
from zen_conformance.failures import NotRun
from zen_conformance.receiver import Box, Reply
from zen_conformance.resources import ENDPOINT
from zen_conformance.stories import EXECUTED, PROMPTLY_SECONDS, are_executed
from zen_conformance.suite import Suite
from zen_conformance.tales import Tale, changed_in_time, due_after, see, tell, wait_for

Changed = Mapping[str, Tale]


def changed(suite: Suite) -> Changed:
    """First attempts that failed, and a change while the second waits."""
    tales: dict[str, Tale] = {}
    longest = 0
    for name, (limit, change) in _CHANGES.items():
        tales[name], backoff = changed_in_time(
            lambda backoff, limit=limit: tell(  # type: ignore[misc]
                suite, Reply(500), max_attempts=limit, backoff_seconds=backoff, expected=2
            ),
            change,
        )
        longest = max(longest, backoff)
    see(list(tales.values()), _second_is_over, seconds=longest + 2 * PROMPTLY_SECONDS)
    # A third attempt is queued with the second's end, if at all.
    wait_for(0.5)
    for tale in tales.values():
        tale.look()
    return tales


def _second_is_over(tale: Tale) -> bool:
    return any(
        row.get("attempt_number") == 2 and row.get("status") in EXECUTED for row in tale.look()
    )


def _to_one(tale: Tale, backoff: int) -> None:
    tale.story.set_policy(max_attempts=1, backoff_seconds=backoff)


def _to_two(tale: Tale, backoff: int) -> None:
    tale.story.set_policy(max_attempts=2, backoff_seconds=backoff)


def _to_three(tale: Tale, backoff: int) -> None:
    tale.story.set_policy(max_attempts=3, backoff_seconds=backoff)


def _to_slower(tale: Tale, _: int) -> None:
    tale.story.set_policy(max_attempts=3, backoff_seconds=900)


def _disabled(tale: Tale, _: int) -> None:
    tale.story.change_target(status="disabled")


def _deleted(tale: Tale, _: int) -> None:
    tale.story.move_flow(destination_id=tale.story.api.a_destination()["id"])
    tale.story.delete_target()


def _without_its_flow(tale: Tale, _: int) -> None:
    tale.story.delete_flow()


_CHANGES: dict[str, tuple[int, Callable[[Tale, int], None]]] = {
    "max_attempts lowered to 1": (3, _to_one),
    "max_attempts lowered to 2": (4, _to_two),
    "max_attempts raised to 3": (2, _to_three),
    "backoff_seconds raised": (3, _to_slower),
    "target disabled": (4, _disabled),
    "target deleted": (4, _deleted),
    "flow deleted": (4, _without_its_flow),
}


@pytest.mark.parametrize("name", ["max_attempts lowered to 1", "max_attempts lowered to 2"])
@requirement("ATTEMPT-017", scenario=changed)
def test_a_lowered_max_attempts_ends_the_chain(told: Changed, name: str) -> None:
    tale = told[name]
    tale.executed(2)
    tale.must(len(tale.rows) == 2, f"{name}: {len(tale.rows)} attempts are there")


@requirement("ATTEMPT-017", scenario=changed)
def test_a_raised_max_attempts_goes_on(told: Changed) -> None:
    tale = told["max_attempts raised to 3"]
    tale.executed(2)
    tale.must(len(tale.rows) >= 3, "no attempt 3 is there after max_attempts was raised to 3")


@requirement("ATTEMPT-017", scenario=changed)
def test_a_raised_backoff_is_that_of_the_next_wait(told: Changed) -> None:
    tale = told["backoff_seconds raised"]
    wait = due_after(tale, 2)
    tale.must(1790 <= wait <= 1810, f"attempt 3 is due {wait:.1f} s after 2, not 1800 s")


def readdressed(suite: Suite) -> tuple[Tale, Box]:
    """A retry whose target got another address meanwhile."""
    box = suite.receiver.box()
    tale, backoff = changed_in_time(
        lambda backoff: tell(suite, Reply(500), max_attempts=2, backoff_seconds=backoff),
        lambda tale, _: tale.story.change_target(url=box.url),
    )
    see([tale], seconds=backoff + 2 * PROMPTLY_SECONDS)
    return tale, box


@requirement("ATTEMPT-017", scenario=readdressed)
def test_an_attempt_goes_to_the_url_of_its_time(told: tuple[Tale, Box]) -> None:
    tale, box = told
    tale.executed(2)
    tale.must(len(tale.story.box.arrived) == 1, "attempt 2 went to the address of before")
    tale.must(len(box.arrived) == 1, f"{len(box.arrived)} requests came to the new address")


@pytest.mark.parametrize("name", ["target disabled", "target deleted"])
@requirement("ATTEMPT-018", scenario=changed)
def test_an_attempt_at_a_target_out_of_use_fails(told: Changed, name: str) -> None:
    tale = told[name]
    row = tale.must_be_executed(2)
    if row.get("destination_id") != tale.story.destination["id"]:
        raise NotRun("the attempt is another target's by now")
    tale.must(row.get("status") == "failed", f"{name}: attempt 2 is {row.get('status')!r}")
    message = row.get("error_message")
    tale.must(isinstance(message, str) and message.strip(), f"{name}: error_message is {message!r}")
    tale.must(len(tale.rows) == 2, f"{name}: an attempt {len(tale.rows)} follows")
    tale.must(len(tale.story.box.arrived) == 1, f"{name}: it was asked all the same")


@requirement("ATTEMPT-018", scenario=changed)
def test_an_attempt_that_was_not_made_has_no_response_code(told: Changed) -> None:
    for name in ("target disabled", "target deleted"):
        row = told[name].executed(2)
        told[name].must("response_code" not in row, f"{name}: response_code is in {row}")


@requirement("ATTEMPT-019", scenario=changed)
def test_no_retry_follows_once_the_flow_is_deleted(told: Changed) -> None:
    tale = told["flow deleted"]
    tale.look()
    tale.executed(1)
    if len(tale.rows) > 1 and not are_executed([tale.attempt(2)]):
        raise NotRun("attempt 2 was not executed in time")
    tale.must(len(tale.rows) <= 2, f"{len(tale.rows)} attempts are there of a deleted flow")
    came = len(tale.story.box.arrived)
    tale.must(came <= 2, f"{came} requests came of a deleted flow")


def edited(suite: Suite) -> Mapping[str, Tale]:
    """Executed rows, then a change to everything around them, and a look after each."""
    tales: dict[str, Tale] = {}
    for status in (200, 500):
        tale = tell(suite, Reply(status), max_attempts=1)
        tales[str(status)] = tale
    see(list(tales.values()))
    for tale in tales.values():
        _edit(tale)
    return tales


def _edit(tale: Tale) -> None:
    another = tale.story.api.a_destination()["id"]
    story, name = tale.story, f"renamed {tale.event.id}"[:90]
    story.change_target(name=name, url="http://x.invalid/")
    tale.look()
    story.change_target(status="disabled")
    tale.look()
    story.move_flow(name=name, destination_id=another)
    tale.look()
    story.delete_target()
    tale.look()
    story.delete_flow()
    tale.look()
    if story.api.makes_ingesters:
        ENDPOINT.removed(story.api, story.ingester["id"])
        tale.look()


@pytest.mark.parametrize("status", [200, 500])
@requirement("DLV-009", scenario=edited)
def test_an_executed_attempt_outlives_what_it_was_made_of(
    told: Mapping[str, Tale], status: int
) -> None:
    tale = told[str(status)]
    executed = [one.row for one in tale.versions if one.row.get("status") in EXECUTED]
    states = [row for row in executed if row.get("attempt_number") == 1]
    if not states:
        raise NotRun("the attempt was not executed in time")
    tale.must(len(states) == 1, f"the executed row {states[0]} became {states[-1]}")
    listed = any(row.get("id") == states[0].get("id") for row in tale.rows)
    tale.must(listed, "the executed attempt is not listed any more once all is deleted")
    shown = tale.story.row(str(states[0].get("id"))).expect(200)
    same = told_in("Delivery", shown.document) == states[0]
    shown.must(same, f"the executed row {states[0]} became another")


def timing_out(suite: Suite) -> Mapping[str, Tale]:
    """Answers that end shortly before and some time after 30 seconds."""
    slow = b"z" * 4096
    tales = {
        "headers at once, body for 33 s": tell(suite, Reply(200, body=slow, drip_seconds=33)),
        "nothing for 33 s": tell(suite, Reply(200, wait_seconds=33)),
        "headers after 20 s, body for 13 s": tell(
            suite, Reply(200, body=slow, wait_seconds=20, drip_seconds=13)
        ),
        "body for 26 s": tell(suite, Reply(200, body=slow, drip_seconds=26)),
        "all after 26 s": tell(suite, Reply(200, wait_seconds=26)),
    }
    see(list(tales.values()), seconds=36.0)
    return tales


@pytest.mark.parametrize("name", ["body for 26 s", "all after 26 s"])
@requirement("ATTEMPT-010", scenario=timing_out)
def test_a_whole_answer_within_30_seconds_is_taken(told: Mapping[str, Tale], name: str) -> None:
    told[name].arrival(1)
    shown = told[name].attempt(1).get("status")
    told[name].must(shown == "delivered", f"{name}: the attempt is {shown!r}")


@pytest.mark.parametrize(
    "name",
    [
        "headers at once, body for 33 s",
        "nothing for 33 s",
        "headers after 20 s, body for 13 s",
    ],
)
@requirement("ATTEMPT-010", scenario=timing_out)
def test_a_later_end_is_a_failure(told: Mapping[str, Tale], name: str) -> None:
    told[name].arrival(1)
    row = told[name].attempt(1)
    told[name].must(row.get("status") == "failed", f"{name}: the attempt is {row.get('status')!r}")
    told[name].must("response_code" not in row, f"{name}: response_code is in {row}")


def deleted_under_way(suite: Suite) -> Tale:
    """A flow that is deleted while its first attempt is under way, which then fails."""
    tale = tell(suite, Reply(500, wait_seconds=1.5), Reply(200), max_attempts=3, expected=1)
    tale.story.box.wait(1, PROMPTLY_SECONDS)
    tale.story.delete_flow()
    see([tale], seconds=1.5 + PROMPTLY_SECONDS)
    return tale


@requirement("ATTEMPT-019", scenario=deleted_under_way)
def test_no_retry_follows_an_attempt_whose_flow_was_deleted_under_way(told: Tale) -> None:
    told.arrival(1)
    told.look()
    told.executed(1)
    told.must(len(told.rows) == 1, f"{len(told.rows)} attempts are there of a deleted flow")
