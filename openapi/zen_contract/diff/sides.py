"""The two documents that are compared, and which of their parts cannot have changed."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from zen_contract.pointers import Place
from zen_contract.references import ReferenceProblem, reference_in, target


@dataclass(frozen=True)
class Sides:
    """The old and the new document, each as the place where a walk starts."""

    old: Place
    new: Place

    def are_same(self, old: Place, new: Place) -> bool:
        """Whether both are written alike, and so is all that they refer to."""
        return bool(old.value == new.value) and not references(old.value) & self._changed

    @cached_property
    def _changed(self) -> frozenset[str]:
        """The references behind which something differs, be it through further references."""
        known = references(self.old.value) | references(self.new.value)
        inner = {one: references(_behind(self.new, one)) for one in known}
        changed = {one for one in known if _behind(self.old, one) != _behind(self.new, one)}
        reached = changed
        while reached:
            reached = {one for one in known - changed if inner[one] & reached}
            changed |= reached
        return frozenset(changed)


def references(value: Any) -> set[str]:
    """Every reference in a value, those that are not followed included."""
    own = reference_in(value)
    found = {own} if own is not None else set()
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            found |= references(one)
    return found


def _behind(root: Place, reference: str) -> Any:
    try:
        return target(root.document, reference)
    except ReferenceProblem:
        return None
