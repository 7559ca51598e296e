"""A contract as the other packages see it: where its file is, its digest, its operations.

Start here: `load()` finds the contract of a name, `Contract.operations` lists what it offers.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from zen_contract import strict_yaml
from zen_contract.references import Inliner, ReferenceProblem

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

_PACKAGE = Path(__file__).parent


class ContractError(ValueError):
    """A contract that cannot be found, read or understood; the message is one sentence."""


class UnknownOperation(ContractError, LookupError):
    """The contract has no such operation; `nearest` are the operationIds that look alike."""

    def __init__(self, wanted: str, nearest: tuple[str, ...]) -> None:
        hint = f"did you mean {' or '.join(nearest)}?" if nearest else "see `zen-contract show`."
        super().__init__(f"There is no operation {wanted!r}; {hint}")
        self.nearest = nearest


@dataclass(frozen=True)
class Operation:
    """One operation, references inlined and the path's own parameters among its parameters."""

    operation_id: str
    method: str  # upper case
    path: str  # the template, as `/v1/tenants/{tenant_id}/destinations`
    tags: tuple[str, ...]
    summary: str
    scope: str | None  # None when no single scope is asked for
    status_label: str | None  # x-zen-status
    parameters: tuple[Mapping[str, Any], ...]
    request_body: Mapping[str, Any] | None
    responses: Mapping[str, Mapping[str, Any]]  # by status as written: "200", "default"
    takes_idempotency_key: bool
    definition: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Contract:
    """A contract file that was read; nothing in it may be changed, its parts are shared."""

    path: Path
    text: bytes = field(repr=False)
    document: Mapping[str, Any] = field(repr=False)  # with its $refs

    @cached_property
    def digest(self) -> str:
        """The same for two files that mean the same: SHA-256 of the document as canonical JSON."""
        canonical = json.dumps(
            self.document, sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def version(self) -> str:
        """`info.version`."""
        return str(self.document["info"]["version"])

    def resolved(self) -> Mapping[str, Any]:
        """The document with every $ref inlined and path parameters moved into the operations.

        Equal parts are one object, and parts without references are `document`'s own, so do not
        write to it. ContractError when a reference points nowhere or in a circle.
        """
        return self._resolved

    @cached_property
    def _resolved(self) -> dict[str, Any]:
        try:
            document = dict(Inliner(self.document).inline(self.document))
        except ReferenceProblem as problem:
            raise ContractError(f"{self.path.name}: {problem}") from problem
        document["paths"] = {path: _flat(item) for path, item in document["paths"].items()}
        return document

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """Every operation, in the order of the file."""
        try:
            return tuple(self._read_operations())
        except (AttributeError, KeyError, TypeError) as error:
            raise ContractError(
                f"{self.path} is not a valid contract; `zen-contract lint {self.path}` says where."
            ) from error

    def operation(self, operation_id: str) -> Operation:
        """The operation of that operationId, else UnknownOperation."""
        try:
            return self._by_id[operation_id]
        except KeyError:
            import difflib  # Costs a server's start 7 ms, and only a mistyped name needs it.

            near = difflib.get_close_matches(operation_id, self._by_id, n=3, cutoff=0.5)
            raise UnknownOperation(operation_id, tuple(near)) from None

    @cached_property
    def _by_id(self) -> dict[str, Operation]:
        return {operation.operation_id: operation for operation in self.operations}

    def _read_operations(self) -> Iterator[Operation]:
        seen: set[str] = set()
        for path, item in self.resolved()["paths"].items():
            for method in [key for key in item if key in METHODS]:
                operation_id = item[method].get("operationId")
                if not operation_id or operation_id in seen:
                    where = f"{self.path.name}: {method.upper()} {path}"
                    raise ContractError(f"{where} needs an operationId of its own.")
                seen.add(operation_id)
                yield _operation(method, path, item[method], self.document.get("security", []))


def load(name: str = "zen-back.v1") -> Contract:
    """The contract of that name: the packaged copy, else the checkout's."""
    for folder in (_PACKAGE, _PACKAGE.parent):
        path = folder / f"{name}.yaml"
        if path.is_file():
            return load_path(path)
    known = ", ".join(names()) or "none"
    raise ContractError(f"There is no contract {name!r}; there are: {known}.")


def open_contract(name_or_path: str) -> Contract:
    """The contract that a command line names: one of this package, or any file."""
    is_path = name_or_path.endswith((".yaml", ".yml"))
    return load_path(name_or_path) if is_path else load(name_or_path)


def function_name(operation_id: str) -> str:
    """`createDestination` -> `create_destination`, as Python calls the operation's handler."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", operation_id).lower()


def names() -> tuple[str, ...]:
    """The names that `load` takes, sorted."""
    files = [*_PACKAGE.glob("zen-*.yaml"), *_PACKAGE.parent.glob("zen-*.yaml")]
    return tuple(sorted({path.stem for path in files}))


def load_path(path: Path | str) -> Contract:
    """The contract in that file."""
    path = Path(path)
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ContractError(f"{path} cannot be read: {error.strerror}.") from error
    try:
        document = strict_yaml.read(text)
    except strict_yaml.StrictYamlError as error:
        raise ContractError(f"{path}:{error.line}: {error.message}") from error
    if not (isinstance(document, dict) and isinstance(document.get("paths"), dict)):
        raise ContractError(f"{path} is not an OpenAPI document: it has no 'paths'.")
    return Contract(path=path, text=text, document=document)


def shown(file: Path) -> str:
    """A file as a person would name it from the folder they are in."""
    absolute, here = file.resolve(), Path.cwd()
    return str(absolute.relative_to(here) if absolute.is_relative_to(here) else file)


def _flat(path_item: Mapping[str, Any]) -> dict[str, Any]:
    """The path item with its parameters moved into its operations, whose own ones win."""
    item = dict(path_item)
    shared = item.pop("parameters", [])
    for method in METHODS:
        if shared and method in item:
            own = item[method].get("parameters", [])
            taken = {(parameter["in"], parameter["name"]) for parameter in own}
            more = [one for one in shared if (one["in"], one["name"]) not in taken]
            item[method] = {**item[method], "parameters": [*more, *own]}
    return item


def _operation(method: str, path: str, definition: Mapping[str, Any], security: Any) -> Operation:
    parameters = tuple(definition.get("parameters", []))
    return Operation(
        operation_id=definition["operationId"],
        method=method.upper(),
        path=path,
        tags=tuple(definition.get("tags", [])),
        summary=definition.get("summary", ""),
        scope=_only_scope(definition.get("security", security)),
        status_label=definition.get("x-zen-status"),
        parameters=parameters,
        request_body=definition.get("requestBody"),
        responses=definition.get("responses", {}),
        takes_idempotency_key=any(
            one["in"] == "header" and one["name"].lower() == "idempotency-key" for one in parameters
        ),
        definition=definition,
    )


def _only_scope(security: list[Mapping[str, list[str]]]) -> str | None:
    scopes = {scope for either in security for listed in either.values() for scope in listed}
    return scopes.pop() if len(scopes) == 1 else None
