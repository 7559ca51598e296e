"""The process of `server.Server`: serves a temporary database until its standard input ends.

Its one line on standard output is JSON: `base_url` and `admin_token`, or `error`.
"""

import gc
import json
import os
import secrets
import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory


def main() -> None:
    """Serves."""
    stop = threading.Event()
    threading.Thread(target=_wait_for_the_end, args=(stop,), daemon=True).start()
    gc.disable()  # what is imported stays to the end
    try:
        _serve(stop)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("zen_"):
            raise
        _say(
            error=f"The fixture zen_sandbox needs {error.name}; install it with:"
            " pip install 'zen-back[sandbox]'"
        )


def _serve(stop: threading.Event) -> None:
    from zen_sandbox import opening
    from zen_sandbox.app import create_app
    from zen_sandbox.files import DATABASE_NAME
    from zen_sandbox.http import server
    from zen_sandbox.identifiers import RequestIds
    from zen_sandbox.settings import Settings

    sockets = server.bind("127.0.0.1", 0)
    base_url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    admin_token = f"zsa_{secrets.token_urlsafe(32)}"
    with (
        TemporaryDirectory(prefix="zen-sandbox-") as folder,
        opening.opened(Path(folder) / DATABASE_NAME, durability="none") as store,
    ):
        app = create_app(store, Settings(base_url=base_url, admin_token=admin_token))
        gc.freeze()
        gc.enable()
        server.serve(
            app,
            sockets=sockets,
            on_started=lambda host, port: _say(base_url=base_url, admin_token=admin_token),
            new_request_id=RequestIds().new,
            stop=stop,
        )


def _wait_for_the_end(stop: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):  # past the buffer, which the end of main takes apart
        pass
    stop.set()


def _say(**members: str) -> None:
    sys.stdout.write(json.dumps(members) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
