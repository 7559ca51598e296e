"""Credentials: AUTH."""

import base64
import json
from typing import Any
from urllib.parse import parse_qs

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import anybody, asks_for, lets_through, operation_of, refused
from zen_sandbox import tokens
from zen_sandbox.clock import milliseconds, moment
from zen_sandbox.domain import Credential
from zen_sandbox.problems import InsufficientScope, Unauthorized
from zen_sandbox.request import gate, security
from zen_sandbox.request.exchange import Exchange
from zen_sandbox.scopes import expanded
from zen_sandbox.store import accounts

_JWT = {"AUTH-002": "an unsigned JWT is the malformed one", "ORDER-002": "it is no 401"}


def _without_header(*operation_ids: str) -> Any:
    asked = asks_for(*operation_ids)
    return lambda exchange: b"authorization" not in exchange.headers and asked(exchange)


@mutant("auth", "AUTH-001", also={"ORDER-002": "there is no 401 to come first"})
def endpoints_are_listed_to_anybody(server: Faulty) -> None:
    """The list of endpoints needs no credential."""
    lets_through(server, Unauthorized, _without_header("listIngesters"), anybody)


@mutant("auth", "AUTH-001", also={"ORDER-002": "there is no 401 to come first"})
def anybody_may_delete_a_flow(server: Faulty) -> None:
    """DELETE of a flow needs no credential."""
    lets_through(server, Unauthorized, _without_header("deleteDeliveryFlow"), anybody)


@mutant("auth", "AUTH-001", also={"ORDER-002": "there is no 401 to come first"})
def anybody_may_read_an_attempt(server: Faulty) -> None:
    """GET of one attempt needs no credential."""
    lets_through(server, Unauthorized, _without_header("getDelivery"), anybody)


@mutant("auth", "AUTH-001", also={"ORDER-002": "there is no 401 to come first"})
def anybody_may_use_the_recipe(server: Faulty) -> None:
    """A recipe create needs no credential."""
    lets_through(server, Unauthorized, _without_header("createClusterDeliveryFlow"), anybody)


@mutant("auth", "AUTH-002", also={"ORDER-002": "it is no 401"})
def what_follows_a_key_is_not_looked_at(server: Faulty) -> None:
    """A key with more characters behind it is taken."""

    @server.around(tokens.Tokens, "_check_api_key")
    def check(original: Any, self: Any, token: str) -> Any:
        return original(self, token[:47])


@mutant("auth", "AUTH-002", also={"AUTH": "it is a 403", "ORDER-002": "it is a 403"})
def an_unknown_token_is_a_403(server: Faulty) -> None:
    """An unknown token is answered 403 by the writes of targets."""

    @server.answers("createDestination", "updateDestination", "deleteDestination")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 401 and asked.header("authorization"):
            refused(answer, InsufficientScope("write:destinations", holder="API key"))


@mutant("auth", "AUTH-002", also=_JWT | {"AUTH-009": "it is let in"})
def a_malformed_token_lists_targets(server: Faulty) -> None:
    """The list of targets takes a token with a slash in it, which no token has."""

    def nobody(exchange: Exchange) -> None:
        tenant_id = exchange.path_values.get("tenant_id", "")
        exchange.credential = Credential("nobody", tenant_id, frozenset(), "api_key", None)

    def when(exchange: Exchange) -> bool:
        sent = exchange.headers.get(b"authorization", b"")
        return b"/" in sent and operation_of(exchange) == "listDestinations"

    lets_through(server, Unauthorized, when, nobody)


@mutant("auth", "AUTH-003")
def an_expired_key_is_taken(server: Faulty) -> None:
    """An API key never expires."""

    @server.around(tokens.Tokens, "_check_api_key")
    def check(original: Any, self: Any, token: str) -> Any:
        return original(self, token)._replace(expires_at=None)


@mutant("auth", "AUTH-003")
def an_expired_jwt_is_taken(server: Faulty) -> None:
    """The `exp` of a JWT is not looked at."""

    @server.around(tokens.Tokens, "_check_jwt")
    def check(original: Any, self: Any, token: str) -> Any:
        return original(self, token)._replace(expires_at=None)


@mutant("auth", "AUTH-003")
def a_jwt_lives_a_day_longer(server: Faulty) -> None:
    """A JWT is taken for a day beyond its `exp`, as if that were in another time zone."""

    @server.around(tokens.Tokens, "_check_jwt")
    def check(original: Any, self: Any, token: str) -> Any:
        credential = original(self, token)
        later = moment(milliseconds(credential.expires_at) + 24 * 3600 * 1000)
        return credential._replace(expires_at=later)


@mutant("auth", "AUTH-003", also={"ORDER-002": "it is no 401"})
def an_expired_key_may_read_the_log(server: Faulty) -> None:
    """The log takes an expired key."""
    _with_any_date(server, "listLogs")


