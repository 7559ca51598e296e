"""Every rule of our own finds its defect, on the right line, and nothing else."""

from pathlib import Path

import pytest

from tests.contract.conftest import Plant
from tests.contract.planted import OF_REQUESTS, TIGHT, Defect
from tests.contract.planted_answers import OF_ANSWERS
from zen_contract.lint.linter import RULES, lint

DEFECTS = [*OF_REQUESTS, *OF_ANSWERS]


def named(defect: Defect) -> str:
    """An id for pytest that a person can pick a case by."""
    return f"{defect.rule}: {defect.says}"


@pytest.mark.parametrize("defect", DEFECTS, ids=named)
def test_a_planted_defect_is_found_on_its_line_and_nothing_else_is(
    plant: Plant, defect: Defect
) -> None:
    file = plant(defect.old, defect.new)
    text = file.read_text(encoding="utf-8")
    assert text.count(defect.at) == 1, "the passage that names the line must be found once"
    start = text.index(defect.at) + len(defect.at) - len(defect.at.lstrip())
    line = text[:start].count("\n") + 1

    findings = lint(file, with_redocly=False).findings

    assert [(one.rule, one.line) for one in findings] == [(defect.rule, line)]
    assert defect.says in findings[0].message


def test_the_small_contract_is_clean(boxes: Path) -> None:
    report = lint(boxes)
    assert report.findings == ()
    assert (report.operations, report.examples, report.rules) == (4, 10, len(RULES))


def test_every_rule_has_a_planted_defect() -> None:
    assert RULES.keys() <= {defect.rule for defect in DEFECTS}


def test_a_defect_in_a_shared_component_is_told_once(plant: Plant) -> None:
    file = plant(
        "        X-Request-Id: {$ref: '#/components/headers/X-Request-Id'}\n        WWW",
        "        WWW",
    )
    findings = lint(file, with_redocly=False).findings
    assert [one.rule for one in findings] == ["request-id-header"]


@pytest.mark.parametrize(
    "schema",
    [
        "{type: string, pattern: '^a{1,3}(b|c)?[*+]\\+$'}",
        "{type: string, format: date-time}",
        "{type: string, enum: [a]}",
        "{anyOf: [{type: string, maxLength: 3}, {type: integer, minimum: 0, maximum: 3}]}",
        "{type: object, additionalProperties: false, anyOf: [{required: [a]}, {minProperties: 0}]}",
        "{allOf: [{type: string}, {maxLength: 3}]}",
    ],
)
def test_a_bounded_schema_of_a_request_is_left_alone(plant: Plant, schema: str) -> None:
    file = plant(TIGHT, f"        tight: {schema}")
    assert lint(file, with_redocly=False).findings == ()


def test_an_object_shared_with_a_request_may_be_closed_in_a_response(boxes: Path) -> None:
    text = boxes.read_text(encoding="utf-8")
    assert text.count("{$ref: '#/components/schemas/Lid'}") == 2, "in BoxCreate and in Box"
    assert lint(boxes, with_redocly=False).clean
