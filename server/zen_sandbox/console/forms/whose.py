"""Whether a form is about the tenant that is looked at, or about every tenant of the sandbox."""

from flask import request
from werkzeug.datastructures import MultiDict

EVERYBODY = "everybody"
"""The field of a form, or the value of a filter, that means all of them."""


def is_everybodys() -> bool:
    """Whether the form that was sent is about every tenant."""
    return EVERYBODY in request.form


def entered(tenant_id: str) -> MultiDict[str, str] | None:
    """What was sent with a form, if any was, with the tenant that it is about, if it is one."""
    if request.method != "POST":
        return None
    given = request.form.copy()
    if not is_everybodys():
        given.setlist("tenant_id", [tenant_id])
    return given


def tenant_filter(tenant_id: str) -> dict[str, str]:
    """The contract's filter for what the form is about."""
    return {} if is_everybodys() else {"tenant_id": tenant_id}
