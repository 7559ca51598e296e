"""A sandbox with the demo data, to run what the contract's examples are made into."""

from tests.server.client import Api
from tests.server.harness import Sandbox
from zen_contract.contract import Operation
from zen_contract.samples import ADMIN_TOKEN, BASE_URL, TENANT_ID, TOKEN
from zen_sandbox import demo

KEY = "zpk_of_the_demo"


class Demo:
    """A sandbox that goes back to the demo data when it is told to."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._admin = sandbox.admin()
        with sandbox.store.database.writing():
            demo.fill(sandbox.store, token=KEY)
        self._admin.post("/sandbox/snapshots", {"name": "demo"}).expect(201)
        self.api: Api = sandbox.api(token=KEY, tenant=demo.TENANT_ID)
        self.environment = {BASE_URL: sandbox.base_url, TOKEN: KEY, TENANT_ID: demo.TENANT_ID}

    def go_back(self) -> None:
        """Everything is as it was, and no request has been made."""
        self._admin.post("/sandbox/snapshots/demo/restore").expect(200)

    def make_deletable(self, operation: Operation) -> None:
        """Deletes the flows that stand in the way when what they use is to be deleted."""
        if operation.operation_id not in ("deleteDestination", "deleteIngester"):
            return
        wanted = {one["example"] for one in operation.parameters if one["in"] == "path"}
        for flow in self.api.walk(self.api.at("delivery-flows"), "delivery_flows"):
            if wanted & {flow["source_id"], flow["destination_id"]}:
                self.api.delete(self.api.at("delivery-flows", flow["id"])).expect(204)

    def with_token(self, token: str) -> Api:
        """A client with that token."""
        return self._sandbox.api(token=token, tenant=demo.TENANT_ID)

    def newest_request(self) -> tuple[str, int]:
        """The operation of the demo tenant's newest request, and its status."""
        path = f"/sandbox/requests?limit=1&tenant_id={demo.TENANT_ID}"
        [seen] = self._admin.get(path).expect(200).json["requests"]
        return seen["operation_id"], seen["status"]

    def remembered_keys(self) -> int:
        """How many requests had an Idempotency-Key."""
        rows = self._sandbox.store.database.execute("SELECT COUNT(*) FROM idempotency").fetchall()
        return int(rows[0][0])


class Bench:
    """A sandbox that delivers, with the demo data and what the sandbox's own examples name."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._admin = sandbox.admin()
        with sandbox.store.database.writing():
            demo.fill(sandbox.store, token=KEY)
        self.environment = {
            BASE_URL: sandbox.base_url,
            ADMIN_TOKEN: str(self._admin.token),
            TENANT_ID: demo.TENANT_ID,
        }

    def with_what_is_there(self, operation: Operation, text: str) -> str:
        """Makes what the sample needs; the sample, with the id that a fault was given."""
        self._admin.delete("/sandbox/receivers/my-app")
        if operation.operation_id != "createReceiver":
            self._admin.post("/sandbox/receivers", {"name": "my-app"}).expect(201)
            self._admin.post("/sandbox/receivers/my-app", {}).expect(200)  # else one waits for it
        self._admin.post("/sandbox/snapshots", {"name": "before-lunch"}).expect(201)
        fault = {"side": "api", "kind": "status", "operation_id": "createDestination"}
        made = self._admin.post("/sandbox/faults", {**fault, "status": 503}).expect(201)
        return text.replace("flt_1", made.json["id"])
