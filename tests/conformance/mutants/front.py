"""A layer in front of the sandbox that changes requests on their way in and answers on their way
out.

A rewriter of answers sees each answer whole. Bodies of requests are read only where a rewriter of
requests is there, so that what a server does while a body arrives is otherwise left alone.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zen_conformance import contract
from zen_sandbox.request.exchange import SCOPE_KEY, Exchange

Pairs = list[tuple[str, str]]


@dataclass
class Asked:
    """A request. What a rewriter puts in here is what the sandbox gets."""

    method: str
    path: str
    query: str
    headers: Pairs
    body: bytes
    operation_id: str | None
    exchange: Exchange | None = None  # once it was answered: what the sandbox found out

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        return _first(self.headers, name)


@dataclass
class Answer:
    """An answer. What a rewriter puts in here is what the client gets."""

    status: int
    headers: Pairs
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        return _first(self.headers, name)

    def set_header(self, name: str, value: str | None) -> None:
        """Gives that header one value, or takes it away."""
        self.headers = [pair for pair in self.headers if pair[0].lower() != name.lower()]
        if value is not None:
            self.headers.append((name, value))

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @document.setter
    def document(self, document: Any) -> None:
        self.body = json.dumps(document, ensure_ascii=False).encode()


RewriteRequest = Callable[[Asked], None]
RewriteAnswer = Callable[[Asked, Answer], None]


class Front:
    """The ASGI application around the sandbox's."""

    def __init__(
        self, requests: Iterable[RewriteRequest] = (), answers: Iterable[RewriteAnswer] = ()
    ) -> None:
        self._requests = list(requests)
        self._answers = list(answers)

    def around(self, app: ASGIApp) -> ASGIApp:
        """The application behind this layer; the application itself when there is none."""
        if not self._requests and not self._answers:
            return app

        async def front(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            asked = _asked(scope)
            if self._requests:
                asked.body, receive = await _whole(receive)
                for rewrite in self._requests:
                    rewrite(asked)
                _put_back(asked, scope)
                receive = _replayed(asked.body, receive)
            if not self._answers:
                await app(scope, receive, send)
                return
            await self._answer(app, asked, scope, receive, send)

        return front

    async def _answer(
        self, app: ASGIApp, asked: Asked, scope: Scope, receive: Receive, send: Send
    ) -> None:
        answer = Answer(0, [], b"")

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = _text(message["headers"])
            else:
                answer.body += message.get("body", b"")

        await app(scope, receive, keep)
        if answer.status == 0:
            return  # the connection is gone
        asked.exchange = scope.get(SCOPE_KEY)
        before = answer.body
        for rewrite in self._answers:
            rewrite(asked, answer)
        if answer.body != before or answer.status == 204:
            answer.set_header("content-length", str(len(answer.body)) if answer.body else None)
        headers = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})


def _asked(scope: Scope) -> Asked:
    path = scope["raw_path"].decode("latin-1")
    one = contract.find("GET" if scope["method"] == "HEAD" else scope["method"], path)
    return Asked(
        scope["method"],
        path,
        scope["query_string"].decode("latin-1"),
        _text(scope["headers"]),
        b"",
        one.operation_id if one else None,
    )


def _put_back(asked: Asked, scope: Scope) -> None:
    length = _first(asked.headers, "content-length")
    if length is not None and length != str(len(asked.body)):
        asked.headers = [
            (name, str(len(asked.body)) if name.lower() == "content-length" else value)
            for name, value in asked.headers
        ]
    scope["method"] = asked.method
    scope["raw_path"] = asked.path.encode("latin-1")
    scope["query_string"] = asked.query.encode("latin-1")
    scope["headers"] = [
        (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in asked.headers
    ]


async def _whole(receive: Receive) -> tuple[bytes, Receive]:
    """The body of a request, or as much of it as came before the client hung up."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if message["type"] != "http.request" or not message.get("more_body"):
            return body, receive


def _replayed(body: bytes, receive: Receive) -> Receive:
    parts: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return parts.pop() if parts else await receive()

    return again


def _text(headers: Iterable[tuple[bytes, bytes]]) -> Pairs:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


def _first(headers: Pairs, name: str) -> str | None:
    return next((value for known, value in headers if known.lower() == name.lower()), None)
