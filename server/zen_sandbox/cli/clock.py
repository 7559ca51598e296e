"""`zen-sandbox clock show|freeze|resume|set|advance|next`."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from zen_sandbox.cli.options import tenant_filter
from zen_sandbox.cli.output import print_json, print_table, remark
from zen_sandbox.cli.running import PATIENCE, Listing, command
from zen_sandbox.cli.values import DURATION, ID, Kind

if TYPE_CHECKING:
    from zen_sandbox.cli.running import RunningServer

_COLUMNS = ("tenant_id", "now", "frozen", "next_attempt_at")


def _time(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time; give one like 2026-12-24T18:00:00Z.") from None
    in_utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return in_utc.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


TIME = Kind("time", _time)
tenant_choice = click.option(
    "--tenant", "tenant_id", type=ID, help="Only this tenant's clock; all of them when left out."
)


@click.group(cls=Listing)
def clock() -> None:
    """Show and move the clocks of a running server, one per tenant.

    A clock tells timestamps, when retries are due, and when keys and tokens end. It is never set
    back. What falls due while it is moved is done in order before the command returns.

    \b
    Examples:
      zen-sandbox clock
      zen-sandbox clock freeze --tenant tnt_demo
      zen-sandbox clock advance 1h
      zen-sandbox clock next
    """


@command(clock, "show")
@tenant_filter
def show(server: "RunningServer", tenant_id: str | None, as_json: bool) -> None:
    """Show what time it is, and when the next attempt is due.

    \b
    Example:
      zen-sandbox clock show --tenant tnt_demo
    """
    _print(server.ask("GET", "clock", query={"tenant_id": tenant_id}), as_json=as_json)


@command(clock, "freeze")
@tenant_choice
def freeze(server: "RunningServer", tenant_id: str | None, as_json: bool) -> None:
    """Stop the clock: retries wait until it is moved.

    \b
    Example:
      zen-sandbox clock freeze --tenant tnt_demo
    """
    _move(server, tenant_id, as_json, action="freeze")


@command(clock, "resume")
@tenant_choice
def resume(server: "RunningServer", tenant_id: str | None, as_json: bool) -> None:
    """Let the clock go on from where it stands.

    \b
    Example:
      zen-sandbox clock resume
    """
    _move(server, tenant_id, as_json, action="resume")


@command(clock, "set")
@click.argument("to", type=TIME, metavar="TIME")
@tenant_choice
def set_forward(server: "RunningServer", to: str, tenant_id: str | None, as_json: bool) -> None:
    """Set the clock forward to TIME, in UTC unless it says otherwise.

    \b
    Example:
      zen-sandbox clock set 2027-01-01T00:00:00Z
    """
    _move(server, tenant_id, as_json, action="set", to=to)


@command(clock, "advance")
@click.argument("seconds", type=DURATION, metavar="DURATION")
@tenant_choice
def advance(server: "RunningServer", seconds: int, tenant_id: str | None, as_json: bool) -> None:
    """Move the clock on by DURATION, like 90s, 15m, 12h or 30d.

    \b
    Example:
      zen-sandbox clock advance 1h --tenant tnt_demo
    """
    _move(server, tenant_id, as_json, action="advance", seconds=seconds)


@command(clock, "next")
@tenant_choice
def to_next(server: "RunningServer", tenant_id: str | None, as_json: bool) -> None:
    """Move the clock on to the next attempt that is due, and make it.

    \b
    Example:
      zen-sandbox clock next --tenant tnt_demo
    """
    _move(server, tenant_id, as_json, action="next")


def _move(server: "RunningServer", tenant_id: str | None, as_json: bool, **how: object) -> None:
    whose = {} if tenant_id is None else {"tenant_id": tenant_id}
    moved = server.ask("POST", "clock", {**whose, **how}, timeout=PATIENCE)
    _print(moved, as_json=as_json)
    if not as_json and moved["attempts_made"]:
        count = moved["attempts_made"]
        remark(f"{count} attempt{'s were' if count > 1 else ' was'} made on the way.")


def _print(answer: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
        return
    rows = [
        {"next_attempt_at": None, **one, "frozen": "yes" if one["frozen"] else "no"}
        for one in answer["clocks"]
    ]
    print_table(rows, _COLUMNS)
