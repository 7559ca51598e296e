"""The demands on the sandbox's speed, and whether a run met them.

Ratios are of CPU time per request, taken round by round: two servers that were measured one after
the other met the same state of the machine.
"""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from benchmarks.cases import DEEP, GET, LIST, POST, Case
from benchmarks.contenders import PEER, PRISM, SANDBOX
from benchmarks.measure import Measured

TIMES_FASTER_THAN = (
    (PRISM, GET, 3.0),
    (PRISM, LIST, 1.8),
    (PRISM, POST, 2.2),
    (PEER, GET, 0.57),
    (PEER, LIST, 0.70),
    (PEER, DEEP, 0.70),
    (PEER, POST, 0.70),
)
DEEP_PAGE_OF_FIRST = 1.10
BIG_TABLE_OF_SMALL = 1.20
SECONDS_TO_FIRST_ANSWER = 1.0
MEGABYTES = 100.0


class Verdict(NamedTuple):
    """One demand, the median of what came out, and the lowest and highest of any round."""

    demand: str
    value: float
    low: float
    high: float
    bound: float
    is_floor: bool

    @property
    def is_met(self) -> bool:
        """Whether the median is on the right side of the bound."""
        return self.value >= self.bound if self.is_floor else self.value <= self.bound


def verdicts(
    measured: Sequence[Measured], cases: Sequence[Case], starts: Mapping[str, Sequence[float]]
) -> list[Verdict]:
    """Every demand that this run has the figures for."""
    ours = sorted((one for one in measured if one.contender == SANDBOX), key=lambda one: one.rows)
    return [
        *_against_others(ours, measured, cases),
        *_deep_pages(ours, cases),
        *_big_table(ours, cases),
        *_starts(starts),
        *(at_most(f"MB{_over(one)}", [one.megabytes], MEGABYTES) for one in ours),
    ]


def _against_others(
    ours: Sequence[Measured], measured: Sequence[Measured], cases: Sequence[Case]
) -> Iterator[Verdict]:
    for name, case, floor in TIMES_FASTER_THAN:
        for mine in ours if case in cases else ():
            for other in measured:
                if other.contender == name and other.rows in (mine.rows, 0):
                    ratios = _ratios(other, case, mine, case)
                    demand = f"{case.title}: times the speed of {name}{_over(mine)}"
                    yield at_least(demand, ratios, floor)


def _deep_pages(ours: Sequence[Measured], cases: Sequence[Case]) -> Iterator[Verdict]:
    for one in ours if DEEP in cases and LIST in cases else ():
        demand = f"a page {one.deep_pages:,} pages deep: times the cost of the first{_over(one)}"
        yield at_most(demand, _ratios(one, DEEP, one, LIST), DEEP_PAGE_OF_FIRST)


def _big_table(ours: Sequence[Measured], cases: Sequence[Case]) -> Iterator[Verdict]:
    for case in cases if len(ours) > 1 else ():
        demand = f"{case.title}: times the cost over {ours[0].rows:,} deliveries{_over(ours[-1])}"
        yield at_most(demand, _ratios(ours[-1], case, ours[0], case), BIG_TABLE_OF_SMALL)


def _starts(starts: Mapping[str, Sequence[float]]) -> Iterator[Verdict]:
    for name, seconds in starts.items():
        if name.startswith(SANDBOX):
            yield at_most(f"seconds to the first 200, {name}", seconds, SECONDS_TO_FIRST_ANSWER)


def _ratios(above: Measured, case_above: Case, below: Measured, case_below: Case) -> list[float]:
    pairs = zip(above.samples[case_above.name], below.samples[case_below.name], strict=True)
    return [upper.cpu_us / lower.cpu_us for upper, lower in pairs]


def at_most(demand: str, values: Sequence[float], bound: float) -> Verdict:
    """The demand that the median is not above the bound."""
    return _verdict(demand, values, bound, False)


def at_least(demand: str, values: Sequence[float], bound: float) -> Verdict:
    """The demand that the median is not below the bound."""
    return _verdict(demand, values, bound, True)


def _verdict(demand: str, values: Sequence[float], bound: float, is_floor: bool) -> Verdict:
    return Verdict(demand, statistics.median(values), min(values), max(values), bound, is_floor)


def _over(one: Measured) -> str:
    return f", {one.rows:,} deliveries"
