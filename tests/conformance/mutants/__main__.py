"""`python -m tests.conformance.mutants`: every mutant against the suite, and the kill matrix."""

import json
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

import click

from tests.conformance.mutants.gate import Result, judge, keep, kept, one_each, unpredicted
from tests.conformance.mutants.matrix import matrix
from tests.conformance.mutants.mutant import KINDS, Mutant, UnknownMutant, every, named
from tests.conformance.mutants.stock import found_by_stock

_RESULTS = Path("build/mutants.jsonl")


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.option("--class", "kinds", multiple=True, type=click.Choice(KINDS), help="Only that class.")
@click.option("--area", "areas", multiple=True, help="Only mutants that predict that area or id.")
@click.option("--one-each", "few", is_flag=True, help="No more than cover every requirement.")
@click.option("--resume", is_flag=True, help="Leave out those that the results file has already.")
@click.option("--focused", is_flag=True, help="Run only what each mutant predicts.")
@click.option("--workers", type=click.IntRange(1, 16), default=1, show_default=True)
@click.option("--results", type=click.Path(path_type=Path), default=_RESULTS, show_default=True)
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write the results.")
@click.option("--list", "list_only", is_flag=True, help="Only name the mutants.")
def main(
    names: tuple[str, ...],
    kinds: tuple[str, ...],
    areas: tuple[str, ...],
    few: bool,
    resume: bool,
    focused: bool,
    workers: int,
    results: Path,
    json_file: Path | None,
    list_only: bool,
) -> None:
    """Hold the conformance suite against servers with one fault each.

    \b
    The whole gate is two commands, of about half an hour each on two cores:
      python -m tests.conformance.mutants --one-each --workers 2
      python -m tests.conformance.mutants --focused --workers 2
    The first runs the whole suite, so that no failure is without a cause; the second only what each
    mutant predicts.

    The exit code is 0 when every mutant was killed by a requirement that it predicts, and every
    other failure has its cause beside the mutant.
    """
    try:
        chosen = [named(one) for one in names] or list(_matching(kinds, areas))
    except UnknownMutant as error:
        raise click.UsageError(str(error)) from error
    if not chosen:
        raise click.UsageError("No mutant is of that class and area; --list names all.")
    chosen = one_each(chosen) if few else chosen
    if list_only:
        _tell(chosen)
        return
    found = kept(results, chosen) if resume else {}
    results.parent.mkdir(parents=True, exist_ok=True)
    left = [one for one in chosen if one.name not in found]
    for result in _judged(left, focused=focused, workers=workers):
        keep(result, results)
        found[result.name] = result
        click.echo(_line(result))
    for line in matrix(chosen, found, found_by_stock()):
        click.echo(line)
    if json_file is not None:
        document = [asdict(one) for one in found.values()]
        json_file.write_text(json.dumps(document, indent=1, ensure_ascii=False), "utf-8")
    sys.exit(0 if all(one.good for one in found.values()) else 1)


def _matching(kinds: tuple[str, ...], areas: tuple[str, ...]) -> Iterator[Mutant]:
    wanted = {one.upper() for one in areas}
    for one in every():
        about = {*one.predicts, *(each.partition("-")[0] for each in one.predicts)}
        if (not kinds or one.kind in kinds) and (not wanted or wanted & about):
            yield one


def _judged(mutants: Iterable[Mutant], *, focused: bool, workers: int) -> Iterator[Result]:
    with ThreadPoolExecutor(workers) as pool:
        under_way = [pool.submit(judge, one, focused=focused) for one in mutants]
        for done in as_completed(under_way):
            yield done.result()


def _line(result: Result) -> str:
    if result.trouble is not None:
        outcome = "TROUBLE"
    elif not result.killed:
        outcome = "SURVIVED"
    else:
        outcome = "killed" if not result.unexplained else "killed, unexplained"
    told = ", ".join(result.by or result.not_run)
    return f"{outcome:<20} {result.seconds:6.1f} s  {result.name}  {told}"


def _tell(mutants: Iterable[Mutant]) -> None:
    for one in mutants:
        click.echo(f"{one.name} [{one.kind}] {', '.join(one.predicts)}: {one.says}")
    for requirement in unpredicted(every()):
        click.echo(f"no mutant predicts {requirement}", err=True)


if __name__ == "__main__":
    main()
