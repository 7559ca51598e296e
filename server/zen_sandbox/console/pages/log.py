"""The audit log: every write, refused ones too, and every attempt; by the contract's filters."""

from functools import cache
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from zen_sandbox.console.forms.wanted import Json, Wanted, operation

FILTERS = ("level", "source_id", "delivery_id", "since", "until")
_PAGE = 50
_LISTS = "listLogs"

_PAGES = {
    "destination": ("targets.one", "resource_id"),
    "delivery-flow": ("flows.one", "resource_id"),
    "ingester": ("endpoints.one", "resource_id"),
    "event": ("events.event", "event_id"),
    "delivery": ("log.attempt", "delivery_id"),
}
"""Where each type of resource is shown, and what that page calls its id."""

_GONE = {("delete", "success")}

blueprint = Blueprint("log", __name__)


@blueprint.get("/t/<tenant_id>/log")
def log(tenant_id: str) -> str:
    """The page; what the API refuses of a filter is told at it."""
    chosen = {name: request.args.get(name, "").strip() for name in FILTERS}
    cursor = request.args.get("cursor", "")
    reply = Wanted(_LISTS, tenant_id).send({**chosen, "limit": _PAGE, "cursor": cursor})
    found = reply.document
    rows = [] if reply.is_refusal else found["logs"]
    older = None if reply.is_refusal else found.get("next_cursor")
    return render_template(
        "log.html",
        tenant_id=tenant_id,
        chosen=chosen,
        levels=_levels(),
        problem=found if reply.is_refusal else None,
        wrong={one["field"]: one["message"] for one in found.get("errors", [])},
        rows=[(one, _address(tenant_id, one)) for one in rows],
        is_first=not cursor,
        newest=_page(tenant_id, chosen),
        older=older and _page(tenant_id, {**chosen, "cursor": older}),
    )


@blueprint.get("/t/<tenant_id>/attempts/<delivery_id>")
def attempt(tenant_id: str, delivery_id: str) -> Response:
    """To an attempt on the page of its event."""
    it = Wanted("getDelivery", tenant_id, {"delivery_id": delivery_id}).read()
    to = url_for("events.event", tenant_id=tenant_id, event_id=it["event_id"])
    return redirect(f"{to}#{delivery_id}")


def _address(tenant_id: str, entry: Json) -> str | None:
    """Where what an entry is about can be looked at; None where there is nothing to look at."""
    resource_id = entry.get("resource_id") or entry.get("delivery_id")
    page = _PAGES.get(entry["resource_type"])
    if page is None or resource_id is None or entry["result"] == "not_found":
        return None
    if (entry["action"], entry["result"]) in _GONE:
        return None
    endpoint, name = page
    return url_for(endpoint, tenant_id=tenant_id, **{name: resource_id})


def _page(tenant_id: str, query: dict[str, str]) -> str:
    given = urlencode({name: value for name, value in query.items() if value})
    return f"{url_for('log.log', tenant_id=tenant_id)}?{given}"


@cache
def _levels() -> list[str]:
    """Those that the contract knows."""
    parameters = {one["name"]: one["schema"] for one in operation(_LISTS).parameters}
    levels: list[str] = parameters["level"]["enum"]
    return levels
