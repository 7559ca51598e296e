"""The samples of every operation, run as they stand against a sandbox with the demo data."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import ValidationError
from openapi_schema_validator import OAS30ReadValidator, oas30_format_checker

from tests.contract.conftest import Plant
from tests.contract.demo_data import Bench, Demo
from tests.contract.sample_runners import runner
from zen_contract.contract import (
    Contract,
    ContractError,
    Operation,
    UnknownOperation,
    load,
    load_path,
)
from zen_contract.samples import BASE_URL, TOKEN, samples_of
from zen_contract.samples.literals import JAVASCRIPT, JSON, PYTHON, literal

CONTRACT = load()
SANDBOX = load("zen-sandbox.v1")
LANGUAGES = ("shell", "python", "javascript")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_sample_gets_the_documented_success(
    demo_data: Demo, language: str, tmp_path: Path
) -> None:
    failures: dict[str, str] = {}
    with runner(language, demo_data.environment, tmp_path) as run:
        for operation in CONTRACT.operations:
            demo_data.go_back()
            demo_data.make_deletable(operation)
            keys_before = demo_data.remembered_keys()
            try:
                printed = run(text_of(CONTRACT, operation, language))
                status = hold_to_the_contract(operation, printed)
                assert demo_data.newest_request() == (operation.operation_id, status)
                keys = demo_data.remembered_keys() - keys_before
                assert keys == operation.takes_idempotency_key
                assert _rows(printed) != [], "an empty list shows a reader nothing"
            except (AssertionError, ValidationError) as failure:
                failures[operation.operation_id] = str(failure)
    assert failures == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_sample_of_the_sandboxs_own_operations_gets_it_too(
    bench: Bench, language: str, tmp_path: Path
) -> None:
    failures: dict[str, str] = {}
    with runner(language, bench.environment, tmp_path) as run:
        for operation in sorted(SANDBOX.operations, key=_ends_something):
            sample = text_of(SANDBOX, operation, language)
            text = bench.with_what_is_there(operation, sample)
            try:
                hold_to_the_contract(operation, run(text))
            except (AssertionError, ValidationError) as failure:
                failures[operation.operation_id] = str(failure)
    assert failures == {}


def _ends_something(operation: Operation) -> bool:
    return operation.operation_id.startswith("revoke")


def hold_to_the_contract(operation: Operation, printed: Any) -> int:
    """The documented status of a success, when that is what was printed."""
    [(status, response)] = [
        (int(status), one) for status, one in operation.responses.items() if status[0] == "2"
    ]
    if "content" not in response:
        assert printed in ("", status)
    elif "application/json" in response["content"]:
        schema = response["content"]["application/json"]["schema"]
        OAS30ReadValidator(schema, format_checker=oas30_format_checker).validate(printed)
    else:
        assert "openapi: 3.0.3" in printed
    return status


def text_of(contract: Contract, operation: Operation, language: str) -> str:
    """The operation's sample in that language."""
    samples = samples_of(contract, operation.operation_id)
    by_language: dict[str, str] = {one.language: one.text for one in samples}
    assert tuple(by_language) == LANGUAGES
    return by_language[language]


def _rows(printed: Any) -> list[Any] | None:
    values = printed.values() if isinstance(printed, dict) else ()
    return next((member for member in values if isinstance(member, list)), None)


def test_samples_are_short_and_narrow_enough_to_be_read() -> None:
    for operation in CONTRACT.operations:
        for sample in samples_of(CONTRACT, operation.operation_id):
            lines = sample.text.splitlines()
            assert len(lines) <= 35
            assert max(map(len, lines)) <= 100
            assert sample.text.endswith("\n")
            assert lines[-1].strip()


def test_equal_contracts_give_equal_samples() -> None:
    again = load_path(CONTRACT.path)
    for operation in CONTRACT.operations:
        name = operation.operation_id
        assert samples_of(again, name) == samples_of(CONTRACT, name)


def test_an_operation_that_is_open_to_all_asks_for_no_token(boxes: Path) -> None:
    shell, python, javascript = samples_of(load_path(boxes), "getHealth")
    assert shell.text == f'curl -sS --fail-with-body \\\n  "${BASE_URL}/health"\n'
    assert TOKEN not in python.text + javascript.text
    assert "fetch(url);" in javascript.text


def test_an_unknown_operation_is_refused_with_a_near_one() -> None:
    with pytest.raises(UnknownOperation, match="createDestination"):
        samples_of(CONTRACT, "createDestinatoin")


def test_a_parameter_without_an_example_is_named(plant: Plant) -> None:
    contract = load_path(plant(", example: box_1}", "}"))
    with pytest.raises(ContractError, match="room_id of createBox has no example"):
        samples_of(contract, "createBox")


def test_a_body_without_an_example_is_named(plant: Plant) -> None:
    written = (
        "              small: {value: {name: Small, size: 3, made_at: 2026-01-02T03:04:05Z}}\n"
    )
    contract = load_path(plant(f"            examples:\n{written}", ""))
    with pytest.raises(ContractError, match="body of createBox has no example"):
        samples_of(contract, "createBox")


VALUE = {
    "it's": [True, False, None, 1.5, "a \"quoted\" line\nand 'another' of the same value"],
    "plain": {"deeper": {"still": ["x" * 40, "y" * 40]}, "empty": {}, "none": []},
}


def test_a_value_is_written_as_json_that_reads_back() -> None:
    for value in (VALUE, [VALUE], 1, "é", {}, []):
        assert json.loads(literal(value, JSON)) == value


def test_a_value_is_written_as_python_that_reads_back() -> None:
    for value in (VALUE, [VALUE], None, "é", {}, []):
        assert ast.literal_eval(literal(value, PYTHON)) == value


def test_a_value_is_written_as_javascript_that_reads_back(tmp_path: Path) -> None:
    with runner("javascript", {}, tmp_path) as run:
        for value in (VALUE, [VALUE], None, "é", {}, []):
            assert run(f"console.log({literal(value, JAVASCRIPT)});\n") == value
