"""Time, to be moved."""

from typing import TYPE_CHECKING, Any

from zen_sandbox import wire
from zen_sandbox.clock import comparable, milliseconds, moment
from zen_sandbox.delivery.advance import advance
from zen_sandbox.problems import NotFound, ServiceUnavailable, ValidationFailed
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Response

if TYPE_CHECKING:
    from zen_sandbox.bench.bench import AnyEngine


def get_clocks(call: Call, tenant_id: str | None = None) -> Response:
    """GET /sandbox/clock"""
    return wire.ok({"clocks": [_shown(call, one) for one in _tenants(call, tenant_id)]})


async def move_clock(call: Call, body: dict[str, Any]) -> Response:
    """POST /sandbox/clock"""
    engine = _engine(call)
    tenants = _tenants(call, body.get("tenant_id"))
    made_before = engine.attempts_made
    for tenant_id in tenants:
        await _move(call, tenant_id, body)
    clocks = [_shown(call, one) for one in tenants]
    return wire.ok({"clocks": clocks, "attempts_made": engine.attempts_made - made_before})


async def _move(call: Call, tenant_id: str, body: dict[str, Any]) -> None:
    engine, clocks = _engine(call), call.store.clocks
    action = body["action"]
    if action in ("freeze", "resume"):
        async with call.transaction():
            (clocks.freeze if action == "freeze" else clocks.resume)(tenant_id)
    else:
        async with engine.time_held(tenant_id):
            goal = _goal(call, tenant_id, body)
            await advance(clocks, engine, call.transaction, tenant_id, goal)
    engine.look_again()


def _goal(call: Call, tenant_id: str, body: dict[str, Any]) -> int:
    """The time to move to, in milliseconds; 400 when the body does not say one that is ahead."""
    now = call.store.clocks.now_ms(tenant_id)
    action = body["action"]
    if action == "next":
        due_ms = _engine(call).next_due_ms(tenant_id)
        return now if due_ms is None else max(now, due_ms)
    if action == "advance":
        if "seconds" not in body:
            raise ValidationFailed.of("seconds", "is required to advance")
        return now + int(body["seconds"]) * 1000
    if "to" not in body:
        raise ValidationFailed.of("to", "is required to set a clock")
    try:
        goal = milliseconds(comparable(body["to"])[:23])
    except (ValueError, OverflowError):
        raise ValidationFailed.of("to", "is out of range") from None
    if goal < now:
        raise ValidationFailed.of(
            "to", f"is past; the clock of {tenant_id} says {wire.timestamp(moment(now))}"
        )
    return goal


def _engine(call: Call) -> "AnyEngine":
    if call.bench.engine is None:
        raise ServiceUnavailable("The delivery engine is not running.")
    return call.bench.engine


def _tenants(call: Call, tenant_id: str | None) -> list[str]:
    if tenant_id is None:
        return [tenant.id for tenant in call.store.accounts.tenants()]
    if call.store.accounts.tenant(tenant_id) is None:
        raise NotFound.of("Tenant", tenant_id)
    return [tenant_id]


def _shown(call: Call, tenant_id: str) -> wire.Json:
    document: wire.Json = {
        "tenant_id": tenant_id,
        "now": wire.timestamp(moment(call.store.clocks.now_ms(tenant_id))),
        "frozen": call.store.clocks.is_frozen(tenant_id),
    }
    due_ms = _engine(call).next_due_ms(tenant_id)
    if due_ms is not None:
        document["next_attempt_at"] = wire.timestamp(moment(due_ms))
    return document
