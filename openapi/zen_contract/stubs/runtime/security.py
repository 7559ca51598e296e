"""Who is asking, and may they: 401, then 403 for the tenant, then 403 for the scope.

connexion calls the check that `get_fn` made for an operation, with the scopes that the contract
asks for; for `http: bearer`, connexion itself would ignore them.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from connexion.lifecycle import ConnexionRequest
from connexion.security import BearerSecurityHandler

from .call import Credential, exchange_of
from .problems import InsufficientScope, PermissionDenied, Unauthorized

CredentialOf = Callable[[str], Credential | None]
Check = Callable[[ConnexionRequest], Awaitable[dict[str, Any]]]


class ScopedBearer(BearerSecurityHandler):
    """The handler of the contract's scheme; `credential_of` says whose a token is, if anybody's."""

    def __init__(self, credential_of: CredentialOf) -> None:
        self._credential_of = credential_of

    def get_fn(self, security_scheme: dict[str, Any], required_scopes: list[str]) -> Check:
        """The check of one operation."""

        async def check(request: ConnexionRequest) -> dict[str, Any]:
            exchange = exchange_of(request.scope)
            sent = [value for name, value in request.scope["headers"] if name == b"authorization"]
            credential = self._credential(sent)
            if exchange.path_values.get("tenant_id", credential.tenant_id) != credential.tenant_id:
                raise PermissionDenied("The credential does not belong to this tenant.")
            for scope in required_scopes:
                if not credential.allows(scope):
                    raise _lacking(scope)
            exchange.credential = credential
            return {"sub": credential.name}

        return check

    def _credential(self, sent: list[bytes]) -> Credential:
        scheme, _, token = sent[0].decode("latin-1").partition(" ") if sent else ("", "", "")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise _unauthorized("Bearer", "Send a token: 'Authorization: Bearer <token>'.")
        credential = self._credential_of(token) if len(sent) == 1 and token.isascii() else None
        if credential is None:
            challenge = 'Bearer error="invalid_token"'
            raise _unauthorized(challenge, "The token is malformed, unknown, expired or revoked.")
        return credential


def _unauthorized(challenge: str, detail: str) -> Unauthorized:
    return Unauthorized(detail, headers={"WWW-Authenticate": challenge})


def _lacking(scope: str) -> InsufficientScope:
    challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
    return InsufficientScope(
        f"API key does not have {scope} scope.",
        headers={"WWW-Authenticate": challenge},
        required_scope=scope,
    )
