"""A conformance report, shown to who brings it: nothing of it is kept."""

from http import HTTPStatus

from flask import Blueprint, render_template, request
from werkzeug.exceptions import RequestEntityTooLarge

from zen_sandbox.console.pages.resource import View
from zen_sandbox.console.shown.report_file import LARGEST, OUTCOMES, NotAReport, Report, read
from zen_sandbox.console.shown.values import size

FILE = "report"
"""The field that holds the file."""

_MOST = 100  # requirements that are shown with their failures
_EACH = 3  # failures of one requirement
_TEXT = 5000  # characters of a body or a command

blueprint = Blueprint("report", __name__)


@blueprint.get("/t/<tenant_id>/report")
def report(tenant_id: str) -> str:
    """The page to bring one to."""
    return _page(tenant_id)


@blueprint.post("/t/<tenant_id>/report")
def brought(tenant_id: str) -> View:
    """The report that was brought, or why it cannot be shown."""
    file = request.files.get(FILE)
    if file is None or not file.filename:
        return _page(tenant_id, trouble="Choose a file first."), HTTPStatus.BAD_REQUEST.value
    try:
        return _page(tenant_id, read(file.read(LARGEST)), name=file.filename)
    except NotAReport as trouble:
        page = _page(tenant_id, trouble=str(trouble), name=file.filename)
        return page, HTTPStatus.BAD_REQUEST.value


@blueprint.errorhandler(RequestEntityTooLarge)
def too_large(error: RequestEntityTooLarge) -> View:
    """What is longer than any report."""
    page = render_template(
        "failed.html",
        status=error.code,
        title="This file is too large",
        detail=f"A report has at most {size(LARGEST)}. Go back and choose another one.",
    )
    return page, HTTPStatus.REQUEST_ENTITY_TOO_LARGE.value


def _page(tenant_id: str, found: Report | None = None, *, trouble: str = "", name: str = "") -> str:
    return render_template(
        "report.html",
        tenant_id=tenant_id,
        found=found,
        trouble=trouble,
        name=name,
        outcomes=OUTCOMES,
        most=_MOST,
        each=_EACH,
        text=_TEXT,
    )
