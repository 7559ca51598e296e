"""What a passive rule says of one exchange."""

from collections.abc import Callable
from dataclasses import dataclass

from zen_conformance.http.exchange import Exchange, NotJson, Received

# A rule answers None when the exchange does not concern it, "" when it is kept, else what is wrong.
Rule = Callable[[Exchange], str | None]
RULES: dict[str, Rule] = {}
KEPT = ""


@dataclass(frozen=True)
class Finding:
    """One exchange that breaks one requirement."""

    requirement: str
    message: str
    exchange: Exchange


def rule(requirement: str) -> Callable[[Rule], Rule]:
    """Register a function as the passive rule of that requirement."""

    def register(function: Rule) -> Rule:
        if requirement in RULES:
            raise ValueError(f"{requirement} has two passive rules")
        RULES[requirement] = function
        return function

    return register


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
