"""What several mutants are made of: other problems, open doors, other tenants' rows, old names."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.conformance.mutants.faulty import Faulty, NothingThere
from tests.conformance.mutants.front import Answer, Asked
from zen_sandbox.domain import Credential
from zen_sandbox.problems import Problem
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Exchange, exchange_of
from zen_sandbox.request.security import ScopedBearer
from zen_sandbox.scopes import GRANTABLE, expanded
from zen_sandbox.store import schema, store

When = Callable[[Exchange], bool]
ITEMS = {
    "destinations": ("getDestination", "updateDestination", "deleteDestination"),
    "delivery_flows": ("getDeliveryFlow", "replaceDeliveryFlow", "deleteDeliveryFlow"),
    "ingesters": ("getIngester", "replaceIngester", "deleteIngester"),
}
LISTS = {
    "listDestinations": "destinations",
    "listDeliveryFlows": "delivery_flows",
    "listIngesters": "ingesters",
    "listDeliveries": "deliveries",
    "listLogs": "logs",
    "listClusterDeliveryFlows": "items",
}


def refused(answer: Answer, problem: Problem) -> None:
    """Makes the answer that problem, under the request id that it has."""
    answer.status = problem.status
    answer.document = problem.document(answer.header("x-request-id") or "")
    answer.set_header("content-type", "application/problem+json")
    answer.set_header("location", None)
    for name, value in problem.headers.items():
        answer.set_header(name.lower(), value)


def body_of(asked: Asked) -> Any:
    """The JSON of a request, None when it is none."""
    try:
        return json.loads(asked.body)
    except (ValueError, RecursionError):
        return None


def operation_of(exchange: Exchange) -> str:
    """The operationId of a request that was routed."""
    return exchange.operation.operation_id if exchange.operation else ""


def asks_for(*operation_ids: str) -> When:
    """Whether a request asks one of those operations."""
    return lambda exchange: operation_of(exchange) in operation_ids


def lets_through(
    server: Faulty,
    problem: type[Problem],
    when: When,
    become: Callable[[Exchange], None] = lambda exchange: None,
) -> None:
    """Where security would refuse with that problem, it does not when `when` says so."""

    @server.around(ScopedBearer, "get_fn")
    def get_fn(original: Any, self: Any, scheme: Mapping[str, Any], scopes: list[str]) -> Any:
        check = original(self, scheme, scopes)
        if scheme.get("x-zen-credential") == "admin":
            return check

        async def looser(request: Any) -> Any:
            try:
                return await check(request)
            except problem:
                exchange = exchange_of(request.scope)
                if not when(exchange):
                    raise
                become(exchange)
                return {"sub": "anybody"}

        return looser


def refuses_too(server: Faulty, when: Callable[[Exchange], Problem | None]) -> None:
    """Security refuses more than it should: with the problem that `when` gives."""

    @server.around(ScopedBearer, "get_fn")
    def get_fn(original: Any, self: Any, scheme: Mapping[str, Any], scopes: list[str]) -> Any:
        check = original(self, scheme, scopes)

        async def stricter(request: Any) -> Any:
            result = await check(request)
            problem = when(exchange_of(request.scope))
            if problem is not None:
                raise problem
            return result

        return stricter


def anybody(exchange: Exchange) -> None:
    """Makes the asker one of the path's tenant, with every scope."""
    tenant_id = exchange.path_values.get("tenant_id", "")
    exchange.credential = Credential("anybody", tenant_id, expanded(GRANTABLE), "api_key", None)


def owner_of(call: Call, table: str, identifier: str) -> str:
    """Whose row of that id it is; the asker's own tenant when it is nobody's."""
    row = call.store.database.execute(
        f"SELECT tenant_id FROM {table} WHERE id = ? LIMIT 1", (identifier,)
    ).fetchone()
    return row[0] if row else call.tenant_id


def of_any_tenant(server: Faulty, operation_id: str, table: str, parameter: str) -> None:
    """The operation finds the object whoever's it is."""

    @server.handler(operation_id)
    def instead(run: Any, call: Call, **given: Any) -> Any:
        own, call.tenant_id = call.tenant_id, owner_of(call, table, given[parameter])
        try:
            return run(call, **given)
        finally:
            call.tenant_id = own


def tables(server: Faulty, old: str, new: str) -> None:
    """Changes the statements that make the tables: `old` is a regular expression."""
    script = schema.ACCOUNTS_AND_RESOURCES
    changed, count = re.subn(old, new, script, flags=re.DOTALL)
    if count != 1:
        raise NothingThere(f"the tables have {count} places like {old!r}")
    steps = (schema._statements(changed), *schema.STEPS[1:])
    server.replace(
        store,
        "bring_up_to_date",
        lambda original: lambda database: original(database, steps),
    )


def names_are_not_unique(server: Faulty, table: str) -> None:
    """The table takes a name twice."""
    tables(
        server,
        rf"(CREATE TABLE {table} \((?:(?!CREATE).)*?), UNIQUE \(tenant_id, name\)",
        r"\1",
    )


def name_exists(call: Call, table: str, name: str, condition: str = "name = ?") -> bool:
    """Whether a row of the tenant has such a name."""
    row = call.store.database.execute(
        f"SELECT 1 FROM {table} WHERE tenant_id = ? AND {condition} LIMIT 1",
        (call.tenant_id, name),
    ).fetchone()
    return row is not None
