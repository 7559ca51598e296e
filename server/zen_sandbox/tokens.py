"""From a bearer token to a credential: API keys by their hash, JWTs by their signature.

Checking a token is dear (a query, or a signature), so what it turned out to be is kept as long
as nobody has committed to the database; expiry is checked each time, on the sandbox's own clock.
The JWT library is imported with the first JWT: it is a tenth of the time that a server takes to
start, and most never see one.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from zen_sandbox.clock import moment
from zen_sandbox.domain import Credential
from zen_sandbox.problems import Unauthorized
from zen_sandbox.scopes import expanded
from zen_sandbox.store import Store
from zen_sandbox.store.accounts import API_KEY_PREFIX

if TYPE_CHECKING:
    import jwt

INVALID = "The token is malformed, unknown, expired or revoked."
MISSING = "Send a token: 'Authorization: Bearer <token>'."
SYMMETRIC = ("HS256",)
ASYMMETRIC = ("RS256", "ES256", "EdDSA")
_MAX_KNOWN = 1000
_MAX_SUBJECT = 255


class JwtRules(NamedTuple):
    """Which JWTs are taken: signed with the secret (HS256) or, if given, a key of the JWKS file."""

    secret: bytes
    jwks: "jwt.PyJWKSet | None" = None
    issuer: str | None = None
    audience: str | None = None


def read_jwks(path: Path) -> "jwt.PyJWKSet":
    """The public keys in a JWKS file; ValueError when it is none."""
    import jwt

    try:
        return jwt.PyJWKSet.from_json(path.read_text("utf-8"))
    except Exception as error:  # the library raises whatever a file of another shape makes it raise
        raise ValueError(f"{path} is not a readable JWKS file ({error}).") from error


class Tokens:
    """Tells who a token belongs to."""

    def __init__(self, store: Store, rules: JwtRules) -> None:
        self._store = store
        self._rules = rules
        self._known: dict[str, Credential] = {}
        self._seen_change = -1

    def credential(self, token: str) -> Credential:
        """Whose token it is; Unauthorized when it is nobody's, expired or revoked."""
        self._forget_after_a_change()
        credential = self._known.get(token)
        if credential is None:
            credential = self._check(token)
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            self._known[token] = credential
        if credential.expires_at is not None and credential.expires_at <= moment(
            self._store.clocks.now_ms(credential.tenant_id)
        ):
            raise Unauthorized(INVALID, token_sent=True)
        return credential

    def forget(self) -> None:
        """For changes to accounts that this process makes itself."""
        self._known.clear()

    def _forget_after_a_change(self) -> None:
        # Other processes and threads, such as `zen-sandbox keys revoke` or another server of the
        # database, which may have moved a clock that this credential ends by: effective at once.
        change = self._store.database.changed_elsewhere()
        if change != self._seen_change:
            self._seen_change = change
            self._known.clear()
            self._store.clocks.forget()

    def _check(self, token: str) -> Credential:
        if token.startswith(API_KEY_PREFIX):
            return self._check_api_key(token)
        return self._check_jwt(token)

    def _check_api_key(self, token: str) -> Credential:
        key = self._store.accounts.api_key(token)
        if key is None:
            raise Unauthorized(INVALID, token_sent=True)
        return Credential(key.id, key.tenant_id, expanded(key.scopes), "api_key", key.expires_at)

    def _check_jwt(self, token: str) -> Credential:
        try:
            claims = self._verified_claims(token)
            tenant_id, subject, scope = claims["tenant_id"], claims["sub"], claims["scope"]
            expires_at = moment(int(float(claims["exp"]) * 1000))
            f"{tenant_id}{subject}".encode()  # a lone surrogate can be neither stored nor shown
        except Exception as error:  # a token is hostile input: whatever it breaks, it is not valid
            raise Unauthorized(INVALID, token_sent=True) from error
        if not all(isinstance(claim, str) and claim for claim in (tenant_id, subject)) or not (
            isinstance(scope, str)
        ):
            raise Unauthorized(INVALID, token_sent=True)
        tenant = self._store.accounts.tenant(tenant_id)
        if tenant is None or tenant.revoked_at is not None:
            raise Unauthorized(INVALID, token_sent=True)
        return Credential(
            subject[:_MAX_SUBJECT], tenant_id, expanded(scope.split()), "jwt", expires_at
        )

    def _verified_claims(self, token: str) -> Mapping[str, Any]:
        """The claims of a token whose signature, issuer and audience are right.

        Which keys may be tried follows from `alg`, and `alg` from a fixed list, so that a public
        key can never be taken for an HMAC secret. Expiry is left to `credential`, on our clock.
        """
        import jwt

        algorithm = jwt.get_unverified_header(token).get("alg")
        key: Any
        algorithms: tuple[str, ...]
        if algorithm in SYMMETRIC:
            key, algorithms = self._rules.secret, SYMMETRIC
        elif algorithm in ASYMMETRIC and self._rules.jwks is not None:
            key, algorithms = self._public_key(token, self._rules.jwks), ASYMMETRIC
        else:
            raise jwt.InvalidAlgorithmError("not on the list")
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key,
            algorithms=list(algorithms),
            issuer=self._rules.issuer,
            audience=self._rules.audience,
            options={
                "require": ["exp", "sub", "tenant_id", "scope"],
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
                "verify_aud": self._rules.audience is not None,
            },
        )
        return claims

    @staticmethod
    def _public_key(token: str, jwks: "jwt.PyJWKSet") -> "jwt.PyJWK":
        import jwt

        key_id = jwt.get_unverified_header(token).get("kid")
        candidates = [key for key in jwks.keys if key_id is None or key.key_id == key_id]
        if len(candidates) != 1:
            raise jwt.InvalidKeyError("no key of that id")
        return candidates[0]
