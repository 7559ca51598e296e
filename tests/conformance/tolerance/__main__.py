"""`python -m tests.conformance.tolerance`: every odd server against the suite."""

import sys

import click

from tests.conformance.tolerance.odd import UnknownServer, every, judge, named


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.option("--budget", type=click.Choice(["quick", "standard"]), default="quick")
@click.option("--only", multiple=True, help="Only that requirement or area.")
@click.option("--list", "list_only", is_flag=True, help="Only name the servers.")
def main(names: tuple[str, ...], budget: str, only: tuple[str, ...], list_only: bool) -> None:
    """Hold the conformance suite against servers that are odd and keep the contract.

    The exit code is 0 when it found each conformant.
    """
    try:
        chosen = [named(one) for one in names] or list(every())
    except UnknownServer as error:
        raise click.UsageError(str(error)) from error
    accused = 0
    for one in chosen:
        if list_only:
            click.echo(f"{one.name}: {one.says}")
            continue
        verdict = judge(one, budget=budget, only=only)
        accused += bool(verdict.troubles)
        outcome = "ACCUSED" if verdict.troubles else "left alone"
        click.echo(f"{outcome:<11} {verdict.seconds:6.1f} s  {one.name}")
        for trouble in verdict.troubles:
            click.echo(f"            {trouble}")
    sys.exit(1 if accused else 0)


if __name__ == "__main__":
    main()
