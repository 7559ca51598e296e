"""Who is measured, and the command that starts each of them."""

import shlex
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from benchmarks import cases
from benchmarks.fill import TOKEN
from benchmarks.process import BenchmarkError, ServerProcess, cores, free_port
from zen_contract import contract, node_tools
from zen_sandbox import demo

SANDBOX, PEER, PRISM = "sandbox", "peer", "prism"

_HERE = Path(__file__).parent


class Contender(NamedTuple):
    """A server that can be started: over a database, or over none if it does not keep state."""

    name: str
    command: Callable[[Path, int], list[str | Path]]
    first_request: bytes
    keeps_state: bool = True
    env: Mapping[str, str] = {}

    def start(self, database: Path, folder: Path) -> ServerProcess:
        """Starts it on the server's core, and returns once it has answered."""
        port = free_port()
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".log", delete=False) as said:
            return ServerProcess(
                self.command(database, port),
                port=port,
                core=cores()[0],
                first_request=self.first_request,
                env=self.env,
                said=Path(said.name),
            )


def sandbox(command: str) -> Contender:
    """The sandbox: `zen-sandbox`, or another command line that takes the same options."""

    def serve(database: Path, port: int) -> list[str | Path]:
        return [*_serve(command, database, port), "--no-demo"]

    return Contender(SANDBOX, serve, cases.first_request())


def new_sandbox(command: str) -> Contender:
    """The sandbox as somebody meets it first: no database yet, so that it makes the demo's."""
    return Contender(
        "sandbox, new database",
        lambda database, port: _serve(command, database, port),
        cases.request("GET", f"/v1/tenants/{demo.TENANT_ID}/destinations/dest_abc123"),
        env={"ZEN_SANDBOX_DEMO_KEY": TOKEN},
    )


def peer() -> Contender:
    """The same SQL by hand; see peer_starlette.py."""
    return Contender(PEER, _peer, cases.first_request())


def prism() -> Contender:
    """Prism mocking the contract, in one process, with its log off."""
    try:
        modules, node = node_tools.install(_HERE / "node"), node_tools.node()
    except node_tools.NodeToolsError as error:
        raise BenchmarkError(str(error)) from error
    program = modules / "@stoplight" / "prism-cli" / "dist" / "index.js"
    document = contract.load().path

    def command(_: Path, port: int) -> list[str | Path]:
        options = ["--multiprocess=false", "--verboseLevel=silent", f"--port={port}"]
        return [node, program, "mock", *options, document]

    return Contender(
        PRISM,
        command,
        cases.first_request(),
        keeps_state=False,
        env={"NODE_ENV": "production"},
    )


def default_command() -> str:
    """The `zen-sandbox` of this Python."""
    return f"{shlex.quote(sys.executable)} -m zen_sandbox"


def _serve(command: str, database: Path, port: int) -> list[str | Path]:
    # The filled tables are of a fixed day, which retention would soon call old.
    kept = "--retention-days=3650"
    return [*shlex.split(command), "serve", "--db", database, f"--port={port}", kept]


def _peer(database: Path, port: int) -> list[str | Path]:
    program = _HERE / "peer_starlette.py"
    return [sys.executable, program, "--db", database, f"--port={port}"]
