"""From nothing to a delivered event: an endpoint, a target and a flow of one click each.

The target is a receiver of this sandbox, which answers 200 and checks the signature, so that there
is nothing to set up elsewhere.
"""

import base64
import secrets

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from zen_sandbox import samples
from zen_sandbox.console.door import Reply
from zen_sandbox.console.outcome import note, outcome
from zen_sandbox.console.room import room
from zen_sandbox.delivery.signing import PREFIX

blueprint = Blueprint("start", __name__)

_SECRET_BYTES = 24


@blueprint.post("/t/<tenant_id>/start/endpoint")
def endpoint(tenant_id: str) -> Response:
    """Makes an endpoint."""
    body = {"name": _name("name"), "type": request.form.get("type", "generic")}
    reply = room().door.ask("POST", f"/v1/tenants/{tenant_id}/ingesters", body, tenant_id=tenant_id)
    return outcome(reply, "The endpoint is there.", _overview(tenant_id))


@blueprint.post("/t/<tenant_id>/start/target")
def target(tenant_id: str) -> Response:
    """Makes a target: of the given address, or a receiver that this sandbox answers for."""
    url, name = request.form.get("url", "").strip(), _name("name")
    secret = PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
    if not url:
        received = _receiver(tenant_id, name, secret)
        if received.is_refusal:
            return outcome(received, "", _overview(tenant_id))
        url = received.document["url"]
    body = {"name": name, "url": url, "secret": {"value": secret}}
    path = f"/v1/tenants/{tenant_id}/destinations"
    reply = room().door.ask("POST", path, body, tenant_id=tenant_id)
    return outcome(reply, "The target is there.", _overview(tenant_id))


@blueprint.post("/t/<tenant_id>/start/flow")
def flow(tenant_id: str) -> Response:
    """Makes a flow."""
    names = ("source_id", "destination_id")
    body = {"name": _name("name"), **{name: request.form.get(name, "") for name in names}}
    path = f"/v1/tenants/{tenant_id}/delivery-flows"
    reply = room().door.ask("POST", path, body, tenant_id=tenant_id)
    return outcome(reply, "The flow is there. Now send an event.", _overview(tenant_id))


@blueprint.post("/t/<tenant_id>/start/event")
def event(tenant_id: str) -> Response:
    """Posts a ready-made event to an endpoint, as its provider would."""
    ingester_id, name = request.form.get("ingester_id", ""), request.form.get("type", "")
    if name not in samples.types():
        note("There is no such ready-made event.", kind="bad")
        return redirect(_overview(tenant_id))
    made = samples.sample(name)
    reply = room().door.send(
        "POST", f"/hooks/{ingester_id}", made.headers, made.body, tenant_id=tenant_id
    )
    if reply.is_refusal:
        return outcome(reply, "", _overview(tenant_id))
    to = url_for("events.event", tenant_id=tenant_id, event_id=reply.document["event_id"])
    return outcome(reply, "The event was taken in.", to)


def _receiver(tenant_id: str, name: str, secret: str) -> Reply:
    body = {"name": f"{name}-{secrets.token_hex(3)}", "tenant_id": tenant_id, "secret": secret}
    return room().door.ask("POST", "/sandbox/receivers", body, tenant_id=tenant_id)


def _name(field: str) -> str:
    return request.form.get(field, "").strip()


def _overview(tenant_id: str) -> str:
    return url_for("overview.overview", tenant_id=tenant_id)
