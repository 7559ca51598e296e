"""One-time links into the console, which prove that who made one knows the admin token.

`serve` and `open` make them, in different processes, from nothing but that token; the server keeps
which ones were used. One made before the server began is refused, as it may have been used then.
"""

import hashlib
import hmac
import secrets
import threading
import time

HOME = "/sandbox/console"
PARAMETER = "key"
SECONDS = 24 * 60 * 60
"""How long a link lasts: the one in a terminal is found the next morning."""

_PURPOSE = b"zen-sandbox console link:"


def link(own_url: str, admin_token: str) -> str:
    """A new link to the console of the server at that address."""
    return f"{own_url}{HOME}/sign-in?{PARAMETER}={_minted(admin_token)}"


def _minted(admin_token: str) -> str:
    said = f"{time.time_ns()}.{secrets.token_urlsafe(16)}"
    return f"{said}.{_seal(admin_token, said)}"


def _seal(admin_token: str, said: str) -> str:
    return hmac.new(admin_token.encode(), _PURPOSE + said.encode(), hashlib.sha256).hexdigest()


class Links:
    """The links of one server: takes each once."""

    def __init__(self, admin_token: str | None) -> None:
        self._admin_token = admin_token
        self._began_ns = time.time_ns()
        self._used: dict[str, int] = {}
        self._lock = threading.Lock()

    def take(self, key: str) -> bool:
        """Whether the key of a link is good; from now on it no longer is."""
        said, _, seal = key.rpartition(".")
        if self._admin_token is None or not key.isascii():
            return False
        if not hmac.compare_digest(seal, _seal(self._admin_token, said)):
            return False
        made_ns, now_ns = int(said.partition(".")[0]), time.time_ns()
        oldest = max(self._began_ns, now_ns - SECONDS * 10**9)
        with self._lock:
            self._used = {one: ns for one, ns in self._used.items() if ns >= oldest}
            if made_ns < oldest or said in self._used:
                return False
            self._used[said] = made_ns
        return True
