"""The development keys of a made server: the same for everybody, so that each run is the same."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from zen_contract.stubs.table import Entry

TENANTS = {"primary": "tnt_dev_primary", "other": "tnt_dev_other"}
_VERBS = ("read", "write", "admin")


@dataclass(frozen=True)
class Key:
    """One key; `tenant` is `primary` or `other`."""

    tenant: str
    token: str
    scopes: tuple[str, ...]
    state: str = "valid"

    @property
    def sha256(self) -> str:
        """What a server keeps of it."""
        return hashlib.sha256(self.token.encode()).hexdigest()


def development_keys(entries: tuple[Entry, ...]) -> Iterator[Key]:
    """Those that the suite asks for: with all scopes, each single one and none, and dead ones."""
    scoped = [one.operation.scope for one in entries if one.operation.scope]
    resources = dict.fromkeys(scope.partition(":")[2] for scope in scoped)
    every = (*(f"{verb}:{name}" for name in resources for verb in _VERBS), "read:*")
    yield Key("primary", "zpk_dev_primary_all", every)
    yield Key("other", "zpk_dev_other_all", every)
    for scope in every:
        words = scope.replace("*", "all").replace(":", "_").replace("-", "_")
        yield Key("primary", f"zpk_dev_primary_{words}", (scope,))
    yield Key("primary", "zpk_dev_primary_none", ())
    yield Key("primary", "zpk_dev_primary_expired", every, "expired")
    yield Key("primary", "zpk_dev_primary_revoked", every, "revoked")
    yield Key("primary", "zpk_malformed/token", every, "malformed")
