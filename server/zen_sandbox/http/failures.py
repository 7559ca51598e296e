"""What a client may send and how long it may take, and what one is told that keeps to neither."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

Headers = Iterable[tuple[bytes, bytes]]

ERROR_BASE: Final = "https://api.zen-mesh.io/errors/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a client may send and how long it may take: bytes, counts and seconds."""

    target_bytes: int = 16 * 1024
    head_bytes: int = 64 * 1024
    headers: int = 100
    # How much of a body that nobody wants is read, and for how long, so that a client which is
    # still sending gets to read the answer: closing on unread bytes would reset the connection.
    unwanted_bytes: int = 4 * 1024 * 1024
    unwanted_seconds: float = 2.0
    head_seconds: float = 10.0
    body_seconds: float = 15.0
    idle_seconds: float = 75.0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the server itself refuses a request or gives up on it."""

    status: int
    slug: str
    title: str
    detail: str
    field: str | None = None
    retry_after: int | None = None


def malformed(reason: str) -> Failure:
    """The 400 of what is not HTTP as this server reads it."""
    return Failure(400, "validation-error", "Validation Error", reason, field="request")


_TIMEOUT: Final = (408, "request-timeout", "Request Timeout")
HEAD_TOO_SLOW: Final = Failure(*_TIMEOUT, "The request line and headers did not end in time.")
BODY_TOO_SLOW: Final = Failure(*_TIMEOUT, "The request body stopped before its end.")
TARGET_TOO_LONG: Final = Failure(
    414, "uri-too-long", "URI Too Long", "The request target is longer than this server reads."
)
HEAD_TOO_LARGE: Final = Failure(
    431,
    "request-header-fields-too-large",
    "Request Header Fields Too Large",
    "The request line and headers are larger, or more, than this server reads.",
)
CRASHED: Final = Failure(
    500,
    "internal-error",
    "Internal Server Error",
    "The server failed to answer this request; its log says why.",
)
STOPPING: Final = Failure(
    503,
    "service-unavailable",
    "Service Unavailable",
    "The server is stopping; send the request again once it is back.",
    retry_after=1,
)


def problem_body(failure: Failure, instance: str) -> bytes:
    """The RFC 9457 document of a failure; `instance` is the request id."""
    detail = failure.detail if failure.field is None else f"{failure.field}: {failure.detail}"
    document: dict[str, object] = {
        "type": ERROR_BASE + failure.slug,
        "title": failure.title,
        "status": failure.status,
        "detail": detail,
        "instance": instance,
    }
    if failure.field is not None:
        document["errors"] = [{"field": failure.field, "message": failure.detail}]
    return orjson.dumps(document)


def problem_response(
    failure: Failure, instance: str, *, to_head: bool = False, extra: Headers = ()
) -> bytes:
    """A whole HTTP response that tells of a failure and ends the connection.

    An answer `to_head` has no body; its Content-Length still tells the length of the one left out.
    """
    body = problem_body(failure, instance)
    headers = [
        *extra,
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(body)),
        (b"x-request-id", instance.encode("ascii")),
        (b"connection", b"close"),
    ]
    if failure.retry_after is not None:
        headers.append((b"retry-after", b"%d" % failure.retry_after))
    lines = b"".join(b"%b: %b\r\n" % header for header in headers)
    return STATUS_LINE[failure.status] + lines + b"\r\n" + (b"" if to_head else body)
