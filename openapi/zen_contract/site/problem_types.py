"""The kinds of problem that the contracts name: their titles, examples and who answers them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zen_contract.contract import Contract, Operation

TYPE_BASE = "https://api.zen-mesh.io/errors/"


@dataclass(frozen=True)
class ProblemType:
    """One `type`, with an example of it and the operations that document it."""

    slug: str
    status: int
    title: str
    example: Mapping[str, Any]
    operations: tuple[Operation, ...]

    @property
    def type(self) -> str:
        """The `type` member."""
        return f"{TYPE_BASE}{self.slug}"


def of(contracts: Sequence[Contract]) -> tuple[ProblemType, ...]:
    """Every kind of problem, by status and slug; the first contract's example comes first."""
    examples: dict[str, Mapping[str, Any]] = {}
    operations: dict[str, dict[str, Operation]] = {}
    for contract in contracts:
        for operation in contract.operations:
            for example in _examples(operation):
                slug = example["type"].removeprefix(TYPE_BASE)
                operations.setdefault(slug, {})[operation.operation_id] = operation
                examples.setdefault(slug, example)
    for contract in reversed(contracts):
        examples |= _of_schemas(contract)
    found = []
    for slug, one in examples.items():
        answering = tuple(operations.get(slug, {}).values())
        found.append(ProblemType(slug, one["status"], one["title"], one, answering))
    return tuple(sorted(found, key=lambda problem: (problem.status, problem.slug)))


def _examples(operation: Operation) -> Iterator[Mapping[str, Any]]:
    for response in operation.responses.values():
        for media in response.get("content", {}).values():
            for example in media.get("examples", {}).values():
                if _is_problem(example.get("value")):
                    yield example["value"]


def _of_schemas(contract: Contract) -> dict[str, Mapping[str, Any]]:
    """The example that stands at each kind's own schema, which is about nothing but it."""
    schemas = contract.document.get("components", {}).get("schemas", {}).values()
    found = [one["example"] for one in schemas if _is_problem(one.get("example"))]
    return {one["type"].removeprefix(TYPE_BASE): one for one in found}


def _is_problem(value: Any) -> bool:
    return isinstance(value, dict) and str(value.get("type")).startswith(TYPE_BASE)
