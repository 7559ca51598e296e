"""Whether the file is OpenAPI at all: references that lead somewhere, and the official schema."""

from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any

from jsonschema import Draft4Validator
from openapi_spec_validator import OpenAPIV30SpecValidator
from openapi_spec_validator.schemas import schema_v30

from zen_contract.lint.report import Defect
from zen_contract.lint.schema_errors import told
from zen_contract.pointers import Pointer
from zen_contract.references import Inliner, ReferenceProblem, reference_in, target

TOOL = "openapi-spec-validator"


_SHAPE = Draft4Validator(dict(schema_v30))


class _SpecValidator(OpenAPIV30SpecValidator):
    """The validator on jsonschema, whichever other engine is installed.

    The Rust engine that it prefers says that a value fits no branch, and not what is wrong in it.
    """

    schema_validator = _SHAPE


def tool() -> str:
    """The validator and its version, for the report."""
    return f"{TOOL} {version(TOOL)}"


def reference_defects(document: Mapping[str, Any]) -> list[Defect]:
    """The references that cannot be followed, else the one that leads in a circle."""
    broken = list(_dangling((), document, document))
    if not broken:
        try:
            Inliner(document).inline(document)
        except ReferenceProblem as problem:
            broken.append(Defect(problem.pointer, str(problem)))
    return broken


def shape_defects(document: Mapping[str, Any]) -> Iterator[Defect]:
    """Where the document is not what the official schema of OpenAPI 3.0 describes."""
    for error in _SHAPE.iter_errors(document):
        yield Defect(*told(error))


def meaning_defects(document: Mapping[str, Any]) -> Iterator[Defect]:
    """What else openapi-spec-validator says; it seldom knows the place."""
    for error in _SpecValidator(dict(document)).iter_errors():
        yield Defect(*told(error))


def _dangling(pointer: Pointer, value: Any, document: Mapping[str, Any]) -> Iterator[Defect]:
    reference = reference_in(value)
    if reference is not None:
        try:
            target(document, reference)
        except ReferenceProblem as problem:
            yield Defect(pointer, str(problem))
        return
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _dangling((*pointer, key), item, document)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _dangling((*pointer, str(index)), item, document)
