"""The kill matrix: per class how many mutants were killed and how fast, then every survivor."""

from collections.abc import Iterable, Iterator, Mapping
from statistics import median

from tests.conformance.mutants.gate import Result
from tests.conformance.mutants.mutant import Mutant

_ROW = "{:<14}{:>8}{:>8}{:>13}{:>12}{:>10}{:>10}"


def matrix(
    mutants: Iterable[Mutant], results: Mapping[str, Result], stock: Mapping[str, bool]
) -> Iterator[str]:
    """Its lines; `stock` says which mutants stock schemathesis finds."""
    mutants = [one for one in mutants if one.name in results]
    yield _ROW.format(
        "class", "mutants", "killed", "unexplained", "stock found", "median s", "max s"
    )
    for kind in sorted({one.kind for one in mutants}):
        yield _row(kind, [one for one in mutants if one.kind == kind], results, stock)
    yield _row("all", mutants, results, stock)
    for one in mutants:
        yield from _about(one, results[one.name])


def _row(
    kind: str,
    mutants: list[Mutant],
    results: Mapping[str, Result],
    stock: Mapping[str, bool],
) -> str:
    of_kind = [results[one.name] for one in mutants]
    tried = [stock[one.name] for one in mutants if one.name in stock]
    seconds = [one.seconds for one in of_kind] or [0.0]
    return _ROW.format(
        kind,
        len(of_kind),
        sum(one.killed for one in of_kind),
        sum(bool(one.unexplained) for one in of_kind),
        f"{sum(tried)} of {len(tried)}" if tried else "-",
        f"{median(seconds):.1f}",
        f"{max(seconds):.1f}",
    )


def _about(mutant: Mutant, result: Result) -> Iterator[str]:
    if not result.killed:
        yield f"SURVIVED     {mutant.name} ({', '.join(mutant.predicts)}): {mutant.says}"
        for one, reason in result.not_run.items():
            yield f"             {one} was not run: {reason}"
    for one, said in result.unexplained.items():
        yield f"UNEXPLAINED  {mutant.name}: {one}: {said}"
    if result.trouble is not None:
        yield f"TROUBLE      {mutant.name}: {result.trouble}"
