"""What holds of every error: RFC 9457, with the members and headers that its status asks for."""

import re

from zen_conformance.answer import PROBLEM_BASE
from zen_conformance.http.exchange import Exchange, Received
from zen_conformance.judge.finding import KEPT, document, member, rule

TITLES = {
    "validation-error": (400, "Validation Error"),
    "unauthorized": (401, "Unauthorized"),
    "insufficient-scope": (403, "Insufficient Scope"),
    "permission-denied": (403, "Permission Denied"),
    "not-found": (404, "Not Found"),
    "method-not-allowed": (405, "Method Not Allowed"),
    "conflict": (409, "Conflict"),
    "idempotency-conflict": (409, "Idempotency Conflict"),
    "payload-too-large": (413, "Payload Too Large"),
    "unsupported-media-type": (415, "Unsupported Media Type"),
    "rate-limit-exceeded": (429, "Rate Limit Exceeded"),
    "internal-error": (500, "Internal Server Error"),
    "service-unavailable": (503, "Service Unavailable"),
}
_BY_STATUS = {
    status: {slug for slug, (own, _) in TITLES.items() if own == status}
    for status, _ in TITLES.values()
}


@rule("PROB-MEDIA")
def an_error_is_a_problem_document(exchange: Exchange) -> str | None:
    """Every answer of 400 and above is a JSON object of type application/problem+json."""
    received = _error(exchange)
    if received is None or exchange.sent.method == "HEAD":
        return None
    if received.media_type != "application/problem+json":
        return f"a {received.status} of Content-Type {received.headers.get('Content-Type')!r}"
    if not isinstance(document(received), dict):
        return f"the body of a {received.status} is no JSON object"
    return KEPT


@rule("PROB-MEMBERS")
def an_error_has_the_five_members(exchange: Exchange) -> str | None:
    """type, title, status, detail and instance, each of its type and none empty."""
    received = _problem(exchange)
    if received is None:
        return None
    for name, kind in _MEMBERS.items():
        value = member(received, name)
        if not isinstance(value, kind) or isinstance(value, bool) or value == "":
            return f"the problem's {name} is {value!r}"
    return KEPT


@rule("PROB-STATUS")
def the_status_member_is_the_status(exchange: Exchange) -> str | None:
    """`status` repeats the status code."""
    received = _problem(exchange)
    if received is None:
        return None
    said = member(received, "status")
    return (
        KEPT if said == received.status else f"a {received.status} whose status member is {said!r}"
    )


@rule("PROB-INSTANCE")
def the_instance_is_the_request_id(exchange: Exchange) -> str | None:
    """`instance` is what X-Request-Id says, but in a replayed answer."""
    received = _problem(exchange)
    if received is None or "Idempotency-Replayed" in received.headers:
        return None
    said, header = member(received, "instance"), received.headers.get("X-Request-Id")
    return KEPT if said == header else f"instance {said!r} and X-Request-Id {header!r} differ"


@rule("PROB-SLUG")
def the_type_is_the_statuss_own(exchange: Exchange) -> str | None:
    """`type` is the documented address of a kind of problem that has this status."""
    received = _problem(exchange)
    if received is None:
        return None
    said = member(received, "type")
    slug = said.removeprefix(PROBLEM_BASE) if isinstance(said, str) else None
    known = _BY_STATUS.get(received.status)
    if known is None:  # a limit of the protocol itself: only the address's form is documented
        return KEPT if slug and slug != said else f"a {received.status} of type {said!r}"
    return KEPT if slug in known and slug != said else f"a {received.status} of type {said!r}"


@rule("PROB-TITLE")
def the_title_belongs_to_the_type(exchange: Exchange) -> str | None:
    """`title` is the documented one."""
    received = _problem(exchange)
    slug = _slug(received)
    if received is None or slug not in TITLES:
        return None
    said = member(received, "title")
    return KEPT if said == TITLES[slug][1] else f"a problem {slug} titled {said!r}"


@rule("PROB-DETAIL400")
def a_validation_error_names_its_field(exchange: Exchange) -> str | None:
    """`detail` of a 400 is `<field>: <reason>`."""
    received = _problem(exchange)
    if received is None or _slug(received) != "validation-error":
        return None
    said = member(received, "detail")
    fits = isinstance(said, str) and re.fullmatch(r"[^\s:][^:]*: .+", said, re.DOTALL)
    return KEPT if fits else f"detail {said!r} is not '<field>: <reason>'"


