"""A server made by `zen-contract stubs`: made, changed, and served as its owner would."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from zen_contract.cli import main
from zen_contract.contract import load

DEADLINE = 30.0
TENANT = "/v1/tenants/tnt_dev_primary"
EVERYTHING = {"Authorization": "Bearer zpk_dev_primary_all"}

Change = Callable[[dict[str, Any]], None]


def stubs(*words: object) -> Result:
    """`zen-contract stubs` in this process."""
    return CliRunner().invoke(main, ["stubs", *map(str, words)], catch_exceptions=False)


def made(folder: Path, *more: object) -> Result:
    """The server of the contract in that folder."""
    done = stubs("--out", folder, *more)
    assert done.exit_code == 0, done.output
    return done


def texts(folder: Path) -> dict[str, bytes]:
    """Everything that is in the folder, but for what running it leaves there."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    }


def changed_contract(file: Path, change: Change) -> Path:
    """The public contract after a change of its document, in that file."""
    document = deepcopy(dict(load().document))
    change(document)
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def three_changes(document: dict[str, Any]) -> None:
    """One operation more, one with a parameter more, one less."""
    paths = document["paths"]
    one = "/v1/tenants/{tenant_id}/destinations/{destination_id}"
    pause = deepcopy(paths[one]["delete"])
    pause |= {"operationId": "pauseDestination", "summary": "Pause a target"}
    paths[f"{one}/pause"] = {"parameters": paths[one]["parameters"], "post": pause}
    named = {"name": "name", "in": "query", "schema": {"type": "string", "minLength": 1}}
    paths["/v1/tenants/{tenant_id}/destinations"]["get"]["parameters"].append(named)
    del paths["/v1/logs"]


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Its own command, on a port that is free, as long as the block; the base URL."""
    command = [sys.executable, "-m", "zen_back_server", "--port", "0"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            assert line.startswith("Listening on "), line
            yield line.split()[-1]
        finally:
            process.terminate()
            process.wait(DEADLINE)
