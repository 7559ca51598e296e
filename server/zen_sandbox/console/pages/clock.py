"""The tenant's clock, moved by hand, and what happens on the way; the faults are beside it."""

from datetime import UTC, datetime
from http import HTTPStatus

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from zen_sandbox import demo
from zen_sandbox.console.door import Reply
from zen_sandbox.console.forms.forms import Form, fields_of
from zen_sandbox.console.forms.names import targets
from zen_sandbox.console.forms.outcome import outcome
from zen_sandbox.console.forms.wanted import Json, Wanted
from zen_sandbox.console.forms.whose import entered, is_everybodys
from zen_sandbox.console.pages import faults
from zen_sandbox.console.shown.values import seconds_between

_MOVES = "moveClock"
_WAITING = 20  # queued attempts on the page, those that are due first
_MOST = 100
_SAME = 1.0  # seconds that a clock may differ from the machine's and count as the same

blueprint = Blueprint("clock", __name__)
blueprint.register_blueprint(faults.blueprint)


@blueprint.get("/t/<tenant_id>/clock")
def clock(tenant_id: str) -> str:
    """The page; with `after`, a position in the order of attempts, those that were made since."""
    return _page(tenant_id, Form(fields_of(_MOVES)))


@blueprint.post("/t/<tenant_id>/clock")
def move(tenant_id: str) -> Response | tuple[str, int]:
    """Moves the clock, and goes on to what was done on the way."""
    form = Form(fields_of(_MOVES), entered(tenant_id))
    before = _made(tenant_id, "latest")["position"]
    reply = Wanted(_MOVES, tenant_id, {}, form.document()).send()
    if reply.is_refusal and request.form.get("action") in ("set", "advance"):
        form.refuse(reply)
        return _page(tenant_id, form), reply.status
    return outcome(reply, _told(reply, tenant_id), _next_page(tenant_id, before))


def _page(tenant_id: str, form: Form) -> str:
    after = request.args.get("after", "")
    reply = Wanted("getClocks", tenant_id).send({"tenant_id": tenant_id})
    shown = {} if reply.is_refusal else reply.document["clocks"][0]
    return render_template(
        "clock.html",
        tenant_id=tenant_id,
        form=form,
        problem=reply.document if reply.is_refusal else None,
        clock=shown,
        due_in=_due_in(shown),
        ahead=_ahead(shown),
        waiting=_waiting(tenant_id),
        has_history=tenant_id == demo.TENANT_ID,
        after=after,
        made=_made(tenant_id, after)["deliveries"] if after else [],
        faults=faults.in_force(tenant_id),
        targets=targets(tenant_id).names,
    )


def _told(reply: Reply, tenant_id: str) -> str:
    if reply.is_refusal:
        return ""
    moved, many = reply.document, reply.document["attempts_made"]
    now = next(one for one in moved["clocks"] if one["tenant_id"] == tenant_id)["now"]
    if request.form["action"] == "next" and not many:
        return f"No attempt waits to be made; it is {now}."
    attempts = f"{many} attempt{'' if many == 1 else 's'} made on the way." if many else ""
    whose = f"{len(moved['clocks'])} clocks" if is_everybodys() else "clock"
    done = {"freeze": "stands still", "resume": "goes on"}.get(request.form["action"], "moved")
    return f"The {whose} {done}; it is {now}. {attempts}".strip()


def _next_page(tenant_id: str, position: str) -> str:
    event_id = request.form.get("event_id", "")
    if event_id:
        return url_for("events.event", tenant_id=tenant_id, event_id=event_id)
    return url_for("clock.clock", tenant_id=tenant_id, after=position)


def _made(tenant_id: str, after: str) -> Json:
    """Attempts since a position; those of a position that is none are none."""
    query = {"tenant_id": tenant_id, "after": after, "limit": _MOST}
    reply = Wanted("followDeliveries", tenant_id).send(query)
    if reply.status == HTTPStatus.BAD_REQUEST:
        return {"deliveries": [], "position": ""}
    return reply.document


def _waiting(tenant_id: str) -> list[Json]:
    """The newest attempts that wait to be tried again, soonest first."""
    query = {"status": "retrying", "limit": _WAITING}
    rows: list[Json] = Wanted("listDeliveries", tenant_id).read(query)["deliveries"]
    return sorted(rows, key=lambda one: str(one.get("next_attempt_at", "")))


def _due_in(clock: Json) -> float | None:
    """Seconds of the tenant's time until the next attempt."""
    due = clock.get("next_attempt_at")
    return None if due is None else max(0.0, seconds_between(clock["now"], due))


def _ahead(clock: Json) -> float:
    """Seconds that the clock is ahead of the machine's; nothing worth telling is 0."""
    here = datetime.now(UTC).isoformat()
    ahead = seconds_between(here, clock.get("now", here))
    return ahead if abs(ahead) > _SAME else 0.0
