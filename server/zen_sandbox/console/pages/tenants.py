"""Tenants, whose data is apart from each other's, and the clusters of one."""

from http import HTTPStatus

from flask import Blueprint, abort, render_template, url_for

from zen_sandbox.console.forms.forms import Form, fields_of
from zen_sandbox.console.forms.outcome import outcome
from zen_sandbox.console.forms.wanted import Json, Wanted
from zen_sandbox.console.pages.resource import View, given, is_sent

_NO_TENANT = "-"  # the console speaks for none yet

blueprint = Blueprint("tenants", __name__)


@blueprint.get("/t/<tenant_id>/tenants")
def tenants(tenant_id: str) -> str:
    """All tenants, and the clusters of the one that is looked at."""
    return render_template(
        "tenants.html",
        tenant_id=tenant_id,
        rows=_tenants(tenant_id),
        clusters=_clusters(tenant_id),
    )


@blueprint.route("/tenants/new", methods=["GET", "POST"])
def new() -> View:
    """A new tenant; afterwards it is looked at."""
    form = Form(fields_of("createTenant"), given())
    wanted = Wanted("createTenant", _NO_TENANT, {}, form.document())
    status = HTTPStatus.OK.value
    if is_sent():
        reply = wanted.send()
        if not reply.is_refusal:
            made = reply.document["tenant_id"]
            return outcome(
                reply, "The tenant is there.", url_for("overview.overview", tenant_id=made)
            )
        form.refuse(reply, conflict="tenant_id")
        status = reply.status
    page = render_template(
        "account_new.html", word="tenant", form=form, wanted=wanted, back=url_for("home")
    )
    return page, status


@blueprint.route("/t/<tenant_id>/tenants/<other_id>/revoke", methods=["GET", "POST"])
def revoke(tenant_id: str, other_id: str) -> View:
    """Ends a tenant's credentials."""
    if all(one["tenant_id"] != other_id or "revoked_at" in one for one in _tenants(tenant_id)):
        abort(HTTPStatus.NOT_FOUND)
    wanted = Wanted("revokeTenant", other_id)
    if is_sent():
        to = url_for("home") if other_id == tenant_id else _list(tenant_id)
        return outcome(wanted.send(), f"The tenant {other_id} is revoked.", to)
    means = "Every credential of it ends, for good. What it has stays in the database."
    return _asked(tenant_id, "tenant", other_id, wanted, means)


@blueprint.route("/t/<tenant_id>/clusters/new", methods=["GET", "POST"])
def new_cluster(tenant_id: str) -> View:
    """A new cluster."""
    form = Form(fields_of("createCluster"), given())
    wanted = Wanted("createCluster", tenant_id, {}, form.document())
    status = HTTPStatus.OK.value
    if is_sent():
        reply = wanted.send()
        if not reply.is_refusal:
            return outcome(reply, "The cluster is there.", _list(tenant_id))
        form.refuse(reply, conflict="cluster_id")
        status = reply.status
    page = render_template(
        "account_new.html", word="cluster", form=form, wanted=wanted, back=_list(tenant_id)
    )
    return page, status


@blueprint.route("/t/<tenant_id>/clusters/<cluster_id>/revoke", methods=["GET", "POST"])
def revoke_cluster(tenant_id: str, cluster_id: str) -> View:
    """Ends a cluster of the tenant."""
    if all(one["cluster_id"] != cluster_id for one in _clusters(tenant_id)):
        abort(HTTPStatus.NOT_FOUND)
    wanted = Wanted("revokeCluster", tenant_id, {"cluster_id": cluster_id})
    if is_sent():
        return outcome(wanted.send(), f"The cluster {cluster_id} is revoked.", _list(tenant_id))
    means = "Its addresses are not there any more. Flows that were made there stay."
    return _asked(tenant_id, "cluster", cluster_id, wanted, means)


def _asked(tenant_id: str, word: str, name: str, wanted: Wanted, means: str) -> str:
    return render_template(
        "account_revoke.html",
        word=word,
        name=name,
        wanted=wanted,
        means=means,
        back=_list(tenant_id),
    )


def _tenants(tenant_id: str) -> list[Json]:
    found = Wanted("listTenants", tenant_id).read()["tenants"]
    return sorted(found, key=lambda one: ("revoked_at" in one, one["created_at"]))


def _clusters(tenant_id: str) -> list[Json]:
    found: list[Json] = Wanted("listClusters", tenant_id).read()["clusters"]
    return found


def _list(tenant_id: str) -> str:
    return url_for("tenants.tenants", tenant_id=tenant_id)
