"""Ids: a prefix that says what it is, the time in milliseconds, and a random part.

Eleven hex digits of time sort by creation until the year 2527; sixteen random ones keep ids of one
millisecond apart and unguessable.
"""

import os
import random
import re
from collections.abc import Callable

from zen_sandbox.clock import Clock

_SENT_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")


def system_entropy() -> int:
    """64 bits from the operating system."""
    return int.from_bytes(os.urandom(8))


def seeded_entropy(seed: int, purpose: str) -> Callable[[], int]:
    """64 bits at a time from a generator that two runs of one seed share, per purpose."""
    generator = random.Random(f"{seed}/{purpose}")
    return lambda: generator.getrandbits(64)


class Identifiers:
    """Makes ids for new resources."""

    def __init__(self, clock: Clock, entropy: Callable[[], int] = system_entropy) -> None:
        self._clock = clock
        self._entropy = entropy

    def new(self, prefix: str, ms: int | None = None) -> str:
        """Like `dest_019a…`; `ms` is the creation time, where the clock was read already."""
        time_part = self._clock.now_ms() if ms is None else ms
        return f"{prefix}_{time_part:011x}{self._entropy():016x}"


class RequestIds:
    """Makes `req_…` ids, unique but not sortable; the gate makes one for nearly every request."""

    def __init__(self, entropy: Callable[[], int] = system_entropy) -> None:
        self._entropy = entropy

    def new(self) -> str:
        return f"req_{self._entropy():016x}"


def sent_request_id(sent: bytes | None) -> str | None:
    """The id that a client sent for its own request; None when it sent none that can be used."""
    if sent is None or not _SENT_REQUEST_ID.fullmatch(sent):
        return None
    return sent.decode("ascii")
