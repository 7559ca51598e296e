"""How a fault on the API side strikes a request: before its handler runs, or after it has."""

import asyncio
from typing import ClassVar

from zen_sandbox.bench.faults import Fault
from zen_sandbox.problems import (
    TYPE_BASE,
    Conflict,
    InternalError,
    NotFound,
    PermissionDenied,
    Problem,
    RateLimited,
    ServiceUnavailable,
    Unauthorized,
    ValidationFailed,
)
from zen_sandbox.request.exchange import DropConnection, Exchange

_DETAIL = "This answer was asked for with a fault."


class _Injected(Problem):
    """A status that the contract has no slug for."""

    status: ClassVar[int] = 0
    slug, title = "injected-fault", "Injected Fault"

    def __init__(self, status: int) -> None:
        super().__init__(_DETAIL, members={"status": status, "type": TYPE_BASE + self.slug})


async def spoil_before(fault: Fault) -> None:
    """Waits, refuses or drops before the handler runs, so that nothing is changed."""
    kind = fault.wanted["kind"]
    if kind == "latency":
        await asyncio.sleep(fault.wanted["milliseconds"] / 1000)
    elif kind == "drop":
        raise DropConnection
    elif kind == "status":
        raise _problem(fault)


def spoil_after(fault: Fault, exchange: Exchange) -> None:
    """Loses or cuts the answer of a handler that has run; its write is committed."""
    kind = fault.wanted["kind"]
    if kind == "lose_answer":
        raise DropConnection
    if kind == "truncate":
        exchange.close_early = 0.5


def _problem(fault: Fault) -> Problem:
    status = fault.wanted["status"]
    seconds = fault.wanted.get("retry_after")
    known: dict[int, Problem] = {
        400: ValidationFailed.of("request", _DETAIL),
        401: Unauthorized(_DETAIL, token_sent=True),
        403: PermissionDenied(),
        404: NotFound(_DETAIL),
        409: Conflict(_DETAIL),
        429: RateLimited(1 if seconds is None else seconds),
        500: InternalError(),
        503: ServiceUnavailable(_DETAIL),
    }
    problem = known.get(status) or _injected(status)
    if seconds is not None:
        problem.headers["Retry-After"] = str(seconds)
    return problem


def _injected(status: int) -> Problem:
    kind = type("Injected", (_Injected,), {"status": status})
    problem: Problem = kind(status)
    return problem
