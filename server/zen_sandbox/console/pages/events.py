"""An event and its trace: what came in, each attempt's request and answer, and why it failed."""

import base64
from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response

from zen_sandbox.bench.verification import verify
from zen_sandbox.console.forms.names import endpoints
from zen_sandbox.console.forms.outcome import outcome
from zen_sandbox.console.forms.wanted import Wanted
from zen_sandbox.console.room import Room, room
from zen_sandbox.console.shown.difference import difference
from zen_sandbox.console.shown.replay import curl
from zen_sandbox.console.shown.waterfall import waterfall

MOST = 100
"""Attempts on one page; a longer trace is in the list."""

_SHOWN = 10
_ROWS = 50

Json = dict[str, Any]

blueprint = Blueprint("events", __name__)


class Attempt(NamedTuple):
    """An attempt with all that is known of it."""

    delivery: Json
    record: Json | None
    signature: str  # empty where it is valid or nothing is known
    is_signed: bool
    curl: str


@blueprint.get("/t/<tenant_id>/events")
def events(tenant_id: str) -> str:
    """What was taken in, newest first: what matched no flow too, which no list of attempts has."""
    chosen = request.args.get("ingester_id", "").strip()
    cursor = request.args.get("cursor", "")
    asked = {"tenant_id": tenant_id, "ingester_id": chosen, "limit": _ROWS, "cursor": cursor}
    reply = Wanted("listEvents", tenant_id).send(asked)
    found = reply.document
    rows = [] if reply.is_refusal else found["events"]
    return render_template(
        "events.html",
        tenant_id=tenant_id,
        chosen=chosen,
        problem=found if reply.is_refusal else None,
        rows=rows,
        is_first=not cursor,
        next_cursor=None if reply.is_refusal else found.get("next_cursor"),
        endpoints=endpoints(tenant_id, {one["ingester_id"] for one in rows}).names,
    )


@blueprint.get("/t/<tenant_id>/events/<event_id>")
def event(tenant_id: str, event_id: str) -> str:
    """The page."""
    here = room()
    found = here.door.read(
        f"/sandbox/events/{event_id}", tenant_id=tenant_id, query={"tenant_id": tenant_id}
    )
    deliveries = _trace(here, tenant_id, event_id)
    records = _records(here, tenant_id, deliveries)
    targets = {
        one: _target(here, tenant_id, one) for one in {it["destination_id"] for it in deliveries}
    }
    body = body_of(found)
    return render_template(
        "event.html",
        tenant_id=tenant_id,
        event=found,
        attempts=[
            _attempt(here, tenant_id, one, records.get(one["id"]), targets, body)
            for one in reversed(deliveries)
        ],
        drawn=waterfall(found["received_at"], deliveries, records, _names(deliveries, targets)),
        before=_before(deliveries),
        targets=targets,
        can_retry=_can_retry(deliveries),
        waits=any("attempted_at" not in one for one in deliveries),
        shown=len(deliveries) if request.args.get("all") else _SHOWN,
    )


@blueprint.get("/t/<tenant_id>/events/<event_id>/compare")
def compare(tenant_id: str, event_id: str) -> str:
    """Two attempts beside each other, line by line."""
    here = room()
    documents = [_document(here, tenant_id, request.args.get(one, "")) for one in ("a", "b")]
    if any(one["delivery"]["event_id"] != event_id for one in documents):
        abort(404)
    return render_template(
        "compare.html",
        tenant_id=tenant_id,
        event_id=event_id,
        sides=[one["delivery"] for one in documents],
        parts=difference(*documents),
    )


@blueprint.post("/t/<tenant_id>/events/<event_id>/retry")
def retry(tenant_id: str, event_id: str) -> Response:
    """Retries what failed of the event."""
    path = f"/v1/tenants/{tenant_id}/events/{event_id}/retry"
    reply = room().door.ask("POST", path, tenant_id=tenant_id)
    to = url_for("events.event", tenant_id=tenant_id, event_id=event_id)
    return outcome(reply, "Queued for a new attempt.", to)