@mutant("auth", "AUTH-003", also={"ORDER-002": "it is no 401"})
def an_expired_key_may_replace_an_endpoint(server: Faulty) -> None:
    """PUT of an endpoint takes an expired key."""
    _with_any_date(server, "replaceIngester")


def _with_any_date(server: Faulty, operation_id: str) -> None:
    known: dict[str, Credential] = {}

    @server.around(tokens.Tokens, "_check_api_key")
    def check(original: Any, self: Any, token: str) -> Any:
        known[token] = original(self, token)
        return known[token]

    def sent(exchange: Exchange) -> str:
        return exchange.headers.get(b"authorization", b"").decode("latin-1").partition(" ")[2]

    def become(exchange: Exchange) -> None:
        exchange.credential = known[sent(exchange)]

    asked = asks_for(operation_id)
    lets_through(server, Unauthorized, lambda one: asked(one) and sent(one) in known, become)


@mutant("auth", "AUTH-004")
def a_revoked_key_is_taken(server: Faulty) -> None:
    """A revoked key is taken."""

    @server.around(accounts.Accounts, "api_key")
    def api_key(original: Any, self: Any, token: str) -> Any:
        return original(self, token) or _revoked(self, token)


@mutant("auth", "AUTH-004", also={"ORDER-002": "it is no 401"})
def a_revoked_key_may_still_read_flows(server: Faulty) -> None:
    """GET of a flow takes a revoked key."""

    revoked: set[str] = set()

    @server.around(tokens.Tokens, "_check_api_key")
    def check(original: Any, self: Any, token: str) -> Any:
        if _revoked(self._store.accounts, token):
            revoked.add(token)
        return original(self, token)

    def when(exchange: Exchange) -> bool:
        sent = exchange.headers.get(b"authorization", b"").decode("latin-1").partition(" ")[2]
        return operation_of(exchange) == "getDeliveryFlow" and sent in revoked

    lets_through(server, Unauthorized, when, anybody)


def _revoked(self: Any, token: str) -> Any:
    row = self._database.execute(
        "SELECT id, tenant_id, name, scopes, created_at, expires_at, NULL FROM api_keys"
        " WHERE token_hash = ? AND revoked_at IS NOT NULL AND name = 'conformance'",
        (accounts.hash_of(token),),
    ).fetchone()
    return accounts._api_key(row) if row else None


@mutant("auth", "AUTH-005")
def basic_is_as_good_as_bearer(server: Faulty) -> None:
    """A token is taken under any scheme."""

    @server.around(security, "bearer_token")
    def bearer_token(original: Any, authorization: bytes | None) -> Any:
        _, blank, token = (authorization or b"").partition(b" ")
        return original(b"Bearer " + token if blank else authorization)


@mutant("auth", "AUTH-005")
def a_token_needs_no_scheme(server: Faulty) -> None:
    """A token is taken without a scheme before it."""

    @server.around(security, "bearer_token")
    def bearer_token(original: Any, authorization: bytes | None) -> Any:
        bare = authorization and b" " not in authorization
        return original(b"Bearer " + authorization if bare and authorization else authorization)


@mutant("auth", "AUTH-005")
def a_token_in_another_header_is_taken(server: Faulty) -> None:
    """A token is taken from X-API-Key."""

    @server.around(gate, "read_headers")
    def read_headers(original: Any, pairs: Any) -> Any:
        headers = original(pairs)
        if b"x-api-key" in headers:
            headers.setdefault(b"authorization", b"Bearer " + headers[b"x-api-key"])
        return headers


@mutant("auth", "AUTH-005")
def a_token_in_the_query_is_taken(server: Faulty) -> None:
    """A token is taken from the query parameter access_token."""

    @server.requests()
    def rewrite(asked: Asked) -> None:
        sent = parse_qs(asked.query).get("access_token")
        if sent and asked.header("authorization") is None:
            asked.headers.append(("authorization", f"Bearer {sent[0]}"))


@mutant("auth", "AUTH-006", also={"SCOPE": "a check may send it so"})
def bearer_must_have_a_capital(server: Faulty) -> None:
    """The scheme `bearer` in lower case is answered 401."""
    _exact_scheme(server, lambda scheme: scheme != b"bearer")


@mutant("auth", "AUTH-006")
def bearer_must_not_be_all_capitals(server: Faulty) -> None:
    """The scheme `BEARER` is answered 401."""
    _exact_scheme(server, lambda scheme: scheme in (b"Bearer", b"bearer"))


def _exact_scheme(server: Faulty, taken: Any) -> None:
    @server.around(security, "bearer_token")
    def bearer_token(original: Any, authorization: bytes | None) -> Any:
        scheme = (authorization or b"").partition(b" ")[0]
        if scheme.lower() == b"bearer" and not taken(scheme):
            raise Unauthorized(tokens.MISSING, token_sent=True)
        return original(authorization)


