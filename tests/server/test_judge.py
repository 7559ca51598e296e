"""The judge of every answer is judged: it takes what is right, and nothing that is nearly right."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.server import produced
from tests.server.judge import Seen, at_path, operations, violations

DESTINATION = {
    "id": "dest_1",
    "name": "n",
    "url": "https://x.example/",
    "type": "webhook",
    "status": "active",
    "created_at": "2026-12-01T00:00:00Z",
    "updated_at": "2026-12-01T00:00:00.5Z",
}
PATH = "/v1/tenants/tnt_a/destinations"


def seen(
    status: int, body: Any, path: str = PATH, method: str = "GET", **headers: str | None
) -> Seen:
    """An answer with the headers that it should have, but for those that are given."""
    kind = "application/problem+json" if status >= 400 else "application/json"
    whole = {"x-request-id": "req_1", "content-type": kind}
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    kept = {name: value for name, value in {**whole, **given}.items() if value is not None}
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Seen(method, path, status, kept, text)


def problem(status: int, slug: str, title: str, **members: Any) -> dict[str, Any]:
    """A problem document."""
    return {
        "type": f"https://api.zen-mesh.io/errors/{slug}",
        "title": title,
        "status": status,
        "detail": "Something.",
        "instance": "req_1",
        **members,
    }


NOT_FOUND = problem(404, "not-found", "Not Found")
INVALID = problem(
    400,
    "validation-error",
    "Validation Error",
    detail="limit: is bad",
    errors=[{"field": "limit", "message": "is bad"}],
)
UNAUTHORIZED = problem(401, "unauthorized", "Unauthorized")
SCOPE = problem(403, "insufficient-scope", "Insufficient Scope", required_scope="read:destinations")
CHALLENGE = 'Bearer error="insufficient_scope", scope="read:destinations"'
LIMITED = problem(429, "rate-limit-exceeded", "Rate Limit Exceeded", retry_after_seconds=5)
WRONG_METHOD = problem(405, "method-not-allowed", "Method Not Allowed")
BUSY = problem(503, "service-unavailable", "Service Unavailable")
ONE = f"{PATH}/dest_1"

RIGHT = {
    "a list": seen(200, {"destinations": [DESTINATION]}),
    "a list with more members": seen(200, {"destinations": [{**DESTINATION, "new": 1}], "x": 1}),
    "a create": seen(201, DESTINATION, method="POST", location=ONE),
    "a replay": seen(201, DESTINATION, method="POST", location=ONE, idempotency_replayed="true"),
    "a replayed 404": seen(
        404, {**NOT_FOUND, "instance": "req_0"}, ONE, "DELETE", idempotency_replayed="true"
    ),
    "a deletion": seen(204, b"", ONE, "DELETE", content_type=None),
    "a head": seen(200, b"", method="HEAD"),
    "400": seen(400, INVALID),
    "401": seen(401, UNAUTHORIZED, www_authenticate="Bearer"),
    "403": seen(403, SCOPE, www_authenticate=CHALLENGE),
    "404": seen(404, NOT_FOUND, ONE),
    "404 of no path": seen(404, NOT_FOUND, "/nope"),
    "405": seen(405, WRONG_METHOD, method="PUT", allow="GET, POST"),
    "429": seen(429, LIMITED, retry_after="5"),
    "503": seen(503, BUSY, retry_after="1"),
    "414": seen(414, problem(414, "uri-too-long", "URI Too Long")),
    "YAML": seen(200, b"openapi: 3.0.3\n", "/openapi.yaml", content_type="application/yaml"),
}
WRONG = {
    "no request id": seen(200, {"destinations": []}, x_request_id=None),
    "a bad request id": seen(200, {"destinations": []}, x_request_id="a b"),
    "an undocumented status": seen(202, {"destinations": []}),
    "a status of another operation": seen(404, NOT_FOUND),
    "409 on a read": seen(409, problem(409, "conflict", "Conflict")),
    "no member": seen(200, {}),
    "a row without its name": seen(200, {"destinations": [{"id": "dest_1"}]}),
    "a bad timestamp": seen(201, {**DESTINATION, "created_at": "now"}, method="POST", location=ONE),
    "a day that does not exist": seen(
        200, {"destinations": [{**DESTINATION, "created_at": "2026-02-30T00:00:00Z"}]}
    ),
    "a null": seen(200, {"destinations": [{**DESTINATION, "type": None}]}),
    "another content type": seen(200, {"destinations": []}, content_type="text/html"),
    "no content type": seen(200, {"destinations": []}, content_type=None),
    "a charset": seen(200, {"destinations": []}, content_type="application/json; charset=utf-8"),
    "no JSON": seen(200, b"{"),
    "no location": seen(201, DESTINATION, method="POST"),
    "a location on a read": seen(200, {"destinations": []}, location=PATH),
    "a replay of a read": seen(200, {"destinations": []}, idempotency_replayed="true"),
    "replayed: false": seen(
        201, DESTINATION, method="POST", location=ONE, idempotency_replayed="false"
    ),
    "a deletion with a body": seen(204, {}, ONE, "DELETE"),
    "a head with a body": seen(200, {"destinations": []}, method="HEAD"),
    "a problem as JSON": seen(404, NOT_FOUND, ONE, content_type="application/json"),
    "no problem": seen(404, {"error": "not found"}, ONE),
    "another status inside": seen(404, {**NOT_FOUND, "status": 400}, ONE),
    "another title": seen(404, {**NOT_FOUND, "title": "Nope"}, ONE),
    "another slug": seen(404, problem(404, "conflict", "Not Found"), ONE),
    "an unknown slug": seen(404, problem(404, "gone", "Not Found"), ONE),
    "another instance": seen(404, {**NOT_FOUND, "instance": "req_2"}, ONE),
    "detail and errors apart": seen(400, {**INVALID, "detail": "cursor: is bad"}),
    "401 without a challenge": seen(401, UNAUTHORIZED),
    "401 with another": seen(401, UNAUTHORIZED, www_authenticate="Basic"),
    "403 without a challenge": seen(403, SCOPE),
    "403 with another scope": seen(
        403, SCOPE, www_authenticate=CHALLENGE.replace("destinations", "logs")
    ),
    "403 without its scope": seen(
        403, problem(403, "insufficient-scope", "Insufficient Scope"), www_authenticate=CHALLENGE
    ),
    "404 with a challenge": seen(404, NOT_FOUND, ONE, www_authenticate="Bearer"),
    "405 without Allow": seen(405, WRONG_METHOD, method="PUT"),
    "405 for a served method": seen(405, WRONG_METHOD, allow="GET"),
    "404 for a wrong method": seen(404, NOT_FOUND, method="PUT"),
    "200 for no path": seen(200, {}, "/nope"),
    "429 without Retry-After": seen(429, LIMITED),
    "429 with another": seen(429, LIMITED, retry_after="6"),
    "503 without Retry-After": seen(503, BUSY),
    "an endless Retry-After": seen(503, BUSY, retry_after="99999999"),
}


@pytest.mark.parametrize("answer", RIGHT)
def test_what_is_right_is_taken(answer: str) -> None:
    assert list(violations(RIGHT[answer])) == []


@pytest.mark.parametrize("answer", WRONG)
def test_what_is_wrong_is_found(answer: str) -> None:
    assert list(violations(WRONG[answer]))


def test_a_key_twice_in_an_answer_is_found() -> None:
    with pytest.raises(AssertionError, match="twice"):
        list(violations(seen(404, b'{"status": 404, "status": 404}', ONE)))


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        (PATH, {"GET", "POST"}),
        (ONE, {"GET", "PATCH", "DELETE"}),
        ("/v1/logs", {"GET"}),
        ("/tenants/t/clusters/c/delivery-flows", {"GET", "POST"}),
        ("/v1/tenants/t/retry/batch", {"POST"}),
        ("/v1/tenants//destinations", set()),
        (PATH + "/", set()),
        ("/", set()),
    ],
)
def test_a_path_is_known_by_its_template(path: str, methods: set[str]) -> None:
    assert set(at_path(path)) == methods


def test_what_was_not_produced_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(produced, "_folder", [tmp_path])
    monkeypatch.setattr(produced, "_noted", set())
    documented = [
        (operation.operation_id, int(status))
        for operation in operations()
        for status in operation.responses
    ]
    assert len(produced.missing(tmp_path)) == len(documented) > 200
    for operation_id, status in documented[1:]:
        produced.note(operation_id, status)
        produced.note(operation_id, status)
    first = f"{documented[0][0]} {documented[0][1]}"
    assert produced.missing(tmp_path) == [first]
    (tmp_path / "another-process.txt").write_text(first + "\n", encoding="utf-8")
    assert produced.missing(tmp_path) == []


@pytest.mark.parametrize("operation_id", [one.operation_id for one in operations()])
def test_no_operation_may_answer_with_what_it_does_not_document(operation_id: str) -> None:
    operation = next(one for one in operations() if one.operation_id == operation_id)
    path = operation.path.replace("{", "").replace("}", "")
    tried = 0
    for status in (200, 201, 202, 204, 301, 403, 404, 409, 413, 415, 418, 422):
        if str(status) not in operation.responses:
            answer = replace(seen(status, b"{}", path, operation.method), path=path)
            assert any("documents no" in one for one in violations(answer))
            tried += 1
    assert tried
