"""Responses: their request id, their status, type and shape, and that there always is one."""

import itertools
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest

from zen_conformance.answer import Answer
from zen_conformance.check import requirement
from zen_conformance.failures import NotRun
from zen_conformance.judge.finding import RULES
from zen_conformance.kept import Kept
from zen_conformance.operation_cases import (
    CREATES,
    LISTS,
    READS,
    WITH_BODY,
    each_operation,
    must_be_offered,
    standing_request,
    taken,
    valid_request,
)
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant

ERRORS = ("validation-error", "unauthorized", "permission-denied", "not-found", "conflict")
MORE_ERRORS = (*ERRORS, "method-not-allowed", "payload-too-large", "unsupported-media-type")
_KEPT = ("z", "zc-1._Z", "0" * 128, "-", ".", "_", "A.b-C_9" * 18)
_REPLACED = ("z" * 129, "z" * 1000, "z c", "z/c", "z,c", "z:c", "zé", "z;c", "<zc>", "z\tc", "")


def a_success(suite: Suite, api: Tenant, operation_id: str, **more: Any) -> Answer:
    """A success of the operation; NotRun when it has none to look at."""
    must_be_offered(suite, operation_id)
    answer = api.call(operation_id, **valid_request(api, operation_id), **more)
    if answer.exchange.received is None or answer.status not in taken(operation_id):
        raise NotRun(f"{operation_id} did not succeed")
    return answer


@pytest.fixture(scope="module")
def succeeded(suite: Suite) -> Callable[[str], Answer]:
    """A success of each operation that checks share who only look at it."""
    known: dict[str, Answer] = {}

    def of(operation_id: str) -> Answer:
        if operation_id not in known:
            known[operation_id] = a_success(suite, suite.primary, operation_id)
        return known[operation_id]

    return of


def must_keep(answer: Answer, requirement_id: str) -> None:
    """The answer keeps the rule of that requirement."""
    verdict = RULES[requirement_id](answer.exchange)
    answer.must(not verdict, f"{answer.asked}: {verdict}")


@each_operation()
@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(f"WIRE-{number}", marks=requirement(f"WIRE-{number}"))
        for number in ("001", "004", "005", "006", "007", "010")
    ],
)
def test_a_success_of_each_operation_is_as_the_contract_says(
    succeeded: Callable[[str], Answer], operation_id: str, rule: str
) -> None:
    must_keep(succeeded(operation_id), rule)


@requirement("WIRE-001")
@pytest.mark.parametrize("slug", MORE_ERRORS)
def test_an_error_has_a_request_id(provoked: Callable[[str], Kept], slug: str) -> None:
    for answer in itertools.islice(provoked(slug), 4):
        must_keep(answer, "WIRE-001")


