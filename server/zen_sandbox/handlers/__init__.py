"""One function per operationId: `createDestination` is `destinations.create_destination`.

A handler is called with a `Call` and, by name, with what the contract's parameters and body hold
once they were validated. It returns a response, or raises a problem.
"""

from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

from zen_contract.contract import function_name
from zen_sandbox.handlers import (
    deliveries,
    delivery_flows,
    destinations,
    ingest,
    ingesters,
    itself,
    logs,
    recipes,
    recovery,
)
from zen_sandbox.handlers.sandbox import (
    clock,
    clusters,
    events,
    faults,
    receivers,
    requests,
    state,
    tenants,
)

MODULES: tuple[ModuleType, ...] = (
    destinations,
    delivery_flows,
    deliveries,
    ingesters,
    ingest,
    recovery,
    logs,
    recipes,
    itself,
    clock,
    events,
    faults,
    receivers,
    requests,
    state,
    tenants,
    clusters,
)


def handlers_for(operation_ids: Iterable[str]) -> dict[str, Callable[..., Any]]:
    """The handler of each operation; LookupError names those that have none."""
    found: dict[str, Callable[..., Any]] = {}
    for operation_id in operation_ids:
        name = function_name(operation_id)
        for module in MODULES:
            if hasattr(module, name):
                found[operation_id] = getattr(module, name)
    missing = sorted(set(operation_ids) - set(found))
    if missing:
        raise LookupError(f"no handler for {', '.join(missing)}")
    return found
