"""Is an answer what the contract says? Decided without any code of the server.

Bodies and headers are held against the contract's schemas with openapi-schema-validator; problem
documents also against the table of errors that stands here once more, written from the decisions.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from openapi_schema_validator import OAS30ReadValidator, oas30_format_checker

from tests.server import produced
from zen_contract import contract
from zen_contract.contract import Operation

PROBLEM = "application/problem+json"
TYPE_BASE = "https://api.zen-mesh.io/errors/"
SLUGS = {
    "validation-error": (400, "Validation Error"),
    "unauthorized": (401, "Unauthorized"),
    "insufficient-scope": (403, "Insufficient Scope"),
    "permission-denied": (403, "Permission Denied"),
    "not-found": (404, "Not Found"),
    "method-not-allowed": (405, "Method Not Allowed"),
    "request-timeout": (408, "Request Timeout"),
    "conflict": (409, "Conflict"),
    "idempotency-conflict": (409, "Idempotency Conflict"),
    "payload-too-large": (413, "Payload Too Large"),
    "uri-too-long": (414, "URI Too Long"),
    "unsupported-media-type": (415, "Unsupported Media Type"),
    "rate-limit-exceeded": (429, "Rate Limit Exceeded"),
    "request-header-fields-too-large": (431, "Request Header Fields Too Large"),
    "internal-error": (500, "Internal Server Error"),
    "service-unavailable": (503, "Service Unavailable"),
}
NEEDED_HEADERS = {
    401: "WWW-Authenticate",
    405: "Allow",
    429: "Retry-After",
    503: "Retry-After",
}
OF_HTTP_ITSELF = (408, 414, 431)
ONLY_WHERE_DOCUMENTED = ("Location", "Idempotency-Replayed", "Retry-After", "Allow")


@dataclass(frozen=True)
class Seen:
    """An answer as it came over the wire; header names in lower case."""

    method: str
    path: str  # without the query string
    status: int
    headers: Mapping[str, str]
    body: bytes


@cache
def operations() -> tuple[Operation, ...]:
    """Those of both contracts."""
    return tuple(one for name in produced.CONTRACTS for one in contract.load(name).operations)


def at_path(path: str) -> dict[str, Operation]:
    """The operations of a path, by method; nothing when no template fits it."""
    given = path.split("/")
    found: dict[str, Operation] = {}
    for operation in operations():
        segments = operation.path.split("/")
        if len(segments) == len(given) and all(
            one == two or (one.startswith("{") and two)
            for one, two in zip(segments, given, strict=True)
        ):
            found[operation.method] = operation
    return found


def judge(seen: Seen) -> None:
    """Notes the answer for `produced.py`; AssertionError saying what is wrong with it."""
    wrong = list(violations(seen))
    assert not wrong, f"{_shown(seen)}\nis against the contract:\n- " + "\n- ".join(wrong)
    served = at_path(seen.path)
    if seen.status == 405:
        for operation in served.values():
            produced.note(operation.operation_id, 405)
    elif seen.method in served:
        produced.note(served[seen.method].operation_id, seen.status)


def violations(seen: Seen) -> Iterator[str]:
    """What is wrong with an answer, whatever the request was."""
    if not seen.headers.get("x-request-id"):
        yield "X-Request-Id is missing"
    if seen.status >= 400:
        yield from _problem_violations(seen)
    served = at_path(seen.path)
    operation = served.get("GET" if seen.method == "HEAD" else seen.method)
    if not served:
        if seen.status != 404 and not _is_of_http_itself(seen) and seen.status != 503:
            yield f"{seen.status} on a path that no contract knows"
    elif operation is None:
        if seen.status != 405 and not _is_of_http_itself(seen) and seen.status != 503:
            yield f"{seen.status} for a method that this path does not serve"
    elif seen.status != 405:
        yield from _operation_violations(seen, operation)
    else:
        yield "405 for a method that this path serves"


def _is_of_http_itself(seen: Seen) -> bool:
    if seen.status == 400:
        return str(_json(seen).get("detail", "")).startswith("request: ")
    return seen.status in OF_HTTP_ITSELF


def _operation_violations(seen: Seen, operation: Operation) -> Iterator[str]:
    documented = operation.responses.get(str(seen.status))
    if documented is None:
        if not _is_of_http_itself(seen):
            yield f"{operation.operation_id} documents no {seen.status}"
        return
    yield from _header_violations(seen, documented.get("headers", {}))
    content = documented.get("content", {})
    if seen.method == "HEAD" or not content:
        if seen.body:
            yield "there must be no body"
        return
    media_type = seen.headers.get("content-type", "")
    if media_type not in content:
        yield f"Content-Type {media_type!r} is none of {', '.join(content)}"
        return
    value = _json(seen) if "json" in media_type else seen.body.decode()
    for error in _validator(operation.operation_id, seen.status, media_type).iter_errors(value):
        yield f"body at {error.json_path}: {error.message[:500]}"


def _header_violations(seen: Seen, documented: Mapping[str, Any]) -> Iterator[str]:
    for name, header in documented.items():
        text = seen.headers.get(name.lower())
        if text is None:
            if header.get("required"):
                yield f"header {name} is missing"
            continue
        is_integer = header["schema"].get("type") == "integer"
        value = int(text) if is_integer and text.isdigit() else text
        errors = OAS30ReadValidator(
            header["schema"], format_checker=oas30_format_checker
        ).iter_errors(value)
        yield from (f"header {name}: {error.message[:500]}" for error in errors)
    for name in ONLY_WHERE_DOCUMENTED:
        if name not in documented and name.lower() in seen.headers:
            yield f"header {name} is not documented here"


def _problem_violations(seen: Seen) -> Iterator[str]:
    if seen.headers.get("content-type") != PROBLEM:
        yield f"Content-Type of a problem is {seen.headers.get('content-type')!r}"
    needed = NEEDED_HEADERS.get(seen.status)
    if needed and needed.lower() not in seen.headers:
        yield f"a {seen.status} needs the header {needed}"
    if seen.method == "HEAD":
        return
    document = _json(seen)
    if {"type", "title", "status", "detail", "instance"} - document.keys():
        yield f"not a problem document: {seen.body[:200]!r}"
        return
    slug = str(document["type"]).removeprefix(TYPE_BASE)
    if SLUGS.get(slug) != (seen.status, document["title"]) or document["status"] != seen.status:
        yield f"type, title and status do not belong together: {document}"
    replayed = seen.headers.get("idempotency-replayed") == "true"
    if not replayed and document["instance"] != seen.headers.get("x-request-id"):
        yield f"instance {document['instance']!r} is not the X-Request-Id"
    yield from _slug_violations(seen, slug, document)


def _slug_violations(seen: Seen, slug: str, document: Mapping[str, Any]) -> Iterator[str]:
    challenge = seen.headers.get("www-authenticate")
    if slug == "insufficient-scope":
        scope = document.get("required_scope")
        if challenge != f'Bearer error="insufficient_scope", scope="{scope}"':
            yield f"WWW-Authenticate is {challenge!r}"
    elif slug == "unauthorized":
        if challenge not in ("Bearer", 'Bearer error="invalid_token"'):
            yield f"WWW-Authenticate is {challenge!r}"
    elif challenge is not None:
        yield f"WWW-Authenticate is sent with {slug}"
    if slug == "rate-limit-exceeded":
        after = seen.headers.get("retry-after")
        if str(document.get("retry_after_seconds")) != after:
            yield f"retry_after_seconds is not Retry-After ({after})"
    if slug == "validation-error" and "errors" in document:
        first = document["errors"][0]
        if document["detail"] != f"{first['field']}: {first['message']}":
            yield "detail is not the first of errors"


def _json(seen: Seen) -> dict[str, Any]:
    """The body as a JSON object without duplicate keys; an empty one when it is anything else."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs), f"a key stands twice in {seen.body[:500]!r}"
        return dict(pairs)

    try:
        value = json.loads(seen.body, object_pairs_hook=unique)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


@cache
def _validator(operation_id: str, status: int, media_type: str) -> Any:
    by_id = {operation.operation_id: operation for operation in operations()}
    schema = by_id[operation_id].responses[str(status)]["content"][media_type]["schema"]
    return OAS30ReadValidator(schema, format_checker=oas30_format_checker)


def _shown(seen: Seen) -> str:
    headers = "".join(f"\n  {name}: {value}" for name, value in seen.headers.items())
    return f"{seen.method} {seen.path} -> {seen.status}{headers}\n  {seen.body[:1000]!r}"
