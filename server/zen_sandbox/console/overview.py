"""The overview: where events come in, where they go, and how that has gone lately."""

from flask import Blueprint, render_template

blueprint = Blueprint("overview", __name__)


@blueprint.get("/t/<tenant_id>/")
def overview(tenant_id: str) -> str:
    """The page."""
    return render_template("overview.html", tenant_id=tenant_id)