@rule("PROB-ERRORS400")
def a_validation_error_lists_its_errors(exchange: Exchange) -> str | None:
    """`errors` lists each field and message, the first one being what `detail` says."""
    received = _problem(exchange)
    if received is None or _slug(received) != "validation-error":
        return None
    listed = member(received, "errors")
    if listed is None:
        return "a validation error without errors"
    if not isinstance(listed, list) or not listed:
        return "errors is not a list with something in it"
    whole = all(
        isinstance(one, dict)
        and isinstance(one.get("field"), str)
        and isinstance(one.get("message"), str)
        for one in listed
    )
    return KEPT if whole else "errors has an entry without field and message"


@rule("PROB-401CHALLENGE")
def a_401_challenges(exchange: Exchange) -> str | None:
    """WWW-Authenticate: Bearer."""
    received = _with_status(exchange, 401)
    if received is None:
        return None
    said = received.headers.get("WWW-Authenticate") or ""
    return KEPT if re.match(r"bearer\b", said, re.IGNORECASE) else f"WWW-Authenticate is {said!r}"


@rule("PROB-401INVALID")
def a_401_of_a_sent_token_says_so(exchange: Exchange) -> str | None:
    """error="invalid_token" when a token was sent."""
    received = _with_status(exchange, 401)
    given = exchange.sent.headers.all("Authorization")
    if received is None or len(given) != 1 or not re.fullmatch(r"(?i)bearer +\S+", given[0]):
        return None
    said = received.headers.get("WWW-Authenticate") or ""
    return KEPT if re.search(r'error="?invalid_token"?', said) else f"WWW-Authenticate is {said!r}"


@rule("PROB-403SCOPE")
def a_missing_scope_is_named(exchange: Exchange) -> str | None:
    """`required_scope`, and the same scope in WWW-Authenticate."""
    received = _problem(exchange)
    if received is None or _slug(received) != "insufficient-scope":
        return None
    scope = member(received, "required_scope")
    if not isinstance(scope, str) or not scope:
        return f"required_scope is {scope!r}"
    said = received.headers.get("WWW-Authenticate") or ""
    named = re.search(r'error="?insufficient_scope"?', said) and f'scope="{scope}"' in said
    return KEPT if named else f"WWW-Authenticate is {said!r}"


@rule("PROB-405ALLOW")
def a_405_says_what_is_allowed(exchange: Exchange) -> str | None:
    """`Allow` names methods, and not the one that was refused."""
    received = _with_status(exchange, 405)
    if received is None:
        return None
    said = received.headers.get("Allow")
    if said is None:
        return "a 405 without Allow"
    allowed = [one.strip() for one in said.split(",")]
    return f"Allow is {said!r}" if exchange.sent.method in allowed else KEPT


@rule("PROB-IDEMKEY")
def an_idempotency_conflict_names_its_key(exchange: Exchange) -> str | None:
    """`idempotency_key` is the key of the request."""
    received = _problem(exchange)
    if received is None or _slug(received) != "idempotency-conflict":
        return None
    said, sent = member(received, "idempotency_key"), exchange.sent.headers.get("Idempotency-Key")
    return KEPT if said == sent else f"idempotency_key is {said!r} instead of {sent!r}"


@rule("PROB-RETRYAFTER429")
def a_429_says_when(exchange: Exchange) -> str | None:
    """Retry-After and `retry_after_seconds`."""
    received = _with_status(exchange, 429)
    if received is None:
        return None
    seconds = member(received, "retry_after_seconds")
    if received.headers.get("Retry-After") is None:
        return "a 429 without Retry-After"
    counts = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    return KEPT if counts else f"retry_after_seconds is {seconds!r}"


@rule("PROB-RETRYAFTER503")
def a_503_says_when(exchange: Exchange) -> str | None:
    """Retry-After."""
    received = _with_status(exchange, 503)
    if received is None:
        return None
    return KEPT if received.headers.get("Retry-After") else "a 503 without Retry-After"


_MEMBERS: dict[str, type] = {
    "type": str,
    "title": str,
    "status": int,
    "detail": str,
    "instance": str,
}


def _error(exchange: Exchange) -> Received | None:
    received = exchange.received
    return received if received is not None and received.status >= 400 else None


def _problem(exchange: Exchange) -> Received | None:
    """The answer when it is an error with a JSON object for a body."""
    received = _error(exchange)
    return received if received is not None and isinstance(document(received), dict) else None


def _with_status(exchange: Exchange, status: int) -> Received | None:
    received = exchange.received
    return received if received is not None and received.status == status else None


def _slug(received: Received | None) -> str:
    said = member(received, "type") if received is not None else None
    return said.removeprefix(PROBLEM_BASE) if isinstance(said, str) else ""
