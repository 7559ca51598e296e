"""The command zen-conformance for tests: in a process of its own, and in this one."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from zen_conformance.cli import main

DEADLINE = 120.0
# The script that an installation makes; a checkout that is only on the path has none.
_SCRIPT = shutil.which("zen-conformance", path=str(Path(sys.executable).parent))
COMMAND = [_SCRIPT] if _SCRIPT else [sys.executable, "-m", "zen_conformance"]
# What the tests of the command check: one requirement by a check of its own, one on every answer.
NARROW = ("--only", "DEST-001", "--only", "WIRE-001")


def suite(
    *words: object, command: list[str] = COMMAND, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own; no failure of it may be a traceback."""
    done = subprocess.run(
        [*command, *map(str, words)],
        env={**os.environ, "COLUMNS": "80", **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert "Traceback" not in done.stderr + done.stdout, done.stderr
    return done


def here(*words: object) -> Result:
    """The command in this process; for what does not run checks."""
    return CliRunner().invoke(main, [str(word) for word in words])


def report_of(path: Path) -> Any:
    """The JSON report in that file."""
    return json.loads(path.read_text(encoding="utf-8"))
