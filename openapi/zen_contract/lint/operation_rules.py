"""What every operation must say about itself."""

import re
from collections.abc import Iterator

from zen_contract.lint.report import Defect
from zen_contract.pointers import Place
from zen_contract.walk import OperationPlace, operations

STATUS_LABELS = ("WIRED_SANDBOX", "INTERNAL_ONLY", "SANDBOX_ONLY")


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


def operation_status_label(root: Place) -> Iterator[Defect]:
    """Every operation says in x-zen-status what is claimed about it."""
    for operation in operations(root):
        label = operation.place.get("x-zen-status")
        if label is None:
            yield Defect(operation.place.pointer, f"{operation} has no x-zen-status.")
        elif label not in STATUS_LABELS:
            where = (*operation.place.pointer, "x-zen-status")
            yield Defect(where, f"{label!r} is not a status label: {', '.join(STATUS_LABELS)}.")


def path_parameter(root: Place) -> Iterator[Defect]:
    """The path parameters of an operation are those in the braces of its path."""
    for operation in operations(root):
        in_braces = set(re.findall(r"\{([^{}]*)\}", operation.path))
        declared = {
            str(one.get("name")): one for one in operation.parameters() if one.get("in") == "path"
        }
        for name in sorted(in_braces - declared.keys()):
            message = f"{operation} does not declare its path parameter {name!r}."
            yield Defect(operation.place.pointer, message)
        for name in sorted(declared.keys() - in_braces):
            message = f"{operation} has no {{{name}}} in its path for this parameter."
            yield Defect(declared[name].pointer, message)


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
    "operation-status-label": operation_status_label,
    "path-parameter": path_parameter,
}
