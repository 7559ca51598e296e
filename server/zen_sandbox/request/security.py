"""Who is asking, and may they: 401, then 429, then 403 for the tenant, then 403 for the scope.

connexion's security middleware calls the check that `ScopedBearer.get_fn` made for the operation,
with the scopes that the contract demands for it; for `http: bearer` connexion itself would ignore
them.
"""

import hmac
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, cast

from connexion.middleware.security import SecurityAPI, SecurityMiddleware, SecurityOperation
from connexion.security import BearerSecurityHandler
from starlette.types import Receive, Scope, Send

from zen_sandbox.problems import InsufficientScope, PermissionDenied, RateLimited, Unauthorized
from zen_sandbox.request.exchange import exchange_of
from zen_sandbox.tokens import INVALID, MISSING, Tokens

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.strategies import FixedWindowRateLimiter

NOT_ADMIN = "Send the admin token that 'zen-sandbox serve' printed."


class _Asked:
    """As much of a request as the check and connexion's bookkeeping look at."""

    __slots__ = ("context", "scope")

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.context: dict[str, Any] = {}


class _Operation(SecurityOperation):
    """connexion's, without the request object that it would build for each request."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.security:
            await self.verification_fn(_Asked(scope))
        await self.next_app(scope, receive, send)


class _Api(SecurityAPI):
    def make_operation(self, operation: Any) -> _Operation:
        return cast(
            _Operation,
            _Operation.from_operation(
                operation,
                next_app=self.next_app,
                security_handler_factory=self.security_handler_factory,
            ),
        )


class SecurityStation(SecurityMiddleware):
    """connexion's middleware over those operations."""

    api_cls = _Api


class RateLimit:
    """At most so many requests per tenant and window; None is no limit."""

    def __init__(self, limit: "RateLimitItem | None") -> None:
        self._limit = limit
        self._limiter = None if limit is None else _limiter()

    def count(self, tenant_id: str) -> None:
        """Counts one request; RateLimited when it is one too many."""
        if self._limiter is None or self._limit is None:
            return
        if not self._limiter.hit(self._limit, tenant_id):
            reset_at = self._limiter.get_window_stats(self._limit, tenant_id).reset_time
            raise RateLimited(max(1, round(reset_at - time.time() + 0.5)))


def _limiter() -> "FixedWindowRateLimiter":
    from limits.storage import MemoryStorage  # only a server with a limit pays for it
    from limits.strategies import FixedWindowRateLimiter

    return FixedWindowRateLimiter(MemoryStorage())


Check = Callable[[_Asked], Awaitable[dict[str, Any]]]


class ScopedBearer(BearerSecurityHandler):
    """The handler for the contract's one security scheme."""

    def __init__(self, tokens: Tokens, rate_limit: RateLimit, admin_token: str | None) -> None:
        self._admin_token = admin_token
        self._tokens = tokens
        self._rate_limit = rate_limit

    def get_fn(self, security_scheme: dict[str, Any], required_scopes: list[str]) -> Check:
        """The check for one operation."""
        if security_scheme.get("x-zen-credential") == "admin":
            return self._admin_check
        tokens, rate_limit = self._tokens, self._rate_limit

        async def check(request: _Asked) -> dict[str, Any]:
            exchange = exchange_of(request.scope)
            credential = tokens.credential(bearer_token(exchange.headers.get(b"authorization")))
            exchange.credential = credential
            rate_limit.count(credential.tenant_id)
            if exchange.path_values.get("tenant_id", credential.tenant_id) != credential.tenant_id:
                raise PermissionDenied
            for scope in required_scopes:
                if scope not in credential.scopes:
                    raise InsufficientScope(scope, holder=credential.holder)
            return {"sub": credential.actor}

        return check

    async def _admin_check(self, request: _Asked) -> dict[str, Any]:
        """The operations of the sandbox itself: one token, which `serve` prints."""
        token = bearer_token(exchange_of(request.scope).headers.get(b"authorization"))
        known = self._admin_token
        if known is None or not hmac.compare_digest(token.encode(), known.encode()):
            raise Unauthorized(NOT_ADMIN, token_sent=True)
        return {"sub": "admin"}


def bearer_token(authorization: bytes | None) -> str:
    """The token of an Authorization header; Unauthorized when there is none."""
    if authorization is None:
        raise Unauthorized(MISSING, token_sent=False)
    scheme, _, token = authorization.decode("latin-1").partition(" ")
    token = token.strip(" \t")
    if scheme.lower() != "bearer" or not token:
        raise Unauthorized(MISSING, token_sent=False)
    if " " in token or "," in token or not token.isascii():
        raise Unauthorized(INVALID, token_sent=True)
    return token
