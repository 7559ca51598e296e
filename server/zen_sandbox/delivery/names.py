"""Host names to addresses, each name in a thread of its own.

A resolver that does not answer holds up its own target only: the event loop's pool for look-ups
has a handful of threads, which as many dead names would fill.
"""

import asyncio
import contextlib
import socket
import threading
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from zen_sandbox.delivery.guard import TargetGuard

DOCUMENTATION = ("example.com", "example.net", "example.org", "example", "invalid")
"""Domains that RFC 2606 keeps for examples, the demo's among them: nobody is there to deliver to,
and no look-up of them leaves this machine."""

_NUMERIC = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV


class Names(AbstractResolver):
    """Knows only addresses that the guard permits; RefusedAddress when a name has no other."""

    def __init__(self, guard: TargetGuard) -> None:
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Every permitted address; OSError when there is none."""
        if _is_documentation(host):
            raise socket.gaierror(socket.EAI_NONAME, "a name that is only for documentation")
        found = await _looked_up(host, port, family)
        permitted = [one for one in found if self._guard.permits(one["host"])]
        if found and not permitted:
            self._guard.check(found[0]["host"])
        return permitted

    async def close(self) -> None:
        """A thread that still waits for an answer ends with it, or with the process."""


def _is_documentation(host: str) -> bool:
    name = host.lower().rstrip(".")
    return any(name == one or name.endswith(f".{one}") for one in DOCUMENTATION)


async def _looked_up(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[ResolveResult]] = loop.create_future()

    def tell(found: list[ResolveResult], error: OSError | None) -> None:
        if answer.done():
            return  # the attempt's time was up
        if error is None:
            answer.set_result(found)
        else:
            answer.set_exception(error)

    def look_up() -> None:
        found: list[ResolveResult] = []
        error: OSError | None = None
        try:
            flags = socket.AI_ADDRCONFIG
            infos = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=flags)
            found = [_result(host, info) for info in infos]
        except OSError as problem:
            error = problem
        except UnicodeError:  # a label too long, or empty
            error = socket.gaierror(socket.EAI_NONAME, "not a host name")
        with contextlib.suppress(RuntimeError):  # the server is gone
            loop.call_soon_threadsafe(tell, found, error)

    threading.Thread(target=look_up, name=f"resolve {host}", daemon=True).start()
    return await answer


def _result(host: str, info: tuple[Any, ...]) -> ResolveResult:
    family, _, protocol, _, place = info
    address, port = place[:2]
    if len(place) > 2 and place[3]:  # a link-local address is of no use without its scope
        address, port = socket.getnameinfo(place, _NUMERIC)
    return ResolveResult(
        hostname=host,
        host=str(address),
        port=int(port),
        family=family,
        proto=protocol,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
