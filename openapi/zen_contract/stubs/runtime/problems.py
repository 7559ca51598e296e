"""Every way a request can fail, as an exception that knows its problem document (RFC 9457).

Handlers raise these, as in `raise NotFound(f"Flow {flow_id} not found.")`; `app.py` answers them.
"""

from collections.abc import Mapping
from typing import ClassVar

TYPE_BASE = "https://api.zen-mesh.io/errors/"


class Problem(Exception):
    """A refusal or failure; `members` are those beyond the five that every problem has."""

    status: ClassVar[int]
    type: ClassVar[str]
    title: ClassVar[str]

    def __init__(
        self, detail: str, *, headers: Mapping[str, str] | None = None, **members: object
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members

    def document(self, instance: str) -> dict[str, object]:
        """The problem document; `instance` is the request id."""
        return {
            "type": self.type,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            **self.members,
        }


class ValidationError(Problem):
    """400: `detail` is `<field>: <reason>`; `invalid` makes it."""

    status, type, title = 400, f"{TYPE_BASE}validation-error", "Validation Error"


class Unauthorized(Problem):
    """401."""

    status, type, title = 401, f"{TYPE_BASE}unauthorized", "Unauthorized"


class InsufficientScope(Problem):
    """403, with the member `required_scope`."""

    status, type, title = 403, f"{TYPE_BASE}insufficient-scope", "Insufficient Scope"


class PermissionDenied(Problem):
    """403: the credential is another tenant's."""

    status, type, title = 403, f"{TYPE_BASE}permission-denied", "Permission Denied"


class NotFound(Problem):
    """404."""

    status, type, title = 404, f"{TYPE_BASE}not-found", "Not Found"


class MethodNotAllowed(Problem):
    """405, with the header `Allow`."""

    status, type, title = 405, f"{TYPE_BASE}method-not-allowed", "Method Not Allowed"


class Conflict(Problem):
    """409: a name is taken, something is in use, or there is nothing to retry."""

    status, type, title = 409, f"{TYPE_BASE}conflict", "Conflict"


class IdempotencyConflict(Problem):
    """409, with the member `idempotency_key`: the key was used for a different request."""

    status, type, title = 409, f"{TYPE_BASE}idempotency-conflict", "Idempotency Conflict"


class PayloadTooLarge(Problem):
    """413."""

    status, type, title = 413, f"{TYPE_BASE}payload-too-large", "Payload Too Large"


class UnsupportedMediaType(Problem):
    """415."""

    status, type, title = 415, f"{TYPE_BASE}unsupported-media-type", "Unsupported Media Type"


class RateLimitExceeded(Problem):
    """429, with the member `retry_after_seconds` and the header `Retry-After`."""

    status, type, title = 429, f"{TYPE_BASE}rate-limit-exceeded", "Rate Limit Exceeded"


class InternalError(Problem):
    """500."""

    status, type, title = 500, f"{TYPE_BASE}internal-error", "Internal Server Error"


class NotImplementedYet(Problem):
    """501: nobody has written this operation yet. The contract has no type for that."""

    status, type, title = 501, "about:blank", "Not Implemented"


class ServiceUnavailable(Problem):
    """503, with the header `Retry-After`."""

    status, type, title = 503, f"{TYPE_BASE}service-unavailable", "Service Unavailable"


def invalid(field: str, reason: str, *more: tuple[str, str]) -> ValidationError:
    """The 400 for a field, or for several: `raise invalid("cursor", "is not of this list")`."""
    errors = [{"field": name, "message": message} for name, message in ((field, reason), *more)]
    return ValidationError(f"{field}: {reason}", errors=errors)
