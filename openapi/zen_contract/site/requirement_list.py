"""The requirements of the conformance suite, as the page that lists them tells them.

The page is written by the suite, of which this package knows nothing else.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from zen_contract.site import prose

SLUG = "requirements"

_ROW = re.compile(r"^\| (?P<id>[A-Z]+-[0-9]{3}) \|[^|]*\| (?P<text>.+) \|[^|]*\|$", re.MULTILINE)
_OPERATION = re.compile(r" \[\w+\]\(operations/(?P<id>\w+)\.md\)")


@dataclass(frozen=True)
class Requirement:
    """A requirement, and what it asks as HTML."""

    id: str
    html: str


def by_operation(text: str) -> Mapping[str, tuple[Requirement, ...]]:
    """The requirements whose row links to an operation, by its operationId."""
    found: dict[str, list[Requirement]] = {}
    for row in _ROW.finditer(text):
        for operation_id in _operations(row.group()):
            one = Requirement(row["id"], prose.inline(_OPERATION.sub("", row["text"])))
            found.setdefault(operation_id, []).append(one)
    return {operation_id: tuple(some) for operation_id, some in found.items()}


def _operations(row: str) -> Iterator[str]:
    yield from dict.fromkeys(match["id"] for match in _OPERATION.finditer(row))
