"""How a check ends early: the server broke the requirement, or the check could not be made."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zen_conformance.http.exchange import Exchange


class ConformanceFailure(AssertionError):
    """The server departs from the requirement under test.

    `message` is one sentence; `expected` and `got` are short texts; `exchange` is the request that
    shows it, else the check's last one is taken; `requirement` names another requirement than the
    check's own; `deliveries` are the requests that the suite's receiver got.
    """

    def __init__(
        self,
        message: str,
        *,
        expected: str | None = None,
        got: str | None = None,
        exchange: "Exchange | None" = None,
        requirement: str | None = None,
        deliveries: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.expected = expected
        self.got = got
        self.exchange = exchange
        self.requirement = requirement
        self.deliveries = deliveries


class NotRun(Exception):
    """A precondition of the check could not be met, so it says nothing about its requirement."""


class NotOffered(NotRun):
    """The server does not offer what the requirement is about; no fault, and no gap either."""

    def __init__(self) -> None:
        super().__init__("not offered")


class Unreachable(Exception):
    """No connection to the server could be made."""


def must(holds: object, message: str, **more: str | None) -> None:
    """Fail the check with that sentence unless it holds."""
    if not holds:
        raise ConformanceFailure(message, **more)  # type: ignore[arg-type]
