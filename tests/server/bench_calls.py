"""For each operation of the test bench, a request that succeeds and one about what is not there."""

from typing import Any

from tests.server import given
from tests.server.client import NOTHING, Answer, Api
from tests.server.harness import Sandbox
from tests.server.judge import operations

OPERATIONS = {
    operation.operation_id: operation
    for operation in operations()
    if operation.path.startswith(("/sandbox/", "/hooks/"))
}
OPEN = {name: one for name, one in OPERATIONS.items() if one.scope is None}
ADMIN = {name: one for name, one in OPERATIONS.items() if one.scope is not None}
WITH_BODY = {name for name, one in ADMIN.items() if one.request_body is not None}
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Bench:
    """A tenant with an event and an attempt, and one of everything that the bench keeps."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.admin = sandbox.admin()
        self.tenant = sandbox.new_tenant()
        self.api = sandbox.api(tenant=self.tenant)
        self.ingester = given.ingester(self.api)["id"]
        self.emptied = sandbox.new_tenant()
        event_id, delivery_id = given.failed_event(sandbox, self.tenant)
        self.ids: dict[str, str] = {
            "event_id": event_id,
            "delivery_id": delivery_id,
            "ingester_id": self.ingester,
        }

    def send(self, operation_id: str, api: Api | None = None, **more: Any) -> Answer:
        """A request that succeeds now, with the admin token unless another client is given."""
        operation = OPERATIONS[operation_id]
        body = more.pop("json", self.body(operation_id))
        path = more.pop("path", None) or self.path(operation_id)
        return (api or self.admin).request(operation.method, path, json=body, **more)

    def path(self, operation_id: str, **other: str) -> str:
        """The operation's path; what it is about is made first unless `other` names it."""
        path = OPERATIONS[operation_id].path
        if "/clusters" in path:
            other = {"tenant_id": self.tenant, **other}
        names = [one["name"] for one in OPERATIONS[operation_id].parameters if one["in"] == "path"]
        return path.format(**{name: other.get(name) or self._made(name) for name in names})

    def body(self, operation_id: str) -> Any:
        """A body that is taken."""
        bodies: dict[str, Any] = {
            "moveClock": {"tenant_id": self.tenant, "action": "advance", "seconds": 1},
            "createFault": {"side": "api", "kind": "drop", "tenant_id": "tnt_b", "count": 1},
            "createReceiver": {"name": given.name("receiver"), "secret": SECRET},
            "replaceReceiver": {"script": [{"status": 500}]},
            "createSnapshot": {"name": given.name("snapshot"), "tenant_id": self.tenant},
            "reset": {"tenant_id": self.emptied},
            "createTenant": {"name": "A tenant"},
            "createCluster": {"cluster_id": given.name("plane")},
            "createKey": {"tenant_id": self.tenant, "scopes": ["read:*"]},
            "ingestEvent": {"hello": "world"},
            "receive": {"hello": "world"},
        }
        body: Any = bodies.get(operation_id, NOTHING)
        return body

    def _made(self, name: str) -> str:
        if name in self.ids:
            return self.ids[name]
        makers = {
            "fault_id": ("createFault", "id"),
            "receiver_name": ("createReceiver", "name"),
            "snapshot_name": ("createSnapshot", "name"),
            "tenant_id": ("createTenant", "tenant_id"),
            "key_id": ("createKey", "key_id"),
            "cluster_id": ("createCluster", "cluster_id"),
        }
        operation_id, member = makers[name]
        return str(self.send(operation_id).expect(201).json[member])
