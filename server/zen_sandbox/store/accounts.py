"""Tenants, their clusters and their API keys, of which only hashes are kept."""

import hashlib
import json
import secrets
from collections.abc import Sequence

from zen_sandbox.domain import ApiKey, Cluster, Tenant
from zen_sandbox.problems import Conflict, NotFound
from zen_sandbox.store.database import Database

API_KEY_PREFIX = "zpk_"

_KEY_COLUMNS = "id, tenant_id, name, scopes, created_at, expires_at, revoked_at"


def hash_of(token: str) -> bytes:
    """What is kept of a token. It has 256 random bits, so that one plain hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def new_token() -> str:
    """A fresh API key."""
    return API_KEY_PREFIX + secrets.token_urlsafe(32)


class Accounts:
    """The collections `tenants`, `clusters` and `api_keys`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create_tenant(self, tenant_id: str, name: str, now: str) -> Tenant:
        """A new tenant; sqlite3.IntegrityError when the id is taken."""
        self._database.execute(
            "INSERT INTO tenants (id, name, created_at) VALUES (?, ?, ?)", (tenant_id, name, now)
        )
        return Tenant(tenant_id, name, now, None)

    def tenant(self, tenant_id: str) -> Tenant | None:
        """The tenant, revoked or not, or None."""
        row = self._database.execute(
            "SELECT id, name, created_at, revoked_at FROM tenants WHERE id = ?", (tenant_id,)
        ).fetchone()
        return Tenant._make(row) if row else None

    def require_tenant(self, tenant_id: str | None) -> None:
        """NotFound when a tenant is named that does not exist."""
        if tenant_id is not None and self.tenant(tenant_id) is None:
            raise NotFound.of("Tenant", tenant_id)

    def require_live_tenant(self, tenant_id: str) -> None:
        """NotFound when there is no such tenant, Conflict when it was revoked."""
        tenant = self.tenant(tenant_id)
        if tenant is None:
            raise NotFound.of("Tenant", tenant_id)
        if tenant.revoked_at is not None:
            raise Conflict(f"Tenant {tenant_id} was revoked.")

    def tenants(self) -> list[Tenant]:
        """All tenants, oldest first."""
        rows = self._database.execute(
            "SELECT id, name, created_at, revoked_at FROM tenants ORDER BY created_at, id"
        ).fetchall()
        return [Tenant._make(row) for row in rows]

    def revoke_tenant(self, tenant_id: str, now: str) -> None:
        """Ends every credential of the tenant, API keys and JWTs; its data stays. NotFound."""
        self._ended(
            "UPDATE tenants SET revoked_at = COALESCE(revoked_at, ?) WHERE id = ?",
            (now, tenant_id),
            NotFound.of("Tenant", tenant_id),
        )

    def create_cluster(self, tenant_id: str, cluster_id: str, now: str) -> Cluster:
        """A new cluster; sqlite3.IntegrityError when the id is taken or the tenant unknown."""
        self._database.execute(
            "INSERT INTO clusters (tenant_id, id, created_at) VALUES (?, ?, ?)",
            (tenant_id, cluster_id, now),
        )
        return Cluster(cluster_id, tenant_id, now)

    def cluster_exists(self, tenant_id: str, cluster_id: str) -> bool:
        """Whether the tenant has that cluster."""
        row = self._database.execute(
            "SELECT 1 FROM clusters WHERE tenant_id = ? AND id = ?", (tenant_id, cluster_id)
        ).fetchone()
        return row is not None

    def require_cluster(self, tenant_id: str, cluster_id: str) -> None:
        """NotFound unless the tenant has that cluster."""
        if not self.cluster_exists(tenant_id, cluster_id):
            raise NotFound.of("Cluster", cluster_id)

    def clusters(self, tenant_id: str | None = None) -> list[Cluster]:
        """One tenant's clusters, or all."""
        rows = self._database.execute(
            "SELECT id, tenant_id, created_at FROM clusters WHERE ? IS NULL OR tenant_id = ?"
            " ORDER BY tenant_id, created_at, id",
            (tenant_id, tenant_id),
        ).fetchall()
        return [Cluster._make(row) for row in rows]

    def revoke_cluster(self, tenant_id: str, cluster_id: str) -> None:
        """Removes the cluster: its recipe paths answer 404 from then on. NotFound."""
        self._ended(
            "DELETE FROM clusters WHERE tenant_id = ? AND id = ?",
            (tenant_id, cluster_id),
            NotFound.of("Cluster", cluster_id),
        )

    def create_api_key(
        self,
        key_id: str,
        tenant_id: str,
        token: str,
        now: str,
        *,
        scopes: Sequence[str],
        name: str = "",
        expires_at: str | None = None,
        revoked_at: str | None = None,
    ) -> ApiKey:
        """Keeps the hash of a token; sqlite3.IntegrityError when the tenant is unknown."""
        self._database.execute(
            f"INSERT INTO api_keys ({_KEY_COLUMNS}, token_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                key_id,
                tenant_id,
                name,
                json.dumps(list(scopes)),
                now,
                expires_at,
                revoked_at,
                hash_of(token),
            ),
        )
        return ApiKey(key_id, tenant_id, name, tuple(scopes), now, expires_at, revoked_at)

    def api_key(self, token: str) -> ApiKey | None:
        """The key that the token is, when neither it nor its tenant was revoked."""
        row = self._database.execute(
            "SELECT k.id, k.tenant_id, k.name, k.scopes, k.created_at, k.expires_at, k.revoked_at"
            " FROM api_keys k JOIN tenants t ON t.id = k.tenant_id"
            " WHERE k.token_hash = ? AND k.revoked_at IS NULL AND t.revoked_at IS NULL",
            (hash_of(token),),
        ).fetchone()
        return _api_key(row) if row else None

    def api_keys(self, tenant_id: str | None = None) -> list[ApiKey]:
        """One tenant's keys, or all, the revoked ones too."""
        rows = self._database.execute(
            f"SELECT {_KEY_COLUMNS} FROM api_keys WHERE ? IS NULL OR tenant_id = ?"
            " ORDER BY tenant_id, created_at, id",
            (tenant_id, tenant_id),
        ).fetchall()
        return [_api_key(row) for row in rows]

    def revoke_api_key(self, key_id: str, now: str) -> None:
        """Ends a key. NotFound."""
        self._ended(
            "UPDATE api_keys SET revoked_at = COALESCE(revoked_at, ?) WHERE id = ?",
            (now, key_id),
            NotFound.of("Key", key_id),
        )

    def _ended(self, sql: str, values: Sequence[str], missing: NotFound) -> None:
        if self._database.execute(sql, values).rowcount == 0:
            raise missing


def _api_key(row: tuple[str, str, str, str, str, str | None, str | None]) -> ApiKey:
    key_id, tenant_id, name, scopes, created_at, expires_at, revoked_at = row
    granted = tuple(json.loads(scopes))
    return ApiKey(key_id, tenant_id, name, granted, created_at, expires_at, revoked_at)
