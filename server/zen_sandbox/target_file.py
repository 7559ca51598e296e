"""What a conformance suite is told about this server: two tenants, fresh credentials, capabilities.

The file is the target file of the conformance suite: TOML with `base_url`, `[tenants.primary]`,
`[tenants.other]`, one `[[credentials]]` per credential, and `[capabilities]`.
"""

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from zen_sandbox.minting import mint
from zen_sandbox.scopes import GRANTABLE
from zen_sandbox.settings import Settings
from zen_sandbox.store import DatabaseProblem, Store
from zen_sandbox.store.accounts import new_token
from zen_sandbox.tokens import JwtRules

TENANTS = {"primary": "tnt_conformance_primary", "other": "tnt_conformance_other"}
CLUSTER_ID = "plane_dev_us_east_1"
KEY_NAME = "conformance"

_EVERY_SCOPE = tuple(sorted(GRANTABLE))
_HOUR_MS = 3600 * 1000
_JWT_SECONDS = 30 * 24 * 3600
_MALFORMED = (
    ("api_key", "zpk_malformed/token"),
    # {"alg":"none"}.{}. - a JWT that nobody signed.
    ("jwt", "eyJhbGciOiJub25lIn0.e30."),
)


class TargetCredential(NamedTuple):
    """One row of the file; `tenant` is `primary` or `other`."""

    tenant: str
    kind: str
    token: str
    scopes: Sequence[str]
    state: str = "valid"


def renew(store: Store, rules: JwtRules) -> list[TargetCredential]:
    """Fresh credentials for the two tenants, made when missing; earlier credentials are revoked."""
    with store.database.writing():
        for role, tenant_id in TENANTS.items():
            _ensure_tenant(store, tenant_id, f"Conformance, {role}")
            _revoke_earlier(store, tenant_id)
        if not store.accounts.cluster_exists(TENANTS["primary"], CLUSTER_ID):
            store.accounts.create_cluster(TENANTS["primary"], CLUSTER_ID, store.now())
        return [*_api_keys(store), *_jwts(store, rules)]


def document(settings: Settings, credentials: Sequence[TargetCredential]) -> str:
    """The file's text."""
    return "\n".join(_lines(settings, credentials)) + "\n"


def _ensure_tenant(store: Store, tenant_id: str, name: str) -> None:
    tenant = store.accounts.tenant(tenant_id)
    if tenant is None:
        store.accounts.create_tenant(tenant_id, name, store.now())
    elif tenant.revoked_at is not None:
        raise DatabaseProblem(
            f"The tenant {tenant_id} was revoked, and --write-target needs it;"
            " give another database with --db, or empty this one with `zen-sandbox reset`."
        )


def _revoke_earlier(store: Store, tenant_id: str) -> None:
    for key in store.accounts.api_keys(tenant_id):
        if key.name == KEY_NAME and key.revoked_at is None:
            store.accounts.revoke_api_key(key.id, store.now())


def _api_keys(store: Store) -> Iterator[TargetCredential]:
    now_ms = store.clock.now_ms()
    now, an_hour_ago = store.at(now_ms), store.at(now_ms - _HOUR_MS)

    def key(tenant: str, scopes: Sequence[str], state: str = "valid") -> TargetCredential:
        token = new_token()
        store.accounts.create_api_key(
            store.ids.new("key"),
            TENANTS[tenant],
            token,
            now,
            scopes=scopes,
            name=KEY_NAME,
            expires_at=an_hour_ago if state == "expired" else None,
            revoked_at=now if state == "revoked" else None,
        )
        return TargetCredential(tenant, "api_key", token, scopes, state)

    yield key("primary", _EVERY_SCOPE)
    yield key("other", _EVERY_SCOPE)
    for scope in _EVERY_SCOPE:
        yield key("primary", [scope])
    yield key("primary", [])
    yield key("primary", _EVERY_SCOPE, "expired")
    yield key("primary", _EVERY_SCOPE, "revoked")
    for kind, token in _MALFORMED:
        yield TargetCredential("primary", kind, token, _EVERY_SCOPE, "malformed")


def _jwts(store: Store, rules: JwtRules) -> Iterator[TargetCredential]:
    now_ms = store.clock.now_ms()

    def token(
        tenant: str, scopes: Sequence[str], state: str = "valid", seconds: int = _JWT_SECONDS
    ) -> TargetCredential:
        signed = mint(
            rules,
            tenant_id=TENANTS[tenant],
            scopes=scopes,
            subject=KEY_NAME,
            issued_at_ms=now_ms,
            seconds=seconds,
        )
        return TargetCredential(tenant, "jwt", signed, scopes, state)

    yield token("primary", _EVERY_SCOPE)
    yield token("primary", ["read:destinations"])
    yield token("primary", _EVERY_SCOPE, "expired", seconds=-60)
    yield token("other", _EVERY_SCOPE)


def _lines(settings: Settings, credentials: Sequence[TargetCredential]) -> Iterator[str]:
    yield "# By `zen-sandbox serve --write-target`, anew at each start. It holds credentials."
    yield f"base_url = {_toml(settings.base_url)}"
    for role, tenant_id in TENANTS.items():
        yield f"\n[tenants.{role}]\nid = {_toml(tenant_id)}"
        if role == "primary":
            yield f"clusters = {_toml([CLUSTER_ID])}"
    for credential in credentials:
        yield "\n[[credentials]]"
        yield from (f"{name} = {_toml(value)}" for name, value in credential._asdict().items())
    yield "\n[capabilities]"
    yield "ingesters = true"
    yield "ingest = true"
    yield 'receiver_host = "127.0.0.1"'
    yield "retry = true"
    yield "logs = true"
    yield f"rate_limit = {_toml(settings.rate_limit is not None)}"


def _toml(value: object) -> str:
    """A value of ours in TOML, whose strings, arrays and booleans are JSON's."""
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
