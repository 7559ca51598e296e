"""What resources are called, by their ids: for pages that show what is connected to what."""

from collections.abc import Iterable
from typing import NamedTuple

from zen_sandbox.console.forms.wanted import Json, Wanted

MOST = 100
"""Of the newest that a page chooses among; the API's own largest page."""


class Choices(NamedTuple):
    """The newest of a collection by their ids; `is_whole` when there are no others."""

    names: dict[str, str]
    is_whole: bool


def choices(lists: str, collection: str, tenant_id: str) -> Choices:
    """What a form may choose among."""
    found = Wanted(lists, tenant_id).read({"limit": MOST})
    names = {one["id"]: one["name"] for one in found[collection]}
    return Choices(names, "next_cursor" not in found)


def named(reads: str, id_name: str, known: Choices, tenant_id: str, ids: Iterable[str]) -> Choices:
    """The same, and those of these ids that are older."""
    more: dict[str, str] = {}
    for one in set(ids) - known.names.keys():
        reply = Wanted(reads, tenant_id, {id_name: one}).send()
        if not reply.is_refusal:
            more[one] = reply.document["name"]
    return known._replace(names={**known.names, **more})


def targets(tenant_id: str, ids: Iterable[str] = ()) -> Choices:
    """Targets."""
    known = choices("listDestinations", "destinations", tenant_id)
    return named("getDestination", "destination_id", known, tenant_id, ids)


def endpoints(tenant_id: str, ids: Iterable[str] = ()) -> Choices:
    """Endpoints."""
    known = choices("listIngesters", "ingesters", tenant_id)
    return named("getIngester", "ingester_id", known, tenant_id, ids)


def flows(tenant_id: str) -> tuple[list[Json], bool]:
    """The newest flows, and whether there are no others."""
    found = Wanted("listDeliveryFlows", tenant_id).read({"limit": MOST})
    return found["delivery_flows"], "next_cursor" not in found