@blueprint.get("/t/<tenant_id>/events/<event_id>/body")
def body(tenant_id: str, event_id: str) -> Response:
    """The event's body as it came, to keep: never for a browser to run."""
    path = f"/sandbox/events/{event_id}"
    found = room().door.read(path, tenant_id=tenant_id, query={"tenant_id": tenant_id})
    return Response(
        body_of(found),
        content_type="application/octet-stream",
        headers={"Content-Disposition": "attachment; filename=body"},
    )


def body_of(document: Mapping[str, Any]) -> bytes:
    """The bytes of a body as the wire shows it."""
    content = document["body"]
    if "text" in content:
        return str(content["text"]).encode()
    return base64.b64decode(content["base64"])


def _trace(here: Room, tenant_id: str, event_id: str) -> list[Json]:
    """The event's attempts, oldest first; an event may have none."""
    path = f"/v1/tenants/{tenant_id}/deliveries"
    query = {"event_id": event_id, "limit": MOST}
    reply = here.door.ask("GET", path, tenant_id=tenant_id, query=query)
    found: list[Json] = [] if reply.is_refusal else reply.document["deliveries"]
    return found


def _records(here: Room, tenant_id: str, deliveries: list[Json]) -> dict[str, Json]:
    made = [one["id"] for one in deliveries if "attempted_at" in one]
    found = {one: _document(here, tenant_id, one).get("record") for one in made}
    return {one: record for one, record in found.items() if record is not None}


def _document(here: Room, tenant_id: str, delivery_id: str) -> Json:
    path = f"/sandbox/deliveries/{delivery_id}"
    return here.door.read(path, tenant_id=tenant_id, query={"tenant_id": tenant_id})


def _target(here: Room, tenant_id: str, destination_id: str) -> Json:
    """The target as it is now; what the page needs of one that was deleted."""
    path = f"/v1/tenants/{tenant_id}/destinations/{destination_id}"
    reply = here.door.ask("GET", path, tenant_id=tenant_id)
    if reply.is_refusal:
        return {"name": destination_id, "url": ""}
    return reply.document


def _names(deliveries: list[Json], targets: Mapping[str, Json]) -> dict[str, str]:
    """What the attempts of each flow are called, where there are several flows."""
    flows = {one["flow_id"]: targets[one["destination_id"]]["name"] for one in deliveries}
    return flows if len(flows) > 1 else {}


def _before(deliveries: list[Json]) -> dict[str, Json]:
    """The attempt before each in its chain, where there is one."""
    ends: dict[str, Json] = {}
    found = {}
    for one in deliveries:
        if one["flow_id"] in ends:
            found[one["id"]] = ends[one["flow_id"]]
        ends[one["flow_id"]] = one
    return found


def _attempt(
    here: Room,
    tenant_id: str,
    delivery: Json,
    record: Json | None,
    targets: Mapping[str, Json],
    body: bytes,
) -> Attempt:
    if record is None:
        return Attempt(delivery, None, "", False, "")
    headers = {name.lower(): value for name, value in record["request_headers"].items()}
    secret = here.store.destinations.secret(tenant_id, delivery["destination_id"])
    is_signed = "webhook-signature" in headers
    wrong = ""
    if is_signed and secret is None:
        wrong = "the target no longer has the secret that signed it"
    elif is_signed and secret is not None:
        signed_at = headers.get("webhook-timestamp", "")
        wrong = verify(secret, headers, body, float(signed_at) if signed_at.isdigit() else 0) or ""
    url = targets[delivery["destination_id"]]["url"]
    command = curl(url, record["request_headers"], body) if url else ""
    return Attempt(delivery, record, wrong, is_signed, command)


def _can_retry(deliveries: list[Json]) -> bool:
    """Whether a chain's newest attempt failed."""
    ends = {one["flow_id"]: one["status"] for one in deliveries}
    return "failed" in ends.values()
