"""Whether a report says what follows from its own members: recomputed, never believed."""

from collections.abc import Iterator

import zen_contract
from zen_conformance import contract, requirements
from zen_conformance.report import model
from zen_conformance.report.model import Report


def recomputed(report: Report) -> str:
    """The verdict that the requirements lead to."""
    return model.verdict(
        report.requirements,
        strict=report.configuration["strict"],
        forgiven=report.expected_failures,
    )


def disagreements(report: Report) -> Iterator[str]:
    """What in the report does not fit the rest of it, or this suite; a sentence each."""
    verdict = recomputed(report)
    if verdict != report.verdict:
        yield f"It says {report.verdict}, but its requirements make it {verdict}."
    passes = {one.id for one in report.requirements if one.outcome == "passed"}
    unexpected = passes & set(report.expected_failures)
    if unexpected != set(report.unexpected_passes):
        yield f"Its unexpected passes are {', '.join(sorted(unexpected)) or 'none'}."
    if report.contract_digest != contract.contract().digest:
        yield (
            f"Its contract digest {report.contract_digest[:12]}… is not that of this suite's"
            f" contract {contract.contract().version}."
        )
    elif report.suite_version == zen_contract.__version__:
        yield from _against_the_ledger(report)


def _against_the_ledger(report: Report) -> Iterator[str]:
    ledger = requirements.load()
    told = [one.id for one in report.requirements]
    if sorted(told) != sorted(ledger):
        odd = sorted(set(told) ^ set(ledger)) or sorted(
            {one for one in told if told.count(one) > 1}
        )
        yield f"Its requirements are not those of this suite: {', '.join(odd[:5])}."
    for one in report.requirements:
        if one.id in ledger and one.level != ledger[one.id].level:
            yield f"It calls {one.id} {one.level}, which is a {ledger[one.id].level}."
