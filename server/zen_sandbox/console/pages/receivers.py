"""Receivers: ready-made targets of the tenant, what they answer, and what they were sent."""

from http import HTTPStatus
from itertools import islice
from typing import Any

import orjson
from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response

from zen_sandbox import wire
from zen_sandbox.bench.receivers import Received
from zen_sandbox.console.door import Reply
from zen_sandbox.console.forms.forms import Form, fields_of
from zen_sandbox.console.forms.outcome import outcome
from zen_sandbox.console.forms.wanted import Json, Wanted
from zen_sandbox.console.pages.resource import View, given, is_sent
from zen_sandbox.console.room import room

SCRIPT = "script"
REMOVE = "remove:secret"
"""Given when a receiver is to have no secret; without it, it keeps the one it has."""

_SHOWN, _MANY = 10, 100
_UNREADABLE = "must be a list in JSON"

blueprint = Blueprint("receivers", __name__)


@blueprint.get("/t/<tenant_id>/receivers")
def receivers(tenant_id: str) -> str:
    """Those of the tenant, and those that are nobody's."""
    known = Wanted("listReceivers", tenant_id).read()["receivers"]
    rows = [one for one in known if one.get("tenant_id", tenant_id) == tenant_id]
    return render_template("receivers.html", tenant_id=tenant_id, rows=rows)


@blueprint.route("/t/<tenant_id>/receivers/new", methods=["GET", "POST"])
def new(tenant_id: str) -> View:
    """A new one, the tenant's."""
    form = Form(fields_of("createReceiver"), given())
    form.enter("tenant_id", tenant_id)
    wanted = Wanted("createReceiver", tenant_id, {}, _document(form))
    status = HTTPStatus.OK.value
    if is_sent():
        reply = _sent(form, wanted)
        if reply is not None and not reply.is_refusal:
            return outcome(reply, "The receiver listens.", _one(tenant_id, reply.document["name"]))
        status = _refused(form, reply)
    page = render_template("receiver_new.html", tenant_id=tenant_id, form=form, wanted=wanted)
    return page, status


@blueprint.route("/t/<tenant_id>/receivers/<name>", methods=["GET", "POST"])
def one(tenant_id: str, name: str) -> View:
    """What it was sent, and a form for what it answers and with which secret it checks."""
    found = _found(tenant_id, name)
    form = Form(fields_of("replaceReceiver"), given())
    if request.method == "GET":
        form.enter(SCRIPT, orjson.dumps(found["script"]).decode())
    document = _document(form)
    if found["verifies"] and REMOVE not in form.given:
        document.setdefault("secret", room().bench.receivers.get(name).secret)
    wanted = Wanted("replaceReceiver", tenant_id, {"receiver_name": name}, document)
    status = HTTPStatus.OK.value
    if is_sent():
        reply = _sent(form, wanted)
        if reply is not None and not reply.is_refusal:
            return outcome(reply, "Saved; the script begins anew.", _one(tenant_id, name))
        status = _refused(form, reply)
    page = render_template(
        "receiver.html",
        tenant_id=tenant_id,
        found=found,
        form=form,
        requests=_newest(name, _MANY if request.args.get("many") else _SHOWN),
        many=_MANY,
    )
    return page, status


@blueprint.post("/t/<tenant_id>/receivers/<name>/forget")
def forget(tenant_id: str, name: str) -> Response:
    """Forgets what it was sent."""
    _found(tenant_id, name)
    reply = Wanted("clearReceivedRequests", tenant_id, {"receiver_name": name}).send()
    return outcome(reply, "What it was sent is forgotten.", _one(tenant_id, name))


@blueprint.route("/t/<tenant_id>/receivers/<name>/delete", methods=["GET", "POST"])
def delete(tenant_id: str, name: str) -> View:
    """Ends it, once that is confirmed."""
    found = _found(tenant_id, name)
    wanted = Wanted("deleteReceiver", tenant_id, {"receiver_name": name})
    if is_sent():
        to = url_for("receivers.receivers", tenant_id=tenant_id)
        return outcome(wanted.send(), "The receiver is gone.", to)
    return render_template("receiver_delete.html", tenant_id=tenant_id, found=found, wanted=wanted)


def _found(tenant_id: str, name: str) -> Json:
    """The tenant's, or nobody's; one of another tenant is as little there as none."""
    found = Wanted("getReceiver", tenant_id, {"receiver_name": name}).read()
    if found.get("tenant_id", tenant_id) != tenant_id:
        abort(HTTPStatus.NOT_FOUND)
    return found


def _newest(name: str, most: int) -> list[Json]:
    """What it was sent lately, newest first: the API tells all of it, and all may be a gigabyte."""
    here = room()

    async def newest() -> list[Received]:
        return list(islice(reversed(here.bench.receivers.get(name).requests), most))

    return [wire.received_request(one) for one in here.door.on_the_loop(newest)]


def _document(form: Form) -> Json:
    """The body of a request. What is no JSON stays text, and is not sent."""
    document = form.document()
    entered = form.value(SCRIPT).strip()
    return {**document, SCRIPT: _read(entered)} if entered else document


def _read(entered: str) -> Any:
    try:
        return orjson.loads(entered)
    except ValueError:
        return entered


def _sent(form: Form, wanted: Wanted) -> Reply | None:
    """The API's answer; None where the script is no JSON, which the form then says."""
    if isinstance((wanted.document or {}).get(SCRIPT), str):
        form.wrong[SCRIPT] = [_UNREADABLE]
        return None
    return wanted.send()


def _refused(form: Form, reply: Reply | None) -> int:
    if reply is None:
        return HTTPStatus.BAD_REQUEST.value
    form.refuse(reply, conflict="name")
    return reply.status


def _one(tenant_id: str, name: str) -> str:
    return url_for("receivers.one", tenant_id=tenant_id, name=name)
