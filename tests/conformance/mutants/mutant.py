"""What a mutant is, and the list of all of them.

    @mutant("list", "LIST-007")
    def the_last_page_has_a_cursor_of_null(server: Faulty) -> None:
        "The last page of targets carries `next_cursor: null`."
        ...

Its name is the function's, its sentence the docstring. Of the ids it gives, at least one must fail;
`also` says of every other requirement that may fail, by its id or for a whole area, why.
"""

import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.conformance.mutants import faults
from tests.conformance.mutants.faulty import Faulty

Break = Callable[[Faulty], None]

KINDS = (
    "auth",
    "boundary",
    "concurrency",
    "create",
    "delete",
    "delivery",
    "filter",
    "idempotency",
    "list",
    "log",
    "name",
    "order",
    "problem",
    "reference",
    "retry",
    "route",
    "scope",
    "signature",
    "tenant",
    "update",
    "validation",
    "wire",
)
_registered: dict[str, "Mutant"] = {}


class UnknownMutant(LookupError):
    """There is no mutant, or no class of them, of that name; the message says what to do."""


@dataclass(frozen=True)
class Mutant:
    """A server with one fault."""

    name: str
    kind: str
    says: str
    predicts: tuple[str, ...]
    install: Break = field(repr=False)
    also: Mapping[str, str] = field(default_factory=dict)
    waits: bool = False
    options: tuple[str, ...] = ()

    @property
    def budget(self) -> str:
        """What the suite needs to see it: a fault of timing shows only to who waits."""
        return "standard" if self.waits else "quick"

    @property
    def alone(self) -> bool:
        """Whether only what it predicts is run: its server is one that slows all else down."""
        return bool(self.options)

    def explains(self, requirement_id: str) -> str | None:
        """The cause that is stated for another requirement's failure, by its id or area."""
        return self.also.get(requirement_id) or self.also.get(requirement_id.partition("-")[0])


def mutant(
    kind: str,
    *predicts: str,
    also: Mapping[str, str] | None = None,
    waits: bool = False,
    options: tuple[str, ...] = (),
) -> Callable[[Break], Break]:
    """Registers a function that breaks a server, which `options` are for."""

    def register(install: Break) -> Break:
        name = install.__name__.replace("_", "-")
        if name in _registered:
            raise ValueError(f"two mutants are called {name}")
        says = " ".join((install.__doc__ or "").split())
        more = (dict(also or {}), waits, options)
        _registered[name] = Mutant(name, kind, says, predicts, install, *more)
        return install

    return register


@functools.cache
def every() -> tuple[Mutant, ...]:
    """All mutants, sorted by class and name."""
    for module in pkgutil.iter_modules(faults.__path__, f"{faults.__name__}."):
        importlib.import_module(module.name)
    return tuple(sorted(_registered.values(), key=lambda one: (one.kind, one.name)))


def named(name: str) -> Mutant:
    """The mutant of that name, else UnknownMutant."""
    every()
    try:
        return _registered[name]
    except KeyError:
        raise UnknownMutant(
            f"There is no mutant {name!r}; `python -m tests.conformance.mutants --list` names all."
        ) from None
