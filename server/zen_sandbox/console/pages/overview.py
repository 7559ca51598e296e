"""The overview: where events come in, where they go, and how that has gone lately."""

from typing import Any

from flask import Blueprint, render_template

from zen_sandbox import samples
from zen_sandbox.console.room import Room, room
from zen_sandbox.console.shown.health import SAMPLE, health
from zen_sandbox.console.shown.picture import MOST_FLOWS, picture, rate

_PAGE = 100  # of the newest endpoints, flows and targets; the lists have the others
_STRIP = 60  # pixels high

blueprint = Blueprint("overview", __name__)


@blueprint.get("/t/<tenant_id>/")
def overview(tenant_id: str) -> str:
    """The page."""
    here = room()
    endpoints = _newest(here, tenant_id, "ingesters")
    flows = _newest(here, tenant_id, "delivery-flows")
    targets = _newest(here, tenant_id, "destinations")
    found = health(here.store, tenant_id, _now_ms(here, tenant_id))
    return render_template(
        "overview.html",
        tenant_id=tenant_id,
        endpoints=endpoints,
        flows=flows,
        targets=targets,
        health=found,
        picture=picture(endpoints, flows, targets, found),
        most_flows=MOST_FLOWS,
        rate=rate,
        strip=_STRIP,
        highest=max((one.delivered + one.failed for one in found.minutes), default=0),
        sample=SAMPLE,
        event_types=samples.types(),
    )


def _newest(here: Room, tenant_id: str, collection: str) -> list[dict[str, Any]]:
    path = f"/v1/tenants/{tenant_id}/{collection}"
    document = here.door.read(path, tenant_id=tenant_id, query={"limit": _PAGE})
    rows: list[dict[str, Any]] = document[collection.replace("-", "_")]
    return rows


def _now_ms(here: Room, tenant_id: str) -> int:
    """The tenant's time, which only the event loop may read."""

    async def told() -> int:
        return here.store.clocks.peek_ms(tenant_id)

    return here.door.on_the_loop(told)
