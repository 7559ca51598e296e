"""One attempt over HTTP: a POST, thirty seconds in all, no redirects, at most 64 KiB of the answer.

Connections are kept per target. The answer's body is read as it comes, undecoded, and no further
than the cap; an answer cut off before its end, or before the cap, is no answer.
"""

import asyncio
import logging
import os
import time
from collections.abc import Mapping
from contextvars import ContextVar

import aiohttp
from aiohttp.connector import Connection
from yarl import URL

from zen_sandbox.delivery.answer import BODY_CAP, TIMEOUT_SECONDS, Answer
from zen_sandbox.delivery.guard import RefusedAddress, TargetGuard
from zen_sandbox.delivery.names import Names

log = logging.getLogger("zen_sandbox.transport")

NAMES_KEPT_SECONDS = 10
# Shorter than any usual server's, or an attempt would go out on a connection just being closed.
_KEEP_ALIVE = 1.5


class Transport:
    """The HTTP client of the engine; made and closed on the event loop."""

    def __init__(
        self,
        guard: TargetGuard,
        *,
        timeout: float = TIMEOUT_SECONDS,
        names_kept: int = NAMES_KEPT_SECONDS,
    ) -> None:
        self._timeout = timeout
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,
                resolver=Names(guard),
                ttl_dns_cache=names_kept,
                keepalive_timeout=_KEEP_ALIVE,
                socket_factory=guard.socket_for,
            ),
            response_class=_Response,
            timeout=aiohttp.ClientTimeout(total=None),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type"),
            headers={"User-Agent": "zen-sandbox"},
        )

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Makes the attempt; whatever goes wrong is in the answer."""
        started = time.monotonic()
        progress = _Progress()
        _under_way.set(progress)
        error: str | None = None
        try:
            async with asyncio.timeout(self._timeout):
                await self._exchange(url, headers, body, progress)
        except TimeoutError:
            error = f"no whole answer within {self._timeout:g} seconds"
        except Exception as problem:  # whatever it is, the attempt must not be made for ever
            error = _reason(problem)
        return Answer(
            status=None if error else progress.status,
            error=error,
            headers=progress.headers,
            body=bytes(progress.body),
            truncated=progress.truncated,
            address=progress.address,
            first_byte_ms=progress.ms_since(started),
            total_ms=(time.monotonic() - started) * 1000,
        )

    async def close(self) -> None:
        """Closes every connection."""
        await self._session.close()

    async def _exchange(
        self, url: str, headers: Mapping[str, str], body: bytes, progress: "_Progress"
    ) -> None:
        # The URL goes out as the customer wrote it; encoded=True keeps yarl from rewriting it.
        async with self._session.post(
            URL(url, encoded=True), data=body, headers=headers, allow_redirects=False
        ) as response:
            progress.first_byte = time.monotonic()
            progress.status = response.status
            progress.headers = tuple(
                (_text(name), _text(value)) for name, value in response.headers.items()
            )
            while len(progress.body) < BODY_CAP:
                chunk = await response.content.read(BODY_CAP - len(progress.body))
                if not chunk:
                    return
                progress.body += chunk
            progress.truncated = not response.content.at_eof()
            if progress.truncated:
                response.close()


class _Progress:
    """How far an attempt came, also when it was cut off."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.headers: tuple[tuple[str, str], ...] = ()
        self.body = bytearray()
        self.truncated = False
        self.address: str | None = None
        self.first_byte: float | None = None

    def ms_since(self, started: float) -> float | None:
        return None if self.first_byte is None else (self.first_byte - started) * 1000


_under_way: ContextVar[_Progress] = ContextVar("under_way")


class _Response(aiohttp.ClientResponse):
    """Notes whom the connection leads to before anything comes back; later it may be gone."""

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        peer = connection.transport and connection.transport.get_extra_info("peername")
        if peer:
            _under_way.get().address = f"{peer[0]} port {peer[1]}"
        return await super().start(connection)


def _text(value: str) -> str:
    """Without the surrogates that aiohttp puts in the place of bytes that are not UTF-8."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


_REASONS: dict[type[BaseException], str] = {
    aiohttp.ClientConnectorDNSError: "the target's host name could not be resolved",
    aiohttp.ClientConnectorCertificateError: "the target's certificate is not valid",
    aiohttp.ClientConnectorSSLError: "the TLS handshake with the target failed",
    aiohttp.ClientSSLError: "the TLS handshake with the target failed",
    aiohttp.ClientPayloadError: "the target ended the connection before its answer was whole",
    aiohttp.ServerDisconnectedError: "the target ended the connection before its answer was whole",
    aiohttp.ClientOSError: "the target reset the connection",
    ConnectionError: "the target reset the connection",
    aiohttp.ClientResponseError: "the target's answer was not HTTP",
    aiohttp.InvalidURL: "the target's URL cannot be used",
}


def _reason(problem: BaseException) -> str:
    """Why no answer came, in words without our insides."""
    cause: BaseException | None = problem
    while cause is not None:
        if isinstance(cause, RefusedAddress):
            return f"target refused: {cause}"
        cause = cause.__cause__ or getattr(cause, "os_error", None)
    if isinstance(problem, aiohttp.ClientConnectorError) and type(problem) not in _REASONS:
        number = problem.os_error.errno
        return f"connecting to the target failed: {os.strerror(number) if number else 'no answer'}"
    for kind, words in _REASONS.items():
        if isinstance(problem, kind):
            return words
    log.error("an attempt failed for a reason of our own", exc_info=problem)
    return f"the attempt failed ({type(problem).__name__})"
