"""Cross-origin requests from the pages of the origins that `--cors-origin` names."""

from collections.abc import Sequence
from typing import Any

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from zen_sandbox.request.gate import Gate, read_headers

EXPOSED = (
    "Location",
    "Retry-After",
    "X-Request-Id",
    "Idempotency-Replayed",
    "WWW-Authenticate",
    "Allow",
)


class _Cors(CORSMiddleware):
    """starlette's, but a preflight it would refuse in plain text is left to the gate."""

    def __init__(self, gate: Gate, **options: Any) -> None:
        super().__init__(gate, **options)
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "OPTIONS":
            headers = Headers(scope=scope)
            if "access-control-request-method" in headers and "origin" in headers:
                answer: Response = self.preflight_response(request_headers=headers)
                if answer.status_code != 200:
                    await self._gate(scope, receive, send)
                    return
                sent = read_headers(scope["headers"])
                answer.headers["X-Request-Id"] = self._gate.request_id(sent)
                await answer(scope, receive, send)
                return
        await super().__call__(scope, receive, send)


def with_cors(gate: Gate, origins: Sequence[str]) -> ASGIApp:
    """The application, answering preflights of those origins; as it is when there are none."""
    if not origins:
        return gate
    return _Cors(
        gate,
        allow_origins=list(origins),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-Request-Id"],
        expose_headers=list(EXPOSED),
    )
