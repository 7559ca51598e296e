"""Each kind of write that takes an Idempotency-Key, ready to be sent, sent again and looked at.

`Writes.fresh("createDestination")` is one valid request that nobody sent yet; what it did is seen
by `effects()`, and `move_on()` brings the server into a state in which a second effect would show.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from zen_conformance import contract
from zen_conformance.answer import Answer
from zen_conformance.failing import FailingFlow, trace
from zen_conformance.failures import ConformanceFailure, NotOffered, NotRun
from zen_conformance.pages import LONG_PAGE
from zen_conformance.suite import Suite
from zen_conformance.tenant import NOWHERE, Tenant, a_name

KINDS = tuple(one.operation_id for one in contract.operations() if one.takes_idempotency_key)
WITH_BODY = tuple(one for one in KINDS if contract.operation(one).method not in ("DELETE",))
CREATES = tuple(one for one in KINDS if one.startswith("create"))
CHANGES = tuple(one for one in KINDS if one.startswith(("update", "replace")))
DELETES = tuple(one for one in KINDS if one.startswith("delete"))
RETRIES = tuple(one for one in KINDS if one.startswith("retry"))

Document = dict[str, Any]


@dataclass(frozen=True)
class Write:
    """One request that takes a key."""

    api: Tenant
    operation_id: str
    effects: Callable[[], Any]  # what can be seen of the write on the server
    move_on: Callable[[Answer], None]  # change the server so that a second effect would be seen
    ids: Mapping[str, str] = field(default_factory=dict)
    body: Any = ...
    # Bodies for the same path that are valid too and mean something else, by what differs.
    others: Mapping[str, Any] = field(default_factory=dict)

    def send(self, key: str | None, *, by: Tenant | None = None, **changed: Any) -> Answer:
        """Send it, through another view of the tenant or with parts of the call changed."""
        given = {"json": self.body, "ids": self.ids, **changed}
        if "body" in changed:
            del given["json"]
        return (by or self.api).call(self.operation_id, key=key, **given)


class Writes:
    """Makes writes for one tenant; what they stand on is made once where it can be shared."""

    def __init__(self, suite: Suite, api: Tenant) -> None:
        self.suite = suite
        self.api = api
        self._shared: dict[str, Any] = {}

    def fresh(self, operation_id: str) -> Write:
        """A request of that operation that was not sent yet; NotOffered when there is none."""
        made: Write = getattr(self, f"_{_snake(operation_id)}")()
        return made

    @property
    def failing(self) -> FailingFlow:
        """A supply of events with a failed attempt."""
        offers = self.suite.target.offers
        if not (offers("ingest") and offers("retry")):
            raise NotOffered
        failing: FailingFlow = self._once("failing", lambda: FailingFlow.of(self.api))
        return failing

    @property
    def source_id(self) -> str:
        """An endpoint for flows."""
        return str(self._once("source_id", self.api.a_source_id))

    @property
    def destination_id(self) -> str:
        """A target for flows, of type webhook."""
        return str(self._once("destination", self.api.a_destination)["id"])

    @property
    def second_destination_id(self) -> str:
        """Another target for flows."""
        return str(self._once("destination2", self.api.a_destination)["id"])

    def _once(self, name: str, make: Callable[[], Any]) -> Any:
        if name not in self._shared:
            self._shared[name] = make()
        return self._shared[name]

    def _create_destination(self) -> Write:
        body = {"name": a_name("Tärget"), "url": NOWHERE, "type": "webhook"}
        others = _named_otherwise(body) | {
            "url": {**body, "url": f"{NOWHERE}/other"},
            "type": {**body, "type": "queue"},
            "type left out": _without(body, "type"),
            "secret": {**body, "secret": {"value": "whsec_" + "QUJD" * 10}},
        }
        return self._creating("createDestination", "listDestinations", "destinations", body, others)

    def _update_destination(self) -> Write:
        old = self.api.a_destination()
        body = {"name": a_name("Tärget"), "url": f"{NOWHERE}/new"}
        others = _named_otherwise(body) | {
            "url": {**body, "url": f"{NOWHERE}/other"},
            "url left out": _without(body, "url"),
            "status": {**body, "status": "disabled"},
            "secret null": {**body, "secret": None},
        }
        return self._changing("updateDestination", "destination_id", old, body, others)

    def _delete_destination(self) -> Write:
        return self._deleting("deleteDestination", "destination_id", self.api.a_destination())

    def _create_delivery_flow(self) -> Write:
        return self._creating(
            "createDeliveryFlow", "listDeliveryFlows", "delivery_flows", *self._flow_bodies()
        )

    def _replace_delivery_flow(self) -> Write:
        old = self.api.a_flow(source_id=self.source_id, destination_id=self.destination_id)
        return self._changing("replaceDeliveryFlow", "flow_id", old, *self._flow_bodies())

    def _delete_delivery_flow(self) -> Write:
        old = self.api.a_flow(source_id=self.source_id, destination_id=self.destination_id)
        return self._deleting("deleteDeliveryFlow", "flow_id", old)

    def _flow_bodies(self) -> tuple[Document, dict[str, Document]]:
        def policy(attempts: int, backoff: int) -> Document:
            return {"retry_policy": {"max_attempts": attempts, "backoff_seconds": backoff}}

        body = {
            "name": a_name("flöw"),
            "source_id": self.source_id,
            "destination_id": self.destination_id,
            "config": policy(4, 20),
        }
        return body, _named_otherwise(body) | {
            "destination_id": {**body, "destination_id": self.second_destination_id},
            "config.retry_policy.max_attempts": {**body, "config": policy(5, 20)},
            "config.retry_policy.backoff_seconds": {**body, "config": policy(4, 21)},
            "config left out": _without(body, "config"),
        }

    def _create_ingester(self) -> Write:
        if not self.api.makes_ingesters:
            raise NotOffered
        return self._creating("createIngester", "listIngesters", "ingesters", *_ingester_bodies())

    def _replace_ingester(self) -> Write:
        old = self.api.an_ingester()
        return self._changing("replaceIngester", "ingester_id", old, *_ingester_bodies())

    def _delete_ingester(self) -> Write:
        return self._deleting("deleteIngester", "ingester_id", self.api.an_ingester())

    def _create_cluster_delivery_flow(self) -> Write:
        body = {
            "name": a_name("flöw"),
            "source": self.source_id,
            "target": {"id": self.destination_id, "type": "webhook"},
        }
        target = {"id": self.second_destination_id, "type": "webhook"}
        return self._creating(
            "createClusterDeliveryFlow",
            "listClusterDeliveryFlows",
            "items",
            body,
            _named_otherwise(body) | {"target.id": {**body, "target": target}},
            {"cluster_id": self.api.cluster_id},
        )

    def _retry_event(self) -> Write:
        event_id = self.failing.event()
        return Write(
            self.api,
            "retryEvent",
            effects=lambda: _attempts(self.api, event_id),
            move_on=lambda answer: self._failed_again(event_id),
            ids={"event_id": event_id},
        )

    def _retry_batch(self) -> Write:
        first, second = self.failing.event(), self.failing.event()
        one, two = _attempts(self.api, first)[0], _attempts(self.api, second)[0]

        def both_failed_again(answer: Answer) -> None:
            self._failed_again(first)
            self._failed_again(second)

        return Write(
            self.api,
            "retryBatch",
            effects=lambda: [*_attempts(self.api, first), *_attempts(self.api, second)],
            move_on=both_failed_again,
            body={"delivery_ids": [one, two]},
            others={
                "fewer ids": {"delivery_ids": [one]},
                "the order of the ids": {"delivery_ids": [two, one]},
                "an id twice": {"delivery_ids": [one, two, two]},
            },
        )

    def _failed_again(self, event_id: str) -> None:
        self.failing.failed(event_id, attempts=2)

    def _creating(
        self,
        operation_id: str,
        listing: str,
        member: str,
        body: Document,
        others: Mapping[str, Document],
        ids: Mapping[str, str] = {},  # read only
    ) -> Write:
        def named() -> list[str]:
            # They are among the newest; a list in another order is walked until they come.
            try:
                for page in self.api.pages(listing, {"limit": LONG_PAGE}, **ids):
                    rows = [one for one in page.rows(member) if one.get("name") == body["name"]]
                    if rows:
                        return [str(one.get("id")) for one in rows]
            except ConformanceFailure as failure:
                raise NotRun(f"a precondition failed: {failure.message}") from failure
            return []

        def rename(made: Answer) -> None:
            rename_to_new(self.api, operation_id, str(made["id"]), body)

        return Write(self.api, operation_id, named, rename, ids, body, others)

    def _changing(
        self,
        operation_id: str,
        id_name: str,
        old: Document,
        body: Document,
        others: Mapping[str, Any],
    ) -> Write:
        ids = {id_name: str(old["id"])}
        reading = operation_id.replace("update", "get").replace("replace", "get")

        def change(answer: Answer) -> None:
            changed = {**body, "name": a_name("changed")}
            self.api.call(operation_id, ids=ids, json=changed).precondition(200)

        return Write(
            self.api,
            operation_id,
            effects=lambda: contract.told(
                reading.removeprefix("get"),
                self.api.call(reading, ids=ids).precondition(200).document,
            ),
            move_on=change,
            ids=ids,
            body=body,
            others=others,
        )

    def _deleting(self, operation_id: str, id_name: str, old: Document) -> Write:
        ids = {id_name: str(old["id"])}
        reading = operation_id.replace("delete", "get")
        return Write(
            self.api,
            operation_id,
            effects=lambda: self.api.call(reading, ids=ids).status,
            move_on=lambda answer: None,
            ids=ids,
        )


def rename_to_new(api: Tenant, created_by: str, made_id: str, body: Document) -> None:
    """Give what that operation created from that body another name."""
    name = a_name("renamed")
    if created_by == "createDestination":
        changed = api.call("updateDestination", destination_id=made_id, json={"name": name})
    elif created_by == "createIngester":
        changed = api.call("replaceIngester", ingester_id=made_id, json={**body, "name": name})
    else:
        ends = {
            "source_id": body.get("source_id", body.get("source")),
            "destination_id": body.get("destination_id") or body["target"]["id"],
        }
        changed = api.call("replaceDeliveryFlow", flow_id=made_id, json={"name": name, **ends})
    changed.precondition(200)


def delete_made(api: Tenant, created_by: str, made_id: str) -> Answer:
    """Delete what that operation created."""
    if created_by == "createDestination":
        return api.call("deleteDestination", destination_id=made_id)
    if created_by == "createIngester":
        return api.call("deleteIngester", ingester_id=made_id)
    return api.call("deleteDeliveryFlow", flow_id=made_id)


def _ingester_bodies() -> tuple[Document, dict[str, Document]]:
    body = {"name": a_name("endpöint"), "type": "generic"}
    return body, _named_otherwise(body) | {"type": {**body, "type": "github"}}


def _named_otherwise(body: Document) -> dict[str, Document]:
    name = body["name"]
    return {
        "name": {**body, "name": a_name("other")},
        "letter case of name": {**body, "name": name.swapcase()},
        "the last character of name": {**body, "name": name + "x"},
        "normalisation of name": {
            **body,
            "name": name.replace("ä", "a\u0308").replace("ö", "o\u0308"),
        },
    }


def _without(body: Document, member: str) -> Document:
    return {name: value for name, value in body.items() if name != member}


def _attempts(api: Tenant, event_id: str) -> list[str]:
    return [str(row.get("id")) for row in trace(api, event_id)]


def _snake(operation_id: str) -> str:
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in operation_id)
