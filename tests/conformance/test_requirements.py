"""The ledger of requirements is closed, well formed, and leads into the contract."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from zen_conformance import requirements
from zen_conformance.requirements import BUDGETS, LEVELS, NEEDS, Requirement, load, read
from zen_contract import contract, references

ALL = tuple(load().values())
CONTRACTS = {found.path.name: found for found in map(contract.load, contract.names())}
GOOD = {
    "id": "DEST-001",
    "level": "MUST",
    "title": "A target has a name.",
    "contract": "zen-back.v1.yaml#/components/schemas/Name",
    "source": "D §3",
}


def test_ids_are_numbered_from_one_in_each_area_without_a_gap() -> None:
    counted: Counter[str] = Counter()
    for requirement in ALL:
        counted[requirement.area] += 1
        assert requirement.id == f"{requirement.area}-{counted[requirement.area]:03}"
    assert list(counted) == list(load().areas)


def test_a_requirement_is_found_by_its_id() -> None:
    assert len(load()) == len(ALL) == len(set(load()))
    assert all(load()[requirement.id] is requirement for requirement in ALL)
    assert load() is load()


def test_every_title_is_one_short_sentence_of_its_own() -> None:
    assert [one.id for one in ALL if not one.title.endswith(".") or len(one.title) > 160] == []
    assert [title for title, times in Counter(one.title for one in ALL).items() if times > 1] == []


@pytest.mark.parametrize("requirement", ALL, ids=lambda one: one.id)
def test_every_requirement_points_into_the_contract(requirement: Requirement) -> None:
    name, _, pointer = requirement.contract.partition("#")
    references.target(CONTRACTS[name].resolved(), "#" + pointer)


def test_every_operation_of_the_customer_contract_has_a_requirement() -> None:
    held = [one.contract.partition("#/paths/")[2].split("/")[:2] for one in ALL]
    places = {
        (path.replace("~1", "/"), method.upper())
        for path, method in (h for h in held if len(h) == 2)
    }
    missing = [
        operation.operation_id
        for operation in contract.load("zen-back.v1").operations
        if (operation.path, operation.method) not in places
    ]
    assert missing == []


def test_only_the_hook_that_takes_events_is_asked_of_the_sandbox_contract() -> None:
    others = [one for one in ALL if not one.contract.startswith("zen-back.v1.yaml#")]
    assert {one.contract.split("/")[2] for one in others} == {"~1hooks~1{ingester_id}"}
    assert {one.area for one in others} == {"EVENT"}
    assert all("ingest" in one.needs for one in others)


def test_levels_budgets_and_needs_are_known_ones() -> None:
    assert {one.level for one in ALL} <= set(LEVELS)
    assert {one.budget for one in ALL} <= set(BUDGETS)
    assert {need for one in ALL for need in one.needs} == set(NEEDS)
    assert [one.id for one in ALL if len(set(one.needs)) != len(one.needs)] == []


def test_what_cannot_be_tested_is_the_exception_and_says_why() -> None:
    untestable = [one for one in ALL if one.untestable is not None]
    assert [one.id for one in untestable if not str(one.untestable).endswith(".")] == []
    assert 0 < len(untestable) < len(ALL) // 20


def test_the_ledger_lies_beside_its_loader_so_that_it_comes_with_the_package() -> None:
    assert requirements.__file__ is not None
    assert Path(requirements.__file__).with_name("requirements.yaml").is_file()


def ledger(*entries: dict[str, Any]) -> bytes:
    document = [{"area": "DEST", "title": "Targets", "requirements": list(entries)}]
    return yaml.safe_dump(document).encode()


def test_what_is_left_out_has_its_default() -> None:
    (only,) = read(ledger(GOOD)).values()
    assert (only.area, only.needs, only.budget, only.untestable) == ("DEST", (), "quick", None)


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (lambda entry: entry.pop("source"), r"missing \['source'\]"),
        (lambda entry: entry.update(titel="x"), r"unknown \['titel'\]"),
        (lambda entry: entry.update(untestable=" "), r"not a text \['untestable'\]"),
        (lambda entry: entry.update(title=7), r"not a text \['title'\]"),
        (lambda entry: entry.update(level="must"), "its level is not one of MUST, SHOULD, MAY"),
        (lambda entry: entry.update(budget="slow"), "its budget is not one of quick"),
        (lambda entry: entry.update(needs=["luck"]), "it needs more than"),
        (lambda entry: entry.update(needs="ingest"), "it needs more than"),
        (lambda entry: entry.update(contract="#/info"), "its contract is not <file>"),
    ],
)
def test_a_fault_in_the_file_names_the_requirement(
    break_it: Callable[[dict[str, Any]], object], words: str
) -> None:
    entry = dict(GOOD)
    break_it(entry)
    with pytest.raises(ValueError, match=rf"^DEST-001: .*{words}"):
        read(ledger(entry))


@pytest.mark.parametrize("wrong", ["DEST-1", "FLOW-001", "dest-001", "DEST-0001"])
def test_an_id_belongs_to_its_area_and_has_three_digits(wrong: str) -> None:
    with pytest.raises(ValueError, match=f"^{wrong}: its id is not DEST-<3 digits>"):
        read(ledger(GOOD | {"id": wrong}))


def test_an_id_is_given_once() -> None:
    with pytest.raises(ValueError, match=r"^DEST-001: there is another requirement of that id"):
        read(ledger(GOOD, GOOD))
