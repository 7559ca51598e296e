"""What every page of the console is given, and who is let in to it."""

from collections.abc import Iterable
from ipaddress import ip_address
from typing import NamedTuple, cast
from urllib.parse import urlsplit

from flask import current_app
from starlette.types import Scope

from zen_sandbox.bench.bench import Bench
from zen_sandbox.console.access.links import Links
from zen_sandbox.console.access.sessions import Sessions
from zen_sandbox.console.door import Door
from zen_sandbox.delivery.guard import Network
from zen_sandbox.settings import Settings
from zen_sandbox.store import Store

EXTENSION = "zen_sandbox_console"


class Room(NamedTuple):
    """The sandbox as the console sees it."""

    settings: Settings
    store: Store
    bench: Bench
    door: Door
    sessions: Sessions
    links: Links


def room() -> Room:
    """The one of the request that a page is made for."""
    return cast(Room, current_app.extensions[EXTENSION])


def is_from_here(scope: Scope, others: Iterable[Network] = ()) -> bool:
    """Whether the connection comes from the server's own machine, or from one of these networks."""
    client, server = scope.get("client"), scope.get("server")
    if not client or not server:
        return False
    given = ip_address(client[0])
    address = getattr(given, "ipv4_mapped", None) or given
    is_own = address.is_loopback or client[0] == server[0]
    return is_own or any(address in network for network in others)


def is_own_origin(origin: str | None, host: str) -> bool:
    """Whether a form comes from a page of the host that it was sent to."""
    return origin is not None and bool(host) and urlsplit(origin).netloc == host


def port_of(scope: Scope) -> int:
    """The port that the server listens on."""
    server = scope.get("server")
    return int(server[1]) if server else 0
