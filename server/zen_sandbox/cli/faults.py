"""`zen-sandbox faults list|add|clear|remove`."""

from typing import TYPE_CHECKING, Any

import click

from zen_sandbox.cli.options import tenant_filter
from zen_sandbox.cli.output import print_gone, print_json, print_table, remark
from zen_sandbox.cli.running import Listing, command
from zen_sandbox.cli.values import ID

if TYPE_CHECKING:
    from zen_sandbox.cli.running import RunningServer

_KINDS = {
    "api": ("status", "latency", "drop", "truncate", "lose_answer"),
    "target": ("status", "timeout", "reset", "refused", "slow_drip", "huge_body"),
}
_DETAILS = (
    "tenant_id",
    "operation_id",
    "destination_id",
    "status",
    "retry_after",
    "milliseconds",
    "probability",
    "seed",
)


@click.group(cls=Listing)
def faults() -> None:
    """Bring about faults on a running server, and end them.

    Faults last until they have struck as often as --count says, are removed, or the server ends.

    \b
    Examples:
      zen-sandbox faults add target status --status 503 --count 2
      zen-sandbox faults add api latency --milliseconds 2000 --operation listDeliveries
      zen-sandbox faults clear
    """


@command(faults, "list")
@tenant_filter
def list_all(server: "RunningServer", tenant_id: str | None, as_json: bool) -> None:
    """List the faults in force, in the order in which they are tried.

    \b
    Example:
      zen-sandbox faults list --json
    """
    found = server.ask("GET", "faults", query={"tenant_id": tenant_id})
    if as_json:
        print_json(found)
        return
    rows = [{**one, "struck": _struck(one), "only": _only(one)} for one in found["faults"]]
    print_table(rows, ("id", "side", "kind", "struck", "only"))


@command(faults, "add")
@click.argument("side", type=click.Choice(tuple(_KINDS)))
@click.argument("kind", type=click.Choice(tuple(dict.fromkeys(sum(_KINDS.values(), ())))))
@click.option("--status", type=click.IntRange(100, 599), help="The status to answer with.")
@click.option("--retry-after", type=click.IntRange(0, 86400), help="Seconds for its Retry-After.")
@click.option("--milliseconds", type=click.IntRange(0, 60000), help="How long it takes.")
@click.option("--tenant", "tenant_id", type=ID, help="Only for this tenant.")
@click.option("--operation", "operation_id", help="Only this operation, like createDestination.")
@click.option("--target", "destination_id", type=ID, help="Only attempts to this target.")
@click.option("--count", type=click.IntRange(min=1), help="How often; always when left out.")
@click.option("--probability", type=click.FloatRange(0, 1), help="How likely it is each time.")
@click.option("--seed", type=click.IntRange(min=0), help="Makes its chances repeatable.")
def add(server: "RunningServer", side: str, kind: str, as_json: bool, **details: Any) -> None:
    """Bring about a fault and print its id.

    \b
    SIDE api spoils answers of the server:
      status (with --status), latency (with --milliseconds), drop, truncate,
      lose_answer (the write is done, its answer is not)
    SIDE target spoils attempts:
      status (with --status), timeout, reset, refused, slow_drip, huge_body

    \b
    Examples:
      zen-sandbox faults add target status --status 500 --count 2
      zen-sandbox faults add target timeout --target dest_abc123
      zen-sandbox faults add api status --status 503 --retry-after 2 --probability 0.3 --seed 1
    """
    if kind not in _KINDS[side]:
        raise click.UsageError(f"{kind} is no fault of side {side}; give {_or(_KINDS[side])}.")
    wanted = {name: value for name, value in details.items() if value is not None}
    made = server.ask("POST", "faults", {"side": side, "kind": kind, **wanted})
    if as_json:
        print_json(made)
        return
    click.echo(made["id"])
    remark(f"It strikes now; end it with: zen-sandbox faults remove {made['id']}")


@command(faults, "clear")
@tenant_filter
def clear(server: "RunningServer", tenant_id: str | None, as_json: bool) -> None:
    """End all faults, or those of one tenant.

    \b
    Example:
      zen-sandbox faults clear
    """
    server.ask("DELETE", "faults", query={"tenant_id": tenant_id})
    whose = f"of {tenant_id} " if tenant_id else ""
    members = {"tenant_id": tenant_id, "cleared": True}
    print_gone(members, f"The faults {whose}are ended.", as_json=as_json)


@command(faults, "remove")
@click.argument("fault_id", type=ID)
def remove(server: "RunningServer", fault_id: str, as_json: bool) -> None:
    """End one fault.

    \b
    Example:
      zen-sandbox faults remove flt_019a0c4e7d2b51f0c3a4e8d7
    """
    server.ask("DELETE", f"faults/{fault_id}")
    members = {"id": fault_id, "removed": True}
    print_gone(members, f"The fault {fault_id} is ended.", as_json=as_json)


def _struck(fault: dict[str, Any]) -> str:
    return f"{fault['struck']}/{fault['count']}" if "count" in fault else str(fault["struck"])


def _only(fault: dict[str, Any]) -> str:
    return " ".join(f"{name}={fault[name]}" for name in _DETAILS if name in fault)


def _or(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
