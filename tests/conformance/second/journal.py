"""Writes the entries that the log shows."""

from __future__ import annotations

from tests.conformance.second import moments
from tests.conformance.second.world import Tenant, World


def entered(world: World, tenant: Tenant, **members: str | None) -> None:
    """Add an entry of this moment."""
    identity, now = world.identity(), moments.now()
    told = {name: value for name, value in members.items() if value is not None}
    entry = {"id": identity, "timestamp": world.shown(now), "object": "log", **told}
    tenant.logs.add(world.newest_first(now, identity), entry)
