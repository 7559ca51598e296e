"""How `zen-contract show` tells one or all operations, to a person and to a program."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

import click

from zen_contract.contract import Contract, Operation, UnknownOperation
from zen_contract.fields import fields, kind, matching

_LABEL_WIDTH = 12


def find(contract: Contract, words: tuple[str, ...]) -> Operation:
    """The operation of an operationId, or of a method and a path; UnknownOperation otherwise.

    The path may be the template or a path that a client would ask for.
    """
    if len(words) == 1:
        return contract.operation(words[0])
    method, path = words[0].upper(), words[1]
    same = [one for one in contract.operations if one.method == method]
    exact = [one for one in same if one.path == path]
    for operation in exact or same:
        if exact or re.fullmatch(_as_pattern(operation.path), path):
            return operation
    known = [f"{one.method} {one.path}" for one in contract.operations]
    near = difflib.get_close_matches(f"{method} {path}", known, n=3)
    raise UnknownOperation(f"{method} {path}", tuple(near))


def table(contract: Contract) -> Iterator[str]:
    """Every operation on a line of its own, under its tag."""
    by_tag = sorted(contract.operations, key=lambda one: _tag_order(contract, one))
    columns = [_row(one) for one in by_tag]
    widths = [max(map(len, column)) for column in zip(*columns, strict=True)]
    for tag, group in groupby(by_tag, key=_first_tag):
        yield click.style(tag, bold=True)
        for one in group:
            cells = [cell.ljust(width) for cell, width in zip(_row(one), widths, strict=True)]
            cells[0] = click.style(cells[0], fg="cyan")
            yield f"  {'  '.join(cells)}".rstrip()


def sheet(operation: Operation) -> Iterator[str]:
    """All that is worth knowing before one calls the operation."""
    yield f"{click.style(operation.method, fg='cyan', bold=True)} {operation.path}"
    yield f"{operation.operation_id}: {operation.summary}"
    yield ""
    yield str(operation.definition.get("description", "")).rstrip()
    yield ""
    yield _labelled("Scope", operation.scope or "none")
    yield _labelled("Status", operation.status_label or "not said")
    yield _labelled(
        "Idempotency", "takes Idempotency-Key" if operation.takes_idempotency_key else "-"
    )
    yield from _section("Parameters", (_parameter_line(one) for one in operation.parameters))
    yield from _section("Body", _body_lines(operation.request_body))
    yield from _section("Responses", _response_lines(operation))


def as_json(operation: Operation) -> dict[str, Any]:
    """One operation for a program; `definition` is the contract's own, references inlined."""
    return {**_summary(operation), "definition": operation.definition}


def all_as_json(contract: Contract) -> dict[str, Any]:
    """The contract's operations for a program."""
    return {
        "contract": contract.path.stem,
        "version": contract.version,
        "digest": contract.digest,
        "operations": [_summary(one) for one in contract.operations],
    }


def slugs(response: Mapping[str, Any]) -> list[str]:
    """The error slugs a response may have, as its examples show them."""
    found: list[str] = []
    for media in response.get("content", {}).values():
        for example in media.get("examples", {}).values():
            value = example.get("value")
            problem = value.get("type") if isinstance(value, dict) else None
            if isinstance(problem, str) and "/errors/" in problem:
                found.append(problem.rpartition("/")[2])
    return list(dict.fromkeys(found))


def _summary(operation: Operation) -> dict[str, Any]:
    return {
        "operation_id": operation.operation_id,
        "method": operation.method,
        "path": operation.path,
        "tags": operation.tags,
        "summary": operation.summary,
        "scope": operation.scope,
        "takes_idempotency_key": operation.takes_idempotency_key,
        "status_label": operation.status_label,
        "responses": {
            status: {"slugs": slugs(one), "headers": list(one.get("headers", {}))}
            for status, one in operation.responses.items()
        },
    }


def _row(one: Operation) -> tuple[str, ...]:
    idempotency = "idempotent" if one.takes_idempotency_key else "-"
    label = one.status_label or "-"
    return one.method, one.path, one.operation_id, one.scope or "-", idempotency, label


def _first_tag(operation: Operation) -> str:
    return operation.tags[0] if operation.tags else "without a tag"


def _tag_order(contract: Contract, operation: Operation) -> int:
    names = [tag.get("name") for tag in contract.document.get("tags", [])]
    tag = _first_tag(operation)
    return names.index(tag) if tag in names else len(names)


def _as_pattern(template: str) -> str:
    literal = re.split(r"\{[^/{}]+\}", template)
    return "[^/]+".join(re.escape(part) for part in literal)


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    body = list(lines)
    if body:
        yield ""
        yield click.style(title, bold=True)
        yield from (f"  {line}" for line in body)


def _labelled(label: str, text: str) -> str:
    return f"{label.ljust(_LABEL_WIDTH)} {text}"


def _parameter_line(parameter: Mapping[str, Any]) -> str:
    need = "required" if parameter.get("required") else "optional"
    schema = parameter.get("schema", {})
    bounds = kind(schema) + matching(schema.get("pattern", ""))
    text = f"{parameter['name']} ({parameter['in']}, {need}) {bounds}"
    return f"{text}  {_first_sentence(parameter.get('description', ''))}".rstrip()


def _body_lines(body: Mapping[str, Any] | None) -> Iterator[str]:
    if body is None:
        return
    content = body.get("content", {})
    yield f"{', '.join(content)}{'' if body.get('required') else ' (may be absent)'}"
    for media in list(content.values())[:1]:
        yield from _field_lines(media.get("schema", {}))


def _field_lines(schema: Mapping[str, Any]) -> Iterator[str]:
    for field in fields(schema):
        need = "required" if field.required else "optional"
        yield f"{field.path} ({need}) {field.kind}{matching(field.pattern)}"


def _response_lines(operation: Operation) -> Iterator[str]:
    for status, response in operation.responses.items():
        failed = slugs(response)
        text = ", ".join(failed) if failed else _first_sentence(response.get("description", ""))
        headers = ", ".join(response.get("headers", {}))
        yield f"{status}  {text}{f'  [{headers}]' if headers else ''}"


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.;:])\s", " ".join(text.split()), maxsplit=1)[0]
