"""Stock schemathesis on the same mutants: what its kind of testing finds, kept in `stock.json`.

`python -m tests.conformance.mutants.stock` runs those that the file does not have yet.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from tests.conformance.mutants.gate import SERVE
from tests.conformance.mutants.mutant import every, named
from tests.conformance.mutants.served import DidNotStart, Served, served
from zen_conformance import target_file
from zen_conformance.failures import NotRun
from zen_conformance.suite import Configuration, Suite

KEPT = Path(__file__).with_name("stock.json")
_SETTINGS = Path(__file__).parents[2] / "schemathesis"
_COMMAND = Path(sys.executable).with_name("schemathesis")
_CONTROL = ("tests.conformance.tolerance.serve", "as-it-is")
_EXAMPLES = 5
_PATIENCE = 600.0


class NoVerdict(Exception):
    """Stock schemathesis did not come to an end; the message says how it went."""


def found_by_stock() -> dict[str, bool]:
    """Which mutants it found, of those that it was run on."""
    if not KEPT.is_file():
        return {}
    found: dict[str, bool] = json.loads(KEPT.read_text("utf-8"))
    return found


def finds(server: Served, examples: int) -> bool:
    """Whether stock schemathesis, every check and phase on, reports anything on the server."""
    environment = {**os.environ, **_what_exists(server), "PYTHONPATH": _python_path()}
    words = ["--no-color", "--config-file", str(_SETTINGS / "schemathesis.toml"), "run"]
    words += [f"{server.base_url}/openapi.json", "--url", server.base_url, "-c", "all"]
    words += ["-n", str(examples), "--seed", "1"]
    try:
        done = subprocess.run(
            [_COMMAND, *words],
            env=environment,
            cwd=server.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NoVerdict(f"schemathesis did not end within {_PATIENCE:g} seconds") from None
    if done.returncode not in (0, 1):
        raise NoVerdict(f"schemathesis ended with {done.returncode}: {done.stderr[-1000:]}")
    return done.returncode == 1


def _what_exists(server: Served) -> dict[str, str]:
    target = target_file.read(server.target)
    api = Suite(Configuration(target)).primary
    source, destination = api.an_ingester(), api.a_destination()
    return {
        "ZEN_TOKEN": api.credential.token if api.credential else "",
        "ZEN_TENANT_ID": api.id,
        "ZEN_CLUSTER_ID": api.cluster_id,
        "ZEN_SOURCE_ID": source["id"],
        "ZEN_DESTINATION_ID": destination["id"],
        "ZEN_DESTINATION_TYPE": destination["type"],
    }


def _python_path() -> str:
    return os.pathsep.join([str(_SETTINGS), *filter(None, [os.environ.get("PYTHONPATH")])])


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.option("--examples", default=_EXAMPLES, show_default=True, help="Per operation and phase.")
@click.option("--every", "step", default=1, show_default=True, help="Only every so many mutants.")
def main(names: tuple[str, ...], examples: int, step: int) -> None:
    """Run stock schemathesis against mutants and keep what it found."""
    with served(*_CONTROL) as server:
        if finds(server, examples):
            raise click.ClickException(
                "It reports the sandbox itself, so its findings say nothing."
            )
    kept = found_by_stock()
    for mutant in [named(one) for one in names] or every()[::step]:
        if mutant.name in kept and not names:
            continue
        try:
            with served(SERVE, mutant.name, mutant.options) as server:
                kept[mutant.name] = finds(server, examples)
        except (DidNotStart, NotRun, NoVerdict) as error:
            click.echo(f"{mutant.name}: {error}", err=True)
            continue
        click.echo(f"{'found' if kept[mutant.name] else 'missed'} {mutant.name}")
        _keep(kept)


def _keep(kept: Mapping[str, bool]) -> None:
    KEPT.write_text(json.dumps(dict(sorted(kept.items())), indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
