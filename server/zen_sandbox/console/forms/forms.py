"""The fields of a form, out of the contract: what they may hold, the document they make, errors.

A form knows no rule. What is left empty is left out where the contract lets it be; all else goes to
the API as it was entered, and comes back with the API's words at the field that they name.
"""

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any, NamedTuple

from werkzeug.datastructures import MultiDict

from zen_contract.fields import merged
from zen_sandbox.console.door import Reply
from zen_sandbox.console.forms.wanted import Json, operation
from zen_sandbox.console.shown.values import LONG

WAS = "was:"
"""In front of a name: what the field held when the form was shown."""

CHOSEN = "chosen:"
"""In front of the name of a list: `LISTED` when it is given, else it is left out."""

LISTED = "listed"
REMOVE = "remove:"
"""In front of the name of an object that is to be removed."""

_LONGEST_NUMBER = 18
_CONFLICT = 409


class Field(NamedTuple):
    """A field by the name that the API's errors use: `config.retry_policy.max_attempts`."""

    name: str
    required: bool
    schema: Mapping[str, Any]

    @property
    def id(self) -> str:
        """For labels and links."""
        return f"field-{self.name.replace('.', '-')}"

    @property
    def is_number(self) -> bool:
        """Whether the API wants an integer."""
        return bool(self.schema.get("type") == "integer")

    @property
    def is_list(self) -> bool:
        """Whether it holds several of its options."""
        return bool(self.schema.get("type") == "array")

    @property
    def longest(self) -> int | None:
        """What a browser may bound it with: it counts a character as up to two."""
        most = self.schema.get("maxLength")
        return None if most is None else 2 * int(most)

    @property
    def options(self) -> list[str]:
        """The values that there are; none where any may be."""
        holder = self.schema.get("items", {}) if self.is_list else self.schema
        return list(holder.get("enum", []))

    @property
    def hint(self) -> str:
        """What the contract says about it."""
        said = str(self.schema.get("description") or self.schema.get("x-zen-message", "")).strip()
        return said[:1].upper() + said[1:]


def fields_of(operation_id: str) -> dict[str, Field]:
    """The fields of the JSON body of an operation, by name."""
    body = operation(operation_id).request_body or {}
    schema = body["content"]["application/json"]["schema"]
    return {one.name: one for one in _leaves(merged(schema), "", all_required=True)}


def _leaves(schema: Mapping[str, Any], prefix: str, *, all_required: bool) -> Iterator[Field]:
    required = schema.get("required", [])
    for name, given in schema.get("properties", {}).items():
        whole = merged(given)
        is_required = all_required and name in required
        if whole.get("type") == "object":
            yield from _leaves(whole, f"{prefix}{name}.", all_required=is_required)
        else:
            yield Field(f"{prefix}{name}", is_required, whole)


class Form:
    """A form as it is shown: what was entered, else what there is, and what is wrong with it."""

    def __init__(
        self,
        fields: Mapping[str, Field],
        given: MultiDict[str, str] | None = None,
        *,
        found: Json | None = None,
        is_partial: bool = False,
    ) -> None:
        """`given` is None until something was sent. A partial form sends only what it changes."""
        self.fields = fields
        self.is_partial = is_partial
        self.wrong: dict[str, list[str]] = {}
        self.refusals: list[str] = []
        self._found = found or {}
        self.given: MultiDict[str, str] = MultiDict() if given is None else given.copy()
        if given is None:
            self._begin()

    def _begin(self) -> None:
        for name, field in self.fields.items():
            if not field.is_list:
                self.enter(name, _text_at(self._found, name))
            if self.is_partial:
                self.enter(f"{WAS}{name}", _text_at(self._found, name))

    def enter(self, name: str, text: str) -> None:
        """Fills in a field."""
        self.given.setlist(name, [text])

    def value(self, name: str) -> str:
        """What a field shows: a text that nobody can have meant is cut."""
        return self.given.get(name, self.was(name))[:LONG]

    def was(self, name: str) -> str:
        """What a field held when the form was first shown."""
        return self.given.get(f"{WAS}{name}", _text_at(self._found, name))

    def is_cut(self, name: str) -> bool:
        """Whether more was entered than is shown."""
        return len(self.given.get(name, "")) > LONG

    def is_chosen(self, name: str, option: str) -> bool:
        """Whether a list has that option."""
        return option in self.given.getlist(name)

    def document(self) -> Json:
        """The body of the request."""
        document: Json = {}
        for field in self.fields.values():
            whole = field.name.rpartition(".")[0]
            if whole and f"{REMOVE}{whole}" in self.given:
                _put(document, whole, None)
            elif self._is_given(field):
                _put(document, field.name, self._entered(field))
        return document

    def refuse(self, reply: Reply, *, conflict: str = "") -> None:
        """Takes the API's refusal to the fields it names; a conflict to the field of that name."""
        problem = reply.document
        errors = problem.get("errors") or [{"field": "", "message": problem.get("detail", "")}]
        for error in errors:
            name = self._nearest(error["field"])
            if reply.status == _CONFLICT and conflict in self.given:
                name = conflict
            if name:
                self.wrong.setdefault(name, []).append(error["message"])
            else:
                named = f"{error['field']}: " if error["field"] else ""
                self.refusals.append(f"{named}{error['message']}")

    def _is_given(self, field: Field) -> bool:
        if field.is_list:
            return self.given.get(f"{CHOSEN}{field.name}") == LISTED
        if field.name not in self.given:
            return False
        entered, was = self.given[field.name], self.given.get(f"{WAS}{field.name}")
        if was is not None:
            return entered != was
        return field.required or entered != ""

    def _entered(self, field: Field) -> object:
        if field.is_list:
            return self.given.getlist(field.name)
        text = self.given[field.name]
        digits = text.removeprefix("-")
        if field.schema.get("type") == "number":
            return _number(text)
        if field.is_number and digits.isascii() and digits.isdigit():
            return int(text) if len(text) <= _LONGEST_NUMBER else text
        return text

    def _nearest(self, named: str) -> str:
        """The field of this form that an error is about; empty when there is none."""
        for name in self.fields:
            is_inside = named.startswith((f"{name}.", f"{name}[")) or name.startswith(f"{named}.")
            if named == name or (named and is_inside):
                return name
        return ""


def _number(text: str) -> object:
    """A number that need not be an integer; anything else as it was entered."""
    try:
        number = float(text)
    except ValueError:
        return text
    return number if isfinite(number) else text


def _put(document: Json, name: str, value: object) -> None:
    *above, last = name.split(".")
    for key in above:
        document = document.setdefault(key, {})
    document[last] = value


def _text_at(document: Any, name: str) -> str:
    for key in name.split("."):
        document = document.get(key, "") if isinstance(document, dict) else ""
    return str(document)
