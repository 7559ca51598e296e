"""That what is refused changes nothing: ORDER-010 and -011."""

from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Asked
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import (
    body_of,
    operation_of,
)
from zen_sandbox import domain
from zen_sandbox.problems import (
    Conflict,
)
from zen_sandbox.request import endpoint


def _made_all_the_same(server: Faulty, operation_id: str, status: int, make: Any) -> None:
    """A refused create makes something."""

    @server.around(endpoint.Endpoint, "log_refusal")
    async def log_refusal(original: Any, self: Any, exchange: Any, problem: Any) -> None:
        await original(self, exchange, problem)
        if operation_of(exchange) == operation_id and problem.status == status:
            async with self.transaction():
                make(self._store, exchange)


def _make_target(store: Any, name: str, tenant_id: str, url: str = "https://x.example.com") -> None:
    try:
        store.destinations.create(tenant_id, store.ids.new("dest"), store.now(), name=name, url=url)
    except Conflict:
        return


@mutant("create", "ORDER-010")
def a_target_of_a_bad_url_is_made(server: Faulty) -> None:
    """POST of a target that is refused for its url is a 400 and makes it."""
    seen: dict[str, str] = {}

    @server.requests("createDestination")
    def look(asked: Asked) -> None:
        document = body_of(asked)
        if isinstance(document, dict) and isinstance(document.get("name"), str):
            seen["name"] = document["name"]

    def make(store: Any, exchange: Any) -> None:
        if "name" in seen and 0 < len(seen["name"]) <= 100:
            _make_target(store, seen.pop("name"), exchange.credential.tenant_id)

    _made_all_the_same(server, "createDestination", 400, make)


@mutant("create", "ORDER-010", also={"SCOPE": "it is made"})
def a_target_is_made_without_the_scope(server: Faulty) -> None:
    """POST of a target without the scope is a 403 and makes it."""
    seen: dict[str, str] = {}

    @server.requests("createDestination")
    def look(asked: Asked) -> None:
        document = body_of(asked)
        if isinstance(document, dict) and isinstance(document.get("name"), str):
            seen["name"] = document["name"]

    def make(store: Any, exchange: Any) -> None:
        if "name" in seen:
            _make_target(store, seen.pop("name"), exchange.credential.tenant_id)

    _made_all_the_same(server, "createDestination", 403, make)


@mutant("create", "ORDER-010", also={"ORDER-008": "it is made first, which a taken name prevents"})
def a_flow_of_an_unknown_source_is_made(server: Faulty) -> None:
    """POST of a flow that names an unknown source is a 400 and makes it."""

    @server.around(endpoint.Endpoint, "_refusal")
    def refusal(original: Any, self: Any, operation: Any, exchange: Any, problem: Any) -> Any:
        made = original(self, operation, exchange, problem)
        body = exchange.body
        if operation.operation_id == "createDeliveryFlow" and problem.detail.startswith("source"):
            tenant_id = exchange.credential.tenant_id
            if self._store.destinations.find(tenant_id, body["destination_id"]):
                self._store.delivery_flows.create(
                    tenant_id,
                    self._store.ids.new("flow"),
                    self._store.now(),
                    name=body["name"],
                    source_id=body["source_id"],
                    destination_id=body["destination_id"],
                    policy=domain.RetryPolicy(),
                )
        return made


@mutant("create", "ORDER-010", also={"RECIPE": "it is made", "IDEM-013": "its name is taken"})
def a_recipe_of_a_wrong_type_is_made(server: Faulty) -> None:
    """A recipe with another target.type than the target's is a 400 and makes the flow."""

    @server.around(endpoint.Endpoint, "_refusal")
    def refusal(original: Any, self: Any, operation: Any, exchange: Any, problem: Any) -> Any:
        made = original(self, operation, exchange, problem)
        body = exchange.body
        if problem.detail.startswith("target.type"):
            tenant_id = exchange.credential.tenant_id
            if self._store.ingesters.find(tenant_id, body["source"]):
                self._store.delivery_flows.create(
                    tenant_id,
                    self._store.ids.new("flow"),
                    self._store.now(),
                    name=body["name"],
                    source_id=body["source"],
                    destination_id=body["target"]["id"],
                    policy=domain.RetryPolicy(),
                )
        return made


