"""The requests that schemathesis makes up for an operation, one part of a request at a time.

It reads a contract in which every operation stands twice, once with nothing but its body and once
with nothing but its ids and query: what a request has besides would be drawn with every case, at
most of its cost, and never be sent; and half the faulty cases would have their fault there.
"""

import functools
from typing import Any

import schemathesis
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode

from zen_conformance import contract
from zen_contract.contract import Operation

_TENANT = "tenant_id"  # another check's question


def of_bodies(operation_id: str, *, valid: bool) -> SearchStrategy[Any]:
    """Cases with a body that fits the contract, or with one that does not."""
    mode = GenerationMode.POSITIVE if valid else GenerationMode.NEGATIVE
    return _strategy(_body_path(operation_id), mode)


def of_ids_and_queries(operation_id: str) -> SearchStrategy[Any]:
    """Cases with made-up `path_parameters`, all but the tenant's, and a made-up `query`."""
    return _strategy(_address(contract.operation(operation_id)), GenerationMode.NEGATIVE)


def has_ids_or_query(one: Operation) -> bool:
    """Whether there is anything for `of_ids_and_queries` to make up."""
    return bool(_ids_and_query(one))


def _strategy(path: str, mode: GenerationMode) -> SearchStrategy[Any]:
    strategy: SearchStrategy[Any] = _schema()[path]["POST"].as_strategy(generation_mode=mode)
    return strategy


@functools.cache
def _schema() -> Any:
    answers = {"200": {"description": "OK"}}
    bodies = {
        _body_path(one.operation_id): {
            "post": {"requestBody": one.request_body, "responses": answers}
        }
        for one in contract.operations()
        if one.request_body
    }
    others = {
        _address(one): {"post": {"parameters": _ids_and_query(one), "responses": answers}}
        for one in contract.operations()
        if has_ids_or_query(one)
    }
    head = {"openapi": "3.0.3", "info": {"title": "Parts of requests", "version": "1"}}
    return schemathesis.openapi.from_dict({**head, "paths": bodies | others})


def _body_path(operation_id: str) -> str:
    return f"/body/{operation_id}"


def _address(one: Operation) -> str:
    ids = [f"/{{{given['name']}}}" for given in _ids_and_query(one) if given["in"] == "path"]
    return f"/address/{one.operation_id}" + "".join(ids)


def _ids_and_query(one: Operation) -> list[dict[str, Any]]:
    parts = [dict(given) for given in one.parameters if given["in"] in ("path", "query")]
    return [given for given in parts if given["name"] != _TENANT]
