"""What a passive rule says of one exchange."""

import functools
from collections.abc import Callable
from dataclasses import dataclass

from zen_conformance.http.exchange import Exchange, NotJson, Received

# A rule answers None when the exchange does not concern it, "" when it is kept, else what is wrong.
Rule = Callable[[Exchange], str | None]
RULES: dict[str, Rule] = {}
KEPT = ""
SUCCESSES = range(200, 300)
ERRORS = range(400, 1000)
_CONCERNED: dict[str, range | None] = {}  # the statuses; None: every exchange


@dataclass(frozen=True)
class Finding:
    """One exchange that breaks one requirement."""

    requirement: str
    message: str
    exchange: Exchange


def rule(requirement: str, of: range | int | None = None) -> Callable[[Rule], Rule]:
    """Register a function as the passive rule of that requirement.

    With `of` it is asked of answers with such a status only.
    """

    def register(function: Rule) -> Rule:
        if requirement in RULES:
            raise ValueError(f"{requirement} has two passive rules")
        RULES[requirement] = function
        _CONCERNED[requirement] = range(of, of + 1) if isinstance(of, int) else of
        return function

    return register


@functools.cache
def rules_for(status: int | None) -> tuple[tuple[str, Rule], ...]:
    """The rules that an answer of that status can break; None: no answer came."""
    return tuple(
        (requirement, function)
        for requirement, function in RULES.items()
        if (of := _CONCERNED[requirement]) is None or status in of
    )


def document(received: Received) -> object:
    """The body as JSON, None when it is not."""
    try:
        parsed: object = received.document
    except NotJson:
        return None
    return parsed


def member(received: Received, name: str) -> object:
    """A member of the body's top object, None without it."""
    parsed = document(received)
    return parsed.get(name) if isinstance(parsed, dict) else None
