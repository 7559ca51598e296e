"""`zen-conformance list` and `explain`: what there is to keep, and where that comes from."""

import json
from pathlib import Path

import pytest

from tests.conformance.suite_command import here, suite
from zen_conformance import requirements
from zen_conformance.wording import contract_text

PAGE = Path(__file__).parents[2] / "docs" / "requirements.md"


def test_every_requirement_is_listed_with_its_level_and_sentence() -> None:
    printed = here("list").stdout
    for one in requirements.load().values():
        assert f"  {one.id:<12} {one.level:<6} {one.title}" in printed


def test_the_list_for_programs_has_every_member() -> None:
    told = json.loads(here("list", "--json").stdout)
    assert [one["id"] for one in told["requirements"]] == list(requirements.load())
    assert {"id", "area", "level", "title", "contract", "source", "needs", "budget"} <= set(
        told["requirements"][0]
    )


def test_an_area_or_an_id_can_be_chosen() -> None:
    told = json.loads(here("list", "dest-002", "RATE", "--json").stdout)
    assert {one["area"] for one in told["requirements"]} == {"DEST", "RATE"}
    assert here("list", "NOPE").exit_code == 2


def test_the_page_of_requirements_is_what_the_ledger_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == here("list", "--markdown").stdout, (
        "run: zen-conformance list --markdown > docs/requirements.md"
    )


def test_explain_quotes_the_contract_and_names_the_checks() -> None:
    done = suite("explain", "dest-001")
    assert done.returncode == 0, done.stderr
    one = requirements.load()["DEST-001"]
    assert done.stdout.startswith(f"DEST-001  {one.level}  {one.title}")
    assert one.contract in done.stdout
    assert "checks/test_" in done.stdout


def test_explain_names_the_rule_that_looks_at_every_answer() -> None:
    done = suite("explain", "WIRE-001")
    assert "judge/wire.py:" in done.stdout
    assert "pattern: ^[A-Za-z0-9._-]{1,128}$" in done.stdout


@pytest.mark.parametrize("one", requirements.load().values(), ids=lambda one: one.id)
def test_every_pointer_leads_to_text(one: requirements.Requirement) -> None:
    assert contract_text(one.contract).strip()


def test_explain_says_why_something_cannot_be_tested() -> None:
    untestable = next(one for one in requirements.load().values() if one.untestable)
    assert untestable.untestable is not None
    assert untestable.untestable in here("explain", untestable.id).stdout


def test_explain_of_an_unknown_id_says_where_they_are_listed() -> None:
    done = here("explain", "DEST-999")
    assert done.exit_code == 2
    assert "There is no requirement 'DEST-999'; see `zen-conformance list`." in done.stderr
