"""Requests that HTTP itself refuses: when they are answered, then with a problem document."""

import pytest

from zen_conformance.answer import Answer
from zen_conformance.check import requirement
from zen_conformance.failures import NotRun
from zen_conformance.http.exchange import Exchange
from zen_conformance.http.plain import send_bytes
from zen_conformance.judge.finding import RULES
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant

_HOST = b"Host: zc\r\nConnection: close\r\n"
_UNREADABLE = {
    "no request line": b"zc\r\n\r\n",
    "an unknown version": b"GET /v1/logs HTTP/9.9\r\n" + _HOST + b"\r\n",
    "no version": b"GET /v1/logs zc\r\n" + _HOST + b"\r\n",
    "a header without a colon": b"GET /v1/logs HTTP/1.1\r\n" + _HOST + b"zc\r\n\r\n",
    "a length that is no number": b"POST /v1/logs HTTP/1.1\r\n"
    + _HOST
    + b"Content-Length: zc\r\n\r\n",
    "two lengths": b"POST /v1/logs HTTP/1.1\r\n"
    + _HOST
    + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a chunk without a size": b"POST /v1/logs HTTP/1.1\r\n"
    + _HOST
    + b"Transfer-Encoding: chunked\r\n\r\nzc\r\n",
    "a very long line": b"GET /v1/logs?zc=" + b"z" * 200_000 + b" HTTP/1.1\r\n" + _HOST + b"\r\n",
    "a very long header": b"GET /v1/logs HTTP/1.1\r\n"
    + _HOST
    + b"X-Zc: "
    + b"z" * 200_000
    + b"\r\n\r\n",
    "very many headers": b"GET /v1/logs HTTP/1.1\r\n" + _HOST + b"X-Zc: zc\r\n" * 20_000 + b"\r\n",
}

_OF_HTTP = (400, 408, 413, 414, 431)


def must_be_a_problem(api: Tenant, exchange: Exchange, what: str) -> None:
    """What was answered, if anything was, is a problem document with a request id.

    NotRun where not even the 404 of an unknown path is one.
    """
    answer = Answer(exchange)
    if exchange.received is None or answer.status < 400:
        return  # closed at once, or read after all
    for rule in ("PROB-001", "PROB-002", "PROB-003", "WIRE-001"):
        verdict = RULES[rule](exchange)
        if verdict and RULES[rule](api.raw("GET", "/v1/zc-no-such-path").exchange):
            raise NotRun(f"no error keeps {rule}")
        answer.must(not verdict, f"the answer to a request with {what}: {verdict}")


@requirement("PROB-019")
@pytest.mark.parametrize("what", list(_UNREADABLE))
def test_a_request_that_http_refuses_gets_a_problem(suite: Suite, what: str) -> None:
    target = suite.target
    exchange = send_bytes(target.base_url, target.tls, _UNREADABLE[what])
    must_be_a_problem(suite.primary, exchange, what)


@requirement("PROB-019")
def test_a_request_that_http_refuses_is_answered_at_all(suite: Suite) -> None:
    target = suite.target
    sent = [send_bytes(target.base_url, target.tls, one) for one in _UNREADABLE.values()]
    if not any(one.received is not None and one.received.status >= 400 for one in sent):
        raise NotRun("the server answers none of the requests that HTTP refuses")


@requirement("PROB-019")
@pytest.mark.parametrize("length", [9_000, 20_000, 60_000])
def test_a_long_address_or_header_gets_an_answer_or_a_problem(api: Tenant, length: int) -> None:
    for path, headers in (
        (f"/v1/logs?zc={'z' * length}", []),
        (f"/v1/tenants/{api.id}/destinations/{'z' * length}", []),
        ("/v1/logs", [("X-Zc", "z" * length)]),
        ("/v1/logs", [("X-Zc", "z" * 100)] * (length // 100)),
    ):
        exchange = api.raw("GET", path, headers).exchange
        if exchange.received is None or exchange.received.status not in _OF_HTTP:
            continue  # the operation answered, or nobody
        must_be_a_problem(api, exchange, f"{length} characters too many")
