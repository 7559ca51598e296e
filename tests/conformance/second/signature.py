"""Standard Webhooks headers over raw bytes."""

from __future__ import annotations

import base64
import hmac

from tests.conformance.second import moments


def signed(event_id: str, body: bytes, key: bytes) -> dict[str, str]:
    """`webhook-id`, `webhook-timestamp` and `webhook-signature` of one attempt."""
    at = str(int(moments.now()))
    seal = hmac.digest(key, f"{event_id}.{at}.".encode() + body, "sha256")
    return {
        "webhook-id": event_id,
        "webhook-timestamp": at,
        "webhook-signature": "v1," + base64.b64encode(seal).decode("ascii"),
    }
