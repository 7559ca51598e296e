"""The report as JSON: written by `run --report-json`, read by `verify` and `diff`.

Its form is `report.schema.json` beside this module.
"""

import functools
import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs

from zen_conformance.report.model import OUTCOMES, Report, Result

FORMAT = "zen-conformance-report/1"


class NotAReport(ValueError):
    """A file that is no report of ours; the message is one sentence."""


def document(report: Report) -> dict[str, Any]:
    """The report in JSON's types."""
    return {
        "format": FORMAT,
        "verdict": report.verdict,
        "headline": report.headline,
        "suite": {"version": report.suite_version},
        "contract": {"version": report.contract_version, "digest": report.contract_digest},
        "started": report.started,
        "seconds": report.seconds,
        "configuration": dict(report.configuration),
        "counts": {outcome: report.counted(outcome) for outcome in OUTCOMES},
        "requirements": [_requirement(report, one) for one in report.requirements],
        "expected_failures": dict(report.expected_failures),
        "unexpected_passes": list(report.unexpected_passes),
        "left_behind": list(report.left_behind),
        "errors": list(report.errors),
        "interrupted": report.interrupted,
        "unreachable": report.unreachable,
    }


def text(report: Report) -> str:
    """The report as the text of a file."""
    return json.dumps(document(report), indent=1) + "\n"


def read(path: Path) -> Report:
    """The report in that file, else NotAReport."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NotAReport(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise NotAReport(f"{path} is not JSON: {error}.") from error
    for fault in _validator().iter_errors(found):
        where = "/".join(map(str, fault.instance_path)) or "the whole of it"
        raise NotAReport(f"{path} is not a report of this suite: {where}: {fault.message[:200]}.")
    return _report(found)


def schema() -> Any:
    """The published JSON Schema of a report."""
    return json.loads(files(__package__).joinpath("report.schema.json").read_text("utf-8"))


@functools.cache
def _validator() -> Any:
    return jsonschema_rs.Draft202012Validator(schema())


def _requirement(report: Report, one: Result) -> dict[str, Any]:
    members = {name: value for name, value in asdict(one).items() if value not in (None, ())}
    if one.id in report.expected_failures:
        members["expected_failure"] = report.expected_failures[one.id]
    return members


def _report(found: Mapping[str, Any]) -> Report:
    as_they_are = {one.name: found[one.name] for one in fields(Report) if one.name in found}
    as_tuples = ("unexpected_passes", "left_behind", "errors")
    return Report(
        **{
            **as_they_are,
            **{name: tuple(found[name]) for name in as_tuples},
            "suite_version": found["suite"]["version"],
            "contract_version": found["contract"]["version"],
            "contract_digest": found["contract"]["digest"],
            "requirements": tuple(map(_result, found["requirements"])),
        }
    )


def _result(found: Mapping[str, Any]) -> Result:
    members = {one.name: found[one.name] for one in fields(Result) if one.name in found}
    return Result(**{**members, "failures": tuple(found.get("failures", ()))})
