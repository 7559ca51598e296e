"""`zen-sandbox trigger`: an event for an endpoint, as its provider would post it."""

import json
import math
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from zen_sandbox.cli.output import print_json, remark
from zen_sandbox.cli.running import RunningServer, connected, server_options
from zen_sandbox.cli.tail import WAIT, follow, line
from zen_sandbox.cli.values import ID, SECONDS, Kind

if TYPE_CHECKING:
    from zen_sandbox.samples import Sample

DEFAULT_TYPE = "generic.order.created"
_DEFAULT_WAIT = "60"
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\0]*)", re.ASCII)


class _Events(NamedTuple):
    """What was accepted: events in order, with the attempts seen at delivering them."""

    deliveries: dict[str, int]  # how many flows each event matched
    attempts: dict[str, list[dict[str, Any]]]


def _header(text: str) -> tuple[str, str]:
    found = _HEADER.fullmatch(text)
    if not found or not text.isascii():
        raise ValueError(f"{text!r} is no header; give one like 'X-Event: paid'.")
    return found[1], found[2].strip()


HEADER = Kind("header", _header)


@click.command(short_help="Post an event to an endpoint.")
@click.option("--ingester", "ingester_id", type=ID, help="The endpoint, like ing_abc123.")
@click.option(
    "--type",
    "event_type",
    metavar="TYPE",
    help="A ready-made event, like stripe.invoice.paid, with its provider's usual headers; their"
    f" signatures are fakes. [default: {DEFAULT_TYPE}]",
)
@click.option("--data", metavar="TEXT|@FILE|-", help="The body, instead of a ready-made event.")
@click.option("--content-type", metavar="TEXT", help="Its media type; guessed when left out.")
@click.option(
    "--header", "headers", type=HEADER, multiple=True, help="A header to send; repeat it."
)
@click.option(
    "--count",
    type=click.IntRange(1, 1_000_000),
    default=1,
    show_default=True,
    help="How many events.",
)
@click.option(
    "--wait",
    type=SECONDS,
    is_flag=False,
    flag_value=_DEFAULT_WAIT,
    metavar="[SECONDS]",
    help="Show the attempts and wait for the last of each flow, 60 seconds at most unless said"
    " otherwise; exit code 1 when one fails for good.",
)
@click.option("--list-types", is_flag=True, help="List the ready-made events and end.")
@server_options
@click.pass_context
def trigger(
    ctx: click.Context,
    /,
    ingester_id: str | None,
    event_type: str | None,
    data: str | None,
    content_type: str | None,
    headers: tuple[tuple[str, str], ...],
    count: int,
    wait: float | None,
    list_types: bool,
    db: Path | None,
    url: str | None,
    admin_token: str | None,
    as_json: bool,
) -> None:
    """Post an event to an endpoint of a running server and print the event's id.

    \b
    Examples:
      zen-sandbox trigger --ingester ing_abc123 --type stripe.invoice.paid --wait
      zen-sandbox trigger --ingester ing_abc123 --data @event.json --count 10
      zen-sandbox trigger --ingester ing_abc123 --data '{"hello": 1}' --header 'X-Event: hello'
      zen-sandbox trigger --list-types
    """
    if list_types:
        _print_types(as_json=as_json)
        return
    if ingester_id is None:
        raise click.UsageError("Give --ingester, the id of the endpoint, like ing_abc123.")
    make = _maker(event_type, data, content_type, dict(headers))
    with connected(db, url, admin_token) as server:
        begin = None if wait is None else follow(server, "latest", 0)["position"]
        events = _post(server, ingester_id, make, count, quiet=as_json)
        if wait is not None and begin is not None:
            _follow_to_the_end(server, events, begin, wait, quiet=as_json)
    if as_json:
        print_json({"events": [_document(events, one, wait) for one in events.deliveries]})
    _judge(ctx, events, wait)


