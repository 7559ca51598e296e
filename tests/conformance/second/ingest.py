"""Where providers post their events: stored and queued before the answer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tests.conformance.second.answer import Answer, Refusal, missing, said
from tests.conformance.second.engine import Engine
from tests.conformance.second.gate import Incoming
from tests.conformance.second.ingesters import INBOUND
from tests.conformance.second.routes import not_allowed
from tests.conformance.second.world import Event, World

_PATH = re.compile(rf"/{INBOUND}/([A-Za-z0-9_-]+)", re.ASCII)


class Ingest:
    """The providers' door; nobody has to sign in there."""

    def __init__(self, world: World, engine: Engine) -> None:
        self._world = world
        self._engine = engine

    @staticmethod
    def serves(path: str) -> bool:
        """Whether the path is one of this door."""
        return _PATH.fullmatch(path) is not None

    async def answer(self, incoming: Incoming) -> Answer:
        """202 with the event's id and how many attempts it made."""
        try:
            if incoming.method == "OPTIONS":
                return Answer(204, headers={"Allow": "POST, OPTIONS"})
            if incoming.method != "POST":
                raise not_allowed(incoming.method, "POST, OPTIONS")
            ingester_id = incoming.path.rpartition("/")[2]
            if ingester_id not in self._world.ingester_tenants:
                raise missing("Endpoint", ingester_id)
            body = await incoming.body()
            return self._taken(ingester_id, body, incoming.headers("Content-Type"))
        except Refusal as refusal:
            return refusal.answer(incoming.request_id)

    def _taken(self, ingester_id: str, body: bytes, content_types: Sequence[str]) -> Answer:
        tenant_id = self._world.ingester_tenants.get(ingester_id)
        if tenant_id is None:
            raise missing("Endpoint", ingester_id)
        tenant = self._world.tenants[tenant_id]
        content_type = content_types[0] if content_types else None
        event = Event(self._world.identity(), tenant.id, ingester_id, body, content_type)
        tenant.events[event.id] = event
        for flow in list(tenant.flows.by_id.values()):
            target = tenant.destinations.by_id[flow.destination_id]
            if flow.source_id == ingester_id and target.status != "disabled":
                self._engine.begin(event, flow)
        return said(202, {"event_id": event.id, "deliveries": len(event.chains), "object": "event"})
