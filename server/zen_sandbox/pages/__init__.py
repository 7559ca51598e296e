"""What people look at in a browser, served by Flask; loaded when somebody first does."""

from typing import cast

from starlette.types import ASGIApp, Receive, Scope, Send

from zen_sandbox.settings import Settings

_PATHS = frozenset({"/", "/favicon.ico"})
_FOLDERS = ("/static/",)


def is_page(path: str) -> bool:
    """Whether a path belongs to the pages."""
    return path in _PATHS or path.startswith(_FOLDERS)


def lazily(settings: Settings) -> ASGIApp:
    """The pages as an ASGI application that imports and builds Flask's on the first request."""
    built: list[ASGIApp] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if not built:
            from a2wsgi import WSGIMiddleware

            from zen_sandbox.pages.site import create_site

            built.append(cast("ASGIApp", WSGIMiddleware(create_site(settings))))
        await built[0](scope, receive, send)

    return app
