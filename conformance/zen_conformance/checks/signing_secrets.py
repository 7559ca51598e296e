"""Signing secrets: legal ones of any size, and what is none."""

import base64
from typing import Any


def secret(size: int, fill: int = 0xFB) -> dict[str, str]:
    """A secret of that many bytes; the usual ones are `+` and `/` in base64."""
    octets = bytes((fill + place * 5) % 256 for place in range(size))
    return {"value": "whsec_" + base64.b64encode(octets).decode()}


SECRETS = [secret(size, fill) for size in (24, 25, 26, 32, 48, 62, 63, 64) for fill in (0, 0xFB)]
NO_SECRETS: dict[str, Any] = {
    "23 bytes": secret(23),
    "22 bytes": secret(22),
    "16 bytes": secret(16),
    "no bytes": secret(0),
    "65 bytes": secret(65),
    "66 bytes": secret(66),
    "200 bytes": secret(200),
    "an empty value": {"value": ""},
    "no prefix": {"value": base64.b64encode(bytes(range(32))).decode()},
    "an upper-case prefix": {"value": "WHSEC_" + base64.b64encode(bytes(32)).decode()},
    "another prefix": {"value": "whsk_" + base64.b64encode(bytes(32)).decode()},
    "a prefix with a hyphen": {"value": "whsec-" + base64.b64encode(bytes(32)).decode()},
    "a prefix not at the start": {"value": " " + secret(32)["value"]},
    "base64 for URLs": {"value": "whsec_" + base64.urlsafe_b64encode(b"\xfb\xef\xbe" * 8).decode()},
    "base64 for URLs with _": {"value": "whsec_" + base64.urlsafe_b64encode(b"\xff" * 24).decode()},
    "padding left out": {"value": secret(25)["value"].rstrip("=")},
    "other characters": {"value": "whsec_" + "!" * 32},
    "hexadecimal and a dot": {"value": "whsec_" + "ab" * 20 + ".cd"},
    "text that is not ASCII": {"value": "whsec_" + "\u00e9" * 32},
    "a number": {"value": 1234567890},
    "null as the value": {"value": None},
    "no value": {},
    "a string": secret(32)["value"],
    "a list": [secret(32)["value"]],
    "a number alone": 5,
    "false": False,
}
