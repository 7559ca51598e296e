"""What is seen while a run is under way: a bar, when somebody watches; nothing in a log file."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from zen_conformance.collector import Listener


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Listener]:
    """A listener for the events of a run; it shows nothing when `quiet` or not on a terminal."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda event: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    shown = Progress(*columns, console=console, transient=True)
    try:
        yield _Bar(shown)
    finally:
        shown.stop()


class _Bar:
    """Moves with each finished check, and counts the requirements that failed so far."""

    def __init__(self, shown: Progress) -> None:
        self._shown = shown
        self._task = shown.add_task("checking", total=None)
        self._failed: set[str] = set()

    def __call__(self, event: Mapping[str, Any]) -> None:
        if event["event"] == "collected":
            self._shown.update(self._task, total=event["checks"])
            return
        self._shown.start()  # no sooner: it has a thread, and workers are forked before
        self._failed |= {failure["requirement"] for failure in event["record"]["failures"]}
        words = f"checking, {len(self._failed)} failed" if self._failed else "checking"
        self._shown.update(self._task, advance=1, description=words)
