"""`zen-contract stubs`: what it takes, what it says in words and in JSON, and its exit codes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zen_contract.contract import ContractError, open_contract
from zen_contract.contract_option import contract_option
from zen_contract.refused import Refused

if TYPE_CHECKING:
    from zen_contract.stubs.folder import Plan

_NEXT = """\
Next:
  cd {folder}
  python3 -m venv .venv && .venv/bin/pip install -q --editable . && . .venv/bin/activate
  zen-back-server
and, where zen-back[conformance] is installed, in another terminal:
  zen-conformance run --target {folder}/target.toml"""


@click.command(name="stubs", short_help="Make a server to start from, or bring one up to date.")
@click.option(
    "--out",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="An empty folder, a new one, or one that was made before.",
)
@contract_option
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when DIR is out of date.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def stubs(folder: Path, source: str, check: bool, as_json: bool) -> None:
    """Make a server to start from: it runs, and answers 501 to what is not written yet.

    It routes, checks credentials, scopes and requests as the contract says, and calls an async
    method for each operation, typed by models of the contract. The folder has two halves:

    \b
      zen_back_server/generated/   made anew by each run; do not edit it
      everything else              made once, then yours: handlers/<resource>.py and the rest

    After a change of the contract run it again: it says which operations are new, changed or gone.
    What you wrote stays as it is, and a new operation is answered 501 until you write it.

    \b
    Exit code 0: done, or up to date; 1: out of date (--check); 2: it could not be done.

    \b
    Examples:
      zen-contract stubs --out my-server
      zen-contract stubs --out my-server --check
      zen-contract stubs --out my-server --contract next.yaml --json
    """
    plan = _plan(folder, source, check)
    if not check:
        try:
            plan.carry_out()
        except OSError as error:
            raise Refused(f"{error.filename} cannot be written: {error.strerror}.") from error
    if as_json:
        click.echo(json.dumps(_as_json(plan), indent=2, ensure_ascii=False))
    else:
        for line in _lines(plan, check):
            click.echo(line)
    raise click.exceptions.Exit(1 if check and not plan.up_to_date else 0)


def _plan(folder: Path, source: str, check: bool) -> "Plan":
    try:
        from zen_contract.stubs.folder import ForeignFolder, is_first, plan
        from zen_contract.stubs.project import project
    except ImportError as error:
        raise Refused(
            f"Making stubs needs {error.name}; run `pip install 'zen-back[stubs]'`."
        ) from error
    try:
        if is_first(folder) and check:
            raise Refused(f"There is no server in {folder} yet; make it without --check.")
        return plan(folder, project(open_contract(source)))
    except (ContractError, ForeignFolder) as error:
        raise Refused(str(error)) from error
    except OSError as error:
        raise Refused(f"{error.filename} cannot be read: {error.strerror}.") from error


def _lines(plan: "Plan", check: bool) -> Iterator[str]:
    if plan.up_to_date:
        yield f"{plan.folder} is up to date: {plan.operations} operations."
        return
    if plan.first:
        yield f"{plan.folder}: a server for {plan.operations} operations; each is answered 501."
        yield _NEXT.format(folder=plan.folder)
        return
    found = plan.changes
    yield from (f"new      {name}: answered 501 until you write it" for name in found.new)
    yield from (f"changed  {name}: {', '.join(what)}" for name, what in found.changed.items())
    yield from (
        f"gone     {name}: its code is left in {where}" for name, where in found.gone.items()
    )
    if not found:
        yield "No operation is new, changed or gone."
    done = "is missing" if check else "made"
    yield from (f"{done}  {path}" for path in plan.written)
    files = len(plan.generated) + len(plan.stale)
    if check:
        yield f"{files} files under generated/ are out of date: run `zen-contract stubs` again."
    else:
        yield f"{files} files under generated/ made anew; yours are as they were."


def _as_json(plan: "Plan") -> dict[str, Any]:
    return {
        "folder": str(plan.folder),
        "first": plan.first,
        "up_to_date": plan.up_to_date,
        "operations": {
            "count": plan.operations,
            "new": list(plan.changes.new),
            "changed": {name: list(what) for name, what in plan.changes.changed.items()},
            "gone": dict(plan.changes.gone),
        },
        "files": {
            "generated": list(plan.generated),
            "written": list(plan.written),
            "removed": list(plan.stale),
        },
    }
