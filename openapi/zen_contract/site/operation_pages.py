"""What the page of an operation shows, out of the contract."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zen_contract import show
from zen_contract.contract import Contract, Operation
from zen_contract.fields import Field, fields, kind
from zen_contract.samples import NAMES, samples_of
from zen_contract.site import highlighting, prose

_FIRST_FAILURE = 400


@dataclass(frozen=True)
class Example:
    """A body as the contract gives it."""

    title: str
    html: str


@dataclass(frozen=True)
class Body:
    """A body in one media type."""

    media_type: str
    fields: tuple[Field, ...]
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class Follow:
    """A link of the contract: what can be called next, and with what of this answer."""

    operation_id: str
    description: str
    parameters: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Answer:
    """What an operation answers with one status."""

    status: str
    description: str
    headers: tuple[tuple[str, str], ...]
    bodies: tuple[Body, ...]
    problems: tuple[str, ...]  # their slugs
    follows: tuple[Follow, ...]


@dataclass(frozen=True)
class Shown:
    """An operation as its page shows it."""

    operation: Operation
    description: str
    parameters: tuple[Field, ...]
    places: tuple[str, ...]  # where each parameter is: path, query, header
    bodies: tuple[Body, ...]
    body_required: bool
    successes: tuple[Answer, ...]
    failures: tuple[Answer, ...]
    idempotency: str


def shown(operation: Operation) -> Shown:
    """All that the page says, as HTML where it is prose."""
    answers = [_answer(status, one) for status, one in operation.responses.items()]
    body = operation.request_body or {}
    return Shown(
        operation=operation,
        description=prose.passage(str(operation.definition.get("description", ""))),
        parameters=tuple(_parameter(one) for one in operation.parameters),
        places=tuple(one["in"] for one in operation.parameters),
        bodies=tuple(_bodies(body)),
        body_required=bool(body.get("required")),
        successes=tuple(one for one in answers if not _is_failure(one)),
        failures=tuple(one for one in answers if _is_failure(one)),
        idempotency=_idempotency(operation),
    )


def samples(contract: Contract, operation: Operation) -> tuple[tuple[str, str], ...]:
    """The operation in a few lines of each language: its name, and the code as HTML."""
    return tuple(
        (NAMES[one.language], highlighting.block(one.text, one.language))
        for one in samples_of(contract, operation.operation_id)
    )


def groups(contract: Contract) -> list[tuple[str, str, list[Operation]]]:
    """The contract's operations by tag, in the order of its tags: name, description, operations."""
    return [
        (
            tag["name"],
            tag.get("description", ""),
            [operation for operation in contract.operations if tag["name"] in operation.tags],
        )
        for tag in contract.document.get("tags", [])
    ]


def json_text(value: Any) -> str:
    """A value as a person reads JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _parameter(given: Mapping[str, Any]) -> Field:
    schema = given.get("schema", {})
    return Field(
        path=given["name"],
        required=bool(given.get("required")),
        kind=kind(schema),
        pattern=schema.get("pattern", ""),
        rule=schema.get("x-zen-message", ""),
        description=given.get("description", ""),
        values=(),
    )


def _answer(status: str, response: Mapping[str, Any]) -> Answer:
    links = response.get("links", {}).values()
    return Answer(
        status=status,
        description=response.get("description", ""),
        headers=tuple(
            (name, header.get("description", ""))
            for name, header in response.get("headers", {}).items()
        ),
        bodies=tuple(_bodies(response)),
        problems=tuple(show.slugs(response)),
        follows=tuple(
            Follow(
                link["operationId"],
                link.get("description", ""),
                tuple(link.get("parameters", {}).items()),
            )
            for link in links
        ),
    )


def _bodies(holder: Mapping[str, Any]) -> Iterator[Body]:
    for media_type, media in holder.get("content", {}).items():
        yield Body(media_type, tuple(fields(media.get("schema", {}))), tuple(_examples(media)))


def _examples(media: Mapping[str, Any]) -> Iterator[Example]:
    for name, example in media.get("examples", {}).items():
        value = example.get("value")
        if isinstance(value, str):
            html = highlighting.block(value, "text")
        else:
            html = highlighting.block(json_text(value), "json")
        yield Example(example.get("summary") or name.replace("_", " ").capitalize(), html)


def _is_failure(answer: Answer) -> bool:
    return answer.status.isdigit() and int(answer.status) >= _FIRST_FAILURE


def _idempotency(operation: Operation) -> str:
    if operation.takes_idempotency_key:
        return "Recommended: sent again with the same Idempotency-Key, it has no second effect."
    if operation.method in ("GET", "HEAD"):
        return "Not required: reading changes nothing; a key is ignored."
    return "Takes no Idempotency-Key."
