"""How `zen-contract diff` tells the changes, to a person and to a program; whether they may be."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click

from zen_contract.contract import Contract, ContractError, shown
from zen_contract.diff.change import WORST_FIRST, Change, Kind
from zen_contract.diff.compare import changes
from zen_contract.references import ReferenceProblem
from zen_contract.released import Version, version_of

_COLOURS = {Kind.BREAKING: "red", Kind.COMPATIBLE: "green", Kind.EDITORIAL: "cyan"}
_NAMED_OPERATIONS = 3


@dataclass(frozen=True)
class Report:
    """The changes from one contract to another, and what its version allows."""

    old: Contract
    new: Contract
    changes: tuple[Change, ...]

    @property
    def counts(self) -> Counter[Kind]:
        """How many changes there are of each kind."""
        return Counter(change.kind for change in self.changes)

    @property
    def is_allowed(self) -> bool:
        """Whether nothing breaks, or the major version says that something does."""
        moved = version_of(self.new).major > version_of(self.old).major
        return moved or not self.counts[Kind.BREAKING]

    @property
    def next_version(self) -> Version:
        """The least version that may carry these changes."""
        old = version_of(self.old)
        if self.counts[Kind.BREAKING]:
            return old.next_major()
        if self.counts[Kind.COMPATIBLE]:
            return old.next_minor()
        return old.next_patch() if self.changes else old

    def lines(self) -> Iterator[str]:
        """The report for a person."""
        counted = ", ".join(f"{self.counts[kind]} {kind}" for kind in WORST_FIRST)
        yield f"{_named(self.old)} -> {_named(self.new)}: {counted}"
        for kind in WORST_FIRST:
            of_kind = [change for change in self.changes if change.kind is kind]
            if of_kind:
                yield ""
                yield click.style(kind.capitalize(), bold=True, fg=_COLOURS[kind])
            for number, change in enumerate(of_kind):
                yield from [""] if number else []
                yield from self._told(change)
        yield ""
        yield self.verdict()

    def as_json(self) -> dict[str, Any]:
        """The report for a program."""
        return {
            "old": {"file": shown(self.old.path), "version": str(version_of(self.old))},
            "new": {"file": shown(self.new.path), "version": str(version_of(self.new))},
            "allowed": self.is_allowed,
            "next_version": str(self.next_version),
            "counts": {kind: self.counts[kind] for kind in WORST_FIRST},
            "changes": [_as_json(change) for change in self.changes],
        }

    def verdict(self) -> str:
        """Whether the new version may be released so, in a sentence."""
        least, version, old = self.next_version, version_of(self.new), version_of(self.old)
        if not self.changes:
            return "Nothing has changed."
        broken = self.counts[Kind.BREAKING]
        said = f"{broken} {_plural('change', broken)} customers" if broken else "Nothing breaks"
        if broken and not self.is_allowed:
            return (
                f"{said}: take {'it' if broken == 1 else 'them'} back, or make the version "
                f"{least} or later; it is {version}."
            )
        if version < least:
            return f"{said}; its release needs version {least} or later, and it says {version}."
        return f"{said}, and version {version} says so, after {old}."

    def _told(self, change: Change) -> Iterator[str]:
        yield f"  {change.what}"
        yield f"    {change.consequence}"
        if change.operations:
            yield f"    {_operations(change)}"
        place = f"{shown(self.new.path)}:{change.line} {change.reference}"
        yield click.style(f"    {place}", dim=True)


def report(old: Contract, new: Contract) -> Report:
    """The changes from the one contract to the other; ContractError when one is not valid."""
    for contract in (old, new):
        version_of(contract)  # refused before anything is told
    try:
        return Report(old, new, changes(old, new))
    except ReferenceProblem as problem:
        raise ContractError(f"{problem} Run `zen-contract lint` on both contracts.") from problem
    except (AttributeError, KeyError, TypeError) as error:
        raise ContractError(
            f"{shown(old.path)} or {shown(new.path)} is not a valid contract; "
            "`zen-contract lint` says which and where."
        ) from error


def _as_json(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "what": change.what,
        "consequence": change.consequence,
        "pointer": change.reference,
        "line": change.line,
        "operations": list(change.operations),
    }


def _named(contract: Contract) -> str:
    return f"{contract.path.name} {contract.version}"


def _operations(change: Change) -> str:
    named, more = change.operations[:_NAMED_OPERATIONS], len(change.operations) - _NAMED_OPERATIONS
    told = ", ".join(named)
    return f"{told} and {more} more" if more > 0 else told


def _plural(noun: str, count: int) -> str:
    return f"{noun} breaks" if count == 1 else f"{noun}s break"
