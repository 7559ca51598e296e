"""Start reading here: how the sandbox is put together, and the path that a request takes.

    HTTP server (http/)
      -> request/gate.py         request id, problem documents; pages/ and console/ leave here
      -> request/routing.py      path and method -> operation          404, 405
      -> request/security.py     token, rate, tenant, scope            401, 429, 403
      -> request/validation.py   media type, parameters, body          413, 415, 400
      -> request/endpoint.py     one transaction around the handler    409 (idempotency), 503
      -> handlers/<resource>.py  one function per operationId          400, 404, 409
      -> store/<resource>.py     SQL

connexion reads the contract and drives the stations from routing to endpoint.
"""

import asyncio
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from starlette.types import ASGIApp

from zen_contract import contract
from zen_contract.contract import Contract

with warnings.catch_warnings():
    # connexion imports a test client, which warns about another library of its own.
    warnings.simplefilter("ignore")
    from connexion.middleware.main import ConnexionMiddleware

from connexion.resolver import Resolution, Resolver
from connexion.security import BearerSecurityHandler

from zen_sandbox import pages
from zen_sandbox.bench.bench import Bench
from zen_sandbox.console.door import Door
from zen_sandbox.console.entrance import console, is_console
from zen_sandbox.cursor import Cursors
from zen_sandbox.delivery.guard import TargetGuard
from zen_sandbox.handlers import handlers_for
from zen_sandbox.identifiers import RequestIds, seeded_entropy
from zen_sandbox.request.cors import with_cors
from zen_sandbox.request.endpoint import Endpoint
from zen_sandbox.request.gate import Gate
from zen_sandbox.request.operation import Operation, compile_operations
from zen_sandbox.request.routing import routing
from zen_sandbox.request.security import RateLimit, ScopedBearer, SecurityStation
from zen_sandbox.request.validation import validation
from zen_sandbox.settings import Settings
from zen_sandbox.store import Store
from zen_sandbox.tokens import JwtRules, Tokens

if TYPE_CHECKING:
    from zen_sandbox.delivery.transport import Transport

CONTRACTS = ("zen-back.v1", "zen-sandbox.v1")


def create_app(store: Store, settings: Settings) -> ASGIApp:
    """The sandbox over an open store, as an ASGI application."""
    contracts = [contract.load(name) for name in CONTRACTS]
    operations: dict[str, Operation] = {}
    for one in contracts:
        ids = [operation.operation_id for operation in one.operations]
        operations |= compile_operations(one, handlers_for(ids))
    bench = Bench(store)
    tokens = Tokens(store, settings.jwt or JwtRules(secret=store.secret("jwt")))
    limit = RateLimit(settings.rate_limit)
    endpoint = Endpoint(
        store,
        Cursors(store.secret("cursors")),
        bench,
        tokens.forget,
        base_url=settings.base_url,
        lock_timeout=settings.lock_timeout,
    )
    door = Door(
        endpoint,
        lambda bearer: _connexion(contracts, operations, endpoint.without_faults, bearer),
        RequestIds().new,  # a seeded run's are for what its client asks
    )
    gate = Gate(
        _connexion(
            contracts, operations, endpoint, ScopedBearer(tokens, limit, settings.admin_token)
        ),
        endpoint,
        new_request_id=_request_ids(settings).new,
        max_in_flight=settings.max_in_flight,
        requests=bench.requests,
        pages=_pages(settings, console(settings, store, bench, door)),
        background=lambda: _beside_requests(store, bench, endpoint, settings),
        check=_response_check(contracts) if settings.validate_responses else None,
    )
    return with_cors(gate, settings.cors_origins)


def _pages(settings: Settings, for_the_signed_in: ASGIApp) -> Callable[[str], ASGIApp | None]:
    """Which application a path of no operation leads to: the pages for anybody, the console."""
    for_anybody = pages.for_anybody(settings)

    def page_at(path: str) -> ASGIApp | None:
        if pages.is_page(path):
            return for_anybody
        return for_the_signed_in if is_console(path) else None

    return page_at


async def _beside_requests(
    store: Store, bench: Bench, endpoint: Endpoint, settings: Settings
) -> None:
    """What goes on for as long as the server serves: deliveries, and forgetting the old."""
    from zen_sandbox.delivery.retention import forget_the_old

    async with asyncio.TaskGroup() as tasks:
        if settings.deliver:
            tasks.create_task(_deliver(store, bench, endpoint, settings))
        tasks.create_task(forget_the_old(store, endpoint.transaction, settings.retention_days))


async def _deliver(store: Store, bench: Bench, endpoint: Endpoint, settings: Settings) -> None:
    """The delivery engine, for as long as the server serves."""
    from zen_sandbox.delivery.engine import Engine
    from zen_sandbox.delivery.engines import deliver

    def new_transport() -> "Transport":
        from zen_sandbox.delivery.transport import Transport

        return Transport(guard)

    guard = TargetGuard(loopback=settings.loopback_targets, allowed=settings.allowed_targets)
    engine = Engine(store, new_transport, endpoint.transaction, bench.faults)
    await deliver(store, bench, endpoint.transaction, engine)


def _connexion(
    contracts: list[Contract],
    operations: Mapping[str, Operation],
    endpoint: ASGIApp,
    bearer: BearerSecurityHandler,
) -> ConnexionMiddleware:
    app = ConnexionMiddleware(
        endpoint,
        middlewares=cast(
            "list[ASGIApp]",  # connexion wants classes or callables that make an application
            [routing(operations), SecurityStation, validation(operations)],
        ),
        security_map={"bearer": lambda: bearer},
        resolver=_ByOperationId(operations),
    )
    for one in contracts:
        app.add_api(_what_connexion_reads(one))
    return app


class _ByOperationId(Resolver):
    """Resolves an operationId to our handler instead of to a dotted Python name."""

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        super().__init__()
        self._operations = operations

    def resolve(self, operation: Any) -> Resolution:
        operation_id = operation.operation_id
        return Resolution(  # type: ignore[no-untyped-call]
            self._operations[operation_id].handler, operation_id
        )


def _what_connexion_reads(one: Contract) -> dict[str, Any]:
    """The contract without what our own stations check.

    connexion validates a document in full at each start, with a slow validator: a third of a second
    for the whole contract, a fiftieth for this. `zen-contract lint` has validated it before.
    """
    paths: dict[str, dict[str, Any]] = {}
    for operation in one.operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = {
            "operationId": operation.operation_id,
            "security": operation.definition.get("security", one.document.get("security", [])),
            "responses": {"default": {"description": "See the contract."}},
        }
    schemes = one.document.get("components", {}).get("securitySchemes", {})
    return {
        "openapi": one.document["openapi"],
        "info": {"title": one.document["info"]["title"], "version": one.version},
        "components": {"securitySchemes": schemes},
        "paths": paths,
    }


def _request_ids(settings: Settings) -> RequestIds:
    if settings.seed is None:
        return RequestIds()
    return RequestIds(seeded_entropy(settings.seed, "requests"))


def _response_check(contracts: list[Contract]) -> Any:
    from zen_sandbox.request.response_check import ContractResponses

    return ContractResponses(contracts)
