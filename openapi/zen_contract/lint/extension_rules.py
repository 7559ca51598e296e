"""Which members of our own a contract may have: a misspelt one would be passed over in silence."""

from collections.abc import Iterator
from typing import Any

from zen_contract.lint.report import Defect
from zen_contract.pointers import Place, Pointer

KNOWN = (
    "x-codeSamples",
    "x-extensible-enum",
    "x-zen-credential",
    "x-zen-message",
    "x-zen-status",
)
_VALUES = ("default", "enum", "example", "examples", "headers", "properties")


def extension_known(root: Place) -> Iterator[Defect]:
    """Every `x-` member is one that this project reads."""
    yield from _unknown((), root.value)


def _unknown(pointer: Pointer, value: Any) -> Iterator[Defect]:
    if isinstance(value, dict):
        names_are_free = pointer[-1:] and pointer[-1] in _VALUES
        for key, one in value.items():
            if key.startswith("x-") and key not in KNOWN and not names_are_free:
                message = f"{key!r} is not a member that anything here reads: {', '.join(KNOWN)}."
                yield Defect((*pointer, key), message)
            yield from _unknown((*pointer, key), one)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _unknown((*pointer, str(index)), one)


RULES = {"extension-known": extension_known}
