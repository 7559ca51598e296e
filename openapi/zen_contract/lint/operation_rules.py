"""What every operation must say about itself."""

from collections.abc import Iterator

from zen_contract.lint.report import Defect
from zen_contract.pointers import Place
from zen_contract.walk import OperationPlace, operations

STATUS_LABELS = ("WIRED_SANDBOX", "INTERNAL_ONLY", "SANDBOX_ONLY")

_READING = ("GET", "HEAD", "OPTIONS")
_VERBS = ("read", "write", "admin")


def operation_id(root: Place) -> Iterator[Defect]:
    """Every operation has an operationId that no other operation has."""
    taken: dict[str, OperationPlace] = {}
    for operation in operations(root):
        name = operation.place.get("operationId")
        if not name:
            yield Defect(operation.place.pointer, f"{operation} has no operationId.")
        elif name in taken:
            where = (*operation.place.pointer, "operationId")
            yield Defect(where, f"The operationId {name!r} already belongs to {taken[name]}.")
        else:
            taken[name] = operation


def operation_summary(root: Place) -> Iterator[Defect]:
    """Every operation has a summary."""
    yield from _missing(root, "summary")


def operation_description(root: Place) -> Iterator[Defect]:
    """Every operation has a description."""
    yield from _missing(root, "description")


def operation_tag(root: Place) -> Iterator[Defect]:
    """Every operation has a tag, and the tags of the document list it."""
    declared = {tag.get("name") for _, tag in root.below("tags")}
    for operation in operations(root):
        tags = operation.place.get("tags") or []
        if not tags:
            yield Defect(operation.place.pointer, f"{operation} has no tag.")
        for index, tag in enumerate(tags):
            if tag not in declared:
                where = (*operation.place.pointer, "tags", str(index))
                yield Defect(where, f"The tag {tag!r} is not among the document's tags.")


def operation_scope(root: Place) -> Iterator[Defect]:
    """Every operation asks for exactly one scope, or says with `security: []` that it is open."""
    for operation in operations(root):
        security = operation.place.get("security")
        if security is None:
            yield Defect(operation.place.pointer, f"{operation} does not say its own security.")
        elif security and [len(s) for one in security for s in one.values()] != [1]:
            where = (*operation.place.pointer, "security")
            yield Defect(where, f"{operation} must ask for exactly one scope.")


def operation_scope_verb(root: Place) -> Iterator[Defect]:
    """Reading never asks for a scope to write, nor writing for one to read."""
    for operation, scope in _scopes(root):
        wrong = "write:" if operation.method in _READING else "read:"
        if str(scope.value).startswith(wrong):
            yield Defect(scope.pointer, f"{operation} must not ask for {scope.value}.")


def operation_scope_known(root: Place) -> Iterator[Defect]:
    """The resource of a scope is one that has a path of that name."""
    resources = {part for path, _ in root.below("paths") for part in path.split("/")}
    for operation, scope in _scopes(root):
        verb, _, resource = str(scope.value).partition(":")
        if verb not in _VERBS or resource not in resources:
            message = f"{operation} asks for {scope.value}, and no path is named so."
            yield Defect(scope.pointer, message)


def operation_idempotency_key(root: Place) -> Iterator[Defect]:
    """Every write that customers can make takes an Idempotency-Key."""
    for operation in operations(root):
        is_write = operation.method not in _READING
        names = {str(one.get("name")).lower() for one in operation.parameters()}
        is_customers = operation.place.get("x-zen-status") == "WIRED_SANDBOX"
        if is_write and is_customers and "idempotency-key" not in names:
            yield Defect(operation.place.pointer, f"{operation} takes no Idempotency-Key.")


def operation_status_label(root: Place) -> Iterator[Defect]:
    """Every operation says in x-zen-status what is claimed about it."""
    for operation in operations(root):
        label = operation.place.get("x-zen-status")
        if label is None:
            yield Defect(operation.place.pointer, f"{operation} has no x-zen-status.")
        elif label not in STATUS_LABELS:
            where = (*operation.place.pointer, "x-zen-status")
            yield Defect(where, f"{label!r} is not a status label: {', '.join(STATUS_LABELS)}.")


def _scopes(root: Place) -> Iterator[tuple[OperationPlace, Place]]:
    for operation in operations(root):
        alternatives = [one for _, one in operation.place.below("security")]
        schemes = [scopes for one in alternatives for _, scopes in one.items()]
        yield from ((operation, scope) for scopes in schemes for _, scope in scopes.items())


def _missing(root: Place, key: str) -> Iterator[Defect]:
    for operation in operations(root):
        if not str(operation.place.get(key) or "").strip():
            yield Defect(operation.place.pointer, f"{operation} has no {key}.")


RULES = {
    "operation-id": operation_id,
    "operation-summary": operation_summary,
    "operation-description": operation_description,
    "operation-tag": operation_tag,
    "operation-scope": operation_scope,
    "operation-scope-verb": operation_scope_verb,
    "operation-scope-known": operation_scope_known,
    "operation-idempotency-key": operation_idempotency_key,
    "operation-status-label": operation_status_label,
}
