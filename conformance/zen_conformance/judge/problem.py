"""What holds of every error: RFC 9457, with the members and headers that its status asks for."""

import re

from zen_conformance import contract
from zen_conformance.http.exchange import Exchange, Received
from zen_conformance.judge.finding import ERRORS, KEPT, document, member, rule
from zen_conformance.problem_kinds import BY_STATUS, HELD_TO, KINDS, PROBLEM_BASE

_MEMBERS: dict[str, type] = {
    "type": str,
    "title": str,
    "status": int,
    "detail": str,
    "instance": str,
}


@rule("PROB-001", ERRORS)
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


@rule("PROB-002", ERRORS)
def an_error_has_the_five_members(exchange: Exchange) -> str | None:
    """type, title, status, detail and instance, each of its type and none empty."""
    received = _problem(exchange)
    if received is None:
        return None
    for name, kind in _MEMBERS.items():
        value = member(received, name)
        if not isinstance(value, kind) or isinstance(value, bool) or value == "":
            return f"the problem's {name} is {value!r}"
    said = member(received, "status")
    fits = said == received.status
    return KEPT if fits else f"a {received.status} whose status member is {said!r}"


@rule("PROB-003", ERRORS)
def the_instance_is_the_request_id(exchange: Exchange) -> str | None:
    """`instance` is what X-Request-Id says, but in a replayed answer."""
    received = _problem(exchange)
    if received is None or "Idempotency-Replayed" in received.headers:
        return None
    said, header = member(received, "instance"), received.headers.get("X-Request-Id")
    return KEPT if said == header else f"instance {said!r} and X-Request-Id {header!r} differ"


def _kind(requirement: str, slug: str) -> None:
    """A rule that holds an error to its documented type and title."""
    status, title, _ = KINDS[slug]

    @rule(requirement, status)
    def the_type_and_title_are_the_statuss_own(exchange: Exchange) -> str | None:
        received = _problem(exchange)
        if received is None or received.status != status:
            return None
        said = _slug(received)
        if said != slug:
            # Of two kinds with one status, the other one's rule looks at it.
            others = BY_STATUS[status] - {slug}
            elsewhere = said in others or any(_looks_like(one, received) for one in others)
            return None if elsewhere else f"a {status} of type {member(received, 'type')!r}"
        given = member(received, "title")
        if given != title:
            return f"a problem {slug} titled {given!r}"
        return _own_member(slug, exchange, received)


def _looks_like(slug: str, received: Received) -> bool:
    """Whether a problem of an unknown type is of that kind by what else it says."""
    own = {"insufficient-scope": "required_scope", "idempotency-conflict": "idempotency_key"}
    if member(received, "title") == KINDS[slug].title:
        return True
    return slug in own and member(received, own[slug]) is not None


def _own_member(slug: str, exchange: Exchange, received: Received) -> str:
    """What is wrong with the member that this kind has beyond the five; "" if nothing."""
    if slug == "insufficient-scope":
        scope = member(received, "required_scope")
        operation_id = exchange.operation_id
        asked = contract.operation(operation_id).scope if operation_id else None
        fits = isinstance(scope, str) and scope and asked in (None, scope)
        return KEPT if fits else f"required_scope is {scope!r}, {operation_id} asks for {asked!r}"
    if slug == "idempotency-conflict":
        said = member(received, "idempotency_key")
        sent = exchange.sent.headers.get("Idempotency-Key")
        return KEPT if said == sent else f"idempotency_key is {said!r} instead of {sent!r}"
    return KEPT


for _of, _requirement in HELD_TO.items():
    _kind(_requirement, _of)


@rule("PROB-014", 400)
def a_validation_error_names_its_field(exchange: Exchange) -> str | None:
    """`detail` of a 400 is `<field>: <reason>`."""
    received = _validation_error(exchange)
    if received is None:
        return None
    said = member(received, "detail")
    # What a member may be called is the client's: an unknown one has any name, "" or ":" too.
    fits = isinstance(said, str) and re.fullmatch(r".*?: .+", said, re.DOTALL)
    return KEPT if fits else f"detail {said!r} is not '<field>: <reason>'"


@rule("PROB-015", 400)
def a_validation_error_lists_its_errors(exchange: Exchange) -> str | None:
    """`errors` is there."""
    received = _validation_error(exchange)
    if received is None:
        return None
    listed = member(received, "errors")
    return KEPT if isinstance(listed, list) and listed else f"errors is {listed!r}"


