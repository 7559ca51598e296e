"""Targets: where events are delivered to."""

from flask import request

from zen_sandbox.console.forms import names
from zen_sandbox.console.forms.forms import Form
from zen_sandbox.console.forms.wanted import Json
from zen_sandbox.console.pages.resource import Around, Resource, pages
from zen_sandbox.delivery.signing import new_secret

_KIND = Resource(
    page="targets",
    word="target",
    purpose="A target is where events are delivered to: an address of your application.",
    collection="destinations",
    id_name="destination_id",
    lists="listDestinations",
    creates="createDestination",
    reads="getDestination",
    changes="updateDestination",
    deletes="deleteDestination",
)


def _rows(tenant_id: str, rows: list[Json]) -> Json:
    flows, is_whole = names.flows(tenant_id)
    return {"flows": flows, "knows_all_flows": is_whole}


def _one(tenant_id: str, found: Json) -> Json:
    flows, is_whole = names.flows(tenant_id)
    own = [one for one in flows if one["destination_id"] == found["id"]]
    sources = names.endpoints(tenant_id, [one["source_id"] for one in own]).names
    return {"flows": own, "knows_all_flows": is_whole, "others": sources}


def _form(tenant_id: str, form: Form) -> Json:
    if request.form.get("show") == "secret":
        form.enter("secret.value", new_secret())
    return {}


blueprint = pages(_KIND, Around(_rows, _one, _form))
