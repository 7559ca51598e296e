"""Reads a request's body: JSON by hand, then field by field, naming the first that is wrong."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import re
import unicodedata
from collections.abc import Callable, Collection
from typing import NoReturn

from tests.conformance.second.answer import Refusal, invalid

PROVIDERS = ("stripe", "github", "shopify", "twilio", "generic")
_TYPE = re.compile(r"[a-z][a-z0-9_-]{0,31}", re.ASCII)
_PATH = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*"
_URL = re.compile(
    r"(?i:https?)://(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)"
    rf"(?::(?P<port>[0-9]{{1,5}}))?(?:/{_PATH})?(?:\?(?:{_PATH[:-1]}|[?])*)?",
    re.ASCII,
)

Fields = dict[str, object]


def document(body: bytes) -> Fields:
    """The JSON object of a body; of two members with one name the last one counts."""
    if not body:
        raise invalid("body", "must not be empty")
    try:
        read = json.loads(body.decode("utf-8"), parse_constant=_no_number)
        # A lone surrogate cannot be written back as UTF-8.
        json.dumps(read, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise invalid("body", "must be JSON in UTF-8") from None
    if not isinstance(read, dict):
        raise invalid("body", "must be a JSON object")
    return read


def known(fields: Fields, names: Collection[str], within: str = "") -> None:
    """Refuse a field that nobody asked for."""
    for name in fields:
        if name not in names:
            raise invalid(within + name[:80], "is not a field of this request")


def required(fields: Fields, name: str) -> object:
    """The field's value, which has to be there."""
    if name not in fields:
        raise invalid(name, "is required")
    return fields[name]


def section(value: object, path: str, names: Collection[str]) -> Fields:
    """An object inside the document."""
    if not isinstance(value, dict):
        raise invalid(path, "must be an object")
    known(value, names, f"{path}.")
    return value


def text(value: object, path: str) -> str:
    """Any string that is not empty."""
    if not isinstance(value, str):
        raise invalid(path, "must be a string")
    if not value:
        raise invalid(path, "must not be empty")
    return value


def name(value: object, path: str = "name") -> str:
    """A name: 1 to 100 code points, no white space at an end, no control character."""
    named = text(value, path)
    if len(named) > 100:
        raise invalid(path, "must have at most 100 characters")
    if any(unicodedata.category(character) == "Cc" for character in named):
        raise invalid(path, "must not hold a control character")
    if named != named.strip():
        raise invalid(path, "must not begin or end with white space")
    return named


def url(value: object, path: str = "url") -> str:
    """An absolute http or https URL, as RFC 3986 spells one, without user and fragment."""
    address = text(value, path)
    found = _URL.fullmatch(address)
    if len(address) > 2048 or not found:
        raise invalid(path, "must be an absolute http or https URL of at most 2048 characters")
    port, six = found["port"], found["six"]
    if port is not None and not 1 <= int(port) <= 65535:
        raise invalid(path, "has a port outside 1 to 65535")
    if six is not None:
        _check(path, "has no IPv6 address in its brackets", lambda: ipaddress.IPv6Address(six))
    return address


def kind_of_target(value: object, path: str = "type") -> str:
    """A target's type."""
    word = text(value, path)
    if not _TYPE.fullmatch(word):
        raise invalid(path, "must be a small letter and up to 31 of a-z, 0-9, _ and -")
    return word


def provider(value: object) -> str:
    """An endpoint's type."""
    if not isinstance(value, str) or value not in PROVIDERS:
        raise invalid("type", "must be a valid provider type")
    return value


def secret(value: object) -> bytes:
    """The signing key in `{"value": "whsec_…"}`."""
    inner = section(value, "secret", ("value",))
    if "value" not in inner:
        raise invalid("secret.value", "is required")
    told = text(inner["value"], "secret.value")
    wrong = "must be whsec_ and the standard base64 of 24 to 64 bytes"
    if not told.startswith("whsec_") or not told.isascii():
        raise invalid("secret.value", wrong)
    try:
        key = base64.b64decode(told.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        raise invalid("secret.value", wrong) from None
    if not 24 <= len(key) <= 64:
        raise invalid("secret.value", wrong)
    return key


def whole(value: object, path: str, low: int, high: int) -> int:
    """An integer in a range; 3.0 is not taken for one."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise invalid(path, f"must be an integer from {low} to {high}")
    return value


def one_of(value: object, path: str, words: Collection[str]) -> str:
    """One of a few words."""
    if not isinstance(value, str) or value not in words:
        raise invalid(path, f"must be one of {', '.join(words)}")
    return value


def _check(path: str, reason: str, parse: Callable[[], object]) -> None:
    try:
        parse()
    except ValueError:
        raise invalid(path, reason) from None


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)


def media_type(content_type: str, encoding: str, allowed: Collection[str]) -> None:
    """415 unless the body is JSON in UTF-8, as it is."""
    parts = [part.strip() for part in content_type.split(";")]
    charsets = [
        part.partition("=")[2].strip().strip('"').lower()
        for part in parts[1:]
        if part.partition("=")[0].strip().lower() == "charset"
    ]
    if parts[0].lower() not in allowed or any(charset != "utf-8" for charset in charsets):
        raise Refusal(415, "unsupported-media-type", "Send application/json in UTF-8.")
    if encoding.strip().lower() not in ("", "identity"):
        raise Refusal(415, "unsupported-media-type", "Send the body without a Content-Encoding.")