@rule("PROB-016", 400)
def listed_errors_have_field_and_message(exchange: Exchange) -> str | None:
    """Each entry of `errors` has both, and one is about the field of `detail`."""
    received = _validation_error(exchange)
    listed = member(received, "errors") if received is not None else None
    if received is None or listed is None:
        return None
    if not isinstance(listed, list):
        return f"errors is {listed!r}"
    fields = []
    for one in listed:
        field, message = (one.get("field"), one.get("message")) if isinstance(one, dict) else (0, 0)
        if not (isinstance(field, str) and isinstance(message, str) and message):
            return f"errors has the entry {one!r}"
        fields.append(field)
    detail = str(member(received, "detail"))
    fits = any(detail.startswith(f"{field}:") for field in fields)
    return KEPT if fits else f"detail {detail!r} is about none of the fields {fields!r}"


@rule("AUTH-008", 401)
def a_401_challenges(exchange: Exchange) -> str | None:
    """WWW-Authenticate: Bearer, with error="invalid_token" when a token was sent."""
    received = _with_status(exchange, 401)
    if received is None:
        return None
    said = received.headers.get("WWW-Authenticate") or ""
    if not re.match(r"bearer\b", said, re.IGNORECASE):
        return f"WWW-Authenticate is {said!r}"
    given = exchange.sent.headers.all("Authorization")
    if len(given) != 1 or not re.fullmatch(r"(?i)bearer +\S+", given[0]):
        return KEPT
    return KEPT if re.search(r'error="?invalid_token"?', said) else f"WWW-Authenticate is {said!r}"


@rule("PROB-017", 403)
def a_missing_scope_is_told_in_words(exchange: Exchange) -> str | None:
    """The detail is the documented sentence, with the scope that was missing."""
    received = _problem(exchange)
    if received is None or _slug(received) != "insufficient-scope":
        return None
    said = member(received, "detail")
    fits = any(
        said == f"{holder} does not have {scope} scope."
        for holder in _holders(exchange)
        for scope in _missing_scopes(exchange, received)
    )
    return KEPT if fits else f"detail is {said!r}"


@rule("PROB-018", 403)
def a_missing_scope_is_in_the_challenge(exchange: Exchange) -> str | None:
    """WWW-Authenticate names the error and the scope."""
    received = _problem(exchange)
    if received is None or _slug(received) != "insufficient-scope":
        return None
    said = received.headers.get("WWW-Authenticate") or ""
    named = re.search(r'error="?insufficient_scope"?', said) and any(
        f'scope="{scope}"' in said for scope in _missing_scopes(exchange, received)
    )
    return KEPT if named else f"WWW-Authenticate is {said!r}"


@rule("ROUTE-004", 405)
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


@rule("RATE-001", 429)
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


def _missing_scopes(exchange: Exchange, received: Received) -> tuple[object, ...]:
    """What `required_scope` says; the operation's own too, as that may be what is wrong there."""
    one = exchange.operation_id
    own = contract.operation(one).scope if one else None
    return (member(received, "required_scope"), *([own] if own else []))


def _holders(exchange: Exchange) -> tuple[str, ...]:
    """What the sentence calls the credential; its look tells which of the two it is."""
    token = (exchange.sent.headers.get("Authorization") or "").rpartition(" ")[2]
    if token.startswith("zpk_"):
        return ("API key",)
    return ("Token",) if token.startswith("eyJ") else ("API key", "Token")


def _error(exchange: Exchange) -> Received | None:
    received = exchange.received
    return received if received is not None and received.status >= 400 else None


def _problem(exchange: Exchange) -> Received | None:
    """The answer when it is an error with a JSON object for a body."""
    received = _error(exchange)
    return received if received is not None and isinstance(document(received), dict) else None


def _validation_error(exchange: Exchange) -> Received | None:
    """A validation error of an operation; HTTP's own 400 has no field to name."""
    received = _problem(exchange) if exchange.operation_id else None
    return received if _slug(received) == "validation-error" else None


def _with_status(exchange: Exchange, status: int) -> Received | None:
    received = exchange.received
    return received if received is not None and received.status == status else None


def _slug(received: Received | None) -> str:
    said = member(received, "type") if received is not None else None
    return said.removeprefix(PROBLEM_BASE) if isinstance(said, str) else ""
