"""The contracts of this project: clean, complete, and true to their own examples."""

from collections.abc import Iterator
from typing import Any

import pytest
from openapi_schema_validator import (
    OAS30ReadValidator,
    OAS30WriteValidator,
    oas30_format_checker,
)

from zen_contract import pointers
from zen_contract.contract import Contract, load, names
from zen_contract.lint import examples
from zen_contract.lint.linter import lint


@pytest.fixture(params=["zen-back.v1", "zen-sandbox.v1"])
def contract(request: pytest.FixtureRequest) -> Contract:
    """Each contract in turn."""
    return load(request.param)


def test_there_is_a_public_and_a_sandbox_contract() -> None:
    assert {"zen-back.v1", "zen-sandbox.v1"} <= set(names())


def test_the_public_contract_is_clean() -> None:
    report = lint(load("zen-back.v1").path)
    assert report.findings == ()


def test_the_sandbox_contract_is_clean() -> None:
    report = lint(load("zen-sandbox.v1").path)
    assert report.findings == ()


def test_every_example_is_what_its_schema_says(contract: Contract) -> None:
    # Beside the linter, on the resolved document, so that a hole in its walk shows here.
    seen = 0
    for where, schema, value, validator in _examples(contract):
        problems = validator(schema, format_checker=oas30_format_checker).iter_errors(value)
        assert [f"{where}: {problem.message}" for problem in problems] == []
        seen += 1
    assert seen >= len(list(examples.checks(pointers.root(contract.document)))) // 2


def test_every_failure_shows_the_slug_of_its_type(contract: Contract) -> None:
    for operation in contract.operations:
        for status, response in operation.responses.items():
            for media_type, media in response.get("content", {}).items():
                if media_type == "application/problem+json":
                    for example in media["examples"].values():
                        value = example["value"]
                        assert value["type"].startswith("https://api.zen-mesh.io/errors/")
                        assert str(value["status"]) == status


def test_no_operation_of_the_two_contracts_has_the_same_place_or_id() -> None:
    both = [one for name in ("zen-back.v1", "zen-sandbox.v1") for one in load(name).operations]
    assert len({one.operation_id for one in both}) == len(both)
    assert len({(one.method, one.path) for one in both}) == len(both)


def _examples(contract: Contract) -> Iterator[tuple[str, Any, Any, Any]]:
    for operation in contract.operations:
        bodies = [("request", operation.request_body or {}, OAS30WriteValidator)]
        bodies += [(s, one, OAS30ReadValidator) for s, one in operation.responses.items()]
        for part, body, validator in bodies:
            for media_type, media in body.get("content", {}).items():
                for name, example in media["examples"].items():
                    where = f"{operation.operation_id} {part} {media_type} {name}"
                    yield where, media["schema"], example["value"], validator
