"""Cursors: a place in a list, sealed so that only the list it was made for takes it back.

The place is the `seq` of the last row of a page. It is followed by a keyed digest over the place
and the list's identity (tenant, path and filters), so that a changed or foreign cursor is
recognised without storing any. 24 bytes make 32 characters of base64 with no spare bits, so that
there is one text for one cursor.
"""

import base64
import binascii
import hashlib
import hmac
import struct
from collections.abc import Callable

from zen_sandbox.problems import ValidationFailed

_PLACE = struct.Struct(">Q")
_DIGEST_SIZE = 16
_LENGTH = 32


class Cursors:
    """Seals and opens cursors with one key, which restarts must keep."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, seq: int, identity: str) -> str:
        """The cursor of the page that follows `seq` in the list of that identity."""
        place = _PLACE.pack(seq)
        return base64.urlsafe_b64encode(place + self._digest(place, identity)).decode()

    def open(self, cursor: str, identity: str) -> int:
        """The place in a cursor; 400 when it is not one of this list."""
        try:
            sealed = base64.b64decode(cursor, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            sealed = b""
        place, digest = sealed[: _PLACE.size], sealed[_PLACE.size :]
        # b64decode takes '+' for '-' and '/' for '_' too, whatever `altchars` says.
        is_ours = len(cursor) == _LENGTH and not {"+", "/"} & set(cursor)
        if not is_ours or not hmac.compare_digest(digest, self._digest(place, identity)):
            raise ValidationFailed.of("cursor", "is not a cursor of this list")
        seq: int = _PLACE.unpack(place)[0]
        return seq

    def _digest(self, place: bytes, identity: str) -> bytes:
        text = place + identity.encode()
        return hashlib.blake2b(text, key=self._key, digest_size=_DIGEST_SIZE).digest()


class Window:
    """The page a client asked for: how many rows, after which place, and how to seal the next."""

    __slots__ = ("_seal", "after", "limit")

    def __init__(self, limit: int, after: int | None, seal: Callable[[int], str]) -> None:
        self.limit = limit
        self.after = after
        self._seal = seal

    def next_cursor(self, seq: int) -> str:
        """The cursor to give out when `seq` ends a page that is not the last."""
        return self._seal(seq)
