"""What an attempt brought back, and the bounds that a target's answer has."""

from typing import NamedTuple

TIMEOUT_SECONDS = 30.0
BODY_CAP = 64 * 1024


class Answer(NamedTuple):
    """What came back. `status` is None when no whole answer came; then `error` says why."""

    status: int | None
    error: str | None
    headers: tuple[tuple[str, str], ...]
    body: bytes
    truncated: bool
    address: str | None
    first_byte_ms: float | None
    total_ms: float

    def header(self, name: str) -> str | None:
        """The first header of that (lower-case) name."""
        return next((value for known, value in self.headers if known.lower() == name), None)
