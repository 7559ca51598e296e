"""A report of `zen-conformance run --report-json`, read as what it may be: anything at all.

The suite and the sandbox know nothing of each other, so this holds a file to as much of the
published form as the page shows, and takes a later suite's additions as they come.
"""

from collections import Counter
from typing import Any, NamedTuple

import jsonschema_rs
import orjson

from zen_sandbox.console.forms.wanted import Json

LARGEST = 16 * 1024 * 1024
"""Bytes of a file; one of a server that fails everything has a few MiB."""

FORMAT = "zen-conformance-report/1"
OUTCOMES = ("passed", "failed", "warned", "not_run")

_TEXT: Json = {"type": "string"}
_TEXTS: Json = {"type": "array", "items": _TEXT}
_HEADERS: Json = {"type": "array", "items": {**_TEXTS, "minItems": 2, "maxItems": 2}}
_MESSAGE: Json = {
    "type": ["object", "null"],
    "properties": {
        **dict.fromkeys(("method", "url", "body", "trouble"), _TEXT),
        "status": {"type": "integer"},
        "headers": _HEADERS,
    },
}
_FAILURE: Json = {
    "type": "object",
    "required": ["message", "check", "curl"],
    "properties": {
        **dict.fromkeys(("message", "check", "curl", "expected", "got", "credential"), _TEXT),
        "smallest_input": _TEXT,
        "request": _MESSAGE,
        "response": _MESSAGE,
    },
}
_REQUIREMENT: Json = {
    "type": "object",
    "required": ["id", "area", "level", "title", "outcome", "selected"],
    "properties": {
        "id": {"type": "string", "pattern": "^[A-Z]{2,10}-[0-9]{3}$"},
        **dict.fromkeys(("area", "level", "title", "contract", "reason", "replay"), _TEXT),
        "expected_failure": _TEXT,
        "outcome": {"enum": list(OUTCOMES)},
        "selected": {"type": "boolean"},
        "failures": {"type": "array", "items": _FAILURE},
    },
}
_VERSION: Json = {"type": "object", "required": ["version"], "properties": {"version": _TEXT}}
SCHEMA: Json = {
    "type": "object",
    "required": ["verdict", "headline", "suite", "contract", "started", "requirements"],
    "properties": {
        "verdict": {"enum": ["conformant", "nonconformant", "incomplete"]},
        **dict.fromkeys(("headline", "started"), _TEXT),
        "suite": _VERSION,
        "contract": _VERSION,
        "seconds": {"type": "number"},
        "configuration": {"type": "object"},
        "requirements": {"type": "array", "items": _REQUIREMENT, "maxItems": 10_000},
        **dict.fromkeys(("errors", "left_behind", "unexpected_passes"), _TEXTS),
        "interrupted": {"type": "boolean"},
        "unreachable": {"type": ["string", "null"]},
    },
}
"""As much of the suite's published schema of a report as the page reads."""

_VALIDATOR = jsonschema_rs.Draft7Validator(SCHEMA)


class NotAReport(ValueError):
    """What was given is no report; the message is one sentence."""


class Area(NamedTuple):
    """How many requirements of an area ended how."""

    name: str
    counts: Counter[str]


class Report(NamedTuple):
    """A report, and what the page shows first of it."""

    document: Json
    areas: list[Area]
    failed: list[Json]  # that were not expected to
    others: list[Json]  # warnings, and failures that were expected
    not_run: list[Json]  # of those that were selected


def read(data: bytes) -> Report:
    """The report; NotAReport where it is none."""
    try:
        found = orjson.loads(data)
    except ValueError:
        raise NotAReport("This file is not JSON; choose one that --report-json wrote.") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise NotAReport(
            f"This file is no report of format {FORMAT}; choose one that --report-json wrote."
        )
    for fault in _VALIDATOR.iter_errors(found):
        where = "/".join(map(str, fault.instance_path))[:100] or "the whole of it"
        raise NotAReport(f"This report is damaged: {where} is not what it should be.")
    return _told(found)


def _told(document: Json) -> Report:
    selected: list[Any] = [one for one in document["requirements"] if one["selected"]]
    counts: dict[str, Counter[str]] = {}
    for one in selected:
        counts.setdefault(one["area"], Counter())[one["outcome"]] += 1
    unmet = [one for one in selected if one["outcome"] in ("failed", "warned")]
    failed = [one for one in unmet if one["outcome"] == "failed" and "expected_failure" not in one]
    return Report(
        document,
        [Area(name, of_area) for name, of_area in counts.items()],
        failed,
        [one for one in unmet if one not in failed],
        [one for one in selected if one["outcome"] == "not_run"],
    )
