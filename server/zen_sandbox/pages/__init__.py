"""What people look at in a browser, served by Flask; loaded when somebody first does."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from starlette.types import ASGIApp, Receive, Scope, Send

from zen_sandbox.settings import Settings

if TYPE_CHECKING:
    from a2wsgi.wsgi_typing import WSGIApp

_PATHS = frozenset({"/", "/favicon.ico", "/docs"})
_FOLDERS = ("/static/", "/docs/")


def is_page(path: str) -> bool:
    """Whether a path belongs to the pages."""
    return path in _PATHS or path.startswith(_FOLDERS)


def for_anybody(settings: Settings) -> ASGIApp:
    """The pages as an ASGI application."""
    return lazily(lambda: _site(settings))


def lazily(build: Callable[[], ASGIApp]) -> ASGIApp:
    """An ASGI application that imports what it needs, and is built, on the first request."""
    built: list[ASGIApp] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if not built:
            # In a thread: the API goes on answering for the fifth of a second that it takes.
            built.append(await asyncio.to_thread(build))
        await built[0](scope, receive, send)

    return app


def _site(settings: Settings) -> ASGIApp:
    from a2wsgi import WSGIMiddleware

    from zen_sandbox.pages.site import create_site

    site = cast("WSGIApp", create_site(settings))  # Flask's name for the same protocol
    return cast("ASGIApp", WSGIMiddleware(site))
