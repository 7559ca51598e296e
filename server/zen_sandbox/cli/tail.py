"""`zen-sandbox tail`: attempts as they are made, one line each, over restarts of the server."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from zen_sandbox.cli.options import tenant_filter
from zen_sandbox.cli.output import print_json, remark
from zen_sandbox.cli.running import Gone, RunningServer, connected, server_options

WAIT = 25
"""Seconds after which the server answers at the latest, with nothing if nothing happened."""

_SLACK = 10.0
_PAUSE = 0.3


@click.command(short_help="Watch attempts as they are made.")
@tenant_filter
@click.option(
    "--since-start", is_flag=True, help="Begin with the attempts made since the server started."
)
@server_options
def tail(
    tenant_id: str | None,
    since_start: bool,
    db: Path | None,
    url: str | None,
    admin_token: str | None,
    as_json: bool,
) -> None:
    """Print each attempt of a running server as it is made, until Ctrl-C.

    When the server ends, it waits for it to come back and goes on where it was.

    \b
    Examples:
      zen-sandbox tail
      zen-sandbox tail --tenant tnt_demo --json
    """
    with suppress(KeyboardInterrupt):
        for made in _made(tenant_id, since_start, (db, url, admin_token), greet=not as_json):
            if as_json:
                print_json(made)
            else:
                click.echo(line(made))


def follow(
    server: RunningServer, position: str | None, wait: int, tenant_id: str | None = None
) -> dict[str, Any]:
    """Attempts made after a position, and the next position; waits for one that long."""
    query = {"after": position, "timeout": wait, "limit": 100, "tenant_id": tenant_id}
    found: dict[str, Any] = server.ask("GET", "deliveries", query=query, timeout=wait + _SLACK)
    return found


def line(made: dict[str, Any]) -> str:
    """An attempt on one line."""
    attempt = made["delivery"]
    delivered = attempt["status"] == "delivered"
    colour = "green" if delivered else "red" if made["last"] else "yellow"
    words = [
        attempt["attempted_at"].ljust(24),
        made["tenant_id"],
        f"{attempt['event_id']} to {attempt['destination_id']}",
        f"attempt {attempt['attempt_number']}",
        click.style(attempt["status"], fg=colour),
        str(attempt.get("response_code", "")),
        "" if delivered else _what_next(made),
    ]
    return "  ".join(filter(None, words))


def _what_next(made: dict[str, Any]) -> str:
    if made["last"]:
        after = "this was the last attempt"
    elif "next_attempt_at" in made:
        after = f"the next is due at {made['next_attempt_at']}"
    else:
        after = "the next has been made"
    return f"{made['delivery'].get('error_message', 'no reason given')}; {after}"


def _made(
    tenant_id: str | None,
    since_start: bool,
    where: tuple[Path | None, str | None, str | None],
    *,
    greet: bool,
) -> Iterator[dict[str, Any]]:
    position = None if since_start else "latest"
    wait, is_away, was_there = 0, False, False  # the first answer says at once where it begins
    while True:
        try:
            with connected(*where) as server:
                while True:
                    found = follow(server, position, wait, tenant_id)
                    if is_away:
                        remark("The server is back.")
                    elif greet and not was_there:
                        remark(f"Watching {server.url}. Ctrl-C ends this.")
                    position, wait, is_away, was_there = found["position"], WAIT, False, True
                    yield from found["deliveries"]
        except Gone:
            if not was_there:
                raise
            if not is_away:
                remark("The server has ended; waiting for it to come back. Ctrl-C ends this.")
            is_away, wait = True, 0
            time.sleep(_PAUSE)
