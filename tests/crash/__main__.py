"""`python -m tests.crash`: kills the server as often as told, and tells how it went."""

import random
import shutil
import tempfile
import time
from pathlib import Path

import click

from tests.crash.run import Killings
from tests.crash.verdict import Tally

_KILLS_PER_DATABASE = 100


@click.command()
@click.option("--kills", default=1000, show_default=True, help="How many times to kill it.")
@click.option("--seed", type=int, help="What decides the writes; chosen by chance when not given.")
def main(kills: int, seed: int | None) -> None:
    """Kill the server during writes, and hold it to what it had acknowledged."""
    seed = random.randrange(2**32) if seed is None else seed
    click.echo(f"seed {seed}")
    began = time.monotonic()
    for first in range(0, kills, _KILLS_PER_DATABASE):
        here = min(_KILLS_PER_DATABASE, kills - first)
        folder = Path(tempfile.mkdtemp(prefix="zen-crash-"))
        killings = Killings(folder, seed + first)
        try:
            killings.run(here, _show)
        except AssertionError as error:
            notes = "; ".join([str(error), *error.__notes__])
            raise click.ClickException(f"{notes}. The database is in {folder}.") from error
        shutil.rmtree(folder)
        spent = time.monotonic() - began
        click.echo(f"\r{first + here} of {kills} in {spent:.0f} s: {killings.tally}")


def _show(tally: Tally) -> None:
    if tally.kills % 10 == 0:
        click.echo(f"\r{tally.kills} ", nl=False)


if __name__ == "__main__":
    main()
