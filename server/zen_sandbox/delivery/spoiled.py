"""Answers of a target that a fault asked for: no request leaves, no time-out is waited for.

A transport's timeouts stay on wall time; a fault's are there to be brought about at once.
"""

import asyncio

from zen_sandbox.bench.faults import Fault
from zen_sandbox.delivery.answer import BODY_CAP, TIMEOUT_SECONDS, Answer

_ERRORS = {
    "timeout": f"no whole answer within {TIMEOUT_SECONDS:g} seconds",
    "reset": "the target reset the connection",
    "refused": "connecting to the target failed: Connection refused",
    "slow_drip": f"no whole answer within {TIMEOUT_SECONDS:g} seconds",
}


async def spoiled_answer(fault: Fault) -> Answer:
    """What the attempt is told, after the fault's `milliseconds`."""
    milliseconds = fault.wanted.get("milliseconds", 0)
    if milliseconds:
        await asyncio.sleep(milliseconds / 1000)
    error = _ERRORS.get(fault.wanted["kind"])
    huge = fault.wanted["kind"] == "huge_body"
    status = fault.wanted.get("status", 200)
    retry_after = fault.wanted.get("retry_after")
    return Answer(
        status=None if error else status,
        error=error,
        headers=() if retry_after is None else (("Retry-After", str(retry_after)),),
        body=b"x" * BODY_CAP if huge else b"",
        truncated=huge,
        address=None,
        first_byte_ms=None,
        total_ms=float(milliseconds),
    )
