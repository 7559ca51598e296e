"""`zen-contract export`, as a person and as a program meets it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.contract.conftest import Plant
from zen_contract.cli import main
from zen_contract.contract import load, load_path
from zen_contract.openapi31 import as_openapi_31
from zen_contract.postman import SCHEMA, collection


def export(*words: str | Path) -> Result:
    """The command in this process."""
    arguments = ["export", *map(str, words)]
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def test_each_format_is_printed_as_json() -> None:
    contract = load()
    assert json.loads(export("openapi-3.0").output) == contract.document
    assert json.loads(export("openapi-3.1").output) == as_openapi_31(contract.document)
    assert json.loads(export("postman").output) == collection(contract)


def test_any_contract_can_be_exported(plant: Plant) -> None:
    file = plant("title: Boxes", "title: Crates")
    assert json.loads(export("openapi-3.1", "--contract", file).output)["info"]["title"] == "Crates"
    sandbox = json.loads(export("openapi-3.1", "--contract", "zen-sandbox.v1").output)
    assert sandbox == as_openapi_31(load("zen-sandbox.v1").document)


def test_the_same_contract_is_the_same_bytes(boxes: Path) -> None:
    once, again = (export("postman", "--contract", boxes).output for _ in range(2))
    assert once == again
    assert json.loads(once)["info"]["schema"] == SCHEMA


def test_an_unknown_format_is_one_sentence_that_names_the_others() -> None:
    done = export("raml")
    assert done.exit_code == 2
    assert "'openapi-3.0', 'openapi-3.1', 'postman'" in done.output


def test_an_example_that_is_missing_is_one_sentence(plant: Plant) -> None:
    done = export("postman", "--contract", plant(", example: box_1}", "}"))
    assert done.exit_code == 2
    assert done.output.splitlines() == ["Error: The parameter room_id of listBoxes has no example."]


@pytest.mark.parametrize("name", ["zen-back.v1", "zen-sandbox.v1"])
def test_exporting_leaves_the_contract_as_it_is(name: str) -> None:
    contract = load(name)
    as_openapi_31(contract.document)
    collection(contract)
    assert contract.digest == load_path(contract.path).digest
