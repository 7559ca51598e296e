"""The report of a run, and how it is folded from the records of its checks.

Renderings (JSON, JUnit, HTML, terminal) show this value and compute nothing, so that they agree.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zen_conformance.requirements import Requirement

OUTCOMES = ("passed", "failed", "warned", "not_run")
_FAILURES_KEPT = 20  # per requirement: a fault on every operation is told often enough by then
_NOT_OFFERED = "not offered"
_NEVER_SHOWN = "no answer of this run could show it"


@dataclass(frozen=True)
class Result:
    """What the run says of one requirement."""

    id: str
    area: str
    level: str  # MUST, SHOULD or MAY
    title: str
    contract: str  # where the contract says it
    source: str
    outcome: str
    selected: bool
    reason: str | None = None  # of not_run
    failures: tuple[Mapping[str, Any], ...] = ()  # see records.py
    checks: int = 0
    seconds: float = 0.0
    replay: str | None = None  # the command that looks at it again, when it failed or warned


@dataclass(frozen=True)
class Report:
    """One run."""

    verdict: str  # conformant, nonconformant or incomplete
    suite_version: str
    contract_version: str
    contract_digest: str
    started: str  # RFC 3339
    seconds: float
    configuration: Mapping[str, Any]  # base_url, profile, budget, seed, workers, only, skip …
    requirements: tuple[Result, ...]
    left_behind: tuple[str, ...] = ()  # paths of what could not be deleted
    errors: tuple[str, ...] = ()  # faults of the suite itself
    expected_failures: Mapping[str, str] = field(default_factory=dict)  # id -> reason
    unexpected_passes: tuple[str, ...] = ()
    interrupted: bool = False
    unreachable: str | None = None  # why the server could no longer be reached

    def counted(self, outcome: str, area: str | None = None) -> int:
        """How many selected requirements, of that area if any, ended so."""
        return len(self.ended(outcome, area))

    def ended(self, outcome: str, area: str | None = None) -> list[Result]:
        """The selected requirements, of that area if any, that ended so."""
        return [
            one
            for one in self.requirements
            if one.selected and one.outcome == outcome and area in (None, one.area)
        ]

    def failed(self, *, expected: bool) -> list[Result]:
        """The failed requirements whose failure was expected, or was not."""
        return [
            one for one in self.ended("failed") if (one.id in self.expected_failures) is expected
        ]

    def not_run(self) -> dict[str, list[Result]]:
        """The requirements that did not run, by reason; those that had to run come first."""
        grouped: dict[str, list[Result]] = {}
        not_run = [one for one in self.requirements if one.outcome == "not_run"]
        for one in sorted(not_run, key=lambda one: not one.selected):
            grouped.setdefault(one.reason or _NEVER_SHOWN, []).append(one)
        return grouped

    def areas(self) -> list[str]:
        """The areas with a selected requirement, in the ledger's order."""
        return list(dict.fromkeys(one.area for one in self.requirements if one.selected))

    @property
    def headline(self) -> str:
        """The verdict in words."""
        words = {
            "conformant": "Conformant",
            "nonconformant": "Not conformant",
            "incomplete": "Incomplete: something required could not be run",
        }[self.verdict]
        expected = len(self.failed(expected=True))
        if expected and self.verdict == "conformant":
            words += f", but for {expected} expected failure{'s' * (expected > 1)}"
        return words


def results(
    ledger: Collection[Requirement],
    left_out: Mapping[str, str],
    records: Sequence[Mapping[str, Any]],
    ended_early: str | None = None,
) -> tuple[Result, ...]:
    """One result per requirement of the ledger; `ended_early` is why checks may be missing."""
    ledger = list(ledger)
    folded = {one.id: _Folding() for one in ledger}
    for record in records:
        for requirement_id, folding in _touched(folded, record):
            folding.add(requirement_id, record)
    return tuple(_result(one, folded[one.id], left_out.get(one.id), ended_early) for one in ledger)


def verdict(found: Iterable[Result], *, strict: bool = False, forgiven: Iterable[str] = ()) -> str:
    """The verdict; `strict` lets warnings fail, `forgiven` are the expected failures."""
    expected = set(forgiven)
    counted = [one for one in found if one.selected]
    if any(
        one.outcome == "failed" or (strict and one.outcome == "warned")
        for one in counted
        if one.id not in expected
    ):
        return "nonconformant"
    missing = [one for one in counted if one.outcome == "not_run" and one.level == "MUST"]
    unmet = [one for one in missing if one.reason != _NOT_OFFERED]
    return "incomplete" if unmet else "conformant"


class _Folding:
    """The records that concern one requirement."""

    def __init__(self) -> None:
        self.failures: list[Mapping[str, Any]] = []
        self.passed = False
        self.reasons: list[str] = []
        self.checks = 0
        self.collected = 0  # checks of it that the run set out to make
        self.seconds = 0.0

    @property
    def whole(self) -> bool:
        """Whether each of its own checks has ended."""
        return 0 < self.checks >= self.collected

    def add(self, requirement_id: str, record: Mapping[str, Any]) -> None:
        own = record["requirement"] == requirement_id
        against = [one for one in record["failures"] if one["requirement"] == requirement_id]
        self.failures += against
        if own:
            self.checks += 1
            self.collected = record["of_checks"]
            self.seconds += record["seconds"]
            if record["outcome"] in ("not_run", "error"):
                self.reasons.append(record["reason"] or "a precondition failed")
        kept = requirement_id in record["judged"] or (own and record["outcome"] == "passed")
        self.passed = self.passed or (kept and not against)


def _touched(
    folded: Mapping[str, _Folding], record: Mapping[str, Any]
) -> Iterable[tuple[str, _Folding]]:
    ids = {
        record["requirement"],
        *record["judged"],
        *(f["requirement"] for f in record["failures"]),
    }
    return [(one, folded[one]) for one in sorted(ids) if one in folded]


def _result(
    one: Requirement, folding: _Folding, left_out: str | None, ended_early: str | None
) -> Result:
    outcome, reason = _outcome(one, folding, left_out, ended_early)
    return Result(
        id=one.id,
        area=one.area,
        level=one.level,
        title=one.title,
        contract=one.contract,
        source=one.source,
        outcome=outcome,
        # What is not offered stays selected by the user's words, but nobody can ask for it.
        selected=left_out is None,
        reason=reason,
        failures=tuple(folding.failures[:_FAILURES_KEPT]) if outcome != "not_run" else (),
        checks=folding.checks,
        seconds=round(folding.seconds, 4),
    )


def _outcome(
    one: Requirement, folding: _Folding, left_out: str | None, ended_early: str | None
) -> tuple[str, str | None]:
    if left_out is not None:
        return "not_run", left_out
    if folding.failures:
        return ("failed" if one.level == "MUST" else "warned"), None
    unmet = [reason for reason in folding.reasons if reason != _NOT_OFFERED]
    if unmet:
        return "not_run", unmet[0]
    if ended_early is not None and not folding.whole:
        return "not_run", ended_early
    if folding.passed:
        return "passed", None
    return "not_run", _NOT_OFFERED if folding.reasons else _NEVER_SHOWN