def _maker(
    event_type: str | None, data: str | None, content_type: str | None, headers: dict[str, str]
) -> "Callable[[], Sample]":
    """What makes each event: a sample anew each time, or the given bytes."""
    from zen_sandbox import samples

    if data is None:
        name = event_type or DEFAULT_TYPE
        if name not in samples.types():
            near = samples.nearest(name)
            hint = f"did you mean {near}?" if near else "`--list-types` shows them."
            raise click.BadParameter(f"There is no event {name}; {hint}", param_hint="--type")
    elif event_type is not None:
        raise click.UsageError("Give --data or --type, not both.")
    body = None if data is None else _bytes(data)

    def make() -> "Sample":
        if body is None:
            made = samples.sample(name)
        else:
            made = samples.Sample({"Content-Type": _media_type(body)}, body)
        given = {"Content-Type": content_type} if content_type else {}
        changed = {one.lower() for one in (*given, *headers)}
        kept = {one: value for one, value in made.headers.items() if one.lower() not in changed}
        return made._replace(headers={**kept, **given, **headers})

    return make


def _bytes(data: str) -> bytes:
    if data == "-":
        return sys.stdin.buffer.read()
    if not data.startswith("@"):
        return data.encode("utf-8", "surrogateescape")
    try:
        return Path(data[1:]).read_bytes()
    except OSError as error:
        raise click.BadParameter(
            f"{data[1:]} cannot be read ({error.strerror}).", param_hint="--data"
        ) from error


def _media_type(body: bytes) -> str:
    try:
        json.loads(body)
    except UnicodeDecodeError:
        return "application/octet-stream"
    except ValueError:
        return "text/plain; charset=utf-8"
    return "application/json"


def _post(
    server: RunningServer,
    ingester_id: str,
    make: "Callable[[], Sample]",
    count: int,
    *,
    quiet: bool,
) -> _Events:
    events = _Events({}, {})
    for _ in range(count):
        one = make()
        accepted = server.post_event(ingester_id, one.headers, one.body)
        events.deliveries[accepted["event_id"]] = accepted["deliveries"]
        events.attempts[accepted["event_id"]] = []
        if not quiet:
            click.echo(accepted["event_id"])
    if not any(events.deliveries.values()):
        remark(f"No flow of {ingester_id} leads to a target that is not disabled.")
    return events


def _follow_to_the_end(
    server: RunningServer, events: _Events, position: str, seconds: float, *, quiet: bool
) -> None:
    deadline = time.monotonic() + seconds
    while _unfinished(events) and (left := deadline - time.monotonic()) > 0:
        found = follow(server, position, min(WAIT, math.ceil(left)))
        position = found["position"]
        for made in found["deliveries"]:
            attempts = events.attempts.get(made["delivery"]["event_id"])
            if attempts is not None:
                attempts.append(made)
                if not quiet:
                    remark(line(made))


def _unfinished(events: _Events) -> int:
    """How many chains have no last attempt yet."""
    return sum(
        wanted - sum(_is_end(made) for made in events.attempts[event_id])
        for event_id, wanted in events.deliveries.items()
    )


def _is_end(made: dict[str, Any]) -> bool:
    return bool(made["delivery"]["status"] == "delivered" or made["last"])


def _judge(ctx: click.Context, events: _Events, waited: float | None) -> None:
    """Exit code 1 when something was waited for and did not end well."""
    if waited is None:
        return
    ends = [made for attempts in events.attempts.values() for made in attempts if _is_end(made)]
    open_still = _unfinished(events)
    if open_still:
        raise click.ClickException(
            f"{open_still} of {open_still + len(ends)} deliveries had no end after {waited:g}"
            " seconds; wait longer, or move the clock with `zen-sandbox clock next`."
        )
    failed = sum(made["delivery"]["status"] == "failed" for made in ends)
    if failed:
        remark(f"{failed} of {len(ends)} deliveries failed for good.")
        ctx.exit(1)


def _document(events: _Events, event_id: str, waited: float | None) -> dict[str, Any]:
    document: dict[str, Any] = {"event_id": event_id, "deliveries": events.deliveries[event_id]}
    if waited is not None:
        document["attempts"] = events.attempts[event_id]
    return document


def _print_types(*, as_json: bool) -> None:
    from zen_sandbox import samples

    if as_json:
        print_json({"types": samples.types()})
    else:
        click.echo("\n".join(samples.types()))
