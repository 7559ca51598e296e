"""The table that servers are made from, against the one server of ours that was written by hand."""

from zen_contract.contract import load
from zen_contract.stubs.table import table
from zen_sandbox.app import CONTRACTS, _what_connexion_reads
from zen_sandbox.handlers import handlers_for
from zen_sandbox.request.operation import compile_operations


def test_the_sandbox_answers_each_operation_with_the_handler_that_the_table_names() -> None:
    for name in CONTRACTS:
        contract = load(name)
        entries = {entry.operation.operation_id: entry for entry in table(contract)}
        handlers = handlers_for([one.operation_id for one in contract.operations])
        served = compile_operations(contract, handlers)
        assert served.keys() == entries.keys()
        for operation_id, entry in entries.items():
            one, row = served[operation_id], entry.row()
            assert one.handler.__name__ == row["function"]
            assert (one.handler.__doc__ or "").startswith(f"{row['method']} {row['path']}")
            assert one.method == row["method"]
            assert one.pointer.split("/")[2].replace("~1", "/") == row["path"]


def test_an_operation_has_the_same_arguments_in_the_sandbox() -> None:
    contract = load()
    handlers = handlers_for([one.operation_id for one in contract.operations])
    served = compile_operations(contract, handlers)
    for entry in table(contract):
        one = served[entry.operation.operation_id]
        read = {parameter.name for parameter in one.path_parameters} - {"tenant_id"}
        read |= one.query_parameters.keys() | ({"body"} if one.body else set())
        assert {argument.name for argument in entry.arguments} == read


def test_the_sandbox_asks_for_the_scope_that_the_table_names() -> None:
    for name in CONTRACTS:
        read = _what_connexion_reads(load(name))["paths"]
        for entry in table(load(name)):
            row = entry.row()
            asked = read[row["path"]][row["method"].lower()]["security"]
            scopes = {scope for either in asked for each in either.values() for scope in each}
            assert scopes == ({row["scope"]} if row["scope"] else set()), row["operation_id"]
