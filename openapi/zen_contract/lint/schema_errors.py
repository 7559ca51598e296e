"""Which of the errors that a JSON Schema validator nests into one another is worth telling.

jsonschema's own best_match needs errors that know their type checker; those of the OpenAPI
validators do not.
"""

from jsonschema.exceptions import ValidationError

from zen_contract.lint.report import short
from zen_contract.pointers import Pointer


def told(error: ValidationError) -> tuple[Pointer, str]:
    """Where in the instance the innermost error is, and what it says."""
    while error.context:
        # The branch that was meant is the one that got furthest into the value; that something is
        # not a reference is never the point.
        likely = [one for one in error.context if one.validator_value != ["$ref"]]
        error = max(likely or error.context, key=lambda one: len(one.absolute_path))
    return tuple(str(key) for key in error.absolute_path), short(error.message)