@requirement("WIRE-002")
@each_operation()
@pytest.mark.parametrize("request_id", _KEPT)
def test_a_fitting_request_id_comes_back(
    suite: Suite, api: Tenant, operation_id: str, request_id: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    headers = {"X-Request-Id": request_id}
    for asking in (api, api.using(None)) if operation_id in READS else (api.using(None),):
        answer = asking.call(operation_id, headers=headers, **arguments)
        said = answer.header("X-Request-Id")
        answer.must(said == request_id, f"X-Request-Id {request_id!r} became {said!r}")


@requirement("WIRE-002")
@each_operation(name for name in WITH_BODY if not name.startswith("retry"))
def test_a_write_keeps_a_fitting_request_id(suite: Suite, api: Tenant, operation_id: str) -> None:
    answer = a_success(suite, api, operation_id, headers={"X-Request-Id": "zc-kept.1"})
    must_keep(answer, "WIRE-002")


@requirement("WIRE-003")
@each_operation()
def test_an_unfitting_request_id_is_replaced(suite: Suite, api: Tenant, operation_id: str) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    for request_id in _REPLACED:
        headers = {"X-Request-Id": request_id}
        for asking in (api, api.using(None)) if operation_id in READS else (api.using(None),):
            answer = asking.call(operation_id, headers=headers, **arguments)
            said = answer.header("X-Request-Id")
            answer.must(said not in (None, request_id), f"X-Request-Id is {said!r}")
            must_keep(answer, "WIRE-001")


@requirement("WIRE-004")
@pytest.mark.parametrize("slug", MORE_ERRORS)
def test_an_error_has_a_documented_status(provoked: Callable[[str], Kept], slug: str) -> None:
    for answer in itertools.islice(provoked(slug), 60 if slug in ERRORS else 3):
        must_keep(answer, "WIRE-004")


@requirement("WIRE-004")
@each_operation(READS)
def test_what_a_client_would_rather_read_changes_no_status(
    suite: Suite, api: Tenant, operation_id: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    must_keep(api.call(operation_id, headers={"Accept": "text/html"}, **arguments), "WIRE-004")


@requirement("WIRE-008")
@each_operation(name for name in CREATES if "Cluster" not in name)
def test_location_leads_to_what_was_created(
    suite: Suite, api: Tenant, succeeded: Callable[[str], Answer], operation_id: str
) -> None:
    created = succeeded(operation_id)
    must_keep(created, "WIRE-008")
    base = suite.target.base_url
    found = urljoin(created.exchange.sent.url, created.header("Location") or "")
    path = found.removeprefix(base) if found.startswith(f"{base}/") else urlsplit(found).path
    read = api.raw("GET", path).expect(200, why="Location leads there")
    read.must(read["id"] == created["id"], "Location leads to another resource")


_ODD_QUERIES = (
    "limit=%zz",
    "limit=%ff",
    "limit=9" + "9" * 400,
    "limit=1e400",
    "limit=0x10",
    "limit=%00",
    "cursor=%00",
    "cursor=%ff%fe",
    "cursor=e30",
    "cursor=eyJpZCI6MX0",
    "cursor=" + "A" * 900,
    "status=%00",
    "event_id=%ff",
    "destination_id=%00",
    "since=9999-99-99T99:99:99Z",
    "since=0000-00-00T00:00:00Z",
    "since=9999-12-31T23:59:60Z",
    "until=0001-01-01T00:00:00Z",
    "source_id=%f0%9f%92%a9",
    "&&&=&==",
    "%",
    "a=" + "b" * 3000,
)


@requirement("WIRE-009")
@each_operation(LISTS)
def test_no_query_breaks_a_list(suite: Suite, api: Tenant, operation_id: str) -> None:
    must_be_offered(suite, operation_id)
    one = standing_request(api, operation_id)
    path = api.call(operation_id, **one).exchange.sent.path.removeprefix(_prefix(suite))
    for query in _ODD_QUERIES:
        must_keep(api.raw("GET", f"{path}?{query}", operation_id=operation_id), "WIRE-009")


def _prefix(suite: Suite) -> str:
    return urlsplit(suite.target.base_url).path


@requirement("WIRE-009")
@each_operation(WITH_BODY)
def test_no_body_breaks_a_write(suite: Suite, api: Tenant, operation_id: str) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    rest = {"ids": arguments["ids"]}
    for value in ('"\\ud800"', '"\\u0000"', "9" * 400, "-1e400", "[" * 900 + "]" * 900, '"💩"'):
        for name in arguments["json"]:
            whole = {**arguments["json"], name: "zc-here"}
            body = json.dumps(whole).replace('"zc-here"', value).encode()
            must_keep(api.call(operation_id, body=body, **rest), "WIRE-009")
    for body in (
        b"\0",
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"\xff\xfe",
        b"9" * 5000,
        b"\xef\xbb\xbf",
    ):
        must_keep(api.call(operation_id, body=body, **rest), "WIRE-009")


@requirement("WIRE-011")
@each_operation()
def test_each_operation_is_answered_again_on_one_connection(
    suite: Suite, api: Tenant, operation_id: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    for asking in (api.using(None), api.using(suite.other.credential), api.using(None)):
        must_keep(asking.call(operation_id, **arguments), "WIRE-011")
    if operation_id in READS:
        for headers in ({}, {"Connection": "close"}, {"Cache-Control": "no-cache"}):
            must_keep(api.call(operation_id, headers=headers, **arguments), "WIRE-011")
