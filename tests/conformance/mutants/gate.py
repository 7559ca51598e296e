"""One mutant against the suite: killed by what it predicts, and everything else explained."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.conformance.mutants.mutant import Mutant
from tests.conformance.mutants.served import DidNotStart, Run, judged, served
from zen_conformance import requirements
from zen_conformance.judge.finding import RULES

SERVE = "tests.conformance.mutants.serve"


@dataclass(frozen=True)
class Result:
    """How the suite judged one mutant.

    `by` are predicted requirements that failed, `unexplained` others that did and have no cause
    stated, `trouble` says why there is no judgement at all.
    """

    name: str
    kind: str
    by: Mapping[str, str] = field(default_factory=dict)
    unexplained: Mapping[str, str] = field(default_factory=dict)
    explained: tuple[str, ...] = ()
    not_run: Mapping[str, str] = field(default_factory=dict)
    trouble: str | None = None
    seconds: float = 0.0
    focused: bool = False

    @property
    def killed(self) -> bool:
        """Whether a predicted requirement failed."""
        return bool(self.by)

    @property
    def good(self) -> bool:
        """Whether the suite saw the fault, named it rightly and said nothing else."""
        return self.killed and not self.unexplained and self.trouble is None


def judge(mutant: Mutant, *, focused: bool = False) -> Result:
    """Starts the mutant and runs the suite; `focused` runs the prediction only.

    What is judged in passing shows wherever it may, so that then everything is run all the same.
    """
    in_passing = not RULES.keys().isdisjoint(mutant.predicts)
    only = mutant.predicts if mutant.alone or (focused and not in_passing) else ()
    try:
        with served(SERVE, mutant.name, mutant.options) as server:
            run = judged(server, budget=mutant.budget, only=only)
    except DidNotStart as error:
        return Result(mutant.name, mutant.kind, trouble=str(error), focused=focused)
    return compared(mutant, run, focused=focused)


def compared(mutant: Mutant, run: Run, *, focused: bool = False) -> Result:
    """What a run says of a mutant's predictions."""
    failed = run.ids("failed")
    # A SHOULD that is not kept is a warning: enough for who predicted it, no accusation else.
    by = {one: failed.get(one) or run.ids("warned").get(one) for one in mutant.predicts}
    others = {one: message for one, message in failed.items() if one not in mutant.predicts}
    return Result(
        mutant.name,
        mutant.kind,
        by={one: message for one, message in by.items() if message is not None},
        unexplained={one: said for one, said in others.items() if not mutant.explains(one)},
        explained=tuple(one for one in others if mutant.explains(one)),
        not_run={
            one: reason for one, reason in run.ids("not_run").items() if one in mutant.predicts
        },
        trouble=_trouble(run),
        seconds=round(run.seconds, 1),
        focused=focused,
    )


def _trouble(run: Run) -> str | None:
    if run.report is None:
        return run.said
    errors = run.report.get("errors") or ()
    return f"the suite's own fault: {errors[0]}" if errors else None


def unpredicted(mutants: Iterable[Mutant]) -> list[str]:
    """The tested MUSTs that no mutant predicts to fail."""
    predicted = {one for mutant in mutants for one in mutant.predicts}
    return [
        one.id
        for one in requirements.load().values()
        if one.level == "MUST" and one.untestable is None and one.id not in predicted
    ]


def one_each(mutants: Iterable[Mutant]) -> list[Mutant]:
    """As many of them as it takes to have every predicted requirement predicted by one.

    Those with one prediction come first: what they predict can be told by nothing else.
    """
    seen: set[str] = set()
    chosen = []
    for one in sorted(mutants, key=lambda mutant: len(mutant.predicts)):
        if not seen.issuperset(one.predicts):
            seen.update(one.predicts)
            chosen.append(one)
    return chosen


def keep(result: Result, file: Path) -> None:
    """Appends a result to a JSON lines file, from where `kept` reads it."""
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")


def kept(file: Path, mutants: Sequence[Mutant]) -> dict[str, Result]:
    """The newest kept result of each of those mutants, by name."""
    names = {one.name for one in mutants}
    found: dict[str, Result] = {}
    if file.is_file():
        for line in file.read_text("utf-8").splitlines():
            result = Result(**json.loads(line))
            if result.name in names:
                found[result.name] = result
    return found