@mutant("update", "ORDER-011", also={"NAME-008": "the rest is changed"})
def a_patch_to_a_taken_name_changes_the_rest(server: Faulty) -> None:
    """PATCH that is a 409 for its name changes the other members."""

    @server.around(endpoint.Endpoint, "_refusal")
    def refusal(original: Any, self: Any, operation: Any, exchange: Any, problem: Any) -> Any:
        made = original(self, operation, exchange, problem)
        if operation.operation_id == "updateDestination" and isinstance(problem, Conflict):
            rest = {
                name: value
                for name, value in exchange.body.items()
                if name in ("url", "type", "status")
            }
            self._store.destinations.update(
                exchange.credential.tenant_id,
                exchange.path_values["destination_id"],
                self._store.now(),
                rest,
            )
        return made


@mutant("update", "ORDER-011", also={"FLOW": "the name is changed"})
def a_put_with_an_unknown_target_changes_the_name(server: Faulty) -> None:
    """PUT of a flow that is a 400 for its target changes the name."""

    @server.around(endpoint.Endpoint, "_refusal")
    def refusal(original: Any, self: Any, operation: Any, exchange: Any, problem: Any) -> Any:
        made = original(self, operation, exchange, problem)
        unknown = problem.detail.startswith("destination_id: target")
        if operation.operation_id == "replaceDeliveryFlow" and unknown:
            self._store.database.execute(
                "UPDATE OR IGNORE delivery_flows SET name = ? WHERE tenant_id = ? AND id = ?",
                (
                    exchange.body["name"],
                    exchange.credential.tenant_id,
                    exchange.path_values["flow_id"],
                ),
            )
        return made


@mutant("delete", "ORDER-011", also={"DEST-020": "it is disabled"})
def a_refused_delete_disables_the_target(server: Faulty) -> None:
    """DELETE of a target in use is a 409 and disables it."""

    @server.around(endpoint.Endpoint, "_refusal")
    def refusal(original: Any, self: Any, operation: Any, exchange: Any, problem: Any) -> Any:
        made = original(self, operation, exchange, problem)
        if operation.operation_id == "deleteDestination" and isinstance(problem, Conflict):
            self._store.destinations.update(
                exchange.credential.tenant_id,
                exchange.path_values["destination_id"],
                self._store.now(),
                {"status": "disabled"},
            )
        return made


@mutant("update", "ORDER-011")
def a_patch_without_scope_is_made(server: Faulty) -> None:
    """PATCH without the scope is a 403, and changes the url."""

    @server.requests("updateDestination")
    def look(asked: Asked) -> None:
        document = body_of(asked)
        _seen["url"] = document.get("url") if isinstance(document, dict) else None

    @server.around(endpoint.Endpoint, "log_refusal")
    async def log_refusal(original: Any, self: Any, exchange: Any, problem: Any) -> None:
        await original(self, exchange, problem)
        if operation_of(exchange) == "updateDestination" and problem.status == 403 and _seen["url"]:
            async with self.transaction():
                self._store.database.execute(
                    "UPDATE destinations SET url = ? WHERE tenant_id = ? AND id = ?",
                    (
                        _seen["url"],
                        exchange.credential.tenant_id,
                        exchange.path_values["destination_id"],
                    ),
                )


_seen: dict[str, Any] = {}


@mutant("update", "ORDER-011", also={"ING-002": "the name is changed"})
def a_put_of_a_bad_type_changes_the_name(server: Faulty) -> None:
    """PUT of an endpoint that is a 400 for its type changes the name."""

    @server.requests("replaceIngester")
    def look(asked: Asked) -> None:
        document = body_of(asked)
        _seen["name"] = document.get("name") if isinstance(document, dict) else None

    @server.around(endpoint.Endpoint, "log_refusal")
    async def log_refusal(original: Any, self: Any, exchange: Any, problem: Any) -> None:
        await original(self, exchange, problem)
        name = _seen.get("name")
        bad_type = problem.detail.startswith("type:") and isinstance(name, str)
        if operation_of(exchange) == "replaceIngester" and bad_type:
            async with self.transaction():
                self._store.database.execute(
                    "UPDATE OR IGNORE ingesters SET name = ? WHERE tenant_id = ? AND id = ?",
                    (name, exchange.credential.tenant_id, exchange.path_values["ingester_id"]),
                )
