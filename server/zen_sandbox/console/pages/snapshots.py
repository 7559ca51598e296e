"""Snapshots: taken, put back, deleted; and starting over. What is lost is said before it is."""

from http import HTTPStatus

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response

from zen_sandbox import demo
from zen_sandbox.console.forms.forms import Form, fields_of
from zen_sandbox.console.forms.outcome import outcome
from zen_sandbox.console.forms.wanted import Json, Wanted
from zen_sandbox.console.forms.whose import entered, is_everybodys, tenant_filter
from zen_sandbox.console.pages.resource import View, is_sent

_TAKES = "createSnapshot"

blueprint = Blueprint("snapshots", __name__)


@blueprint.route("/t/<tenant_id>/snapshots", methods=["GET", "POST"])
def snapshots(tenant_id: str) -> View:
    """The snapshots that hold the tenant, and the form for another one."""
    form = Form(fields_of(_TAKES), entered(tenant_id))
    status = HTTPStatus.OK.value
    if is_sent():
        reply = Wanted(_TAKES, tenant_id, {}, form.document()).send()
        if not reply.is_refusal:
            return outcome(reply, f"Snapshot {reply.document['name']} is taken.", _list(tenant_id))
        form.refuse(reply)
        status = reply.status
    page = render_template(
        "snapshots.html",
        tenant_id=tenant_id,
        form=form,
        rows=Wanted("listSnapshots", tenant_id).read({"tenant_id": tenant_id})["snapshots"],
    )
    return page, status


@blueprint.route("/t/<tenant_id>/snapshots/<name>/restore", methods=["GET", "POST"])
def restore(tenant_id: str, name: str) -> View:
    """Puts back what a snapshot holds of the tenant, or of all, once that is confirmed."""
    found = _found(tenant_id, name)
    if is_sent():
        asked = Wanted("restoreSnapshot", tenant_id, {"snapshot_name": name})
        reply = asked.send(tenant_filter(tenant_id))
        return outcome(reply, f"Snapshot {name} is put back.", _list(tenant_id))
    return render_template("snapshot_restore.html", tenant_id=tenant_id, found=found)


@blueprint.route("/t/<tenant_id>/snapshots/<name>/delete", methods=["GET", "POST"])
def delete(tenant_id: str, name: str) -> View:
    """Forgets a snapshot, once that is confirmed."""
    found = _found(tenant_id, name)
    if is_sent():
        reply = Wanted("deleteSnapshot", tenant_id, {"snapshot_name": name}).send()
        return outcome(reply, f"Snapshot {name} is deleted.", _list(tenant_id))
    return render_template("snapshot_delete.html", tenant_id=tenant_id, found=found)


@blueprint.route("/t/<tenant_id>/reset", methods=["GET", "POST"])
def reset(tenant_id: str) -> View:
    """Starts over with the tenant, or with all, once that is confirmed."""
    if is_sent():
        return _reset(tenant_id)
    return render_template("reset.html", tenant_id=tenant_id, has_demo=tenant_id == demo.TENANT_ID)


def _reset(tenant_id: str) -> Response:
    document: Json = {"to": request.form.get("to", ""), **tenant_filter(tenant_id)}
    reply = Wanted("reset", tenant_id, {}, document).send()
    many = "Every tenant starts" if is_everybodys() else "The tenant starts"
    return outcome(reply, f"{many} over.", url_for("overview.overview", tenant_id=tenant_id))


def _found(tenant_id: str, name: str) -> Json:
    """A snapshot that holds the tenant: any other is as little there as none."""
    found = Wanted("getSnapshot", tenant_id, {"snapshot_name": name}).read()
    if tenant_id not in found["tenants"]:
        abort(HTTPStatus.NOT_FOUND)
    return found


def _list(tenant_id: str) -> str:
    return url_for("snapshots.snapshots", tenant_id=tenant_id)
