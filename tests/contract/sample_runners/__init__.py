"""Runs samples as a reader would, text as it stands: bash, and one Python and one Node for many."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from zen_contract.node_tools import node

_FOLDER = Path(__file__).parent
_DEADLINE = 60

Run = Callable[[str], Any]
"""Runs one sample; what it printed, read back where it is a value. It fails if the sample does."""


@contextmanager
def runner(language: str, environment: Mapping[str, str], folder: Path) -> Iterator[Run]:
    """What runs the samples of a language in that environment."""
    env = {**os.environ, "NO_PROXY": "*", "no_proxy": "*", **environment}
    if language == "shell":
        yield lambda text: _in_bash(text, env, folder)
    elif language == "python":
        command = [sys.executable, str(_FOLDER / "run.py")]
        with _process(command, env) as ask:
            yield lambda text: _value(ast.literal_eval, ask(text))
    else:
        command = [str(node()), str(_FOLDER / "run.mjs"), str(folder)]
        with _process(command, env) as ask:
            yield lambda text: json.loads(ask(text))


def _in_bash(text: str, env: Mapping[str, str], folder: Path) -> Any:
    ran = subprocess.run(
        ["bash", "-c", text],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=_DEADLINE,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stderr == ""
    return _value(json.loads, ran.stdout)


def _value(read: Callable[[str], Any], printed: str) -> Any:
    try:
        return read(printed)
    except (SyntaxError, ValueError):
        return printed


@contextmanager
def _process(command: list[str], env: Mapping[str, str]) -> Iterator[Callable[[str], str]]:
    with subprocess.Popen(
        command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None
        assert stdout is not None

        def ask(text: str) -> str:
            stdin.write(json.dumps(text) + "\n")
            stdin.flush()
            line = stdout.readline()
            assert line, f"{command[1]} ended early"
            answer = json.loads(line)
            assert "failure" not in answer, answer["failure"]
            return str(answer["printed"])

        yield ask
        stdin.close()
        assert process.wait(_DEADLINE) == 0
