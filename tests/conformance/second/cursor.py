"""Cursors of exactly 400 characters, signed, and bound to the list that they were given for."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets

from tests.conformance.second.answer import invalid
from tests.conformance.second.collection import Key

_SECRET = secrets.token_bytes(32)
_SHAPE = re.compile(r"[A-Za-z0-9_-]{400}", re.ASCII)
# 300 bytes make 400 characters without a spare bit that could be changed unseen.
_PAYLOAD_BYTES = 300 - hashlib.sha256().digest_size


def written(key: Key, scope: str) -> str:
    """A cursor behind `key` in the list that `scope` names."""
    payload = json.dumps([*key, _of(scope)]).ljust(_PAYLOAD_BYTES).encode("ascii")
    return base64.urlsafe_b64encode(payload + _signature(payload)).decode("ascii")


def read(text: str, scope: str) -> Key:
    """The key that a cursor holds; a 400 when it is not one that this list gave."""
    if not _SHAPE.fullmatch(text):
        raise invalid("cursor", "is not one that this server made")
    sealed = base64.urlsafe_b64decode(text)
    payload = sealed[:_PAYLOAD_BYTES]
    if not hmac.compare_digest(sealed[_PAYLOAD_BYTES:], _signature(payload)):
        raise invalid("cursor", "was altered")
    place, identity, bound_to = json.loads(payload)
    if bound_to != _of(scope):
        raise invalid("cursor", "belongs to another list")
    return float(place), str(identity)


def _signature(payload: bytes) -> bytes:
    return hmac.digest(_SECRET, payload, "sha256")


def _of(scope: str) -> str:
    return hashlib.sha256(scope.encode()).hexdigest()
