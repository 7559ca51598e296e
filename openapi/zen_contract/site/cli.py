"""`zen-contract docs`: what it takes, and what it says when it takes long."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path

import click

from zen_contract.contract import ContractError
from zen_contract.refused import Refused

_QUIET_SECONDS = 2.0


@click.command(short_help="Write the documentation as a static site.")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A folder that is absent, empty, or holds a site made before.",
)
@click.option(
    "--same-origin",
    is_flag=True,
    help="For a site that the API's own server serves: requests can be tried in the reference.",
)
def docs(out: Path, same_origin: bool) -> None:
    """Write the documentation as a static site that any web server can serve."""
    try:
        from zen_contract.site import folder
        from zen_contract.site.build import build
        from zen_contract.site.fault import SiteFault
    except ImportError as error:
        raise Refused(
            f"The site needs {error.name}; run `pip install 'zen-back[docs]'`."
        ) from error
    began = time.monotonic()
    try:
        folder.check(out)
        files = build(same_origin=same_origin, tell=Progress(began))
        folder.write(out, files)
    except (ContractError, SiteFault, folder.FolderRefused) as error:
        raise Refused(str(error)) from error
    click.echo(_summary(out, files, time.monotonic() - began))


class Progress:
    """Says on standard error what is done, from the second second on."""

    def __init__(self, began: float) -> None:
        self._next = began + _QUIET_SECONDS

    def __call__(self, stage: str) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _QUIET_SECONDS
            sys.stderr.write(f"{stage} …\n")
            sys.stderr.flush()


def _summary(out: Path, files: Mapping[str, bytes], seconds: float) -> str:
    pages = sum(path.endswith(".html") for path in files)
    megabytes = sum(map(len, files.values())) / 1_000_000
    return (
        f"{pages} pages and {len(files) - pages} other files, {megabytes:.1f} MB,"
        f" in {seconds:.1f} s. To look at them: python3 -m http.server --directory {out}"
    )
