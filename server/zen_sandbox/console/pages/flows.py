"""Flows: which endpoint's events go to which target, and how often each is tried."""

from flask import request

from zen_sandbox.console.forms import names
from zen_sandbox.console.forms.forms import Form
from zen_sandbox.console.forms.wanted import Json
from zen_sandbox.console.pages.resource import Around, Resource, pages

_KIND = Resource(
    page="flows",
    word="flow",
    purpose="A flow leads the events of an endpoint to a target, and says how often each is tried.",
    collection="delivery_flows",
    id_name="flow_id",
    lists="listDeliveryFlows",
    creates="createDeliveryFlow",
    reads="getDeliveryFlow",
    changes="replaceDeliveryFlow",
    deletes="deleteDeliveryFlow",
)


def _rows(tenant_id: str, rows: list[Json]) -> Json:
    return {
        "sources": names.endpoints(tenant_id, [one["source_id"] for one in rows]),
        "targets": names.targets(tenant_id, [one["destination_id"] for one in rows]),
    }


def _form(tenant_id: str, form: Form) -> Json:
    for name in ("source_id", "destination_id"):
        if request.method == "GET" and name in request.args:
            form.enter(name, request.args[name])
    was = {name: filter(None, [form.was(name)]) for name in ("source_id", "destination_id")}
    return {
        "sources": names.endpoints(tenant_id, was["source_id"]),
        "targets": names.targets(tenant_id, was["destination_id"]),
    }


blueprint = pages(_KIND, Around(_rows, form=_form))
