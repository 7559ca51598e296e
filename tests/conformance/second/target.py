"""The target file: two tenants, and credentials of every kind, state and single scope."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.conformance.second import moments
from tests.conformance.second.credentials import RESOURCES, Credentials
from tests.conformance.second.world import Tenant, World

EVERY_SCOPE = tuple(f"{verb}:{r}" for r in RESOURCES for verb in ("read", "write", "admin"))
_ROLES = ("primary", "other")


def tenants(world: World) -> dict[str, str]:
    """Make the two tenants; their ids by role."""
    roles = {role: world.identity() for role in _ROLES}
    for identity in roles.values():
        world.tenants[identity] = Tenant(identity)
    return roles


def write(path: Path, world: World, credentials: Credentials, roles: dict[str, str]) -> None:
    """Write the file, with credentials made for it."""
    lines = [f"base_url = {json.dumps(world.base_url)}"]
    for role in _ROLES:
        lines += ["", f"[tenants.{role}]", f"id = {json.dumps(roles[role])}"]
        lines.append(f"clusters = {json.dumps(list(world.clusters))}")
    for role in _ROLES:
        for kind, token, scopes, state in _credentials(role, roles[role], credentials):
            lines += ["", "[[credentials]]", f'tenant = "{role}"', f'kind = "{kind}"']
            lines += [f"token = {json.dumps(token)}", f"scopes = {json.dumps(list(scopes))}"]
            lines.append(f'state = "{state}"')
    limited = "false" if world.requests_per_minute is None else "true"
    lines += ["", "[capabilities]", "ingesters = true", "ingest = true"]
    lines += ['receiver_host = "127.0.0.1"', "retry = true", "logs = true"]
    lines.append(f"rate_limit = {limited}")
    path.write_text("\n".join(lines) + "\n")


def _credentials(
    role: str, tenant: str, made: Credentials
) -> Iterator[tuple[str, str, Sequence[str], str]]:
    for scopes in [EVERY_SCOPE, *_narrow(role)]:
        yield "api_key", made.api_key(tenant, scopes), scopes, "valid"
        yield "jwt", made.jwt(tenant, scopes), scopes, "valid"
    past = moments.now() - 3600
    yield "api_key", made.api_key(tenant, EVERY_SCOPE, past), EVERY_SCOPE, "expired"
    yield "jwt", made.jwt(tenant, EVERY_SCOPE, -3600), EVERY_SCOPE, "expired"
    revoked = made.api_key(tenant, EVERY_SCOPE)
    made.revoke(revoked)
    yield "api_key", revoked, EVERY_SCOPE, "revoked"
    yield "api_key", "zpk_not-a-key", EVERY_SCOPE, "malformed"
    yield "jwt", "eyJhbGciOiJIUzI1NiJ9.e30.x", EVERY_SCOPE, "malformed"


def _narrow(role: str) -> list[Sequence[str]]:
    if role == "other":
        return []
    return [*([scope] for scope in EVERY_SCOPE), ["read:*"], []]
