"""Which paths are the console's, and its application, built when somebody first looks."""

from starlette.types import ASGIApp, Receive, Scope, Send

from zen_sandbox.bench.bench import Bench
from zen_sandbox.console.access.links import HOME, Links
from zen_sandbox.console.door import Door
from zen_sandbox.pages import lazily
from zen_sandbox.settings import Settings
from zen_sandbox.store import Store

_FOLDER = f"{HOME}/"


def is_console(path: str) -> bool:
    """Whether a path belongs to the console."""
    return path.startswith(HOME) and (path == HOME or path.startswith(_FOLDER))


def console(settings: Settings, store: Store, bench: Bench, door: Door) -> ASGIApp:
    """The console as an ASGI application. Links are good that are made from now on."""
    links = Links(settings.admin_token)

    def build() -> ASGIApp:
        from zen_sandbox.console.access.sessions import Sessions
        from zen_sandbox.console.application import application
        from zen_sandbox.console.room import Room

        return application(Room(settings, store, bench, door, Sessions(), links))

    app = lazily(build)

    async def noting_the_loop(scope: Scope, receive: Receive, send: Send) -> None:
        door.opens_here()
        await app(scope, receive, send)

    return noting_the_loop
