"""The command `zen-contract`: what each subcommand takes, prints and exits with."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from zen_contract import __version__, postman, released, show
from zen_contract.contract import Contract, ContractError, load, load_path, names, open_contract
from zen_contract.contract_option import contract_option
from zen_contract.diff.report import report
from zen_contract.openapi31 import as_openapi_31
from zen_contract.refused import Refused
from zen_contract.site.cli import docs
from zen_contract.stubs.cli import stubs

_FORMATS: dict[str, Callable[[Contract], dict[str, Any]]] = {
    "openapi-3.0": lambda contract: dict(contract.document),
    "openapi-3.1": lambda contract: as_openapi_31(contract.document),
    "postman": postman.collection,
}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="zen-contract")
def main() -> None:
    """Look at and check the Zen Mesh API contracts."""


main.add_command(docs)
main.add_command(stubs)


@main.command(name="show")
@click.argument("wanted", nargs=-1, metavar="[OPERATION_ID | METHOD PATH]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@contract_option
def show_command(wanted: tuple[str, ...], as_json: bool, source: str) -> None:
    """List the operations, or show one of them in full."""
    if len(wanted) > 2:
        raise Refused("Give one operationId, or a method and a path.")
    with _one_sentence():
        contract = open_contract(source)
        if not wanted:
            _print(show.all_as_json(contract) if as_json else show.table(contract))
        else:
            operation = show.find(contract, wanted)
            _print(show.as_json(operation) if as_json else show.sheet(operation))


@main.command(name="export")
@click.argument("form", type=click.Choice(list(_FORMATS)), metavar=f"[{'|'.join(_FORMATS)}]")
@contract_option
def export_command(form: str, source: str) -> None:
    """Print the contract as JSON for another tool.

    The copy in OpenAPI 3.1 says the same as the contract itself; the Postman collection (v2.1) has
    a request for each operation, with the contract's examples.
    """
    with _one_sentence():
        _print(_FORMATS[form](open_contract(source)))


@main.command(name="lint")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@click.option("--no-redocly", is_flag=True, help="Leave out Redocly CLI, which needs Node.")
def lint_command(files: tuple[Path, ...], as_json: bool, no_redocly: bool) -> None:
    """Check contract files; without FILE, the contracts of this package.

    Exit code 0: nothing found; 1: something found, warnings included; 2: it could not be checked.
    """
    try:
        from zen_contract.lint.linter import lint
        from zen_contract.lint.redocly import RedoclyFailed
    except ImportError as error:
        raise Refused(f"Linting needs {error.name}; run `pip install 'zen-back[lint]'`.") from error
    from zen_contract.node_tools import NodeToolsError

    with _one_sentence():
        chosen = files or tuple(load(name).path for name in names())
    if not chosen:
        raise Refused("There is no contract to lint; name a file.")
    try:
        reports = [lint(file, with_redocly=not no_redocly) for file in chosen]
    except OSError as error:
        raise Refused(f"{error.filename} cannot be read: {error.strerror}.") from error
    except (NodeToolsError, RedoclyFailed) as error:
        raise Refused(f"{error} (`--no-redocly` checks without it.)") from error
    if as_json:
        _print({"files": [report.as_json() for report in reports]})
    else:
        _print(line for report in reports for line in report.lines())
    raise click.exceptions.Exit(0 if all(report.clean for report in reports) else 1)


@main.command(name="diff")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="[NEW]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@click.option(
    "--contract",
    "name",
    default="zen-back.v1",
    show_default=True,
    metavar="NAME",
    help="The contract that a version is of, and that NEW is when it is left out.",
)
def diff_command(old: str, new: str | None, as_json: bool, name: str) -> None:
    """Tell what changes from OLD to NEW, and what each change means to customers.

    OLD and NEW are files or released versions, such as 1.0.0.

    Exit code 0: nothing breaks, or the major version has moved; 1: a change breaks customers; 2: it
    could not be compared.
    """
    with _one_sentence():
        told = report(_version_or_file(old, name), _version_or_file(new, name))
        _print(told.as_json() if as_json else told.lines())
    raise click.exceptions.Exit(0 if told.is_allowed else 1)


def _version_or_file(source: str | None, name: str) -> Contract:
    if source is None:
        return load(name)
    version = released.parsed(source)
    return load_path(source) if version is None else released.load(version, name)


def _print(output: Iterator[str] | dict[str, object]) -> None:
    if isinstance(output, dict):
        click.echo(json.dumps(output, indent=2, ensure_ascii=False))
        return
    for line in output:
        click.echo(line, color=False if os.environ.get("NO_COLOR") else None)


@contextmanager
def _one_sentence() -> Iterator[None]:
    try:
        yield
    except ContractError as error:
        raise Refused(str(error)) from error


if __name__ == "__main__":
    main()
