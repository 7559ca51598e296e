"""HTTP by aiohttp's bare server: bodies within bounds, request ids, and its own odd habits."""

from __future__ import annotations

import asyncio
import itertools
import re
import secrets
from collections.abc import Sequence

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong

from tests.conformance.second.answer import Answer, Refusal
from tests.conformance.second.gate import Gate, Incoming
from tests.conformance.second.ingest import Ingest

_LIMIT = 1024 * 1024
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
_CLOSES_EVERY = 41
_SLOW_EVERY = 13
_SLOW_SECONDS = 0.004


class Door:
    """Takes requests in and hands answers out; some late, some with the connection closed."""

    def __init__(self, gate: Gate, ingest: Ingest) -> None:
        self._gate = gate
        self._ingest = ingest
        self._turn = itertools.count(1)

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        """Answer one request."""
        incoming = _incoming(request)
        try:
            if self._ingest.serves(incoming.path):
                answer = await self._ingest.answer(incoming)
            else:
                answer = await self._gate.answer(incoming)
        except (asyncio.CancelledError, ConnectionError):
            raise
        except web.RequestPayloadError:
            detail = "body: did not come as its headers promised"
            answer = Refusal(400, "validation-error", detail).answer(incoming.request_id)
        turn = next(self._turn)
        if turn % _SLOW_EVERY == 0:
            await asyncio.sleep(_SLOW_SECONDS)
        response = written(answer, incoming.request_id)
        if turn % _CLOSES_EVERY == 0 or answer.status == 413:
            response.force_close()
        return response


class Protocol(web.RequestHandler):
    """What aiohttp itself has to refuse becomes a problem document as well."""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to a request that could not be read, or that broke the server."""
        request_id = _own_id()
        if isinstance(exc, LineTooLong):
            detail = "A line of the request's head is too long."
            refusal = Refusal(431, "request-header-fields-too-large", detail)
        elif status < 500:
            refusal = Refusal(400, "validation-error", "request: is not HTTP as this server reads")
        else:
            self.log_exception("a handler broke", exc_info=exc)
            refusal = Refusal(500, "internal-error", "Something broke on our side.")
        response = written(refusal.answer(request_id), request_id)
        response.force_close()
        return response


class Server(web.Server):
    """aiohttp's server with the protocol above."""

    def __call__(self) -> web.RequestHandler:
        """A protocol for a new connection."""
        return Protocol(
            self,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]  # aiohttp's own way to say: none
            auto_decompress=False,
        )


def written(answer: Answer, request_id: str) -> web.Response:
    """The answer with the headers that every answer of this server has."""
    headers = {
        **answer.headers,
        "X-Request-Id": request_id,
        "X-Powered-By": "second",
        "Cache-Control": "no-store",
    }
    return web.Response(status=answer.status, body=answer.body or None, headers=headers)


def _incoming(request: web.BaseRequest) -> Incoming:
    def headers(name: str) -> Sequence[str]:
        return request.headers.getall(name, ())

    async def body() -> bytes:
        return await _body(request)

    target = request.raw_path
    if not target.startswith("/"):
        # The absolute form that a proxy would send.
        target = "/" + target.partition("://")[2].partition("/")[2]
    path, _, query = target.partition("?")
    given = headers("X-Request-Id")
    kept = len(given) == 1 and _REQUEST_ID.fullmatch(given[0])
    request_id = given[0] if kept else _own_id()
    return Incoming(request.method, path, query, headers, body, request_id)


async def _body(request: web.BaseRequest) -> bytes:
    too_large = Refusal(413, "payload-too-large", "A body has at most 1 MiB.")
    if (request.content_length or 0) > _LIMIT:
        raise too_large
    if request.headers.get("Expect", "").lower() == "100-continue" and request.transport:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    read = bytearray()
    async for chunk in request.content.iter_chunked(65536):
        read += chunk
        if len(read) > _LIMIT:
            raise too_large
    return bytes(read)


def _own_id() -> str:
    return f"R.{secrets.token_hex(8)}"
