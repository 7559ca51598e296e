"""The kinds of values that options take, and the sentence for a value that is none."""

import math
import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import urlsplit

import click

from zen_sandbox.files import DEMO_KEY as DEMO_KEY_PATTERN
from zen_sandbox.scopes import GRANTABLE

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

    from limits import RateLimitItem

MINIMUM_SECRET = 32  # bytes; RFC 7518, section 3.2, for HS256

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
_DURATION = re.compile(r"([1-9][0-9]{0,8})([smhd])", re.ASCII)
_VISIBLE = re.compile(r"[!-~]+", re.ASCII)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600}
_LONGEST_DURATION = 3650 * 24 * 3600
_LONGEST_WAIT = 3600.0
_LONGEST_NAME = 100

Value = TypeVar("Value")


class Kind(click.ParamType, Generic[Value]):  # type: ignore[type-arg] # generic since click 8.4
    """A kind of value: `read` returns it, or raises ValueError with a sentence."""

    def __init__(self, name: str, read: Callable[[str], Value]) -> None:
        self.name = name
        self._read = read

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Value:
        """The value that a text stands for; a default may be one already."""
        try:
            return self._read(value if isinstance(value, str) else str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise ValueError(
            f"{text!r} is no id; one has 1 to 64 letters, digits, _ and -, a letter or digit first."
        )
    return text


def _name(text: str) -> str:
    if not 1 <= len(text) <= _LONGEST_NAME or text != text.strip() or not text.isprintable():
        raise ValueError(
            f"{text!r} is no name; one has 1 to {_LONGEST_NAME} printable characters,"
            " and no space at either end."
        )
    return text


def _scope(text: str) -> str:
    if text in GRANTABLE:
        return text
    near = get_close_matches(text, GRANTABLE, n=1, cutoff=0.8)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(GRANTABLE))}."
    raise ValueError(f"{text!r} is no scope; {hint}")


def _duration(text: str) -> int:
    found = _DURATION.fullmatch(text)
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 1 <= seconds <= _LONGEST_DURATION:
        raise ValueError(
            f"{text!r} is no duration; give a number and s, m, h or d, like 90s or 30d,"
            " of at most 3650d."
        )
    return seconds


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= _LONGEST_WAIT:
        raise ValueError(f"{text!r} is no wait; give seconds from 0 to {_LONGEST_WAIT:.0f}.")
    return seconds


def _rate(text: str) -> "RateLimitItem":
    import limits

    try:
        rate = limits.parse(text)
    except ValueError:
        rate = None
    if rate is None or rate.amount < 1 or any(sign in text for sign in ",;|"):
        raise ValueError(
            f"{text!r} is no rate; give one like 100/minute, 5/second or 10 per 2 hour."
        )
    return rate


def _origin(text: str) -> str:
    if text == "*":
        return text
    parts = _web_address(text)
    if parts is None or text != f"{parts.scheme}://{parts.netloc}":
        raise ValueError(
            f"{text!r} is no origin; give scheme, host and port only, like"
            " http://localhost:3000, or * for any."
        )
    return text


def _base_url(text: str) -> str:
    parts = _web_address(text)
    if parts is None or parts.query or parts.fragment or "?" in text or "#" in text:
        raise ValueError(
            f"{text!r} is no base URL; give one like https://sandbox.example.com or"
            " http://localhost:9090."
        )
    return text.rstrip("/")


def _web_address(text: str) -> Any:
    """The parts of an http(s) URL without user or odd characters, else None."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    is_whole = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    return parts if is_whole and port != 0 and _VISIBLE.fullmatch(text) else None


def _secret(text: str) -> str:
    size = len(text.encode("utf-8", "surrogateescape"))
    if size < MINIMUM_SECRET:
        raise ValueError(
            f"The secret has {size} bytes; one for HS256 has {MINIMUM_SECRET} or more."
        )
    return text


def _demo_key(text: str) -> str:
    if not DEMO_KEY_PATTERN.fullmatch(text):
        raise ValueError(
            "The demo key does not look like one: zpk_ and 16 to 128 letters, digits, _ and -."
        )
    return text


def _network(text: str) -> "IPv4Network | IPv6Network":
    from ipaddress import ip_network

    try:
        return ip_network(text)
    except ValueError:
        raise ValueError(f"{text!r} is no network; give one like 10.0.0.0/8 or fd00::/8.") from None


ID = Kind("id", _id)
NETWORK = Kind("cidr", _network)
NAME = Kind("text", _name)
SCOPE = Kind("scope", _scope)
DURATION = Kind("duration", _duration)
SECONDS = Kind("seconds", _seconds)
RATE = Kind("rate", _rate)
ORIGIN = Kind("origin", _origin)
BASE_URL = Kind("url", _base_url)
SECRET = Kind("text", _secret)
DEMO_KEY = Kind("key", _demo_key)
