"""`--trace`: each exchange on standard error as it happens, tokens replaced by their variables."""

import sys
from typing import Any

from zen_conformance.http.exchange import Exchange
from zen_conformance.records import Scribe

_BODY_SHOWN = 2000


class Tracer:
    """Writes an exchange in one piece, so that those of several threads do not mix."""

    def __init__(self, scribe: Scribe) -> None:
        self._scribe = scribe

    def __call__(self, exchange: Exchange) -> None:
        """Write it."""
        sent = self._scribe.request(exchange)
        lines = [f"> {sent['method']} {sent['url']}", *_rest(">", sent)]
        received = self._scribe.response(exchange)
        if exchange.received is None:
            lines.append(f"< no whole answer: {received['trouble']}")
        else:
            milliseconds = exchange.received.seconds * 1000
            lines += [f"< {received['status']} in {milliseconds:.1f} ms", *_rest("<", received)]
        sys.stderr.write("\n".join([*lines, "", ""]))
        sys.stderr.flush()


def _rest(mark: str, message: dict[str, Any]) -> list[str]:
    lines = [f"{name}: {value}" for name, value in message["headers"]]
    if message["body"]:
        lines += ["", *message["body"][:_BODY_SHOWN].split("\n")]
    return [f"{mark} {printable(line)}".rstrip() for line in lines]


def printable(text: str) -> str:
    """The text with what could steer a terminal written as escapes."""
    return "".join(
        one if one.isprintable() or one in "\n\t" else one.encode("unicode_escape").decode()
        for one in text
    )
