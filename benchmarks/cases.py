"""The requests that are measured, as bytes, and how the deep page's cursor is come by.

The first page and the deep one are each asked for again and again, so that both are as warm as can
be and differ in nothing but the cursor and the depth.
"""

import http.client
import itertools
import json
import secrets
from collections.abc import Iterator
from typing import NamedTuple

from benchmarks.fill import DEEP_STATUS, TARGETS, TENANT, TOKEN, Table, target_id

PAGE = 20
DEEP_PAGES = 10_000

_TARGETS_PATH = f"/v1/tenants/{TENANT}/destinations"
_LIST_PATH = f"/v1/tenants/{TENANT}/deliveries?status={DEEP_STATUS}"
_STEP = 100  # the largest page, to come down fast


class Case(NamedTuple):
    """A request that is measured."""

    name: str
    title: str
    status: int


GET = Case("get", "GET one target", 200)
LIST = Case("list", f"list {PAGE} deliveries", 200)
DEEP = Case("deep", "the same list, deep", 200)
POST = Case("post", "POST a target", 201)
CASES = (GET, LIST, DEEP, POST)


def first_request() -> bytes:
    """What a server has to answer before it counts as started."""
    return request("GET", f"{_TARGETS_PATH}/{target_id(0)}")


def requests(case: Case, cursor: str) -> Iterator[bytes]:
    """The case's requests, without end; `cursor` is that of the deep page."""
    if case is POST:
        return _creates()
    if case is DEEP:
        paths = [f"{_LIST_PATH}&limit={PAGE}&cursor={cursor}"]
    elif case is LIST:
        paths = [f"{_LIST_PATH}&limit={PAGE}"]
    else:
        paths = [f"{_TARGETS_PATH}/{target_id(number)}" for number in range(TARGETS)]
    return itertools.cycle([request("GET", path) for path in paths])


def one_request(case: Case, cursor: str) -> tuple[str, str, dict[str, str], bytes]:
    """Method, path, headers and body of one request of the case."""
    head, _, body = next(requests(case, cursor)).partition(b"\r\n\r\n")
    line, *fields = head.decode().split("\r\n")
    method, path, _ = line.split(" ")
    return method, path, dict(field.split(": ", 1) for field in fields), body


def depth(table: Table) -> int:
    """How many pages come before the deep one: as many as asked for, or as there are."""
    return min(DEEP_PAGES, table.matching // PAGE - 1)


def walk(port: int, pages: int) -> str:
    """The cursor of the page after so many, come by as a client would, page by page."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    cursor, rows = "", 0
    while rows < pages * PAGE:
        step = min(_STEP, pages * PAGE - rows)
        cursor = _next_cursor(connection, step, cursor)
        rows += step
    connection.close()
    return cursor


def _next_cursor(connection: http.client.HTTPConnection, limit: int, cursor: str) -> str:
    path = f"{_LIST_PATH}&limit={limit}" + (f"&cursor={cursor}" if cursor else "")
    connection.request("GET", path, headers={"Authorization": f"Bearer {TOKEN}"})
    following: str = json.loads(connection.getresponse().read())["next_cursor"]
    return following


def _creates() -> Iterator[bytes]:
    run = secrets.token_hex(4)
    for number in itertools.count():
        body = (
            f'{{"name":"target {run} {number}","type":"webhook",'
            f'"url":"https://hooks.example.com/webhooks/{number}"}}'
        )
        extra = (
            f"Idempotency-Key: {run}-{number}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        )
        yield request("POST", _TARGETS_PATH, extra) + body.encode()


def request(method: str, path: str, extra: str = "") -> bytes:
    """The bytes of a request with the benchmark's token; `extra` is further header lines."""
    return (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: zen-benchmarks\r\n"
        f"Accept: application/json\r\nAuthorization: Bearer {TOKEN}\r\n{extra}\r\n"
    ).encode()
