"""JWTs as this sandbox takes them: the counterpart of `tokens.py`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from zen_sandbox.store import Store
from zen_sandbox.tokens import SYMMETRIC, JwtRules

if TYPE_CHECKING:
    from jwt import PyJWKSet


def mint(
    rules: JwtRules,
    *,
    tenant_id: str,
    scopes: Sequence[str],
    subject: str,
    issued_at_ms: int,
    seconds: int,
) -> str:
    """A token for the tenant, signed with the secret, valid for `seconds` (below 0: over)."""
    import jwt

    issued_at = issued_at_ms // 1000
    claims: dict[str, str | int] = {
        "tenant_id": tenant_id,
        "sub": subject,
        "scope": " ".join(scopes),
        "iat": issued_at,
        "exp": issued_at + seconds,
    }
    if rules.issuer is not None:
        claims["iss"] = rules.issuer
    if rules.audience is not None:
        claims["aud"] = rules.audience
    return jwt.encode(claims, rules.secret, algorithm=SYMMETRIC[0])


def rules_for(
    store: Store,
    *,
    secret: bytes | None = None,
    jwks: "PyJWKSet | None" = None,
    issuer: str | None = None,
    audience: str | None = None,
) -> JwtRules:
    """The rules, with the database's own secret when none was chosen."""
    return JwtRules(secret or store.secret("jwt"), jwks, issuer, audience)
