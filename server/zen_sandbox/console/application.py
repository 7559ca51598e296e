"""The console put together: what is pushed on the event loop, the pages in threads."""

from typing import TYPE_CHECKING, cast

from a2wsgi import WSGIMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from zen_sandbox.console import live
from zen_sandbox.console.room import Room
from zen_sandbox.console.site import create_site

if TYPE_CHECKING:
    from a2wsgi.wsgi_typing import WSGIApp


def application(room: Room) -> ASGIApp:
    """The console as an ASGI application."""
    site = cast("WSGIApp", create_site(room))  # Flask's name for the same protocol
    pages = cast("ASGIApp", WSGIMiddleware(site))
    pushed = live.live(room)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await (pushed if scope["path"] == live.PUSHED else pages)(scope, receive, send)

    return app
