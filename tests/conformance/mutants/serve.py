"""`python -m tests.conformance.mutants.serve NAME …`: the sandbox with that fault.

What follows the name is for `zen-sandbox serve`; the data is gone at the end.
"""

import sys
from collections.abc import Callable

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.mutant import UnknownMutant, named
from zen_sandbox.cli import main as zen_sandbox


def serve(install: Callable[[Faulty], None], options: list[str]) -> None:
    """Serves until told to end."""
    server = Faulty()
    install(server)
    server.ready()
    zen_sandbox(["serve", "--ephemeral", "--no-demo", *options], prog_name="zen-sandbox")


def main() -> None:
    """Reads the command line."""
    if len(sys.argv) < 2:
        sys.exit("Name a mutant; `python -m tests.conformance.mutants --list` names all.")
    try:
        one = named(sys.argv[1])
    except UnknownMutant as error:
        sys.exit(str(error))
    serve(one.install, sys.argv[2:])


if __name__ == "__main__":
    main()