@mutant("auth", "AUTH-007")
def the_first_of_two_credentials_counts(server: Faulty) -> None:
    """Of two Authorization headers the first one counts."""
    _one_of(server, 0)


@mutant("auth", "AUTH-007")
def the_last_of_two_credentials_counts(server: Faulty) -> None:
    """Of two Authorization headers the last one counts."""
    _one_of(server, -1)


def _one_of(server: Faulty, place: int) -> None:
    @server.around(gate, "read_headers")
    def read_headers(original: Any, pairs: Any) -> Any:
        pairs = list(pairs)
        given = [value for name, value in pairs if name == b"authorization"]
        headers = original(pairs)
        if given:
            headers[b"authorization"] = given[place]
        return headers


@mutant("auth", "AUTH-008")
def a_401_of_an_expired_token_does_not_say_so(server: Faulty) -> None:
    """The challenge of a 401 for a JWT lacks error="invalid_token"."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 401 and (asked.header("authorization") or "").startswith("Bearer ey"):
            answer.set_header("www-authenticate", "Bearer")


@mutant("auth", "AUTH-008")
def a_401_of_a_write_has_no_challenge(server: Faulty) -> None:
    """The 401 of POST without a token has no WWW-Authenticate."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 401 and asked.method == "POST":
            answer.set_header("www-authenticate", None)


@mutant("auth", "AUTH-008")
def a_401_of_the_log_asks_for_a_password(server: Faulty) -> None:
    """The 401 of the log says WWW-Authenticate: Basic."""

    @server.answers("listLogs")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 401:
            answer.set_header("www-authenticate", 'Basic realm="zen"')


def _claims(token: str) -> Any:
    try:
        _, claims, _ = token.split(".")
        padded = claims + "=" * (-len(claims) % 4)
        return json.loads(base64.urlsafe_b64decode(padded))
    except ValueError:
        return None


def _algorithm(token: str) -> Any:
    try:
        head = token.split(".")[0]
        return json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))).get("alg")
    except (ValueError, AttributeError):
        return None


def _unsigned(server: Faulty, taken: Any) -> None:
    """A JWT is taken without a look at its signature where `taken(algorithm)` says so."""

    @server.around(tokens.Tokens, "_verified_claims")
    def verified(original: Any, self: Any, token: str) -> Any:
        claims = _claims(token)
        if taken(_algorithm(token)) and isinstance(claims, dict) and "tenant_id" in claims:
            return claims
        return original(self, token)


@mutant("auth", "AUTH-009", also=_JWT)
def a_jwt_without_algorithm_is_taken(server: Faulty) -> None:
    """A JWT with `alg` none is taken."""
    _unsigned(server, lambda algorithm: algorithm == "none")


@mutant("auth", "AUTH-009", also=_JWT)
def a_jwt_with_algorithm_none_in_capitals_is_taken(server: Faulty) -> None:
    """A JWT with `alg` in any other letter case of none is taken."""
    _unsigned(server, lambda algorithm: str(algorithm).lower() == "none" and algorithm != "none")


@mutant("auth", "AUTH-009", also=_JWT)
def a_jwts_signature_is_not_looked_at(server: Faulty) -> None:
    """A JWT with `alg` HS256 is taken whatever its signature is."""
    _unsigned(server, lambda algorithm: algorithm == "HS256")


@mutant("auth", "AUTH-009", also=_JWT)
def a_jwts_claims_may_be_changed(server: Faulty) -> None:
    """The signature of a JWT is found right when its first bytes are: the claims do not count."""

    @server.around(tokens.Tokens, "_verified_claims")
    def verified(original: Any, self: Any, token: str) -> Any:
        seen = _seen_signatures
        try:
            found = original(self, token)
        except Exception:
            claims = _claims(token)
            if token.rpartition(".")[2] in seen and isinstance(claims, dict):
                return claims
            raise
        seen.add(token.rpartition(".")[2])
        return found


_seen_signatures: set[str] = set()


@mutant("auth", "AUTH-002", "AUTH-009", also=_JWT)
def a_jwt_is_looked_up_by_its_claims_alone(server: Faulty) -> None:
    """A JWT whose signature is cut off is taken when its claims were seen before."""
    seen: set[str] = set()

    @server.around(tokens.Tokens, "_check_jwt")
    def check(original: Any, self: Any, token: str) -> Any:
        head = token.rpartition(".")[0]
        try:
            found = original(self, token)
        except Unauthorized:
            claims = _claims(token)
            if head not in seen or not claims:
                raise
            scopes = expanded(str(claims["scope"]).split())
            return Credential("jwt", claims["tenant_id"], scopes, "jwt", None)
        seen.add(head)
        return found
