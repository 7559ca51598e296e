"""The command zen-sandbox for tests: in this process, in one of its own, and as a server."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from tests.server.client import Api, Connections
from zen_sandbox.cli import main

DEADLINE = 30.0
ADMIN_TOKEN = "zsa_the-admin-token-of-these-tests"
# The script that an installation makes; a checkout that is only on the path has none.
_SCRIPT = shutil.which("zen-sandbox", path=str(Path(sys.executable).parent))
COMMAND = [_SCRIPT] if _SCRIPT else [sys.executable, "-m", "zen_sandbox"]


def clean_environment(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without variables of the command, and with those given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ZEN_SANDBOX")}
    return {**kept, **(env or {})}


def zen(*words: object, env: Mapping[str, str] | None = None, typed: str | None = None) -> Result:
    """The command in this process; `typed` is what a person answers."""
    unset: dict[str, str | None] = {
        name: None for name in os.environ if name.startswith("ZEN_SANDBOX")
    }
    arguments = [str(word) for word in words]
    return CliRunner().invoke(main, arguments, env={**unset, **(env or {})}, input=typed)


def zen_json(*words: object, env: Mapping[str, str] | None = None) -> Any:
    """What the command prints with `--json`."""
    done = zen(*words, "--json", env=env)
    assert done.exit_code == 0, done.output
    (line,) = done.stdout.splitlines()
    return json.loads(line)


def refusal(*words: object, env: Mapping[str, str] | None = None) -> tuple[int, str]:
    """The exit code and the sentence of a command that is refused, in a process of its own.

    Nothing else may be printed but click's two lines of usage, and no traceback in any case.
    """
    done = subprocess.run(
        [*COMMAND, *map(str, words)],
        env=clean_environment(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    *usage, sentence = done.stderr.splitlines()
    assert all(line.startswith(("Usage: ", "Try ")) or not line for line in usage), done.stderr
    assert sentence.startswith("Error: ")
    return done.returncode, sentence.removeprefix("Error: ")


class Served:
    """`zen-sandbox serve` with the banner it prints. Use it in a `with`."""

    def __init__(self, *words: object, env: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "serve", *map(str, words)],
            env=clean_environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.banner = self._read_banner()

    def __enter__(self) -> "Served":
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.process.communicate()

    def fact(self, name: str) -> str:
        """What the banner says after a name, like `Tenant`."""
        (line,) = [one for one in self.banner.splitlines() if one.strip().startswith(f"{name}  ")]
        return line.strip().removeprefix(name).strip()

    def api(self, token: str, tenant_id: str) -> Api:
        """A client with that token."""
        return Api(Connections(self.fact("Base URL")), token=token, tenant_id=tenant_id)

    def end(self) -> tuple[int, str]:
        """Asks it to end; its exit code and what it wrote to standard error."""
        self.process.terminate()
        _, stderr = self.process.communicate(timeout=DEADLINE)
        return self.process.returncode, stderr

    def _read_banner(self) -> str:
        assert self.process.stdout is not None
        watchdog = threading.Timer(DEADLINE, self.process.kill)
        watchdog.start()
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if line.startswith(("Ctrl-C", "{")):
                break
        watchdog.cancel()
        return "".join(lines)
