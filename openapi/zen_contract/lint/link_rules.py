"""Whether the links between operations can be followed; no other linter looks at them."""

import re
from collections.abc import Iterator
from typing import Any

from zen_contract.lint.examples import example_values
from zen_contract.lint.report import Defect
from zen_contract.pointers import Place, from_text
from zen_contract.walk import OperationPlace, operations

_EXPRESSION = re.compile(
    r"\$(?:url|method|statusCode"
    r"|(?P<side>request|response)\.(?:body(?P<pointer>#.*)?"
    r"|(?P<where>header|query|path)\.(?P<name>.+)))"
)


def link_operation(root: Place) -> Iterator[Defect]:
    """Every link names an operation of this contract by its operationId."""
    known = _by_id(root)
    for operation, _, link in _links(root):
        wanted = link.get("operationId")
        if wanted not in known:
            where = link.at("operationId") or link
            message = f"A link of {operation} points at no operation: {wanted!r}."
            yield Defect(where.pointer, message)


def link_parameter(root: Place) -> Iterator[Defect]:
    """A link gives parameters that its target has, and every path parameter among them."""
    known = _by_id(root)
    for operation, _, link in _links(root):
        target = known.get(link.get("operationId"))
        if target is None:
            continue
        names = {(one.get("in"), one.get("name")) for one in target.parameters()}
        given = [_qualified(name, names) for name, _ in link.below("parameters")]
        for where, name in given:
            if (where, name) not in names:
                pointer = (*link.pointer, "parameters")
                yield Defect(pointer, f"{target} has no parameter {name!r} for a link to give.")
        for where, name in sorted(names - set(given)):
            if where == "path":
                message = f"A link of {operation} to {target} leaves out {name!r}."
                yield Defect(link.pointer, message)


def link_expression(root: Place) -> Iterator[Defect]:
    """What a link takes from request or answer is really there, bodies judged by the examples."""
    for operation, response, link in _links(root):
        for _, given in link.below("parameters"):
            if isinstance(given.value, str) and given.value.startswith("$"):
                problem = _problem_of(given.value, operation, response)
                if problem:
                    yield Defect(given.pointer, f"{given.value} of a link: {problem}.")


def _problem_of(expression: str, operation: OperationPlace, response: Place) -> str | None:
    found = _EXPRESSION.fullmatch(expression)
    if found is None:
        return "this is no runtime expression"
    side, where, name = found["side"], found["where"], found["name"]
    if side == "request" and where:
        here = {(one.get("in"), str(one.get("name")).lower()) for one in operation.parameters()}
        known = (where, name.lower()) in here
        return None if known else f"{operation} has no {where} parameter {name!r}"
    if side == "response" and where:
        headers = {header.lower() for header, _ in response.below("headers")}
        known = where == "header" and name.lower() in headers
        return None if known else f"the response of {operation} has no {where} {name!r}"
    if side and found["pointer"]:
        return _problem_of_body(side, found["pointer"], operation, response)
    return None


def _problem_of_body(
    side: str, pointer: str, operation: OperationPlace, response: Place
) -> str | None:
    media = operation.request_media() if side == "request" else response.below("content")
    values = [value for _, one in media for value in example_values(one)]
    if any(_has(value.value, pointer) for value in values):
        return None
    return f"no example of the {side} of {operation} has {pointer}"


def _has(value: Any, pointer: str) -> bool:
    for key in from_text(pointer):
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return False
    return True


def _links(root: Place) -> Iterator[tuple[OperationPlace, Place, Place]]:
    for operation in operations(root):
        for _, response in operation.responses():
            for _, link in response.below("links"):
                yield operation, response, link


def _by_id(root: Place) -> dict[Any, OperationPlace]:
    return {one.place.get("operationId"): one for one in operations(root)}


def _qualified(name: str, known: set[tuple[Any, Any]]) -> tuple[str, str]:
    """A link may write `path.id` for `id`; a plain name is looked for in every location."""
    where, dot, rest = name.partition(".")
    if dot and where in ("path", "query", "header", "cookie"):
        return where, rest
    return next((str(place) for place, other in known if other == name), "path"), name


RULES = {
    "link-operation": link_operation,
    "link-parameter": link_parameter,
    "link-expression": link_expression,
}
