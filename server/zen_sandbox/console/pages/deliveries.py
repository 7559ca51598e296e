"""The list of attempts: the contract's filters and pages, and a retry of those that are chosen."""

from functools import cache
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from zen_contract import contract
from zen_sandbox.console.forms.outcome import outcome
from zen_sandbox.console.room import room

FILTERS = ("status", "destination_id", "event_id")
_PAGE = 50

blueprint = Blueprint("deliveries", __name__)


@blueprint.get("/t/<tenant_id>/deliveries")
def deliveries(tenant_id: str) -> str:
    """The page; what the API refuses of the filters is told on it."""
    chosen = {name: request.args.get(name, "").strip() for name in FILTERS}
    reply = room().door.ask(
        "GET",
        f"/v1/tenants/{tenant_id}/deliveries",
        tenant_id=tenant_id,
        query={**chosen, "limit": _PAGE, "cursor": request.args.get("cursor")},
    )
    found = reply.document
    next_cursor = None if reply.is_refusal else found.get("next_cursor")
    return render_template(
        "deliveries.html",
        tenant_id=tenant_id,
        chosen=chosen,
        problem=found if reply.is_refusal else None,
        rows=found.get("deliveries", []),
        is_first=not request.args.get("cursor"),
        next_page=next_cursor and _address(tenant_id, {**chosen, "cursor": next_cursor}),
        targets=_targets(tenant_id),
        retriable=_retriable(found.get("deliveries", [])),
        statuses=_statuses(),
    )


@blueprint.post("/t/<tenant_id>/deliveries/retry")
def retry(tenant_id: str) -> Response:
    """Retries the chosen attempts."""
    ids = request.form.getlist("delivery_id")
    reply = room().door.ask(
        "POST", f"/v1/tenants/{tenant_id}/retry/batch", {"delivery_ids": ids}, tenant_id=tenant_id
    )
    queued = 0 if reply.is_refusal else reply.document["queued"]
    back = {name: request.form.get(name, "") for name in FILTERS}
    return outcome(reply, f"{queued} queued for a new attempt.", _address(tenant_id, back))


def _address(tenant_id: str, query: dict[str, str]) -> str:
    given = urlencode({name: value for name, value in query.items() if value})
    return f"{url_for('deliveries.deliveries', tenant_id=tenant_id)}?{given}"


def _retriable(rows: list[dict[str, Any]]) -> set[str]:
    """The failed ends of chains, as far as the page shows: the API retries nothing else."""
    ends: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        chain = (row["event_id"], row["flow_id"])
        if chain not in ends or row["attempt_number"] > ends[chain]["attempt_number"]:
            ends[chain] = row
    return {row["id"] for row in ends.values() if row["status"] == "failed"}


@cache
def _statuses() -> list[str]:
    """Those that the contract knows."""
    parameters = contract.load().document["components"]["parameters"]
    listed: list[str] = parameters["DeliveryStatus"]["schema"]["enum"]
    return listed


def _targets(tenant_id: str) -> dict[str, str]:
    """Names of the newest targets by their ids."""
    path = f"/v1/tenants/{tenant_id}/destinations"
    found = room().door.read(path, tenant_id=tenant_id, query={"limit": 100})
    return {one["id"]: one["name"] for one in found["destinations"]}
