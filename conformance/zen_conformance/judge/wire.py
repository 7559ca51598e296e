"""What holds of every answer: that there is one, its request id, its status, type and shape."""

import functools
import re
from datetime import datetime
from urllib.parse import unquote

from zen_conformance import contract
from zen_conformance.http.exchange import Exchange, NotJson
from zen_conformance.judge.finding import KEPT, SUCCESSES, document, rule

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_TRACES = re.compile(
    r"Traceback \(most recent|\bat [\w.$<>]+\([\w.]+:\d+\)|File \"[^\"]+\", line \d+"
)


@rule("WIRE-011")
def a_request_is_answered(exchange: Exchange) -> str | None:
    """A request gets a whole answer; one too large may be cut off."""
    if exchange.sent.is_too_large:
        return None
    return KEPT if exchange.received else f"no whole answer: {exchange.trouble}"


@rule("WIRE-009")
def no_request_breaks_the_server(exchange: Exchange) -> str | None:
    """No request makes the server fail; 503 says that it is away for a while."""
    received = exchange.received
    if received is None:
        return None
    if received.status < 500 or received.status == 503:
        return KEPT
    found = _TRACES.search(received.body.decode("utf-8", "replace"))
    shown = f" and shows a stack trace ({found.group()[:80]!r})" if found else ""
    return f"the server answered {received.status}{shown}"


@rule("WIRE-004")
def the_status_is_documented(exchange: Exchange) -> str | None:
    """An operation answers with a status that the contract documents for it."""
    received, operation_id = exchange.received, exchange.operation_id
    if received is None or operation_id is None:
        return None
    documented = contract.operation(operation_id).responses
    if str(received.status) in documented or "default" in documented or received.status >= 500:
        return KEPT
    if received.status in (400, 404) and _asks_off_the_pattern(exchange.sent.path, operation_id):
        return KEPT  # by any operation, however the server comes to it
    return f"{operation_id} does not document the status {received.status}"


def _asks_off_the_pattern(path: str, operation_id: str) -> bool:
    """Whether a path parameter of the request looks like no id at all."""
    template = contract.operation(operation_id).path.split("/")
    segments = path.partition("?")[0].split("/")[-len(template) + 1 :]
    return any(
        part.startswith("{") and not _ID.fullmatch(unquote(given))
        for part, given in zip(template[1:], segments, strict=False)
    )


@rule("WIRE-006", SUCCESSES)
def a_success_has_the_documented_shape(exchange: Exchange) -> str | None:
    """The body of a success fits the operation's schema."""
    received, operation_id = exchange.received, exchange.operation_id
    if received is None or operation_id is None or received.status >= 300:
        return None
    validator = contract.answer_faults(operation_id, str(received.status))
    if validator is None:
        return None
    try:
        body = received.document
    except NotJson:
        return None  # WIRE-005 says so
    for fault in validator.iter_errors(body):
        where = ".".join(map(str, fault.instance_path)) or "the body"
        return f"{where}: {fault.message[:300]}"
    return KEPT


@rule("WIRE-005", SUCCESSES)
def a_success_is_json_or_nothing(exchange: Exchange) -> str | None:
    """A success with a body is application/json that can be read; a 204 has none."""
    received = exchange.received
    if received is None or not 200 <= received.status < 300 or exchange.operation_id is None:
        return None
    if received.status == 204:
        return f"a 204 with {len(received.body)} bytes of body" if received.body else KEPT
    if received.media_type != "application/json":
        return f"Content-Type is {received.headers.get('Content-Type')!r}"
    try:
        received.document  # noqa: B018  # reading it is the question
    except NotJson as fault:
        return str(fault)
    return KEPT


@rule("WIRE-001")
def every_answer_has_a_request_id(exchange: Exchange) -> str | None:
    """X-Request-Id, once, of the documented characters."""
    received = exchange.received
    if received is None:
        return None
    sent = received.headers.all("X-Request-Id")
    if len(sent) == 1 and _REQUEST_ID.fullmatch(sent[0]):
        return KEPT
    return f"X-Request-Id is {sent!r}"


@rule("WIRE-002")
def a_fitting_request_id_is_kept(exchange: Exchange) -> str | None:
    """A client's own X-Request-Id that fits comes back."""
    received, sent = exchange.received, exchange.sent.headers.all("X-Request-Id")
    if received is None or len(sent) != 1 or not _REQUEST_ID.fullmatch(sent[0]):
        return None
    returned = received.headers.get("X-Request-Id")
    return KEPT if returned == sent[0] else f"X-Request-Id {sent[0]!r} became {returned!r}"


@rule("WIRE-003")
def an_unfitting_request_id_is_replaced(exchange: Exchange) -> str | None:
    """A client's own X-Request-Id that does not fit does not come back."""
    received, sent = exchange.received, exchange.sent.headers.all("X-Request-Id")
    if received is None or len(sent) != 1 or _REQUEST_ID.fullmatch(sent[0]):
        return None
    returned = received.headers.get("X-Request-Id")
    return f"X-Request-Id {sent[0]!r} came back" if returned == sent[0] else KEPT


@rule("WIRE-008", 201)
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


@rule("WIRE-007", SUCCESSES)
def timestamps_are_utc(exchange: Exchange) -> str | None:
    """Every timestamp of a success is RFC 3339 with `Z`."""
    received = exchange.received
    if received is None or received.status >= 300 or exchange.operation_id is None:
        return None
    found = list(_named(document(received), _TIMESTAMPS))
    wrong = [f"{name} is {value!r}" for name, value in found if not _is_timestamp(value)]
    if wrong:
        return wrong[0]
    return KEPT if found else None


@rule("WIRE-010", SUCCESSES)
def statuses_are_documented_values(exchange: Exchange) -> str | None:
    """A resource's status is one of the values the contract explains."""
    received = exchange.received
    if received is None or received.status >= 300 or exchange.operation_id is None:
        return None
    found = [value for _, value in _named(document(received), _STATUS)]
    unknown = [value for value in found if value not in _STATUSES]
    if unknown:
        return f"status {unknown[0]!r} is none that the contract explains"
    return KEPT if found else None


_TIMESTAMPS = {
    "created_at",
    "updated_at",
    "attempted_at",
    "next_attempt_at",
    "createdAt",
    "updatedAt",
    "timestamp",
}
_STATUS = {"status"}
_STATUSES = {"active", "error", "disabled", "delivered", "failed", "retrying", "pending", "queued"}
_HOLDS_MORE = (dict, list)
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.]\d+)?Z", re.ASCII)


def _named(value: object, names: set[str]) -> list[tuple[str, object]]:
    """Every member of one of those names, at any depth."""
    found: list[tuple[str, object]] = []
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            for name, inner in one.items():
                if name in names:
                    found.append((name, inner))
                if isinstance(inner, _HOLDS_MORE):
                    left.append(inner)
        elif isinstance(one, list):
            left += [inner for inner in one if isinstance(inner, _HOLDS_MORE)]
    return found


def _is_timestamp(value: object) -> bool:
    return isinstance(value, str) and _is_rfc_3339(value)


@functools.lru_cache(4096)  # rows come again and again
def _is_rfc_3339(text: str) -> bool:
    if not _RFC3339.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text[:19])
    except ValueError:
        return False
    return True
