"""What a lint run found and how it is told, to a person and to a program."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from zen_contract.contract import shown
from zen_contract.pointers import Pointer

_LONGEST_MESSAGE = 300


@dataclass(frozen=True)
class Defect:
    """What a rule sees: the place in the document and what is wrong there."""

    pointer: Pointer
    message: str


@dataclass(frozen=True, order=True)
class Finding:
    """A defect as it is reported; `rule` is prefixed with the tool when it is not ours."""

    line: int
    rule: str
    message: str


@dataclass(frozen=True)
class Report:
    """The outcome for one file."""

    file: Path
    findings: tuple[Finding, ...] = ()
    operations: int = 0
    examples: int = 0
    rules: int = 0
    tools: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether nothing at all was found; a warning counts as much as an error."""
        return not self.findings

    def lines(self) -> Iterator[str]:
        """The report for a person: one line for each finding, or one that says it is clean."""
        name = shown(self.file)
        if self.clean:
            yield (
                f"{name} is clean: {self.operations} operations, {self.examples} examples, "
                f"{self.rules} rules (and {', '.join(self.tools)})"
            )
        for finding in self.findings:
            yield f"{name}:{finding.line}: {finding.rule}: {finding.message}"

    def as_json(self) -> dict[str, Any]:
        """The report for a program."""
        return {**asdict(self), "file": shown(self.file), "clean": self.clean}


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings from the top of the file down, each once."""
    return tuple(sorted(set(findings)))


def short(message: str) -> str:
    """A message on one line and of readable length; validators quote whole documents."""
    line = " ".join(message.split())
    if len(line) <= _LONGEST_MESSAGE:
        return line
    half = _LONGEST_MESSAGE // 2
    return f"{line[:half]} … {line[-half:]}"
