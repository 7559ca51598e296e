"""How Redocly CLI is run and read; its configuration with the waived rules is redocly.yaml."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zen_contract import node_tools
from zen_contract.lint.report import Finding, short

_PACKAGE = Path(__file__).parent.parent
_CONFIG = _PACKAGE / "redocly.yaml"
_NODE_PACKAGE = _PACKAGE / "node"


class RedoclyFailed(RuntimeError):
    """Redocly gave no report; the message is one sentence."""


def tool() -> str:
    """Redocly and its version, for the report."""
    manifest = json.loads((_NODE_PACKAGE / "package.json").read_bytes())
    return f"Redocly {manifest['dependencies']['@redocly/cli']}"


def findings(file: Path) -> Iterator[Finding]:
    """What Redocly's rules find in the file; errors and warnings alike."""
    program = node_tools.install(_NODE_PACKAGE) / "@redocly" / "cli" / "bin" / "cli.js"
    options = ["--config", str(_CONFIG), "--format=json", "--max-problems=10000"]
    done = subprocess.run(
        [node_tools.node(), program, "lint", file.resolve(), *options],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        cwd=_PACKAGE,  # where no ignore file of anybody's can hide a finding
        env={
            **os.environ,
            "REDOCLY_TELEMETRY": "off",
            "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
        },
    )
    try:
        report = json.loads(done.stdout)
    except ValueError:
        said = next((line for line in done.stderr.splitlines() if line.strip()), "nothing")
        raise RedoclyFailed(f"Redocly gave no report on {file}; it said: {short(said)}") from None
    for problem in report["problems"]:
        yield _finding(problem)


def _finding(problem: dict[str, Any]) -> Finding:
    places = problem.get("location") or [{}]
    line = places[0].get("start", {}).get("line", 1)
    return Finding(line, f"redocly/{problem['ruleId']}", short(problem["message"]))
