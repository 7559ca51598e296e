"""What a `$ref` of a contract points at, and how a document looks with all of them inlined."""

from collections.abc import Mapping
from typing import Any


class ReferenceProblem(ValueError):
    """A `$ref` that cannot be followed: it leaves the file, points nowhere, or leads in a circle.

    `pointer` is what it was looking for: the keys that are missing, or that come round again.
    """

    def __init__(self, message: str, pointer: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.pointer = pointer


def path_of(reference: str) -> tuple[str, ...]:
    """The keys a local reference such as `#/components/schemas/Flow` names."""
    if not reference.startswith("#/"):
        raise ReferenceProblem(
            f"The $ref {reference!r} leaves the file; a contract is one file, so begin with '#/'."
        )
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in reference[2:].split("/"))


def reference_to(pointer: tuple[str, ...]) -> str:
    """The local reference that names these keys."""
    return "/".join(["#", *(key.replace("~", "~0").replace("/", "~1") for key in pointer)])


def target(document: Any, reference: str) -> Any:
    """The value a local reference points at, which may be a reference itself."""
    value = document
    pointer = path_of(reference)
    for key in pointer:
        try:
            value = value[int(key)] if isinstance(value, list) else value[key]
        except (KeyError, IndexError, TypeError, ValueError):
            raise ReferenceProblem(f"The $ref {reference!r} points at nothing.", pointer) from None
    return value


def reference_in(value: Any) -> str | None:
    """The reference that a value consists of, or None when it is not one."""
    reference = value.get("$ref") if isinstance(value, Mapping) else None
    return reference if isinstance(reference, str) else None


class Inliner:
    """Replaces references by what they point at, each target built once and then shared."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._built: dict[str, Any] = {}
        self._open: list[str] = []

    def inline(self, value: Any) -> Any:
        """The value without references; parts that hold none are the document's own objects."""
        reference = reference_in(value)
        if reference is not None:
            return self._follow(reference)
        if isinstance(value, dict):
            copy = {key: self.inline(item) for key, item in value.items()}
            return copy if any(copy[key] is not value[key] for key in value) else value
        if isinstance(value, list):
            items = [self.inline(item) for item in value]
            return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
        return value

    def _follow(self, reference: str) -> Any:
        if reference in self._built:
            return self._built[reference]
        if reference in self._open:
            circle = " -> ".join([*self._open[self._open.index(reference) :], reference])
            raise ReferenceProblem(f"These $refs lead in a circle: {circle}.", path_of(reference))
        self._open.append(reference)
        built = self.inline(target(self._document, reference))
        self._open.pop()
        self._built[reference] = built
        return built
