"""From a path and a method to an operation of the contract.

connexion reads the contract and hands each operation over; its own router would match one regular
expression per path, redirect on slashes and list only half of the methods in `Allow`. This one
walks a tree of path segments, on the bytes that came over the wire, so that an encoded slash stays
inside its segment.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from connexion.middleware.abstract import ROUTING_CONTEXT, AbstractRoutingAPI, SpecMiddleware
from connexion.operations.abstract import AbstractOperation
from connexion.spec import Specification
from starlette.types import ASGIApp, Receive, Scope, Send

from zen_sandbox.problems import MethodNotAllowed, NotFound
from zen_sandbox.request.exchange import exchange_of
from zen_sandbox.request.operation import Operation


class _Node:
    """One position in a path: what may follow, and what the path served up to here offers."""

    __slots__ = ("allowed", "literals", "methods", "parameter")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.parameter: tuple[str, _Node] | None = None
        self.methods: dict[str, tuple[Operation, Mapping[str, str]]] = {}
        self.allowed: list[str] = []


class PathTree:
    """All paths of all contracts served."""

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, method: str, template: str, operation: Operation) -> None:
        """Adds an operation; ValueError when its path cannot be told from another one."""
        node = self._root
        for segment in template.split("/")[1:]:
            if segment.startswith("{"):
                name = segment[1:-1]
                if node.parameter is None:
                    node.parameter = (name, _Node())
                if node.parameter[0] != name or node.literals:
                    raise ValueError(f"{template} cannot be told from another path")
                node = node.parameter[1]
            else:
                if node.parameter is not None:
                    raise ValueError(f"{template} cannot be told from another path")
                node = node.literals.setdefault(segment, _Node())
        context = {"api_base_path": "", "operation_id": operation.operation_id}
        for served in ("GET", "HEAD") if method == "GET" else (method,):
            node.methods[served] = (operation, context)
        node.allowed = sorted(node.methods)

    def find(
        self, raw_path: bytes, method: str
    ) -> tuple[Operation, dict[str, str], Mapping[str, str]]:
        """The operation, the values of its path parameters and connexion's routing context.

        NotFound for a path that is not served, MethodNotAllowed for a method that is not.
        """
        node = self._root
        values: dict[str, str] = {}
        for segment in _segments(raw_path):
            following = node.literals.get(segment)
            if following is None and node.parameter is not None and segment:
                name, following = node.parameter
                values[name] = segment
            if following is None:
                raise NotFound("There is nothing at this path.")
            node = following
        if not node.methods:
            raise NotFound("There is nothing at this path.")
        try:
            operation, context = node.methods[method]
        except KeyError:
            raise MethodNotAllowed(method, node.allowed) from None
        return operation, values, context


def _segments(raw_path: bytes) -> list[str]:
    parts = raw_path.split(b"/")[1:]
    if b"%" in raw_path:
        parts = [unquote_to_bytes(part) for part in parts]
    # What is not UTF-8 becomes a character that no id contains, and is refused as such later on.
    return [part.decode("utf-8", "replace") for part in parts]


class _ContractPaths(AbstractRoutingAPI[Operation]):
    """connexion's walk over one contract, putting each operation into the tree."""

    def __init__(
        self,
        specification: Specification,
        *,
        tree: PathTree,
        operations: Mapping[str, Operation],
        **options: Any,
    ) -> None:
        self._tree = tree
        self._operations = operations
        super().__init__(specification, **options)

    def make_operation(self, operation: AbstractOperation) -> Operation:
        return self._operations[operation.operation_id]

    @staticmethod
    def _framework_path_and_name(operation: AbstractOperation, path: str) -> tuple[str, str]:
        return path, path

    def _add_operation_internal(
        self, method: str, path: str, operation: Operation, name: str | None = None
    ) -> None:
        self._tree.add(method.upper(), path, operation)


class RoutingMiddleware(SpecMiddleware):
    """The station that finds the operation and says so to connexion's later ones."""

    def __init__(self, app: ASGIApp, operations: Mapping[str, Operation]) -> None:
        self._app = app
        self._operations = operations
        self._tree = PathTree()

    def add_api(self, specification: Specification, **options: Any) -> None:
        """Adds the operations of one contract."""
        _ContractPaths(specification, tree=self._tree, operations=self._operations, **options)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(scope)
        operation, values, context = self._tree.find(scope["raw_path"], scope["method"])
        exchange.operation = operation
        exchange.path_values = values
        scope["extensions"] = {**scope.get("extensions", {}), ROUTING_CONTEXT: context}
        await self._app(scope, receive, send)


def routing(operations: Mapping[str, Operation]) -> Callable[[ASGIApp], RoutingMiddleware]:
    """The middleware as connexion's list wants it: a callable that wraps an app."""

    def wrap(app: ASGIApp) -> RoutingMiddleware:
        return RoutingMiddleware(app, operations)

    return wrap
