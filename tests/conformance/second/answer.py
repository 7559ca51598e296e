"""What the server says: JSON with spaces and sorted keys, and problem documents."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

JSON = "application/json; charset=utf-8"
PROBLEM = "application/problem+json; charset=utf-8"


_TITLES = {
    "validation-error": "Validation Error",
    "unauthorized": "Unauthorized",
    "insufficient-scope": "Insufficient Scope",
    "permission-denied": "Permission Denied",
    "not-found": "Not Found",
    "method-not-allowed": "Method Not Allowed",
    "conflict": "Conflict",
    "idempotency-conflict": "Idempotency Conflict",
    "payload-too-large": "Payload Too Large",
    "unsupported-media-type": "Unsupported Media Type",
    "rate-limit-exceeded": "Rate Limit Exceeded",
    "internal-error": "Internal Server Error",
    "request-header-fields-too-large": "Request Header Fields Too Large",
}


@dataclass(frozen=True)
class Answer:
    """A status, the exact bytes of the body (none for a 204) and the headers that go with them."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """A request that fails, with all that its problem document needs but the request id."""

    def __init__(
        self,
        status: int,
        slug: str,
        detail: str,
        *,
        headers: dict[str, str] | None = None,
        **members: object,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.slug = slug
        self.detail = detail
        self.headers = headers or {}
        self.members = members

    def answer(self, request_id: str) -> Answer:
        """The problem document of RFC 9457, with one member more than anybody asked for."""
        document = {
            "type": f"https://api.zen-mesh.io/errors/{self.slug}",
            "title": _TITLES[self.slug],
            "status": self.status,
            "detail": self.detail,
            "instance": request_id,
            "support": "https://status.zen-mesh.io",
            **self.members,
        }
        return Answer(self.status, dumped(document), {**self.headers, "Content-Type": PROBLEM})


def dumped(document: object) -> bytes:
    """JSON in ASCII, keys sorted, a space around each separator."""
    return json.dumps(document, sort_keys=True, separators=(" , ", " : ")).encode("ascii")


def said(status: int, document: object, **headers: str) -> Answer:
    """An answer with a JSON body."""
    return Answer(status, dumped(document), {**headers, "Content-Type": JSON})


def invalid(field_path: str, reason: str) -> Refusal:
    """400: one field, one reason, and no list of all of them."""
    return Refusal(400, "validation-error", f"{field_path}: {reason}")


def missing(kind: str, identity: str) -> Refusal:
    """404: `Destination dest_1 not found.`"""
    return Refusal(404, "not-found", f"{kind} {identity} not found.")


def conflict(detail: str) -> Refusal:
    """409: something else stands in the way."""
    return Refusal(409, "conflict", detail)
