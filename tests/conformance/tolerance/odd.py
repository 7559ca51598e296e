"""What an odd server is, the list of all of them, and how the suite has to judge one.

    @odd("Every answer has more headers than the contract names.")
    def more_headers(server: Faulty) -> None: ...

It is made as a mutant is; only that there is nothing wrong with it. `warns` are the SHOULDs that it
does not keep.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.served import DidNotStart, judged, served

SERVE = "tests.conformance.tolerance.serve"
Change = Callable[[Faulty], None]
_registered: dict[str, "Odd"] = {}


class UnknownServer(LookupError):
    """There is no odd server of that name; the message says what to do."""


@dataclass(frozen=True)
class Odd:
    """A server that is odd in one way."""

    name: str
    says: str
    install: Change = field(repr=False)
    warns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What is wrong with the suite's judgement of a server; nothing when `troubles` is empty."""

    name: str
    troubles: tuple[str, ...]
    seconds: float


def odd(says: str, *, warns: tuple[str, ...] = ()) -> Callable[[Change], Change]:
    """Registers a function that makes a server odd."""

    def register(install: Change) -> Change:
        name = install.__name__.replace("_", "-")
        if name in _registered:
            raise ValueError(f"two odd servers are called {name}")
        _registered[name] = Odd(name, says, install, warns)
        return install

    return register


def every() -> tuple[Odd, ...]:
    """All odd servers, by name."""
    for module in ("looks", "conduct", "transport"):  # they register their servers
        importlib.import_module(f"{__package__}.{module}")
    return tuple(sorted(_registered.values(), key=lambda one: one.name))


def named(name: str) -> Odd:
    """The odd server of that name, else UnknownServer."""
    for one in every():
        if one.name == name:
            return one
    raise UnknownServer(
        f"There is no odd server {name!r}; `python -m tests.conformance.tolerance --list` names"
        " all."
    )


def judge(one: Odd, *, budget: str = "quick", only: tuple[str, ...] = ()) -> Verdict:
    """Runs the suite against the server, which has to be found conformant."""
    try:
        with served(SERVE, one.name) as server:
            run = judged(server, budget=budget, only=only, patience=600.0)
    except DidNotStart as error:
        return Verdict(one.name, (str(error),), 0.0)
    if run.report is None:
        return Verdict(one.name, (run.said,), run.seconds)
    troubles = [f"{each} failed: {said}" for each, said in run.ids("failed").items()]
    warned = {each: said for each, said in run.ids("warned").items() if each not in one.warns}
    troubles += [f"{each} warned: {said}" for each, said in warned.items()]
    troubles += [f"the suite's own fault: {each}" for each in run.report.get("errors") or ()]
    verdict = run.report["verdict"]
    if verdict != "conformant" and not troubles:
        missing = [
            f"{each['id']} ({each['reason']})"
            for each in run.report["requirements"]
            if each["outcome"] == "not_run" and each["selected"] and each["level"] == "MUST"
        ]
        troubles.append(f"the verdict is {verdict}; not run: {', '.join(missing)}")
    return Verdict(one.name, tuple(troubles), round(run.seconds, 1))
