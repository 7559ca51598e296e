"""An attempt's request as a command that can be pasted: nothing in it runs, hides or changes."""

import base64
import shlex
from collections.abc import Mapping

from zen_sandbox.console.shown.values import is_plain

MOST = 20_000
"""Bytes of a body in a command; a longer one is read from a file."""

_OWN = frozenset({"content-length", "host", "accept-encoding", "connection", "transfer-encoding"})


def curl(url: str, headers: Mapping[str, str], body: bytes) -> str:
    """The command. A body that is not plain text comes as base64."""
    lines = [f"curl -sS -i -X POST {shlex.quote(url)}"]
    lines += [
        f"  -H {shlex.quote(f'{name}: {value}')}"
        for name, value in headers.items()
        if name.lower() not in _OWN and is_plain(value) and "\n" not in value
    ]
    if len(body) > MOST:
        return _joined([*lines, "  --data-binary @body"])
    text = _plain(body)
    if text is not None:
        return _joined([*lines, f"  --data-binary {shlex.quote(text)}"])
    encoded = base64.b64encode(body).decode()
    return f"printf %s {encoded} | base64 -d | \\\n" + _joined([*lines, "  --data-binary @-"])


def _plain(body: bytes) -> str | None:
    """Its text; curl takes what begins with @ for a file's name."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return text if is_plain(text) and not text.startswith("@") else None


def _joined(lines: list[str]) -> str:
    return " \\\n".join(lines)
