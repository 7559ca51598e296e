"""What a test starts from: resources made by the API, events and attempts by the store."""

import itertools
from typing import Any, Literal

from tests.server.client import Api
from tests.server.harness import Sandbox
from zen_sandbox.store.deliveries import Outcome

Json = dict[str, Any]
Ending = Literal["queued", "failed", "delivered"]

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

_numbers = itertools.count(1)


def name(kind: str = "thing") -> str:
    """A name that nothing else in this process has."""
    return f"{kind}-{next(_numbers)}"


def destination_body(**fields: Any) -> Json:
    """The body of a create that would succeed."""
    return {"name": name("target"), "url": "https://app.example.com/webhooks", **fields}


def destination(api: Api, **fields: Any) -> Json:
    """A new target."""
    made: Json = api.post(api.at("destinations"), destination_body(**fields)).expect(201).json
    return made


def ingester_body(**fields: Any) -> Json:
    """The body of a create that would succeed."""
    return {"name": name("endpoint"), "type": "stripe", **fields}


def ingester(api: Api, **fields: Any) -> Json:
    """A new endpoint."""
    made: Json = api.post(api.at("ingesters"), ingester_body(**fields)).expect(201).json
    return made


def flow_body(api: Api, **fields: Any) -> Json:
    """The body of a create that would succeed; source and target are made unless given."""
    body: Json = {"name": name("flow"), **fields}
    if "source_id" not in body:
        body["source_id"] = ingester(api)["id"]
    if "destination_id" not in body:
        body["destination_id"] = destination(api)["id"]
    return body


def flow(api: Api, **fields: Any) -> Json:
    """A new flow, between a new endpoint and a new target unless they are given."""
    made: Json = api.post(api.at("delivery-flows"), flow_body(api, **fields)).expect(201).json
    return made


def event(sandbox: Sandbox, tenant: str, ingester_id: str = "ing_any") -> str:
    """An event that came in; its id."""
    store = sandbox.store
    event_id = store.ids.new("evt")
    with store.database.writing():
        store.deliveries.add_event(
            tenant, event_id, store.now(), ingester_id=ingester_id, body=b'{"hello":1}'
        )
    return event_id


def attempt(
    sandbox: Sandbox,
    tenant: str,
    event_id: str,
    *,
    flow_id: str = "flow_any",
    destination_id: str = "dest_any",
    number: int = 1,
    ending: Ending = "failed",
    response_code: int | None = None,
) -> str:
    """An attempt at delivering the event, queued and, if so said, executed; its id."""
    store = sandbox.store
    delivery_id = store.ids.new("dlv")
    with store.database.writing():
        store.deliveries.queue(
            tenant,
            delivery_id,
            store.now(),
            event_id=event_id,
            flow_id=flow_id,
            destination_id=destination_id,
            evidence_id=store.ids.new("ev"),
            attempt_number=number,
        )
        if ending != "queued":  # at once: a delivery engine would take what is queued
            _finish(sandbox, tenant, delivery_id, ending, response_code)
    return delivery_id


def finish(
    sandbox: Sandbox,
    tenant: str,
    delivery_id: str,
    ending: Ending,
    *,
    response_code: int | None = None,
) -> None:
    """Executes a queued attempt, as the delivery engine would."""
    with sandbox.store.database.writing():
        _finish(sandbox, tenant, delivery_id, ending, response_code)


def _finish(
    sandbox: Sandbox, tenant: str, delivery_id: str, ending: Ending, response_code: int | None
) -> None:
    store = sandbox.store
    delivered = ending == "delivered"
    code = response_code or (200 if delivered else None)
    error = None if delivered else "The target did not answer."
    outcome = Outcome(delivered, store.now(), code, error)
    store.deliveries.finish(tenant, delivery_id, outcome)


def failed_event(sandbox: Sandbox, tenant: str, **more: Any) -> tuple[str, str]:
    """An event with one failed attempt: the ids of both."""
    event_id = event(sandbox, tenant)
    return event_id, attempt(sandbox, tenant, event_id, **more)
