"""`python -m tests.conformance.mutants.applies`: does each mutant still find what it breaks?

Each is installed into a sandbox of its own, in a forked process, and asked for its health; one line
says of each that does not come up why.
"""

import asyncio
import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.mutant import Mutant, every
from zen_sandbox import app, opening
from zen_sandbox.settings import Settings


def main() -> None:
    """Tries every mutant, or those that are named."""
    names = set(sys.argv[1:])
    chosen = [one for one in every() if not names or one.name in names]
    broken = [one.name for one in chosen if not _applies(one)]
    sys.stdout.write(f"{len(chosen) - len(broken)} of {len(chosen)} mutants apply\n")
    sys.exit(1 if broken else 0)


def _applies(mutant: Mutant) -> bool:
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    code = 1
    try:
        _try(mutant)
        code = 0
    except Exception:  # whatever it is, it is what this is about
        sys.stdout.write(f"{mutant.name}: {traceback.format_exc(limit=-3)}\n")
    finally:
        sys.stdout.flush()
        os._exit(code)


def _try(mutant: Mutant) -> None:
    server = Faulty()
    mutant.install(server)
    server.ready()
    with (
        tempfile.TemporaryDirectory(prefix="zen-applies-") as folder,
        opening.opened(Path(folder) / "sandbox.db", durability="none") as store,
    ):
        served = app.create_app(store, Settings(base_url="http://127.0.0.1:1"))
        status = asyncio.run(_health(served))
    if status != 200:
        raise RuntimeError(f"/health is answered {status}")


async def _health(served: Any) -> int:
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {"type": "http", "method": "GET", "path": "/health", "raw_path": b"/health"}
    await served(
        {**scope, "query_string": b"", "headers": [], "http_version": "1.1"}, receive, send
    )
    return statuses[0]


if __name__ == "__main__":
    main()
