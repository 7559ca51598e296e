"""What is pushed to an open page, as server-sent events: that something happened, and how much.

On the event loop, so that a viewer costs no thread. A page is told at most once in `PAUSE` seconds,
whatever the traffic, and fetches itself anew when it likes: between two words it misses nothing but
the count of what it does not show.
"""

import asyncio
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

import orjson
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from zen_sandbox.console.access.links import HOME
from zen_sandbox.console.access.sessions import cookie_name
from zen_sandbox.console.room import Room, is_from_here, port_of

PUSHED = f"{HOME}/live"
PAUSE = 1.0
"""Seconds between two words to a page."""

_LOOKING = 0.25  # between two looks at what only memory knows: requests, events that were taken in
_SIGN_OF_LIFE = 15.0
_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]


def live(room: Room) -> ASGIApp:
    """The pushed part as an ASGI application."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if not _may_look(room, scope):
            await send({"type": "http.response.start", "status": 401, "headers": []})
            await send({"type": "http.response.body"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await _say(send, b": here\n\n")
        telling = asyncio.create_task(_tell(room, send, _seen(scope)))
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)

    return app


def _may_look(room: Room, scope: Scope) -> bool:
    is_near = is_from_here(scope, room.settings.console_networks)
    if scope["method"] != "GET" or not is_near:
        return False
    try:
        cookies = SimpleCookie(Headers(scope=scope).get("cookie", ""))
    except CookieError:
        return False
    cookie = cookies.get(cookie_name(port_of(scope)))
    return cookie is not None and room.sessions.is_on(cookie.value)


def _seen(scope: Scope) -> str | None:
    """What the page knew when it was made; something may have happened since."""
    query = parse_qs(scope["query_string"].decode("latin-1"))
    return query["seen"][-1] if "seen" in query else None


async def _tell(room: Room, send: Send, seen: str | None) -> None:
    """Says that something has changed whenever something has, until it is cancelled."""
    loop = asyncio.get_running_loop()
    attempts, known = room.store.attempts.position(), seen or state(room)
    said_at = loop.time() - PAUSE
    while True:
        await asyncio.sleep(_LOOKING)
        now, changes = loop.time(), state(room)
        if changes != known and now >= said_at + PAUSE:
            position = room.store.attempts.position()
            word = {"attempts": max(0, position - attempts), "seconds": round(now - said_at, 1)}
            await _say(send, b"data: %b\n\n" % orjson.dumps(word))
            attempts, known, said_at = position, changes, now
        elif now >= said_at + _SIGN_OF_LIFE:
            await _say(send, b": here\n\n")
            said_at = now


def state(room: Room) -> str:
    """What is another text after anything has happened; on the event loop only."""
    newest = room.bench.requests.newest(1, None)
    here, elsewhere = room.store.database.changes()
    return f"{here}.{elsewhere}.{newest[0].request_id if newest else ''}"


async def _say(send: Send, text: bytes) -> None:
    await send({"type": "http.response.body", "body": text, "more_body": True})
