"""One attempt over HTTP: a POST, thirty seconds in all, no redirects, at most 64 KiB of the answer.

Connections are kept per target. The answer's body is read as it comes, undecoded, and no further
than the cap; an answer cut off before its end, or before the cap, is no answer.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import NamedTuple

import aiohttp
from yarl import URL

from zen_sandbox.delivery.guard import RefusedAddress, TargetGuard

TIMEOUT_SECONDS = 30.0
BODY_CAP = 64 * 1024
_KEEP_ALIVE = 15.0


class Answer(NamedTuple):
    """What came back. `status` is None when no whole answer came; then `error` says why."""

    status: int | None
    error: str | None
    headers: tuple[tuple[str, str], ...]
    body: bytes
    truncated: bool
    address: str | None
    first_byte_ms: float | None
    total_ms: float

    def header(self, name: str) -> str | None:
        """The first header of that (lower-case) name."""
        return next((value for known, value in self.headers if known.lower() == name), None)


class Transport:
    """The HTTP client of the engine; made and closed on the event loop."""

    def __init__(self, guard: TargetGuard, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self._timeout = timeout
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,
                ttl_dns_cache=10,
                keepalive_timeout=_KEEP_ALIVE,
                socket_factory=guard.socket_for,
            ),
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
        error: str | None = None
        try:
            async with asyncio.timeout(self._timeout):
                await self._exchange(url, headers, body, progress)
        except TimeoutError:
            error = f"no whole answer within {self._timeout:g} seconds"
        except (aiohttp.ClientError, OSError, ValueError, AssertionError) as problem:
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
            progress.headers = tuple(response.headers.items())
            progress.address = _address(response)
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


def _address(response: aiohttp.ClientResponse) -> str | None:
    connection = response.connection
    peer = (
        connection.transport.get_extra_info("peername")
        if connection and connection.transport
        else None
    )
    return f"{peer[0]} port {peer[1]}" if peer else None


def _reason(problem: BaseException) -> str:
    """Why no answer came, in words without our insides."""
    cause: BaseException | None = problem
    while cause is not None:
        if isinstance(cause, RefusedAddress):
            return f"target refused: {cause}"
        cause = cause.__cause__ or getattr(cause, "os_error", None)
    if isinstance(problem, aiohttp.ClientConnectorDNSError):
        return "the target's host name could not be resolved"
    if isinstance(problem, aiohttp.ClientConnectorCertificateError):
        return "the target's certificate is not valid"
    if isinstance(problem, aiohttp.ClientSSLError):
        return "the TLS handshake with the target failed"
    if isinstance(problem, aiohttp.ClientConnectorError):
        return f"connecting to the target failed: {problem.os_error.strerror or 'no connection'}"
    if isinstance(problem, aiohttp.ClientPayloadError | aiohttp.ServerDisconnectedError):
        return "the target ended the connection before its answer was whole"
    if isinstance(problem, ConnectionResetError | aiohttp.ClientOSError):
        return "the target reset the connection"
    if isinstance(problem, aiohttp.ClientResponseError):
        return "the target's answer was not HTTP"
    return f"the attempt failed ({type(problem).__name__})"
