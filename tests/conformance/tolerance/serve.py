"""`python -m tests.conformance.tolerance.serve NAME …`: the sandbox, odd in that way.

What follows the name is for `zen-sandbox serve`; the data is gone at the end.
"""

import sys

from tests.conformance.mutants.serve import serve
from tests.conformance.tolerance.odd import UnknownServer, named


def main() -> None:
    """Reads the command line."""
    if len(sys.argv) < 2:
        sys.exit("Name a server; `python -m tests.conformance.tolerance --list` names all.")
    try:
        one = named(sys.argv[1])
    except UnknownServer as error:
        sys.exit(str(error))
    serve(one.install, sys.argv[2:])


if __name__ == "__main__":
    main()
