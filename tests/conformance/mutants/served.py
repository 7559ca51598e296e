"""An altered sandbox in a process of its own, and a run of the suite against it."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

_STARTS_WITHIN = 30.0
_ENDS_WITHIN = 10.0
_EXIT_CODES = (0, 1, 4, 5)


class DidNotStart(Exception):
    """The altered sandbox did not come up; the message is what it said."""


@dataclass(frozen=True)
class Served:
    """A server that is up."""

    target: Path
    base_url: str
    folder: Path


@contextmanager
def served(module: str, name: str, options: Sequence[str] = ()) -> Iterator[Served]:
    """The sandbox that `python -m module NAME` starts, until the end of the block."""
    with TemporaryDirectory(prefix="zen-altered-") as kept:
        folder = Path(kept)
        target, errors = folder / "target.toml", folder / "stderr.txt"
        words = ["--port", "0", "--json", "--write-target", str(target), *options]
        with errors.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-m", module, name, *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )
        try:
            banner = _first_line(process)
            if banner is None:
                raise DidNotStart(f"{name} did not start: {errors.read_text('utf-8')[-2000:]}")
            yield Served(target, str(banner["base_url"]), folder)
        finally:
            _end(process)


@dataclass(frozen=True)
class Run:
    """How a run of the suite went. `report` is None when it made none; `said` is its output."""

    report: dict[str, Any] | None
    seconds: float
    said: str

    def ids(self, *outcomes: str) -> dict[str, str]:
        """The requirements that ended so, each with the first thing said against the server."""
        found = {}
        for one in (self.report or {}).get("requirements", ()):
            if one["outcome"] in outcomes:
                failures = one.get("failures") or [{"message": one.get("reason") or ""}]
                found[one["id"]] = str(failures[0]["message"])[:400]
        return found


def judged(
    server: Served, *, budget: str, only: Sequence[str] = (), seed: int = 1, patience: float = 480.0
) -> Run:
    """A run of the suite against a server."""
    report = server.folder / "report.json"
    words = ["--target", str(server.target), "--budget", budget, "--seed", str(seed)]
    words += ["--workers", "1"]  # the gate itself runs several mutants at once
    words += ["--report-json", str(report), *(word for one in only for word in ("--only", one))]
    began = time.monotonic()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "zen_conformance", "run", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Run(None, time.monotonic() - began, f"no verdict within {patience:g} seconds")
    seconds = time.monotonic() - began
    if done.returncode not in _EXIT_CODES or not report.is_file():
        said = f"exit code {done.returncode}: {(done.stderr or done.stdout)[-1500:]}"
        return Run(None, seconds, said)
    return Run(json.loads(report.read_text("utf-8")), seconds, done.stdout)


def _first_line(process: "subprocess.Popen[bytes]") -> dict[str, Any] | None:
    watchdog = threading.Timer(_STARTS_WITHIN, process.kill)
    watchdog.start()
    try:
        line = process.stdout.readline() if process.stdout else b""
    finally:
        watchdog.cancel()
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return found


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
