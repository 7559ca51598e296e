"""Which requirements a run looks at, and why it leaves out the others.

`--only` and `--skip` take requirement ids and areas (`DEST-007`, `DEST`), in any case.
"""

from collections.abc import Iterable, Iterator, Mapping

from zen_conformance import requirements
from zen_conformance.requirements import BUDGETS, Requirement
from zen_conformance.target_file import Target

# What a server of the recipe page alone offers; everything else is the full profile's.
_CORE_WITHOUT = frozenset({"ingest", "receiver", "retry", "logs", "rate_limit"})
NOT_OFFERED = "not offered"


class UnknownRequirement(ValueError):
    """A word of `--only`, `--skip` or a list of expected failures names nothing in the ledger."""


class Selection:
    """The selected requirements of a run."""

    def __init__(
        self,
        target: Target,
        *,
        profile: str = "full",
        budget: str = "standard",
        only: Iterable[str] = (),
        skip: Iterable[str] = (),
    ) -> None:
        self._left_out: dict[str, str] = {}
        ledger = requirements.load()
        wanted = set(matching(only)) or set(ledger)
        skipped = set(matching(skip))
        for one in ledger.values():
            reason = _reason(one, target, wanted, skipped, profile, budget)
            if reason is not None:
                self._left_out[one.id] = reason
        if len(self._left_out) == len(ledger):
            raise UnknownRequirement(_nothing_left(self._left_out, wanted))

    def has(self, requirement_id: str) -> bool:
        """Whether the requirement's checks run."""
        return requirement_id not in self._left_out

    def reason(self, requirement_id: str) -> str | None:
        """Why it is left out; None when it is not."""
        return self._left_out.get(requirement_id)


def matching(words: Iterable[str]) -> Iterator[str]:
    """The ids that those ids and areas name, else UnknownRequirement."""
    ledger = requirements.load()
    for word in words:
        found = [one.id for one in ledger.values() if word.upper() in (one.id, one.area)]
        if not found:
            raise UnknownRequirement(
                f"There is no requirement or area {word!r}; see `zen-conformance list`."
            )
        yield from found


def _nothing_left(left_out: Mapping[str, str], wanted: set[str]) -> str:
    reasons = sorted({left_out[one] for one in wanted})
    return f"The selection leaves no requirement to check; all are left out: {'; '.join(reasons)}."


def _reason(
    one: Requirement, target: Target, wanted: set[str], skipped: set[str], profile: str, budget: str
) -> str | None:
    if one.untestable is not None:
        return f"not testable from outside: {one.untestable}"
    if one.id not in wanted:
        return "not selected"
    if one.id in skipped:
        return "skipped"
    if profile == "core" and _CORE_WITHOUT & set(one.needs):
        return "not in profile core"
    if not all(target.offers(need) for need in one.needs):
        return NOT_OFFERED
    if BUDGETS.index(one.budget) > BUDGETS.index(budget):
        return f"left out by budget {budget}: it has to wait, see --budget {one.budget}"
    return None
