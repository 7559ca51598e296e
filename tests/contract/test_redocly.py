"""That Redocly really runs: canaries that only it can see, and nothing that could silence it."""

from pathlib import Path

import pytest

from tests.contract.conftest import Plant
from zen_contract.lint.linter import lint

UNUSED = (
    "    Unused: {type: object}\n    Problem:\n      type: object\n      required: [type, status]"
)


def test_a_defect_that_only_redocly_sees_is_reported_with_its_line(plant: Plant) -> None:
    file = plant("    Problem:\n      type: object\n      required: [type, status]", UNUSED)
    assert lint(file, with_redocly=False).clean
    line = file.read_text(encoding="utf-8").splitlines().index("    Unused: {type: object}") + 1

    findings = lint(file).findings

    assert [(one.rule, one.line) for one in findings] == [("redocly/no-unused-components", line)]


def test_what_redocly_only_warns_of_counts_too(plant: Plant) -> None:
    file = plant("    url: https://www.apache.org/licenses/LICENSE-2.0\n", "")
    assert [one.rule for one in lint(file).findings] == ["redocly/info-license-strict"]


def test_no_ignore_file_or_configuration_nearby_silences_redocly(
    plant: Plant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = plant("    Problem:\n      type: object\n      required: [type, status]", UNUSED)
    (tmp_path / "redocly.yaml").write_text("rules: {no-unused-components: off}", encoding="utf-8")
    (tmp_path / ".redocly.lint-ignore.yaml").write_text(
        f"{file.name}:\n  no-unused-components:\n    - '#/components/schemas/Unused'\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    assert not lint(file).clean


def test_a_broken_reference_is_reported_by_both(plant: Plant) -> None:
    file = plant(
        "small: {$ref: '#/components/examples/Box'}\n          links",
        "small: {$ref: '#/components/examples/Bos'}\n          links",
    )
    rules = {one.rule for one in lint(file).findings}
    assert {"ref", "redocly/no-unresolved-refs"} <= rules
