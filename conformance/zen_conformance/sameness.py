"""Whether two answers tell a client the same, so that neither betrays what it must not.

What names the request itself is taken out first: the request id, and the ids that were asked for.
"""

import json
from collections.abc import Mapping
from typing import Any

from zen_conformance.answer import Answer

# What may differ between any two answers, whatever was asked.
_VOLATILE = frozenset(
    {
        "age",
        "connection",
        "content-length",
        "date",
        "keep-alive",
        "server-timing",
        "set-cookie",
        "transfer-encoding",
        "x-request-id",
    }
)
_TOLD = ("type", "title", "status", "detail", "errors", "required_scope", "deliveries", "logs")


def must_tell_the_same(first: Answer, second: Answer, asked: tuple[str, str], what: str) -> None:
    """The second answer is as the first, but for `asked`: the id in each request."""
    second.must(
        second.status == first.status,
        f"{what}: {second.asked} answered {second.summary()}, and {first.summary()} for an id"
        " that nothing has",
        expected=first.summary(),
        got=second.summary(),
    )
    ours, theirs = _told(first, asked[0]), _told(second, asked[1])
    second.must(ours == theirs, f"{what}: the bodies differ", expected=ours, got=theirs)
    ours, theirs = _headers(first, asked[0]), _headers(second, asked[1])
    second.must(ours == theirs, f"{what}: the headers differ", expected=ours, got=theirs)


def _told(answer: Answer, asked: str) -> str:
    """What a body says; a member that the contract does not name may be a time or another id."""
    document = answer.document
    if isinstance(document, dict):
        document = {name: document[name] if name in _TOLD else "" for name in document}
    return json.dumps(_without(document, asked), sort_keys=True)


def _without(value: Any, asked: str) -> Any:
    if isinstance(value, str):
        return value.replace(asked, "<id>")
    if isinstance(value, Mapping):
        return {name: _without(one, asked) for name, one in value.items()}
    return [_without(one, asked) for one in value] if isinstance(value, list) else value


def _headers(answer: Answer, asked: str) -> str:
    """The names of the lasting headers; their values count where the contract gives them a use."""
    told = {
        name.lower(): value.replace(asked, "<id>")
        if name.lower() in ("www-authenticate", "content-type", "allow")
        else ""
        for name, value in answer.received.headers
        if name.lower() not in _VOLATILE and "ratelimit" not in name.lower()
    }
    return json.dumps(told, sort_keys=True)
