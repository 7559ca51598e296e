"""Holds every answer of a run to what the contract says of all answers, whoever asked and why.

A rule is one function for one requirement (`wire.py`, `problem.py`); it sees one exchange.  What
needs two requests to be seen is a check.
"""

from collections.abc import Iterator

from zen_conformance.http.exchange import Exchange
from zen_conformance.judge import problem, wire  # noqa: F401  # they register their rules
from zen_conformance.judge.finding import Finding, rules_for


def findings(exchange: Exchange, judged: set[str]) -> Iterator[Finding]:
    """What is wrong with the exchange; `judged` grows by the requirements it could have broken."""
    status = exchange.received.status if exchange.received is not None else None
    for requirement, applied in rules_for(status):
        verdict = applied(exchange)
        if verdict is None:
            continue
        judged.add(requirement)
        if verdict:
            yield Finding(requirement, verdict, exchange)
