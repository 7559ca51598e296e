"""Faults: those in force, a new one, and their end. A part of the page with the clock."""

from collections.abc import Mapping
from http import HTTPStatus

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from zen_contract import contract
from zen_sandbox.bench.faults import API_KINDS, TARGET_KINDS
from zen_sandbox.console.forms.forms import Field, Form, fields_of
from zen_sandbox.console.forms.names import targets
from zen_sandbox.console.forms.outcome import outcome
from zen_sandbox.console.forms.wanted import Json, Wanted
from zen_sandbox.console.forms.whose import is_everybodys, tenant_filter
from zen_sandbox.console.pages.resource import View, given, is_sent

KINDS = {"target": TARGET_KINDS, "api": API_KINDS}
"""The faults of each side, as the bench has them."""

_CREATES = "createFault"

blueprint = Blueprint("faults", __name__)


def in_force(tenant_id: str) -> list[Json]:
    """Those that may strike the tenant."""
    found: list[Json] = Wanted("listFaults", tenant_id).read({"tenant_id": tenant_id})["faults"]
    return found


@blueprint.route("/t/<tenant_id>/faults/new/<side>", methods=["GET", "POST"])
def new(tenant_id: str, side: str) -> View:
    """The form for one, on a side of the contract's: attempts to targets, or answers of the API."""
    if side not in KINDS:
        abort(HTTPStatus.NOT_FOUND)
    form = Form(_fields(side), _entered(tenant_id, side))
    wanted = Wanted(_CREATES, tenant_id, {}, form.document())
    status = HTTPStatus.OK.value
    if is_sent():
        reply = wanted.send()
        if not reply.is_refusal:
            return outcome(reply, "The fault is in force.", _clock(tenant_id))
        form.refuse(reply)
        status = reply.status
    page = render_template(
        "fault_new.html",
        tenant_id=tenant_id,
        side=side,
        form=form,
        wanted=wanted,
        targets=targets(tenant_id).names if side == "target" else {},
        operations={one.operation_id: one.summary for one in contract.load().operations},
    )
    return page, status


@blueprint.post("/t/<tenant_id>/faults/<fault_id>/end")
def end(tenant_id: str, fault_id: str) -> Response:
    """Ends one."""
    reply = Wanted("deleteFault", tenant_id, {"fault_id": fault_id}).send()
    return outcome(reply, "The fault is ended.", _clock(tenant_id))


@blueprint.post("/t/<tenant_id>/faults/end")
def end_all(tenant_id: str) -> Response:
    """Ends those of the tenant, or all that there are."""
    whose = "every tenant" if is_everybodys() else "this tenant"
    reply = Wanted("clearFaults", tenant_id).send(tenant_filter(tenant_id))
    return outcome(reply, f"The faults of {whose} are ended.", _clock(tenant_id))


def _fields(side: str) -> Mapping[str, Field]:
    """The contract's fields, with the kinds of that side only."""
    fields = fields_of(_CREATES)
    kind = fields["kind"]
    kinds = [one for one in kind.options if one in KINDS[side]]
    return {**fields, "kind": kind._replace(schema={**kind.schema, "enum": kinds})}


def _entered(tenant_id: str, side: str) -> MultiDict[str, str]:
    """What was entered; at first the tenant, and the target or operation of the address."""
    form = given()
    entered = request.args.copy() if form is None else form.copy()
    entered.setlist("side", [side])
    if form is None:
        entered.setlist("tenant_id", [tenant_id])
    return entered


def _clock(tenant_id: str) -> str:
    return f"{url_for('clock.clock', tenant_id=tenant_id)}#faults"
