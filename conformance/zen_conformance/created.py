"""What the suite made on the server, learnt from the answers, and taken away again at the end.

Nothing else is ever deleted.  It is learnt from every 201 of the run, also those of fuzzed
requests, so that a check need not remember to clean up.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from zen_conformance.http.exchange import Exchange, NotJson, Received

# Flows first: a target or endpoint that a flow uses cannot be deleted.
_KINDS = ("delivery-flows", "destinations", "ingesters")
_CREATES = {
    "createDestination": "destinations",
    "createDeliveryFlow": "delivery-flows",
    "createClusterDeliveryFlow": "delivery-flows",
    "createIngester": "ingesters",
}
_DELETES = {
    "deleteDestination": "destinations",
    "deleteDeliveryFlow": "delivery-flows",
    "deleteIngester": "ingesters",
}


@dataclass(frozen=True)
class Thing:
    """One resource of ours."""

    tenant_id: str
    kind: str  # destinations, delivery-flows or ingesters
    id: str

    @property
    def path(self) -> str:
        """Where it is read and deleted."""
        return f"/v1/tenants/{self.tenant_id}/{self.kind}/{self.id}"


class Created:
    """The register of what is there because of us."""

    def __init__(self) -> None:
        self._things: dict[Thing, None] = {}
        self._lock = threading.Lock()

    def see(self, exchange: Exchange) -> None:
        """Learn from an exchange."""
        received = exchange.received
        if received is None or not exchange.operation_id:
            return
        kind = _CREATES.get(exchange.operation_id)
        if kind and received.status in (200, 201):
            self._add(exchange, received, kind)
        kind = _DELETES.get(exchange.operation_id)
        if kind and received.status == 204:
            segments = urlsplit(exchange.sent.url).path.split("/")
            self.forget(Thing(segments[-3], kind, segments[-1]))

    def forget(self, thing: Thing) -> None:
        """It is gone."""
        with self._lock:
            self._things.pop(thing, None)

    def take_away(self, delete: Callable[[Thing], bool]) -> list[Thing]:
        """Delete all of it, flows first; what `delete` said False of is returned."""
        with self._lock:
            things = sorted(self._things, key=lambda one: _KINDS.index(one.kind))
        left = []
        for thing in things:
            if delete(thing):
                self.forget(thing)
            else:
                left.append(thing)
        return left

    def _add(self, exchange: Exchange, received: Received, kind: str) -> None:
        try:
            document = received.document
        except NotJson:
            return
        made = document.get("id") if isinstance(document, dict) else None
        if isinstance(made, str):
            segments = urlsplit(exchange.sent.path).path.split("/")
            tenant_id = segments[segments.index("tenants") + 1]
            with self._lock:
                self._things[Thing(tenant_id, kind, made)] = None
