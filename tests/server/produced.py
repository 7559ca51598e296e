"""Which documented statuses the test run has brought about, over all of its processes.

Every answer that `judge.py` saw is noted as a line in a file per process; what no line speaks of at
the end of a whole run was never produced, and fails the run.
"""

import os
from pathlib import Path

from zen_contract import contract

CONTRACTS = ("zen-back.v1", "zen-sandbox.v1")

_noted: set[tuple[str, int]] = set()
_folder: list[Path] = []


def note_in(folder: Path) -> None:
    """From now on notes of this process go into that folder."""
    _folder[:] = [folder]
    _noted.clear()


def note(operation_id: str, status: int) -> None:
    """The operation has answered with the status."""
    if (operation_id, status) in _noted or not _folder:
        return
    _noted.add((operation_id, status))
    with (_folder[0] / f"{os.getpid()}.txt").open("a", encoding="utf-8") as notes:
        notes.write(f"{operation_id} {status}\n")


def missing(folder: Path) -> list[str]:
    """The documented statuses that no note speaks of, as `operationId status`."""
    lines = {
        line
        for notes in folder.glob("*.txt")
        for line in notes.read_text(encoding="utf-8").splitlines()
    }
    documented = [
        f"{operation.operation_id} {status}"
        for name in CONTRACTS
        for operation in contract.load(name).operations
        for status in operation.responses
    ]
    return [one for one in documented if one not in lines]
