"""Whether a delivery's signature is right, and if not, why: in words that help to mend it."""

import hmac
from collections.abc import Mapping

from zen_sandbox.delivery.signing import signature

TOLERANCE_SECONDS = 300
"""As the Standard Webhooks libraries allow."""


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> str | None:
    """None when the signature is valid; else the reason. Header names in lower case."""
    missing = [
        name
        for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
        if not headers.get(name)
    ]
    if missing:
        return f"header {missing[0]} is missing; has the target a secret?"
    timestamp = headers["webhook-timestamp"]
    if not (timestamp.isascii() and timestamp.isdigit()):
        return "webhook-timestamp is not a number of seconds"
    age = now - int(timestamp)
    if abs(age) > TOLERANCE_SECONDS:
        side = "old" if age > 0 else "in the future"
        return f"webhook-timestamp is {abs(age):.0f} s {side}, over the {TOLERANCE_SECONDS} allowed"
    expected = signature(secret, headers["webhook-id"], int(timestamp), body)
    given = headers["webhook-signature"].split()
    if any(hmac.compare_digest(one.encode(), expected.encode()) for one in given):
        return None
    if not any(one.startswith("v1,") for one in given):
        return "webhook-signature holds no v1 signature"
    return "no signature matches: another secret signed it, or body or id changed on the way"
