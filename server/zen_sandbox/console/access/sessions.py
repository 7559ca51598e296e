"""Who is signed in: sessions in memory, kept as hashes, and what their forms prove."""

import hashlib
import hmac
import secrets
import threading
import time

_SECONDS = 12 * 60 * 60
"""How long a session lasts that nobody uses."""

_FORM = b"zen-sandbox console form"


class Sessions:
    """The sessions of one server; they end with it."""

    def __init__(self) -> None:
        self._ends: dict[bytes, float] = {}
        self._lock = threading.Lock()

    def begin(self) -> str:
        """A new session; its secret, which is the cookie's value."""
        secret = secrets.token_urlsafe(32)
        now = time.monotonic()
        with self._lock:
            self._ends = {one: end for one, end in self._ends.items() if end > now}
            self._ends[_hashed(secret)] = now + _SECONDS
        return secret

    def is_on(self, secret: str) -> bool:
        """Whether there is such a session; being asked for prolongs it."""
        hashed, now = _hashed(secret), time.monotonic()
        with self._lock:
            if self._ends.get(hashed, 0.0) <= now:
                return False
            self._ends[hashed] = now + _SECONDS
        return True

    def end(self, secret: str) -> None:
        """Ends it, if it is there."""
        with self._lock:
            self._ends.pop(_hashed(secret), None)


def form_token(secret: str) -> str:
    """What every form of a session carries, and no other site can know."""
    return hmac.new(secret.encode(), _FORM, hashlib.sha256).hexdigest()


def is_form_token(secret: str, given: str) -> bool:
    """Whether a form of the session brought this."""
    return hmac.compare_digest(form_token(secret).encode(), given.encode())


def cookie_name(port: int) -> str:
    """The cookie's name: browsers share the cookies of all ports of an address."""
    return f"zen_console_{port}"


def _hashed(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
