"""Serving an ASGI app on a TCP address: bind, start, say so, stop within two seconds.

What happens on each connection is protocol.py's.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import functools
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Any, Final, cast

import uvicorn
from uvicorn.server import HANDLED_SIGNALS

from zen_sandbox.http.cycle import App, Message, Receive, Scope, Send
from zen_sandbox.http.failures import Limits
from zen_sandbox.http.protocol import ProblemProtocol

_LAST_PORT: Final = 65_535
_NO_SUCH_ADDRESS: Final = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


class CannotListen(Exception):
    """The address cannot be listened on; the message is one sentence that says what to do."""


class CannotStart(Exception):
    """The app refused to start; the message is its own."""


def serve(
    app: App,
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    sockets: Sequence[socket.socket] | None = None,
    on_started: Callable[[str, int], None] | None = None,
    new_request_id: Callable[[], str],
    limits: Limits | None = None,
    date_header: bool = False,
    stop: threading.Event | None = None,
) -> None:
    """Serve `app` until SIGINT or SIGTERM, or until `stop` is set, and return.

    `sockets`, bound and not yet listening, replace `host` and `port`. `on_started` gets the host
    as given and the port really bound, once connections are accepted. In a thread other than the
    main one signals are left alone. What the app's lifespan raises is raised here, as is what
    `on_started` raises; CannotListen comes before the app is started.
    """
    bound = bind(host, port) if sockets is None else list(sockets)
    at_host, at_port = bound[0].getsockname()[:2]
    lifespan = _Lifespan(app)
    connection = functools.partial(
        ProblemProtocol, app=app, new_request_id=new_request_id, limits=limits or Limits()
    )
    config = uvicorn.Config(
        lifespan,
        http=cast("type[asyncio.Protocol]", connection),
        ws="none",
        interface="asgi3",
        lifespan="on",
        # What uvicorn would log is told by exceptions, problem documents and the caller's banner.
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=date_header,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config, stop)
    if on_started is not None:
        server.announce = functools.partial(on_started, at_host if sockets else host, at_port)
    try:
        with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
            server.run(bound)
    except CannotStart:
        if lifespan.failure is None:
            raise
    finally:
        for each in bound:
            each.close()
    if lifespan.failure is not None:
        raise lifespan.failure


def bind(host: str, port: int) -> list[socket.socket]:
    """Sockets on every address that `host` stands for, all on one port; 0 picks a free one."""
    if not host or not 0 <= port <= _LAST_PORT:
        raise CannotListen(
            f"'{host}:{port}' is no address; give a host and a port to {_LAST_PORT}."
        )
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise CannotListen(
            f"This machine has no host '{host}'; give one of its own addresses, like 127.0.0.1."
        ) from None
    addresses = list(dict.fromkeys((family, address) for family, *_, address in found))
    try:
        return _bind_all(addresses)
    except OSError as error:
        raise CannotListen(_why_not(host, port, error)) from None


def _bind_all(addresses: Sequence[tuple[int, tuple[Any, ...]]]) -> list[socket.socket]:
    bound: list[socket.socket] = []
    absent: OSError | None = None
    for family, address in addresses:
        each = socket.socket(family, socket.SOCK_STREAM)
        try:
            if os.name == "posix":
                each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                each.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            port = bound[0].getsockname()[1] if bound else address[1]
            each.bind((address[0], port, *address[2:]))
        except OSError as error:
            each.close()
            if error.errno not in _NO_SUCH_ADDRESS:
                for other in bound:
                    other.close()
                raise
            # A name may stand for an address that is switched off here, as ::1 often is.
            absent = error
        else:
            bound.append(each)
    if absent is not None and not bound:
        raise absent
    return bound


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is in use; choose another, or 0 for any free one."
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"Port {port} of {host} is not for this user; choose one above 1023, or 0."
    if error.errno in _NO_SUCH_ADDRESS:
        return f"{host} is not an address of this machine; give one that is, like 127.0.0.1."
    return f"Cannot listen on port {port} of {host} ({error.strerror}); choose another address."


class _Lifespan:
    """The app as uvicorn's lifespan sees it: remembers a failure that uvicorn would only log."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.failure: Exception | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def noting_send(message: Message) -> None:
            if message["type"].endswith(".failed") and self.failure is None:
                self.failure = CannotStart(message.get("message") or "The app did not start.")
            await send(message)

        try:
            await self._app(scope, receive, noting_send)
        except Exception as error:
            self.failure = error
            raise


class _Server(uvicorn.Server):
    """uvicorn's server, which says when it has started and leaves the exit to its caller."""

    def __init__(self, config: uvicorn.Config, stop: threading.Event | None) -> None:
        super().__init__(config)
        self._stop = stop
        self._main: asyncio.Task[Any] | None = None
        self.announce: Callable[[], None] = lambda: None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._main = asyncio.current_task()
        try:
            await super().startup(sockets)
        except SystemExit:
            raise CannotStart("The app did not start.") from None
        except OSError as error:
            # Two servers may bind one port at the same moment; only one of them can listen.
            await self.lifespan.shutdown()
            raise CannotListen(f"Listening failed ({error.strerror}); try again.") from None
        try:
            self.announce()
        except BaseException:
            await self.shutdown(sockets)
            raise

    async def on_tick(self, counter: int) -> bool:
        if self._stop is not None and self._stop.is_set():
            self.should_exit = True
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        if self.force_exit and self._main is not None:
            # uvicorn forgets about force when it waits for the app's lifespan to end.
            self._main.get_loop().call_soon_threadsafe(self._main.cancel)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn does, but without raising the signals again once the server has stopped."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
