"""What every crash test does alike: kills on one database after another, and writers that end."""

import random
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import click

_DEADLINE = 30.0


class Writer(Protocol):
    """What writes in a thread of its own until the server is gone."""

    failure: BaseException | None


def await_end(writers: Sequence[Writer], threads: Sequence[threading.Thread]) -> None:
    """Returns when the killed server's writers have ended; raises what went wrong in one."""
    for writer, thread in zip(writers, threads, strict=True):
        thread.join(_DEADLINE)
        assert not thread.is_alive(), "a writer did not notice that the server is gone"
        if writer.failure is not None:
            raise writer.failure


def kill_often(
    kills: int, seed: int | None, per_database: int, play: Callable[[Path, int, int], object]
) -> None:
    """Plays so many kills, each database's in a folder of its own, and tells how it went.

    `play` is called with the folder, a seed and the number of kills, and returns the tally. The
    folder is kept when it raises AssertionError.
    """
    seed = random.randrange(2**32) if seed is None else seed
    click.echo(f"seed {seed}")
    began = time.monotonic()
    for first in range(0, kills, per_database):
        here = min(per_database, kills - first)
        folder = Path(tempfile.mkdtemp(prefix="zen-crash-"))
        try:
            tally = play(folder, seed + first, here)
        except AssertionError as error:
            notes = "; ".join([str(error), *error.__notes__])
            raise click.ClickException(f"{notes}. The database is in {folder}.") from error
        shutil.rmtree(folder)
        spent = time.monotonic() - began
        click.echo(f"\r{first + here} of {kills} in {spent:.0f} s: {tally}")
