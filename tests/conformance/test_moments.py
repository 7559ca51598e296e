"""Timestamps of answers compare by time, not by how they are written."""

from datetime import timedelta

import pytest

from zen_conformance.failures import ConformanceFailure, NotRun
from zen_conformance.moments import moment, time_of, wire


def test_later_moments_are_greater_in_whole_and_fractional_seconds() -> None:
    in_order = [
        "2026-07-03T10:30:00Z",
        "2026-07-03T10:30:00.000000001Z",
        "2026-07-03T10:30:00.05Z",
        "2026-07-03T10:30:00.5Z",
        "2026-07-03T10:30:00.51Z",
        "2026-07-03T10:30:01Z",
        "2027-01-01T00:00:00Z",
    ]
    moments = [moment(one) for one in in_order]
    assert moments == sorted(moments)
    assert len(set(moments)) == len(moments)


def test_one_moment_in_other_words_is_the_same() -> None:
    assert moment("2026-07-03T10:30:00Z") == moment("2026-07-03T10:30:00.000Z")
    assert moment("2026-07-03T10:30:00.5Z") == moment("2026-07-03T10:30:00.500000Z")


def test_a_moment_can_be_reckoned_with_and_written_again() -> None:
    later = time_of("2026-07-03T23:59:59.5Z") + timedelta(seconds=1)
    assert wire(later) == "2026-07-04T00:00:00.500000Z"
    assert time_of("2026-07-03T10:30:00.123456789Z") == time_of("2026-07-03T10:30:00.123456Z")


@pytest.mark.parametrize("text", [5, "", "yesterday", "2026-07-03T10:30:00+00:00"])
def test_what_is_no_utc_timestamp_is_the_servers_fault(text: object) -> None:
    with pytest.raises(ConformanceFailure) as caught:
        moment(text)
    assert caught.value.requirement == "WIRE-007"


def test_a_timestamp_that_is_not_there_is_told_by_who_asks_for_it() -> None:
    with pytest.raises(NotRun):
        moment(None)
