"""When the next attempt is due: the backoff, its doubling and its cap, and `Retry-After`."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from zen_conformance.answered import Tales, backing_off
from zen_conformance.check import requirement
from zen_conformance.moments import time_of
from zen_conformance.receiver import Reply
from zen_conformance.stories import PROMPTLY_SECONDS
from zen_conformance.suite import Suite
from zen_conformance.tales import Tale, changed_in_time, due_after, is_announced, queued, see, tell

# Timestamps may be whole seconds, and the wait begins when the answer is in, not when it is asked.
_EARLY, _LATE = 1.1, 5.0
_BACKOFFS = (2, 10, 47, 600, 3599, 3600)
_CAP = 3600
_LONGER = timedelta(seconds=1500)

Waits = Mapping[object, Tale]


def due(suite: Suite) -> Waits:
    """One failure for each backoff; only the due time is read."""
    tales: dict[object, Tale] = {
        seconds: tell(suite, Reply(500), max_attempts=2, backoff_seconds=seconds)
        for seconds in _BACKOFFS
    }
    see(list(tales.values()), queued(2))
    return tales


@pytest.mark.parametrize("seconds", _BACKOFFS)
@requirement("ATTEMPT-012", scenario=due)
def test_the_first_retry_is_due_after_the_backoff(told: Waits, seconds: int) -> None:
    _is_due(told[seconds], 1, seconds)


@pytest.mark.parametrize("seconds", _BACKOFFS[1:])
@requirement("DLV-006", scenario=due)
def test_an_attempt_that_waits_says_when_it_is_due(told: Waits, seconds: int) -> None:
    row = told[seconds].attempt(2)
    told[seconds].must(row.get("next_attempt_at"), f"a retrying attempt has no due time: {row}")


def arriving(suite: Suite) -> Tale:
    """A retry that is waited for."""
    tale = tell(suite, Reply(500), Reply(200), max_attempts=2, backoff_seconds=3)
    see([tale], seconds=3 + PROMPTLY_SECONDS)
    return tale


@requirement("ATTEMPT-012", scenario=arriving)
def test_the_first_retry_comes_after_the_backoff(told: Tale) -> None:
    _comes_after(told, 3)


@requirement("ATTEMPT-012", scenario=arriving)
def test_the_first_retry_comes_when_it_was_announced(told: Tale) -> None:
    announced = due_after(told, 1)
    first, second = (time_of(told.executed(number).get("attempted_at")) for number in (1, 2))
    came = (second - first).total_seconds()
    told.must(
        came >= announced - _EARLY,
        f"attempt 2 was announced for {announced:.1f} s after the first and came after {came:.1f}",
    )


def doubling(suite: Suite) -> Tale:
    """Four failures, one, two and four seconds apart."""
    tale = tell(suite, Reply(500), max_attempts=4, backoff_seconds=1)
    see([tale], seconds=7 + 2 * PROMPTLY_SECONDS)
    return tale


@requirement("ATTEMPT-013", scenario=doubling)
def test_the_wait_doubles(told: Tale) -> None:
    for number, wait in ((1, 1), (2, 2), (3, 4)):
        if is_announced(told, number + 1) or wait > 1:
            _is_due(told, number, wait)
    first, third, fourth = (told.arrival(n).monotonic for n in (1, 3, 4))
    told.must(fourth - third >= 4 - _EARLY, f"attempt 4 came {fourth - third:.2f} s after 3")
    told.must(third - first >= 3 - _EARLY, f"attempt 3 came {third - first:.2f} s after 1")


_RAISED = {20: 40, 300: 600, 1800: 3600, 1801: 3600, 3600: 3600}


def raised(suite: Suite) -> Waits:
    """A second failure under a backoff that was raised meanwhile."""
    tales: dict[object, Tale] = {}
    longest = 0
    for seconds in _RAISED:
        tales[seconds], backoff = changed_in_time(
            lambda backoff: tell(suite, Reply(500), max_attempts=3, backoff_seconds=backoff),
            lambda tale, _, seconds=seconds: tale.story.set_policy(  # type: ignore[misc]
                max_attempts=3, backoff_seconds=seconds
            ),
        )
        longest = max(longest, backoff)
    see(list(tales.values()), queued(3), seconds=longest + 2 * PROMPTLY_SECONDS)
    return tales


@pytest.mark.parametrize("seconds", _RAISED)
@requirement("ATTEMPT-013", scenario=raised)
def test_the_second_wait_is_twice_the_backoff_up_to_an_hour(told: Waits, seconds: int) -> None:
    told[seconds].executed(1)
    _is_due(told[seconds], 2, _RAISED[seconds])


_ASKED = [(status, how) for status in (429, 503, 500, 404, 400, 302) for how in ("seconds", "date")]
_DATES = {
    "past": timedelta(days=-1),
    "near": timedelta(seconds=5),
    "tomorrow": timedelta(days=1),
    "date": _LONGER,
}
_SHORTER = ("0", "1", "59", "past", "near")
_BEYOND = ("3601", "7200", "86400", "999999999", "tomorrow")


def asked_to_wait(suite: Suite) -> Waits:
    """Failures whose answer says when to come back."""
    tales: dict[object, Tale] = {}
    for status, how in _ASKED:
        value = "1500" if how == "seconds" else "date"
        tales[status, how] = _told_to_wait(suite, status, value, 1)
    for value in (*_SHORTER, *_BEYOND):
        tales[value] = _told_to_wait(suite, 503, value, 60)
    tales["at"] = _told_to_wait(suite, 503, "3600", 60)
    see(list(tales.values()), queued(2))
    return tales


@pytest.mark.parametrize("asked", _ASKED, ids=str)
@requirement("ATTEMPT-014", scenario=asked_to_wait)
def test_a_longer_retry_after_is_kept(told: Waits, asked: tuple[int, str]) -> None:
    tale = told[asked]
    if asked[1] == "seconds":
        _is_due(tale, 1, 1500)
        return
    due_after(tale, 1)
    sent = tale.event.at + _LONGER.total_seconds()
    due_at = time_of(tale.attempt(2)["next_attempt_at"]).timestamp()
    # The date was made shortly before the event was posted.
    tale.must(
        -30 - _EARLY <= due_at - sent <= _LATE,
        f"{asked[0]}: the next attempt is due {due_at - sent:+.1f} s from Retry-After's date",
    )


@pytest.mark.parametrize("value", _SHORTER)
@requirement("ATTEMPT-014", scenario=asked_to_wait)
def test_a_shorter_retry_after_hastens_nothing(told: Waits, value: str) -> None:
    _is_due(told[value], 1, 60)


def waited(suite: Suite) -> Tale:
    """A retry that the target asked to wait with."""
    late = Reply(429, headers=(("Retry-After", "3"),))
    tale = tell(suite, late, Reply(200), max_attempts=2, backoff_seconds=1)
    see([tale], seconds=3 + PROMPTLY_SECONDS)
    return tale


@requirement("ATTEMPT-014", scenario=waited)
def test_an_attempt_waits_as_long_as_it_was_asked_to(told: Tale) -> None:
    _comes_after(told, 3)


@pytest.mark.parametrize("value", [*_BEYOND, "at"])
@requirement("ATTEMPT-015", scenario=asked_to_wait)
def test_no_retry_after_puts_an_attempt_off_for_more_than_an_hour(told: Waits, value: str) -> None:
    wait = due_after(told[value], 1)
    told[value].must(wait <= _CAP + _LATE, f"{value}: the next attempt is due {wait:.1f} s later")
    told[value].must(wait >= 60 - _EARLY, f"{value}: the next attempt is due {wait:.1f} s later")


def _told_to_wait(suite: Suite, status: int, value: str, backoff: int) -> Tale:
    if value in _DATES:
        value = format_datetime(datetime.now(UTC) + _DATES[value], usegmt=True)
    reply = Reply(status, headers=(("Retry-After", value),))
    return tell(suite, reply, max_attempts=2, backoff_seconds=backoff)


def _is_due(tale: Tale, number: int, seconds: float) -> None:
    wait = due_after(tale, number)
    tale.must(
        seconds - _EARLY <= wait <= seconds + _LATE,
        f"attempt {number + 1} is due {wait:.2f} s after {number} was made, not {seconds}",
    )


def _comes_after(tale: Tale, seconds: float) -> None:
    wait = tale.arrival(2).monotonic - tale.arrival(1).monotonic
    tale.must(
        wait >= seconds - _EARLY,
        f"attempt 2 came {wait:.2f} s after attempt 1, not {seconds} s",
    )


@requirement("ATTEMPT-012", scenario=backing_off)
def test_the_first_retry_of_each_flow_is_due_after_its_backoff(told: Tales) -> None:
    tales = [told[name] for name in ("recovers", "twice", "three times")]
    # What waits a second only may be over before a slow server shows when it is due.
    for tale in [one for one in tales if is_announced(one, 2)] or tales:
        _is_due(tale, 1, 1)
