"""A server killed during writes: what it had acknowledged is kept, the rest is whole or absent."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.crash.run import Killings
from tests.server.harness import spawn


def test_three_kills_lose_nothing_and_leave_no_half_write(tmp_path: Path) -> None:
    Killings(tmp_path, seed=3).run(3)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11, 22, 33, 44])
def test_twenty_five_kills_lose_nothing_and_leave_no_half_write(tmp_path: Path, seed: int) -> None:
    killings = Killings(tmp_path, seed)
    killings.run(25)
    tally = killings.tally
    assert tally.kills == 25
    assert tally.acknowledged > tally.kills, f"too little was written to say anything: {tally}"
    assert tally.whole + tally.absent > tally.kills / 2, f"too little was in doubt: {tally}"


@pytest.mark.slow
def test_a_kill_at_any_moment_of_the_first_start_leaves_what_the_next_start_can_use(
    tmp_path: Path,
) -> None:
    for number in range(16):
        folder = tmp_path / str(number)
        folder.mkdir()
        kill_a_start(folder, after=number * 0.04)
        with spawn(folder, "--demo") as server:
            answer = server.api().get(server.api().at("destinations", "dest_abc123"))
            assert answer.status == 200, f"killed after {number * 0.04} s: {answer}"
        with closing(sqlite3.connect(folder / "sandbox.db")) as reader:
            assert reader.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def kill_a_start(folder: Path, *, after: float) -> None:
    """Starts a server on a database that does not exist yet, and kills it so many seconds later."""
    command = [sys.executable, "-m", "zen_sandbox", "serve", "--demo", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--db", str(folder / "sandbox.db")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    threading.Event().wait(after)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
