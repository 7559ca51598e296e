"""Moments as text: of one width, never going back, comparable with what a client sends."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zen_sandbox.clock import (
    SEEDED_START_MS,
    SteppingClock,
    WallClock,
    comparable,
    milliseconds,
    moment,
)

LAST_MS = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z
ANY_MS = st.integers(0, LAST_MS)


@given(ANY_MS)
def test_a_moment_has_one_width_and_can_be_read_back(ms: int) -> None:
    text = moment(ms)
    assert len(text) == len("2026-12-01T00:00:00.000")
    assert milliseconds(text) == ms


@given(ANY_MS, ANY_MS)
def test_moments_compare_as_text_as_their_times_do(one: int, two: int) -> None:
    assert (moment(one) < moment(two)) == (one < two)


@given(ANY_MS, st.integers(0, 9999), st.integers(0, 999_999_999), st.integers(1, 9))
def test_a_clients_timestamp_compares_with_moments_as_its_time_does(
    ms: int, year: int, nanoseconds: int, digits: int
) -> None:
    fraction = f"{nanoseconds:09d}"[:digits]
    seconds = ms // 1000
    whole = moment(seconds * 1000)[:19]
    timestamp = f"{whole}.{fraction}Z"
    exact = seconds * 10**9 + int(fraction.ljust(9, "0"))
    for near in (ms, seconds * 1000, seconds * 1000 + nanoseconds // 1_000_000):
        text = comparable(timestamp)
        assert (moment(near) >= text) == (near * 10**6 >= exact)
        assert (moment(near) < text) == (near * 10**6 < exact)


@pytest.mark.parametrize(
    ("timestamp", "text"),
    [
        ("2026-07-03T10:30:00Z", "2026-07-03T10:30:00.000"),
        ("2026-07-03T10:30:00.5Z", "2026-07-03T10:30:00.500"),
        ("2026-07-03T10:30:00.500000000Z", "2026-07-03T10:30:00.500"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000"),
    ],
)
def test_a_timestamp_of_whole_milliseconds_is_their_moment(timestamp: str, text: str) -> None:
    assert comparable(timestamp) == text


def test_the_wall_clock_tells_the_time() -> None:
    clock = WallClock()
    before = time.time_ns() // 1_000_000
    assert before <= clock.now_ms() <= time.time_ns() // 1_000_000


def test_the_wall_clock_does_not_step_back(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = WallClock()
    told = clock.now_ms()
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    assert clock.now_ms() == told


def test_a_clock_tells_no_time_before_the_newest_moment_known() -> None:
    for clock in (WallClock(), SteppingClock()):
        clock.not_before(LAST_MS - 10_000)
        assert clock.now_ms() >= LAST_MS - 10_000
        clock.not_before(0)
        assert clock.now_ms() >= LAST_MS - 10_000


def test_the_stepping_clock_moves_a_second_at_each_reading() -> None:
    clock = SteppingClock()
    assert [clock.now_ms() for _ in range(3)] == [
        SEEDED_START_MS + 1000 * step for step in (1, 2, 3)
    ]
    assert datetime.fromtimestamp(SEEDED_START_MS / 1000, UTC).isoformat() == (
        "2026-12-01T00:00:00+00:00"
    )
