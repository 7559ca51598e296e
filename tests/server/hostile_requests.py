"""How an input is written down, and the sound requests that inputs are made from."""

import json
import re
from typing import Any, NamedTuple

from tests.server.hostile_site import CLUSTER, DESTINATION, EVENT, FLOW, INGESTER, TENANT, TOKEN

V1 = f"/v1/tenants/{TENANT}".encode()
DESTINATIONS = V1 + b"/destinations"
ONE = DESTINATIONS + b"/" + DESTINATION.encode()
FLOWS = V1 + b"/delivery-flows"
ONE_FLOW = FLOWS + b"/" + FLOW.encode()
INGESTERS = V1 + b"/ingesters"
ONE_INGESTER = INGESTERS + b"/" + INGESTER.encode()
DELIVERIES = V1 + b"/deliveries"
RETRY = V1 + b"/events/" + EVENT.encode() + b"/retry"
BATCH = V1 + b"/retry/batch"
RECIPE = f"/tenants/{TENANT}/clusters/{CLUSTER}/delivery-flows".encode()
LOGS = b"/v1/logs"

_PLACES = frozenset(
    {
        *(DESTINATIONS, ONE, FLOWS, ONE_FLOW, INGESTERS, ONE_INGESTER, DELIVERIES),
        *(RETRY, BATCH, RECIPE, LOGS),
    }
)
_REQUEST_LINE = re.compile(rb"([A-Z]+) (/[^? ]*)[^ ]* HTTP/1\.1\r\n")

HOST = b"Host: sandbox"
AUTH = b"Authorization: Bearer " + TOKEN.encode()
JSON = b"Content-Type: application/json"

Statuses = frozenset[int]


class Hostile(NamedTuple):
    """One input. `answers` has the statuses allowed for each answer, in order; none: just closed.

    `hang_up`: the client says that it has no more to send, as the input is half a request.
    `stores`: a sound request in odd clothes, which the server does what it says for.
    """

    name: str
    sent: bytes
    answers: tuple[Statuses, ...]
    method: str = "GET"
    hang_up: bool = False
    stores: bool = False


def raw(name: str, sent: bytes, *statuses: int, hang_up: bool = False) -> Hostile:
    """Bytes that get one answer with one of the statuses."""
    return Hostile(name, sent, (frozenset(statuses),), hang_up=hang_up)


def place_of(sent: bytes) -> tuple[str, str] | None:
    """Method and path of a request to a place that the contract knows, without a doubt."""
    line = _REQUEST_LINE.match(sent)
    if line is None or line[2] not in _PLACES:
        return None
    return line[1].decode(), line[2].decode()


def head(line: bytes, *headers: bytes) -> bytes:
    """A request without a body, from its lines."""
    return b"\r\n".join([line, *headers, b"", b""])


def get(target: bytes, *headers: bytes, method: bytes = b"GET") -> bytes:
    """A request without a body, with the good token."""
    return head(method + b" " + target + b" HTTP/1.1", HOST, AUTH, *headers)


def send(
    target: bytes, body: bytes, *headers: bytes, method: bytes = b"POST", kind: bytes = JSON
) -> bytes:
    """A request with a body, a true length and the good token; `kind` is its Content-Type line."""
    length = b"Content-Length: %d" % len(body)
    lines = [kind, length, *headers] if kind else [length, *headers]
    return head(method + b" " + target + b" HTTP/1.1", HOST, AUTH, *lines) + body


def chunked(*chunks: bytes) -> bytes:
    """A body in well-formed chunks, its end included."""
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))


def destination(**fields: Any) -> bytes:
    """The body of a sound destination, with fields replaced."""
    value = {"name": "unused", "url": "https://example.com/hook", **fields}
    return json.dumps(value, ensure_ascii=False).encode()


def flow(policy: bytes) -> bytes:
    """The body of a flow, with the text of its retry policy as given."""
    ends = {"name": "unused", "source_id": INGESTER, "destination_id": DESTINATION}
    sound = json.dumps(ends).encode()
    return sound[:-1] + b', "config": {"retry_policy": ' + policy + b"}}"
