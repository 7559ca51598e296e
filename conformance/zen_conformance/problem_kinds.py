"""The kinds of problem that the contract names, and which requirement each is held to by itself."""

from typing import NamedTuple

PROBLEM_BASE = "https://api.zen-mesh.io/errors/"


class ProblemKind(NamedTuple):
    """One kind; without a requirement it is judged with others of its status."""

    status: int
    title: str
    requirement: str | None = None


KINDS = {
    "validation-error": ProblemKind(400, "Validation Error", "PROB-004"),
    "unauthorized": ProblemKind(401, "Unauthorized", "PROB-005"),
    "insufficient-scope": ProblemKind(403, "Insufficient Scope", "PROB-006"),
    "permission-denied": ProblemKind(403, "Permission Denied", "PROB-007"),
    "not-found": ProblemKind(404, "Not Found", "PROB-008"),
    "method-not-allowed": ProblemKind(405, "Method Not Allowed", "PROB-009"),
    "conflict": ProblemKind(409, "Conflict", "PROB-010"),
    "idempotency-conflict": ProblemKind(409, "Idempotency Conflict", "PROB-011"),
    "payload-too-large": ProblemKind(413, "Payload Too Large", "PROB-012"),
    "unsupported-media-type": ProblemKind(415, "Unsupported Media Type", "PROB-013"),
    "rate-limit-exceeded": ProblemKind(429, "Rate Limit Exceeded"),
    "internal-error": ProblemKind(500, "Internal Server Error"),
    "service-unavailable": ProblemKind(503, "Service Unavailable"),
}
HELD_TO = {slug: kind.requirement for slug, kind in KINDS.items() if kind.requirement is not None}
BY_STATUS = {
    kind.status: {slug for slug, one in KINDS.items() if one.status == kind.status}
    for kind in KINDS.values()
}


def is_another(slug: str, said: object) -> bool:
    """Whether a problem's `type` is that of another kind with the same status."""
    return said in [PROBLEM_BASE + one for one in BY_STATUS[KINDS[slug].status] - {slug}]
