"""Every way a request can fail, as an exception that knows its problem document (RFC 9457).

Status, slug, title and the members beyond the common five are the table of the contract's errors.
Handlers and store raise these; `request/gate.py` turns them into responses.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, NamedTuple

TYPE_BASE = "https://api.zen-mesh.io/errors/"


class FieldError(NamedTuple):
    """One thing wrong with one field: a dotted path and a reason that reads on after it.

    `place` is where the contract says so: a JSON pointer from the schema or parameter on.
    """

    field: str
    message: str
    place: str = ""


class Problem(Exception):
    """A refusal or failure with a status of 400 or above."""

    status: ClassVar[int]
    slug: ClassVar[str]
    title: ClassVar[str]

    def __init__(
        self,
        detail: str,
        *,
        members: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.members = dict(members or {})
        self.headers = dict(headers or {})

    def document(self, instance: str) -> dict[str, Any]:
        """The problem document; `instance` is the request id."""
        return {
            "type": TYPE_BASE + self.slug,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            **self.members,
        }


class ValidationFailed(Problem):
    """400: something in the request is not valid; `errors` lists all that was found."""

    status, slug, title = 400, "validation-error", "Validation Error"

    def __init__(self, errors: Iterable[FieldError]) -> None:
        found = list(errors)
        first = found[0]
        super().__init__(
            f"{first.field}: {first.message}",
            members={"errors": [{"field": one.field, "message": one.message} for one in found]},
        )

    @classmethod
    def of(cls, field: str, message: str) -> "ValidationFailed":
        """One field, one reason."""
        return cls([FieldError(field, message)])


class Unauthorized(Problem):
    """401: no token (`token_sent` false), or one that is not valid."""

    status, slug, title = 401, "unauthorized", "Unauthorized"

    def __init__(self, detail: str, *, token_sent: bool) -> None:
        challenge = 'Bearer error="invalid_token"' if token_sent else "Bearer"
        super().__init__(detail, headers={"WWW-Authenticate": challenge})


class InsufficientScope(Problem):
    """403: the credential lacks the scope; `holder` is how the detail calls the credential."""

    status, slug, title = 403, "insufficient-scope", "Insufficient Scope"

    def __init__(self, scope: str, *, holder: str) -> None:
        super().__init__(
            f"{holder} does not have {scope} scope.",
            members={"required_scope": scope},
            headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'},
        )


class PermissionDenied(Problem):
    """403: the credential is another tenant's; says nothing about the tenant in the path."""

    status, slug, title = 403, "permission-denied", "Permission Denied"

    def __init__(self) -> None:
        super().__init__("The credential does not belong to this tenant.")


class NotFound(Problem):
    """404."""

    status, slug, title = 404, "not-found", "Not Found"

    @classmethod
    def of(cls, kind: str, identifier: str) -> "NotFound":
        """`kind` is the customer's word, as `Flow`."""
        return cls(f"{kind} {identifier} not found.")


class MethodNotAllowed(Problem):
    """405; `allowed` are the methods that the path serves."""

    status, slug, title = 405, "method-not-allowed", "Method Not Allowed"

    def __init__(self, method: str, allowed: Iterable[str]) -> None:
        listed = ", ".join(allowed)
        verb = "are" if "," in listed else "is"
        super().__init__(
            f"{method} is not served here; {listed} {verb}.", headers={"Allow": listed}
        )


class Conflict(Problem):
    """409: the name is taken, something is in use, or there is nothing to retry."""

    status, slug, title = 409, "conflict", "Conflict"


class IdempotencyConflict(Problem):
    """409: the key was used for a different request within its 24 hours."""

    status, slug, title = 409, "idempotency-conflict", "Idempotency Conflict"

    def __init__(self, key: str) -> None:
        super().__init__(
            "This Idempotency-Key was used for a different request.",
            members={"idempotency_key": key},
        )


class PayloadTooLarge(Problem):
    """413; `limit` in bytes."""

    status, slug, title = 413, "payload-too-large", "Payload Too Large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"A request body is at most {limit} bytes.")


class UnsupportedMediaType(Problem):
    """415: type, charset or content encoding of the body."""

    status, slug, title = 415, "unsupported-media-type", "Unsupported Media Type"


class RateLimited(Problem):
    """429; `seconds` until the next request is let through."""

    status, slug, title = 429, "rate-limit-exceeded", "Rate Limit Exceeded"

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"The tenant's rate limit is used up; try again in {seconds} second"
            f"{'' if seconds == 1 else 's'}.",
            members={"retry_after_seconds": seconds},
            headers={"Retry-After": str(seconds)},
        )


class InternalError(Problem):
    """500: a fault of ours; the document says nothing about it."""

    status, slug, title = 500, "internal-error", "Internal Server Error"

    def __init__(self) -> None:
        super().__init__("The server failed to answer this request.")


class ServiceUnavailable(Problem):
    """503: busy or stopping."""

    status, slug, title = 503, "service-unavailable", "Service Unavailable"

    def __init__(self, detail: str = "The server is busy; try again in 1 second.") -> None:
        super().__init__(detail, headers={"Retry-After": "1"})
