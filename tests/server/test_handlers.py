"""Handlers and the contracts: one function per operation, with the contract's own names."""

import inspect
from types import FunctionType

import pytest

from tests.server import bench_calls, calls
from tests.server.harness import ADMIN_SCOPE
from zen_contract.contract import function_name
from zen_sandbox.audit import AUDITED
from zen_sandbox.handlers import MODULES, handlers_for
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Response

OPERATIONS = {**calls.OPERATIONS, **bench_calls.OPERATIONS}


def public_functions() -> dict[str, FunctionType]:
    """Every public function that a handler module defines."""
    return {
        name: value
        for module in MODULES
        for name, value in vars(module).items()
        if isinstance(value, FunctionType)
        and value.__module__ == module.__name__
        and not name.startswith("_")
    }


def test_operations_and_handlers_match_one_to_one() -> None:
    names = [function_name(operation_id) for operation_id in OPERATIONS]
    assert len(set(names)) == len(names)
    assert set(public_functions()) == set(names)
    found = handlers_for(OPERATIONS)
    assert found == {
        operation_id: public_functions()[function_name(operation_id)] for operation_id in OPERATIONS
    }


def test_no_two_modules_have_a_handler_of_one_name() -> None:
    defined = [
        name
        for module in MODULES
        for name, value in vars(module).items()
        if isinstance(value, FunctionType) and value.__module__ == module.__name__
        if not name.startswith("_")
    ]
    assert len(set(defined)) == len(defined)


def test_an_operation_without_a_handler_stops_the_start() -> None:
    with pytest.raises(LookupError, match="inventThings"):
        handlers_for(["getHealth", "inventThings"])


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_a_handler_takes_the_contracts_parameters_by_name_and_the_body(operation_id: str) -> None:
    operation = OPERATIONS[operation_id]
    handler = public_functions()[function_name(operation_id)]
    signature = inspect.signature(handler, eval_str=True)
    first, *rest = signature.parameters.values()
    assert (first.name, first.annotation) == ("call", Call)
    assert signature.return_annotation is Response
    named = {
        parameter["name"]
        for parameter in operation.parameters
        if parameter["in"] in ("path", "query")
    }
    if operation.scope != ADMIN_SCOPE:  # a customer's tenant is the credential's
        named.discard("tenant_id")
    if operation.request_body:
        named.add("body")
    assert {parameter.name for parameter in rest} == named


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_a_handler_says_which_method_and_path_it_is_for(operation_id: str) -> None:
    operation = OPERATIONS[operation_id]
    handler = public_functions()[function_name(operation_id)]
    assert (handler.__doc__ or "").startswith(f"{operation.method} {operation.path}")


def test_every_operation_that_writes_has_its_words_for_the_log() -> None:
    writes = {name for name, one in calls.OPERATIONS.items() if one.method != "GET"}
    assert set(AUDITED) == writes
