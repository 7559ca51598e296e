"""What holds of every answer: that there is one, its request id, its status, type and shape."""

import re

from zen_conformance import contract
from zen_conformance.http.exchange import Exchange, NotJson
from zen_conformance.judge.finding import KEPT, rule

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_LARGEST_BODY = 1024 * 1024
_TRACES = re.compile(
    r"Traceback \(most recent|\bat [\w.$<>]+\([\w.]+:\d+\)|File \"[^\"]+\", line \d+"
)


@rule("WIRE-ANSWERED")
def a_request_is_answered(exchange: Exchange) -> str | None:
    """A request gets a whole answer; one too large may be cut off."""
    if len(exchange.sent.body) > _LARGEST_BODY:
        return None
    return KEPT if exchange.received else f"no whole answer: {exchange.trouble}"


@rule("WIRE-NO5XX")
def no_request_breaks_the_server(exchange: Exchange) -> str | None:
    """No request makes the server fail; 503 says that it is away for a while."""
    received = exchange.received
    if received is None:
        return None
    broken = received.status >= 500 and received.status != 503
    return f"the server answered {received.status}" if broken else KEPT


@rule("WIRE-STATUS")
def the_status_is_documented(exchange: Exchange) -> str | None:
    """An operation answers with a status that the contract documents for it."""
    received, operation_id = exchange.received, exchange.operation_id
    if received is None or operation_id is None:
        return None
    documented = contract.operation(operation_id).responses
    if str(received.status) in documented or "default" in documented or received.status >= 500:
        return KEPT
    return f"{operation_id} does not document the status {received.status}"


@rule("WIRE-SCHEMA")
def a_success_has_the_documented_shape(exchange: Exchange) -> str | None:
    """The body of a success fits the operation's schema."""
    received, operation_id = exchange.received, exchange.operation_id
    if received is None or operation_id is None or received.status >= 300:
        return None
    validator = contract.answer_faults(operation_id, str(received.status))
    if validator is None:
        return None
    try:
        document = received.document
    except NotJson as error:
        return str(error)
    for fault in validator.iter_errors(document):
        where = ".".join(map(str, fault.instance_path)) or "the body"
        return f"{where}: {fault.message[:300]}"
    return KEPT


@rule("WIRE-JSONTYPE")
def a_success_is_json(exchange: Exchange) -> str | None:
    """A success with a body is application/json."""
    received = exchange.received
    if received is None or not 200 <= received.status < 300 or exchange.operation_id is None:
        return None
    if received.status == 204 or not received.body:
        return None
    named = received.headers.get("Content-Type")
    return KEPT if received.media_type == "application/json" else f"Content-Type is {named!r}"


@rule("WIRE-204")
def a_204_has_no_body(exchange: Exchange) -> str | None:
    """204 says that there is nothing."""
    received = exchange.received
    if received is None or received.status != 204:
        return None
    return f"a 204 with {len(received.body)} bytes of body" if received.body else KEPT


@rule("WIRE-REQID")
def every_answer_has_a_request_id(exchange: Exchange) -> str | None:
    """X-Request-Id, once, of the documented characters."""
    received = exchange.received
    if received is None:
        return None
    sent = received.headers.all("X-Request-Id")
    if len(sent) == 1 and _REQUEST_ID.fullmatch(sent[0]):
        return KEPT
    return f"X-Request-Id is {sent!r}"


@rule("WIRE-REQIDKEPT")
def a_fitting_request_id_is_kept(exchange: Exchange) -> str | None:
    """A client's own X-Request-Id that fits comes back."""
    received, sent = exchange.received, exchange.sent.headers.all("X-Request-Id")
    if received is None or len(sent) != 1 or not _REQUEST_ID.fullmatch(sent[0]):
        return None
    returned = received.headers.get("X-Request-Id")
    return KEPT if returned == sent[0] else f"X-Request-Id {sent[0]!r} became {returned!r}"


@rule("WIRE-REQIDREPLACED")
def an_unfitting_request_id_is_replaced(exchange: Exchange) -> str | None:
    """A client's own X-Request-Id that does not fit does not come back."""
    received, sent = exchange.received, exchange.sent.headers.all("X-Request-Id")
    if received is None or len(sent) != 1 or _REQUEST_ID.fullmatch(sent[0]):
        return None
    returned = received.headers.get("X-Request-Id")
    return f"X-Request-Id {sent[0]!r} came back" if returned == sent[0] else KEPT


@rule("WIRE-LOCATION")
def a_created_resource_has_a_location(exchange: Exchange) -> str | None:
    """A 201 says where the resource is, absolute or not, by an address that ends with its id."""
    received = exchange.received
    if received is None or received.status != 201 or exchange.operation_id is None:
        return None
    location = received.headers.get("Location")
    if not location:
        return "a 201 without Location"
    try:
        made = received.document.get("id") if isinstance(received.document, dict) else None
    except NotJson:
        return None
    fits = isinstance(made, str) and location.rstrip("/").endswith(f"/{made}")
    return KEPT if fits else f"Location {location!r} does not lead to {made!r}"


@rule("WIRE-TRACES")
def no_internals_are_shown(exchange: Exchange) -> str | None:
    """An error shows no stack trace."""
    received = exchange.received
    if received is None or received.status < 400:
        return None
    found = _TRACES.search(received.body.decode("utf-8", "replace"))
    return f"the answer shows a stack trace ({found.group()[:80]!r})" if found else KEPT
