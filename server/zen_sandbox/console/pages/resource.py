"""The pages that targets, flows and endpoints have in common: the list, a new one, one, its end.

What a resource is, is in its own module and in `templates/<page>/`; what it may hold, in the
contract.
"""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import NamedTuple

from flask import Blueprint, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from zen_sandbox.console.forms.forms import Form, fields_of
from zen_sandbox.console.forms.outcome import outcome
from zen_sandbox.console.forms.wanted import Json, Wanted, operation

View = Response | str | tuple[str, int]

_ROWS = 50


class Resource(NamedTuple):
    """A kind of resource. The last five are operations of the contract."""

    page: str  # in the addresses of the console, and the name of the blueprint
    word: str
    purpose: str  # what it is for, for who has none
    collection: str  # in the list's answer
    id_name: str
    lists: str
    creates: str
    reads: str
    changes: str
    deletes: str


class Around(NamedTuple):
    """What the pages of a resource show besides it, of a tenant: of many, of one, in a form."""

    rows: Callable[[str, list[Json]], Json] = lambda tenant_id, rows: {}
    one: Callable[[str, Json], Json] = lambda tenant_id, found: {}
    form: Callable[[str, Form], Json] = lambda tenant_id, form: {}


def pages(kind: Resource, around: Around) -> Blueprint:
    """The blueprint of a resource."""
    made = Blueprint(kind.page, __name__)
    at, form = f"/t/<tenant_id>/{kind.page}", ["GET", "POST"]
    both = (kind, around)
    made.add_url_rule(at, kind.page, partial(_list, *both))
    made.add_url_rule(f"{at}/new", "new", partial(_new, *both), methods=form)
    made.add_url_rule(f"{at}/<resource_id>", "one", partial(_one, *both), methods=form)
    made.add_url_rule(f"{at}/<resource_id>/delete", "delete", partial(_delete, kind), methods=form)
    return made


def _list(kind: Resource, around: Around, tenant_id: str) -> str:
    cursor = request.args.get("cursor", "")
    reply = Wanted(kind.lists, tenant_id).send({"limit": _ROWS, "cursor": cursor})
    found = {} if reply.is_refusal else reply.document
    rows = found.get(kind.collection, [])
    return render_template(
        "resource_list.html",
        kind=kind,
        tenant_id=tenant_id,
        problem=reply.document if reply.is_refusal else None,
        rows=rows,
        is_first=not cursor,
        next_cursor=found.get("next_cursor"),
        **around.rows(tenant_id, rows),
    )


def _new(kind: Resource, around: Around, tenant_id: str) -> View:
    form = Form(fields_of(kind.creates), given())
    beside = around.form(tenant_id, form)
    wanted = Wanted(kind.creates, tenant_id, {}, form.document())
    status = HTTPStatus.OK.value
    if is_sent():
        reply = wanted.send()
        if not reply.is_refusal:
            return outcome(
                reply, f"The {kind.word} is there.", _address(kind, tenant_id, reply.document["id"])
            )
        form.refuse(reply, conflict="name")
        status = reply.status
    page = render_template(
        "resource_new.html",
        kind=kind,
        tenant_id=tenant_id,
        form=form,
        wanted=wanted,
        **beside,
    )
    return page, status


def _one(kind: Resource, around: Around, tenant_id: str, resource_id: str) -> View:
    ids = {kind.id_name: resource_id}
    found = Wanted(kind.reads, tenant_id, ids).read()
    is_partial = operation(kind.changes).method == "PATCH"
    form = Form(fields_of(kind.changes), given(), found=found, is_partial=is_partial)
    beside = around.form(tenant_id, form)
    wanted = Wanted(kind.changes, tenant_id, ids, form.document())
    status = HTTPStatus.OK.value
    if is_sent():
        reply = wanted.send()
        if not reply.is_refusal:
            return outcome(reply, "Saved.", _address(kind, tenant_id, resource_id))
        form.refuse(reply, conflict="name")
        status = reply.status
    page = render_template(
        "resource_one.html",
        kind=kind,
        tenant_id=tenant_id,
        found=found,
        form=form,
        wanted=wanted,
        reads=Wanted(kind.reads, tenant_id, ids),
        **beside,
        **around.one(tenant_id, found),
    )
    return page, status


def _delete(kind: Resource, tenant_id: str, resource_id: str) -> View:
    ids = {kind.id_name: resource_id}
    found = Wanted(kind.reads, tenant_id, ids).read()
    wanted = Wanted(kind.deletes, tenant_id, ids)
    refusal, status = "", HTTPStatus.OK.value
    if is_sent():
        reply = wanted.send()
        if not reply.is_refusal:
            to = url_for(f"{kind.page}.{kind.page}", tenant_id=tenant_id)
            return outcome(reply, f"The {kind.word} is gone.", to)
        refusal, status = str(reply.document.get("detail", "")), reply.status
    page = render_template(
        "resource_delete.html",
        kind=kind,
        tenant_id=tenant_id,
        found=found,
        wanted=wanted,
        refusal=refusal,
    )
    return page, status


def is_sent() -> bool:
    """Whether a form is to be carried out, and not only shown as code."""
    return request.method == "POST" and "show" not in request.form


def given() -> MultiDict[str, str] | None:
    """What a form holds, once one was sent."""
    return request.form if request.method == "POST" else None


def _address(kind: Resource, tenant_id: str, resource_id: str) -> str:
    return url_for(f"{kind.page}.one", tenant_id=tenant_id, resource_id=resource_id)
