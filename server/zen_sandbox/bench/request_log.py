"""The last thousand API requests: what was asked, what was answered, and what refused it."""

from collections import deque
from typing import Any, NamedTuple

CAPACITY = 1000


class Seen(NamedTuple):
    """One request. No query string, no header, no body: those may hold secrets."""

    request_id: str
    received_ms: int
    tenant_id: str | None
    operation_id: str | None
    method: str
    path: str
    status: int
    milliseconds: float
    problem: bytes | None
    schema_pointer: str | None


class RequestLog:
    """A ring in memory."""

    def __init__(self) -> None:
        self._ring: deque[Seen] = deque(maxlen=CAPACITY)

    def add(self, seen: Seen) -> None:
        """Notes one request, and forgets the oldest when there are too many."""
        self._ring.append(seen)

    def newest(self, limit: int, tenant_id: str | None) -> list[Seen]:
        """The newest first; one tenant's, or all."""
        found: list[Any] = []
        for seen in reversed(self._ring):
            if tenant_id is None or seen.tenant_id == tenant_id:
                found.append(seen)
                if len(found) == limit:
                    break
        return found
