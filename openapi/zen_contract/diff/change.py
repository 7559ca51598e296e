"""A change between two contracts, as a comparison finds it and as it is told."""

from dataclasses import dataclass
from enum import StrEnum

from zen_contract.pointers import Pointer
from zen_contract.references import reference_to


class Kind(StrEnum):
    """What a change asks of a customer; the worst first."""

    BREAKING = "breaking"  # their code may stop working
    COMPATIBLE = "compatible"  # the wire differs, code that keeps to the contract goes on working
    EDITORIAL = "editorial"  # only the text differs


WORST_FIRST = tuple(Kind)


@dataclass(frozen=True)
class Found:
    """A difference that was met on the way through one operation, or outside all of them."""

    kind: Kind
    pointer: Pointer  # of the new contract; of the old one for what is gone
    topic: str  # with the pointer it says whether two findings are one change
    what: str
    consequence: str


@dataclass(frozen=True)
class Change:
    """A difference as it is reported, once for all operations that share it."""

    kind: Kind
    pointer: Pointer
    line: int  # of the new contract: where the change is, or where what is gone would stand
    operations: tuple[str, ...]  # operationIds; empty when it is about no single operation
    what: str
    consequence: str

    @property
    def reference(self) -> str:
        """The place as a JSON pointer, as in a `$ref`."""
        return reference_to(self.pointer)


def breaking(pointer: Pointer, topic: str, what: str, consequence: str) -> Found:
    """Customers' code may stop working."""
    return Found(Kind.BREAKING, pointer, topic, what, consequence)


def compatible(pointer: Pointer, topic: str, what: str, consequence: str) -> Found:
    """The wire differs, and code that keeps to the contract goes on working."""
    return Found(Kind.COMPATIBLE, pointer, topic, what, consequence)


def editorial(pointer: Pointer, topic: str, what: str) -> Found:
    """The text differs; requests and answers do not."""
    consequence = "Nothing changes in requests and answers; read it in case the words do."
    return Found(Kind.EDITORIAL, pointer, topic, what, consequence)
