"""One address of the receiver: how it answers, and what arrived there."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zen_conformance.traffic import rest

_BODY_SHOWN = 2000
_SLICE_SECONDS = 0.25


@dataclass(frozen=True)
class Reply:
    """How one delivery is answered; the seconds are waited on wall time."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b"ok"
    wait_seconds: float = 0.0  # before the first byte
    drip_seconds: float = 0.0  # over which the body's bytes are spread
    cut_off: bool = False  # more body is announced than comes, then the connection ends
    hang_up: bool = False  # no byte at all, the connection ends


@dataclass(frozen=True)
class Delivered:
    """One request as it came: header lines in order, bytes of the body, wall and monotonic time."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    at: float  # seconds since the epoch
    monotonic: float

    def header(self, name: str) -> str | None:
        """The value of a header, several joined; None without it."""
        found = self.all(name)
        return ", ".join(found) if found else None

    def all(self, name: str) -> list[str]:
        """Every value sent under that name."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def shown(self) -> dict[str, Any]:
        """For a report."""
        text = self.body[:_BODY_SHOWN].decode("utf-8", "backslashreplace")
        return {
            "method": self.method,
            "path": self.path,
            "headers": [list(line) for line in self.headers],
            "body": text,
        }


@dataclass
class Box:
    """An address with its script: the n-th delivery gets the n-th reply, later ones the last."""

    url: str
    replies: Sequence[Reply]
    _arrived: list[Delivered] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def arrived(self) -> list[Delivered]:
        """Everything that came so far, in order."""
        with self._changed:
            return list(self._arrived)

    def take(self, delivered: Delivered) -> Reply:
        """Record one and say how it is answered."""
        with self._changed:
            self._arrived.append(delivered)
            reply = self.replies[min(len(self._arrived), len(self.replies)) - 1]
            self._changed.notify_all()
            return reply

    def wait(self, count: int, seconds: float) -> list[Delivered]:
        """What arrived once there are so many, or when the time is over, whichever is first."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while len(self._arrived) < count:
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(min(left, _SLICE_SECONDS))
                rest(0.0)  # ends a scenario whose run has ended
            return list(self._arrived)

    def shown(self) -> list[Mapping[str, Any]]:
        """What arrived, for a report."""
        return [one.shown() for one in self.arrived]
