"""From nothing to a delivered event: an endpoint, a target and a flow of one click each.

The target is a receiver of this sandbox, which answers 200 and checks the signature, so that there
is nothing to set up elsewhere.
"""

import secrets
from urllib.parse import quote

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from zen_sandbox import samples
from zen_sandbox.console.door import Reply
from zen_sandbox.console.forms.outcome import note, outcome
from zen_sandbox.console.room import room
from zen_sandbox.delivery.signing import new_secret

blueprint = Blueprint("start", __name__)

_TYPE, _EVENT = "generic", "generic.order.created"


@blueprint.post("/t/<tenant_id>/start/everything")
def everything(tenant_id: str) -> Response:
    """Makes one of each, and sends an event through them; ends at the first refusal."""
    name = f"sample-{secrets.token_hex(3)}"
    endpoint = _endpoint(tenant_id, name, _TYPE)
    if endpoint.is_refusal:
        return outcome(endpoint, "", _overview(tenant_id))
    target = _target(tenant_id, name, "")
    if target.is_refusal:
        return outcome(target, "", _overview(tenant_id))
    flow = _flow(tenant_id, name, endpoint.document["id"], target.document["id"])
    if flow.is_refusal:
        return outcome(flow, "", _overview(tenant_id))
    return _event(tenant_id, endpoint.document["id"], _EVENT)


@blueprint.post("/t/<tenant_id>/start/endpoint")
def endpoint(tenant_id: str) -> Response:
    """Makes an endpoint."""
    reply = _endpoint(tenant_id, _field("name"), request.form.get("type", _TYPE))
    return outcome(reply, "The endpoint is there.", _overview(tenant_id))


@blueprint.post("/t/<tenant_id>/start/target")
def target(tenant_id: str) -> Response:
    """Makes a target: of the given address, or a receiver that this sandbox answers for."""
    reply = _target(tenant_id, _field("name"), _field("url"))
    return outcome(reply, "The target is there.", _overview(tenant_id))


@blueprint.post("/t/<tenant_id>/start/flow")
def flow(tenant_id: str) -> Response:
    """Makes a flow."""
    reply = _flow(tenant_id, _field("name"), _field("source_id"), _field("destination_id"))
    return outcome(reply, "The flow is there. Now send an event.", _overview(tenant_id))


@blueprint.post("/t/<tenant_id>/start/event")
def event(tenant_id: str) -> Response:
    """Posts a ready-made event to an endpoint, as its provider would."""
    if _field("type") not in samples.types():
        note("There is no such ready-made event.", kind="bad")
        return redirect(_overview(tenant_id))
    return _event(tenant_id, _field("ingester_id"), _field("type"))


def _endpoint(tenant_id: str, name: str, kind: str) -> Reply:
    body = {"name": name, "type": kind}
    return room().door.ask("POST", f"/v1/tenants/{tenant_id}/ingesters", body, tenant_id=tenant_id)


def _target(tenant_id: str, name: str, url: str) -> Reply:
    secret = new_secret()
    if not url:
        received = _receiver(tenant_id, name, secret)
        if received.is_refusal:
            return received
        url = received.document["url"]
    body = {"name": name, "url": url, "secret": {"value": secret}}
    path = f"/v1/tenants/{tenant_id}/destinations"
    return room().door.ask("POST", path, body, tenant_id=tenant_id)


def _receiver(tenant_id: str, name: str, secret: str) -> Reply:
    body = {"name": f"{name}-{secrets.token_hex(3)}", "tenant_id": tenant_id, "secret": secret}
    return room().door.ask("POST", "/sandbox/receivers", body, tenant_id=tenant_id)


def _flow(tenant_id: str, name: str, source_id: str, destination_id: str) -> Reply:
    body = {"name": name, "source_id": source_id, "destination_id": destination_id}
    path = f"/v1/tenants/{tenant_id}/delivery-flows"
    return room().door.ask("POST", path, body, tenant_id=tenant_id)


def _event(tenant_id: str, ingester_id: str, name: str) -> Response:
    """To the page of the event, once it was taken in."""
    made = samples.sample(name)
    path = f"/hooks/{quote(ingester_id, safe='')}"
    reply = room().door.send("POST", path, made.headers, made.body, tenant_id=tenant_id)
    if reply.is_refusal:
        return outcome(reply, "", _overview(tenant_id))
    to = url_for("events.event", tenant_id=tenant_id, event_id=reply.document["event_id"])
    return outcome(reply, "The event was taken in.", to)


def _field(name: str) -> str:
    return request.form.get(name, "").strip()


def _overview(tenant_id: str) -> str:
    return url_for("overview.overview", tenant_id=tenant_id)
