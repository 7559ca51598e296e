"""What every parameter must say about itself."""

import re
from collections.abc import Iterator

from zen_contract.lint.report import Defect
from zen_contract.pointers import Place
from zen_contract.walk import operations

_RESERVED = ("accept", "authorization", "content-type")


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


def parameter_description(root: Place) -> Iterator[Defect]:
    """Every parameter has a description."""
    for operation in operations(root):
        for one in operation.parameters():
            if not str(one.get("description") or "").strip():
                message = f"The parameter {one.get('name')!r} has no description."
                yield Defect(one.pointer, message)


def parameter_reserved(root: Place) -> Iterator[Defect]:
    """No parameter is a header that OpenAPI says elsewhere, and passes over here."""
    for operation in operations(root):
        for one in operation.parameters():
            if one.get("in") == "header" and str(one.get("name")).lower() in _RESERVED:
                message = f"OpenAPI passes over a header parameter {one.get('name')!r}."
                yield Defect(one.pointer, message)


RULES = {
    "path-parameter": path_parameter,
    "parameter-description": parameter_description,
    "parameter-reserved": parameter_reserved,
}
