"""One made-up request after the other, each judged by what is wrong with it."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from hypothesis import given, seed
from schemathesis.core import NotSet

from zen_conformance.answer import Answer
from zen_conformance.failures import ConformanceFailure
from zen_conformance.generated import blame, bodies, cases, settings
from zen_conformance.operation_cases import Arguments
from zen_conformance.tenant import Tenant

# A body that the server takes makes or changes something; 409 is for a name that is taken by now.
_TAKEN = (200, 201, 202, 409)
_CREATES_AND_UPDATES = ("create", "update", "replace")


def bodies_of(
    api: Tenant,
    operation_id: str,
    arguments: Arguments,
    *,
    valid: bool,
    examples: int,
    run_seed: int,
    read: Callable[[], Any],
) -> None:
    """Send so many bodies; the first answer that departs fails, with the smallest body that does.

    `read` tells the state that a refused body must leave as it was.
    """
    real = _real(arguments.get("json"))
    state = [read()]

    @seed(run_seed)
    @settings.of(examples)
    @given(cases.of_bodies(operation_id, valid=valid))
    def one(case: Any) -> None:
        if isinstance(case.body, NotSet | bytes):
            return
        body = bodies.grounded(case.body, real)
        answer = api.call(operation_id, json=body, ids=arguments["ids"])
        found = list(blame.faults(bodies.validator(operation_id), body))
        if answer.status < 400:
            state[:] = [read()]
        if not found:
            _must_be_taken(operation_id, body, answer)
        elif not all(blame.is_only_ours(fault) for fault in found):
            _must_be_refused(operation_id, found, answer)
            _must_be_unchanged(answer, state[0], read())

    one()


def queries_and_paths_of(
    api: Tenant, operation_id: str, arguments: Arguments, *, examples: int, run_seed: int
) -> None:
    """Send made-up queries and ids: whatever they are, the passive judge sees the answers."""

    @seed(run_seed)
    @settings.of(examples)
    @given(cases.of_ids_and_queries(operation_id))
    def one(case: Any) -> None:
        ids = {**arguments["ids"], **_odd_ids(case.path_parameters, arguments["ids"])}
        query = [(name, _text(value)) for name, value in dict(case.query or {}).items()]
        sent = {} if "json" not in arguments else {"json": arguments["json"]}
        api.call(operation_id, ids=ids, query=query, **sent)

    one()


def _must_be_taken(operation_id: str, body: Any, answer: Answer) -> None:
    if answer.status in _TAKEN or not operation_id.startswith(_CREATES_AND_UPDATES):
        return
    if bodies.has_whole_float(body):
        return
    raise ConformanceFailure(
        f"{answer.asked} answered {answer.summary()} to a body that fits the contract",
        expected="the body is taken",
        got=answer.summary(),
        exchange=answer.exchange,
        requirement=blame.of_refusal(operation_id, answer.get("detail")),
    )


def _must_be_refused(operation_id: str, found: list[blame.Fault], answer: Answer) -> None:
    if answer.status == 400:
        return
    # An id that is no id may be looked up and not found, wherever it stands.
    if answer.status == 404 and all(_is_about_an_id(fault) for fault in found):
        return
    wrong = "; ".join(f"{fault.message[:120]}" for fault in found[:3])
    raise ConformanceFailure(
        f"{answer.asked} answered {answer.summary()} instead of 400: {wrong}",
        expected="400",
        got=answer.summary(),
        exchange=answer.exchange,
        requirement=blame.of_faults(operation_id, found),
    )


def _must_be_unchanged(answer: Answer, before: Any, after: Any) -> None:
    if before != after:
        raise ConformanceFailure(
            f"{answer.asked} was refused and changed the resource",
            expected=json.dumps(before)[:500],
            got=json.dumps(after)[:500],
            exchange=answer.exchange,
            requirement="ORDER-011",
        )


def _is_about_an_id(fault: blame.Fault) -> bool:
    return fault.member in ("source_id", "destination_id", "source", "id", "delivery_ids")


def _real(body: Any) -> dict[str, Any]:
    """The ids of a sound body, by their path."""
    if not isinstance(body, Mapping):
        return {}
    real = {name: body[name] for name in ("source_id", "destination_id", "source") if name in body}
    target = body.get("target")
    if isinstance(target, Mapping):
        real |= {"target.id": target["id"], "target.type": target["type"]}
    return real


def _odd_ids(made_up: Mapping[str, Any] | None, real: Mapping[str, str]) -> dict[str, str]:
    """Made-up ids for the object, never for the tenant: that is another check's question."""
    found = {
        name: unquote(value) for name, value in (made_up or {}).items() if isinstance(value, str)
    }
    return {
        name: value
        for name, value in found.items()
        if name in real and value.strip(".") and "/" not in value
    }


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value if isinstance(value, str) else json.dumps(value)
