"""API keys: what a program may do for the tenant, shown once, until revoked."""

from http import HTTPStatus

from flask import Blueprint, abort, render_template, request, url_for

from zen_sandbox.console.forms.forms import CHOSEN, LISTED, Form, fields_of
from zen_sandbox.console.forms.outcome import outcome
from zen_sandbox.console.forms.wanted import Json, Wanted
from zen_sandbox.console.pages.resource import View, given, is_sent

_ROWS = 50

blueprint = Blueprint("keys", __name__)


@blueprint.get("/t/<tenant_id>/keys")
def keys(tenant_id: str) -> str:
    """The list, newest first; the API gives all of them at once."""
    found = _keys(tenant_id)
    begin = request.args.get("begin", 0, type=int)
    return render_template(
        "keys.html",
        tenant_id=tenant_id,
        rows=found[max(begin, 0) :][:_ROWS],
        is_first=begin <= 0,
        older=begin + _ROWS if begin + _ROWS < len(found) else None,
    )


@blueprint.route("/t/<tenant_id>/keys/new", methods=["GET", "POST"])
def new(tenant_id: str) -> View:
    """A new one; the answer to the form is the only page that shows it."""
    form = Form(fields_of("createKey"), given())
    form.enter("tenant_id", tenant_id)
    wanted = Wanted("createKey", tenant_id, {}, form.document())
    status = HTTPStatus.OK.value
    if is_sent():
        reply = wanted.send()
        if not reply.is_refusal:
            return render_template("key_made.html", tenant_id=tenant_id, key=reply.document)
        form.refuse(reply)
        status = reply.status
    page = render_template(
        "key_new.html",
        tenant_id=tenant_id,
        form=form,
        wanted=wanted,
        is_listed=form.given.get(f"{CHOSEN}scopes") == LISTED,
    )
    return page, status


@blueprint.route("/t/<tenant_id>/keys/<key_id>/revoke", methods=["GET", "POST"])
def revoke(tenant_id: str, key_id: str) -> View:
    """Ends a key of the tenant: one of another tenant is as little there as one of nobody."""
    found = [one for one in _keys(tenant_id) if one["key_id"] == key_id]
    if not found:
        abort(HTTPStatus.NOT_FOUND)
    wanted = Wanted("revokeKey", tenant_id, {"key_id": key_id})
    if is_sent():
        return outcome(wanted.send(), "The key is revoked.", _list(tenant_id))
    return render_template("key_revoke.html", tenant_id=tenant_id, key=found[0], wanted=wanted)


def _keys(tenant_id: str) -> list[Json]:
    found = Wanted("listKeys", tenant_id).read({"tenant_id": tenant_id})["keys"]
    return sorted(found, key=lambda one: (one["created_at"], one["key_id"]), reverse=True)


def _list(tenant_id: str) -> str:
    return url_for("keys.keys", tenant_id=tenant_id)
