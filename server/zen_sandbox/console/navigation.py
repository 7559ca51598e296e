"""What the navigation leads to, and which tenants there are to look at."""

from typing import NamedTuple

from flask import current_app, request, url_for

from zen_sandbox import demo
from zen_sandbox.console.room import Room
from zen_sandbox.domain import Tenant

ENTRIES = {
    "Overview": "overview.overview",
    "Events": "events.events",
    "Deliveries": "deliveries.deliveries",
    "Targets": "targets.targets",
    "Flows": "flows.flows",
    "Endpoints": "endpoints.endpoints",
    "Keys": "keys.keys",
    "Requests": "requests.requests",
    "Log": "log.log",
    "Clock & faults": "clock.clock",
    "Receivers": "receivers.receivers",
    "Snapshots": "snapshots.snapshots",
    "Report": "report.report",
    "Tenants": "tenants.tenants",
}
"""The Flask endpoint of each entry; one that no module of `site.PAGES` has is left out."""


class Entry(NamedTuple):
    """A link of the navigation."""

    name: str
    url: str
    is_here: bool


def navigation(tenant: Tenant | None) -> list[Entry]:
    """The entries that there are, for a tenant."""
    if tenant is None:
        return []
    here = (request.blueprint or "").partition(".")[0]
    return [
        Entry(name, url_for(endpoint, tenant_id=tenant.id), endpoint.partition(".")[0] == here)
        for name, endpoint in ENTRIES.items()
        if endpoint in current_app.view_functions
    ]


def known_tenants(room: Room) -> list[Tenant]:
    """Those that were not revoked: the demo first, the others by age."""
    known = [one for one in room.store.accounts.tenants() if one.revoked_at is None]
    return sorted(known, key=lambda one: one.id != demo.TENANT_ID)
