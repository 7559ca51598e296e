"""What every answer to hostile input must be, whatever the input was."""

import json
import re

from tests.server.hostile_wire import Reply
from tests.server.judge import PROBLEM, SLUGS, TYPE_BASE, Seen, judge

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_MOST_DETAIL = 1024
_MOST_BODY = 64 * 1024
_MOST_HEADER = 1024

_EXTRA_MEMBERS = {
    "validation-error": {"errors"},
    "insufficient-scope": {"required_scope"},
    "idempotency-conflict": {"idempotency_key"},
}
_SENT_WITH = {401: "www-authenticate", 405: "allow"}
# A header that is not on this list was put there by the client.
_OUR_HEADERS = frozenset(
    {
        "allow",
        "connection",
        "content-length",
        "content-security-policy",
        "content-type",
        "date",
        "idempotency-replayed",
        "location",
        "referrer-policy",
        "retry-after",
        "transfer-encoding",
        "www-authenticate",
        "x-content-type-options",
        "x-request-id",
    }
)
_INNARDS = (b"Traceback", b"site-packages", b".py\\", b'.py"', b"sqlite", b"jsonschema", b"orjson")


def check(reply: Reply) -> None:
    """AssertionError when the answer is not one that this server may give."""
    assert reply.status < 500, f"a {reply.status}: {reply.body[:300]!r}"
    assert not 300 <= reply.status < 400, f"a {reply.status} to {reply.header('location')!r}"
    _check_headers(reply)
    if reply.to_head:
        assert reply.body == b"", "an answer to HEAD has no body"
    elif reply.status >= 400:
        _check_problem(reply)
    elif reply.status != 204:
        assert reply.header("content-type") == "application/json", reply.headers
        json.loads(reply.body)


def check_by_contract(reply: Reply, place: tuple[str, str] | None) -> None:
    """AssertionError when the contract documents no such answer at the place."""
    if place is not None:
        method, path = place
        judge(Seen(method, path, reply.status, dict(reply.headers), reply.body))


def _check_headers(reply: Reply) -> None:
    names = {name for name, _ in reply.headers}
    assert names <= _OUR_HEADERS, f"headers that are not ours: {names - _OUR_HEADERS}"
    request_id = reply.header("x-request-id")
    assert request_id is not None
    assert _REQUEST_ID.fullmatch(request_id), request_id
    for name in names:
        value = reply.header(name) or ""
        assert len(value) <= _MOST_HEADER, f"{name} has {len(value)} characters"
        assert value.isascii(), f"{name}: {value!r}"


def _check_problem(reply: Reply) -> None:
    assert reply.header("content-type") == PROBLEM, reply.headers
    assert len(reply.body) <= _MOST_BODY, f"a problem document of {len(reply.body)} bytes"
    document = json.loads(reply.body.decode("utf-8"))
    slug = document["type"].removeprefix(TYPE_BASE)
    assert document["type"] == TYPE_BASE + slug
    assert SLUGS[slug] == (reply.status, document["title"]), document
    assert document["status"] == reply.status
    assert document["instance"] == reply.header("x-request-id")
    assert isinstance(document["detail"], str)
    assert 0 < len(document["detail"]) <= _MOST_DETAIL, f"{len(document['detail'])} characters"
    common = {"type", "title", "status", "detail", "instance"}
    assert set(document) == common | _EXTRA_MEMBERS.get(slug, set()), document
    if reply.status in _SENT_WITH:
        assert reply.header(_SENT_WITH[reply.status]), reply.headers
    if slug == "validation-error":
        _check_errors(document)
    for trace in _INNARDS:
        assert trace not in reply.body, f"{trace!r} in {reply.body[:500]!r}"


def _check_errors(document: dict[str, object]) -> None:
    errors = document["errors"]
    assert isinstance(errors, list)
    assert errors
    for error in errors:
        assert set(error) == {"field", "message"}
        assert error["field"]
        assert error["message"]
        assert len(error["field"]) + len(error["message"]) <= _MOST_DETAIL
    assert document["detail"] == f"{errors[0]['field']}: {errors[0]['message']}"
