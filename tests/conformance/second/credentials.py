"""Who asks: API keys kept as hashes, JSON Web Tokens signed with HS256, and what scopes allow."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import jwt

from tests.conformance.second import moments
from tests.conformance.second.answer import Refusal

RESOURCES = ("destinations", "delivery-flows", "deliveries", "ingesters", "logs")


@dataclass(frozen=True)
class Caller:
    """A credential that holds."""

    tenant: str
    scopes: frozenset[str]
    actor: str
    kind: str

    def may(self, scope: str) -> bool:
        """Whether the scopes allow what needs `scope`; admin writes, and reads nothing."""
        verb, _, resource = scope.partition(":")
        wider = "read:*" if verb == "read" else f"admin:{resource}"
        return scope in self.scopes or wider in self.scopes

    def lacks(self, scope: str) -> Refusal:
        """403 for a scope the credential does not have."""
        return Refusal(
            403,
            "insufficient-scope",
            f"{self.kind} does not have {scope} scope.",
            headers={"WWW-Authenticate": f'Bearer scope="{scope}", error="insufficient_scope"'},
            required_scope=scope,
        )


@dataclass(frozen=True)
class _Key:
    caller: Caller
    expires: float | None


class Credentials:
    """Gives credentials out, and knows them again."""

    def __init__(self) -> None:
        self._keys: dict[bytes, _Key] = {}
        self._tenants: set[str] = set()
        self._jwt_secret = secrets.token_hex(32)

    def api_key(self, tenant: str, scopes: Sequence[str], expires: float | None = None) -> str:
        """A new key of a tenant."""
        token = "zpk_" + secrets.token_urlsafe(24)
        caller = Caller(tenant, frozenset(scopes), f"key-{len(self._keys) + 1}", "API key")
        self._keys[_hashed(token)] = _Key(caller, expires)
        self._tenants.add(tenant)
        return token

    def revoke(self, token: str) -> None:
        """From now on the key is worth nothing."""
        del self._keys[_hashed(token)]

    def jwt(self, tenant: str, scopes: Sequence[str], lifetime: float = 86400) -> str:
        """A new token of a tenant."""
        claims = {
            "tenant_id": tenant,
            "scope": " ".join(scopes),
            "sub": "person-" + secrets.token_hex(4),
            "exp": int(moments.now() + lifetime),
        }
        return jwt.encode(claims, self._jwt_secret, algorithm="HS256")

    def caller(self, authorization: Sequence[str]) -> Caller:
        """Who sent these Authorization headers; a 401 when that is nobody, or more than one."""
        if len(authorization) > 1:
            raise _unknown("send one Authorization header", token_sent=True)
        scheme, _, token = (authorization[0] if authorization else "").strip().partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise _unknown("a bearer token is required", token_sent=False)
        caller = self._of_key(token) if token.startswith("zpk_") else self._of_jwt(token)
        if caller is None:
            raise _unknown("the token is not valid", token_sent=True)
        return caller

    def _of_key(self, token: str) -> Caller | None:
        held = self._keys.get(_hashed(token))
        if held is None or (held.expires is not None and held.expires <= moments.now()):
            return None
        return held.caller

    def _of_jwt(self, token: str) -> Caller | None:
        required = ["tenant_id", "scope", "sub", "exp"]
        try:
            claims = jwt.decode(
                token, self._jwt_secret, algorithms=["HS256"], options={"require": required}
            )
        except (jwt.PyJWTError, ValueError):
            return None
        tenant, scope, subject = claims["tenant_id"], claims["scope"], claims["sub"]
        if not isinstance(scope, str) or not isinstance(tenant, str):
            return None
        if tenant not in self._tenants:
            return None
        return Caller(tenant, frozenset(scope.split()), str(subject), "Token")


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def _unknown(reason: str, *, token_sent: bool) -> Refusal:
    challenge = 'Bearer realm="zen-back"' + (', error="invalid_token"' if token_sent else "")
    return Refusal(
        401, "unauthorized", f"Not signed in: {reason}.", headers={"WWW-Authenticate": challenge}
    )
