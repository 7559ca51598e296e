"""What somebody new has who walks a page of the documentation: a home, Node, and free ports."""

import contextlib
import os
import random
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.server.command_line import clean_environment
from zen_contract import node_tools

_FREE = range(20_000, 30_000)  # systems give none of these to who asks for any


def environment(folder: Path) -> dict[str, str]:
    """An environment with a home in that folder, this machine's registries and caches, and Node."""
    home = folder / "home"
    home.mkdir()
    known = {
        "XDG_CACHE_HOME": str(Path.home() / ".cache"),
        "XDG_CONFIG_HOME": str(Path.home() / ".config"),
        "npm_config_cache": str(Path.home() / ".npm"),
        "npm_config_userconfig": str(Path.home() / ".npmrc"),
    }
    return {
        **known,
        **clean_environment(),
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / "data"),
        "PATH": f"{_tools(folder)}{os.pathsep}{os.environ['PATH']}",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "npm_config_audit": "false",
        "npm_config_prefer_offline": "true",
        "npm_config_update_notifier": "false",
    }


def with_python(env: dict[str, str]) -> dict[str, str]:
    """The same, as in a virtual environment that was activated: with this Python's commands."""
    return {**env, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"}


def free_ports() -> Iterator[int]:
    """Two ports of loopback; a program that is ended and started again finds its own still free."""
    found: set[int] = set()
    while len(found) < 2:
        port = random.choice(_FREE)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            found.add(port)
    return iter(found)


def _tools(folder: Path) -> Path:
    """A folder with `node` and `npm`, as an installation of Node has them."""
    tools = folder / "tools"
    tools.mkdir()
    node = node_tools.node()
    (tools / "node").symlink_to(node)
    npm = tools / "npm"
    npm.write_text(f'#!/bin/sh\nexec "{node}" "{node_tools.npm()}" "$@"\n', encoding="utf-8")
    npm.chmod(0o755)
    return tools
