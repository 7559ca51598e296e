"""`python -m tests.crash`: kills the server as often as told, and tells how it went."""

from pathlib import Path

import click

from tests.crash.rounds import kill_often
from tests.crash.run import Killings
from tests.crash.verdict import Tally

_KILLS_PER_DATABASE = 100


@click.command()
@click.option("--kills", default=1000, show_default=True, help="How many times to kill it.")
@click.option("--seed", type=int, help="What decides the writes; chosen by chance when not given.")
def main(kills: int, seed: int | None) -> None:
    """Kill the server during writes, and hold it to what it had acknowledged."""
    kill_often(kills, seed, _KILLS_PER_DATABASE, _play)


def _play(folder: Path, seed: int, kills: int) -> Tally:
    killings = Killings(folder, seed)
    killings.run(kills, _show)
    return killings.tally


def _show(tally: Tally) -> None:
    if tally.kills % 10 == 0:
        click.echo(f"\r{tally.kills} ", nl=False)


if __name__ == "__main__":
    main()
