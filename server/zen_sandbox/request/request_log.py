"""One line per request, for `--log-format`: never a query string, a header or a body.

It stands around the whole application, and only where somebody asked for it.
"""

import json
import logging
import sys
import time
from datetime import UTC, datetime
from typing import TextIO

from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("zen_sandbox.access")


class RequestLog:
    """The application, with each request logged once it is over.

    A record's message is for people; its attributes `method`, `path`, `status` (None when the
    client was gone first), `milliseconds` and `request_id` are for programs.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start: Message = {}

        async def noting_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            await send(message)

        began = time.perf_counter()
        try:
            await self._app(scope, receive, noting_send)
        finally:
            _log(scope, start, (time.perf_counter() - began) * 1000)


def _log(scope: Scope, start: Message, milliseconds: float) -> None:
    # The path as it was sent: decoded, it could hold line ends and pass for lines of its own.
    path = (scope.get("raw_path") or scope["path"].encode()).decode("ascii", "backslashreplace")
    status = start.get("status")
    request_id = dict(start.get("headers", ())).get(b"x-request-id", b"-").decode("latin-1")
    log.info(
        "%s %s %s %.1f ms %s",
        *(scope["method"], path, status or "-", milliseconds, request_id),
        extra={
            "method": scope["method"],
            "path": path,
            "status": status,
            "milliseconds": round(milliseconds, 3),
            "request_id": request_id,
        },
    )


class TextLines(logging.Formatter):
    """`2026-12-01T00:00:00.000Z INFO GET /health 200 0.4 ms req_…`, and errors with their cause."""

    def format(self, record: logging.LogRecord) -> str:
        return f"{_time(record)} {record.levelname} {super().format(record)}"


class JsonLines(logging.Formatter):
    """One JSON object per record, errors with their cause in `exception`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {"time": _time(record), "level": record.levelname.lower()}
        if record.name == log.name:
            names = ("method", "path", "status", "milliseconds", "request_id")
            line |= {name: getattr(record, name) for name in names}
        else:
            line |= {"logger": record.name, "message": record.getMessage()}
            if record.exc_info:
                line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


def write_logs(log_format: str, stream: TextIO | None = None) -> None:
    """Has the sandbox's logs written: errors always, requests unless the format is `none`."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if log_format == "json" else TextLines())
    logger = logging.getLogger("zen_sandbox")
    logger.handlers[:] = [handler]
    logger.propagate = False
    logger.setLevel(logging.WARNING if log_format == "none" else logging.INFO)


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
