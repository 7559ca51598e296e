"""Endpoints: where events come in."""

from zen_sandbox import samples
from zen_sandbox.console.forms import names
from zen_sandbox.console.forms.wanted import Json
from zen_sandbox.console.pages.resource import Around, Resource, pages

_KIND = Resource(
    page="endpoints",
    word="endpoint",
    purpose="An endpoint is where events come in: the address that a provider posts to.",
    collection="ingesters",
    id_name="ingester_id",
    lists="listIngesters",
    creates="createIngester",
    reads="getIngester",
    changes="replaceIngester",
    deletes="deleteIngester",
)


def _rows(tenant_id: str, rows: list[Json]) -> Json:
    flows, is_whole = names.flows(tenant_id)
    return {"flows": flows, "knows_all_flows": is_whole}


def _one(tenant_id: str, found: Json) -> Json:
    flows, is_whole = names.flows(tenant_id)
    own = [one for one in flows if one["source_id"] == found["id"]]
    targets = names.targets(tenant_id, [one["destination_id"] for one in own]).names
    return {
        "flows": own,
        "knows_all_flows": is_whole,
        "others": targets,
        "event_types": samples.types(),
    }


blueprint = pages(_KIND, Around(_rows, _one))
