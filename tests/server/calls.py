"""For each operation of the contracts, a request that succeeds, made from the contract's own paths.

What the matrices are built from: every test that says "every operation" takes its requests here,
and an operation that is added to a contract without a request here fails them.
"""

from dataclasses import dataclass, replace
from typing import Any

from tests.server import given
from tests.server.client import NOTHING, Answer, Api
from tests.server.harness import CLUSTER, Sandbox
from tests.server.judge import operations
from zen_contract.contract import Operation

OPERATIONS = {
    operation.operation_id: operation
    for operation in operations()
    if not operation.path.startswith(("/sandbox/", "/hooks/"))
}
"""Those of customers, and about the server's health; the test bench's are `bench_calls.py`'s."""
SECURED = {name: one for name, one in OPERATIONS.items() if one.scope is not None}
WRITES = {name: one for name, one in SECURED.items() if one.method != "GET"}
READS = {name: one for name, one in SECURED.items() if one.method == "GET"}
LISTS = {
    name: one
    for name, one in READS.items()
    if {"limit", "cursor"} <= {parameter["name"] for parameter in one.parameters}
}


@dataclass(frozen=True)
class Call:
    """One request of one operation."""

    operation: Operation
    path: str
    body: Any = NOTHING

    def send(self, api: Api, **more: Any) -> Answer:
        """Asks with that client's credential."""
        return api.request(self.operation.method, self.path, **{"json": self.body, **more})

    def at(self, path: str) -> "Call":
        """The same with another path."""
        return replace(self, path=path)

    def saying(self, body: Any) -> "Call":
        """The same with another body."""
        return replace(self, body=body)


class World:
    """A tenant with at least one of everything, and requests about it."""

    def __init__(self, sandbox: Sandbox, tenant: str | None = None) -> None:
        self.sandbox = sandbox
        self.tenant = tenant or sandbox.new_tenant()
        self.api = sandbox.api(tenant=self.tenant)
        self.flow = given.flow(self.api)
        event_id, delivery_id = given.failed_event(sandbox, self.tenant)
        self.ids = {
            "tenant_id": self.tenant,
            "cluster_id": CLUSTER,
            "destination_id": self.flow["destination_id"],
            "ingester_id": self.flow["source_id"],
            "flow_id": self.flow["id"],
            "event_id": event_id,
            "delivery_id": delivery_id,
        }

    def path(self, operation: Operation, **other_ids: str) -> str:
        """The operation's path with this world's ids, or those given."""
        return operation.path.format(**{**self.ids, **other_ids})

    def call(self, operation_id: str) -> Call:
        """A request that succeeds now; what it uses up is made first."""
        operation = OPERATIONS[operation_id]
        if operation_id.startswith("delete"):
            return self._deletion(operation)
        if operation_id == "retryEvent":
            event_id, _ = given.failed_event(self.sandbox, self.tenant)
            return Call(operation, self.path(operation, event_id=event_id))
        if operation.request_body is None:
            return Call(operation, self.path(operation))
        return Call(operation, self.path(operation), self._body(operation_id))

    def missing(self, operation_id: str) -> Call:
        """A request about something that is not there."""
        call = self.call(operation_id)
        if operation_id == "listDeliveries":
            return call.at(f"{call.path}?event_id=missing")
        if operation_id == "retryBatch":
            return call.saying({"delivery_ids": ["missing"]})
        last = call.operation.parameters[-1 if not call.operation.takes_idempotency_key else -2]
        name = "cluster_id" if "{cluster_id}" in call.operation.path else last["name"]
        return call.at(self.path(call.operation, **{name: "missing"}))

    def _deletion(self, operation: Operation) -> Call:
        made = {
            "destination_id": given.destination,
            "ingester_id": given.ingester,
            "flow_id": lambda api: given.flow(
                api,
                source_id=self.ids["ingester_id"],
                destination_id=self.ids["destination_id"],
            ),
        }
        name = next(name for name in made if "{" + name + "}" in operation.path)
        return Call(operation, self.path(operation, **{name: made[name](self.api)["id"]}))

    def _body(self, operation_id: str) -> Any:
        source_id, destination_id = self.ids["ingester_id"], self.ids["destination_id"]
        if operation_id in ("createDeliveryFlow", "replaceDeliveryFlow"):
            return given.flow_body(self.api, source_id=source_id, destination_id=destination_id)
        if operation_id == "createClusterDeliveryFlow":
            target = {"id": destination_id, "type": "webhook"}
            return {"name": given.name("flow"), "source": source_id, "target": target}
        if operation_id == "retryBatch":
            return {"delivery_ids": [given.failed_event(self.sandbox, self.tenant)[1]]}
        bodies = {
            "createDestination": given.destination_body,
            "updateDestination": lambda: {"name": given.name("target")},
            "createIngester": given.ingester_body,
            "replaceIngester": given.ingester_body,
        }
        return bodies[operation_id]()
