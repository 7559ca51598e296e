"""What checks are handed: the server under test as two tenants, and what kind of run this is."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from zen_conformance.created import Created, Thing
from zen_conformance.failures import NotOffered, NotRun, Unreachable
from zen_conformance.http.client import HttpClient
from zen_conformance.http.exchange import Exchange
from zen_conformance.receiver import Receiver
from zen_conformance.target_file import Credential, Target
from zen_conformance.tenant import Tenant
from zen_conformance.traffic import Traffic


@dataclass(frozen=True)
class Configuration:
    """What a run was asked for; it is part of the report."""

    target: Target
    seed: int = 1
    budget: str = "standard"
    show_secrets: bool = False
    trace: bool = False
    fail_fast: bool = False
    expected_failures: frozenset[str] = frozenset()  # ids that --fail-fast passes by

    def scaled(self, quick: int, standard: int, deep: int) -> int:
        """The one of three amounts that fits the budget."""
        return {"quick": quick, "standard": standard, "deep": deep}[self.budget]


class Suite:
    """One run's view of the server; threads share it."""

    def __init__(
        self, configuration: Configuration, watch: Callable[[Exchange], None] | None = None
    ) -> None:
        self.configuration = configuration
        self.target = configuration.target
        self.created = Created()
        self.client = HttpClient(self.target.base_url, self.target.tls)
        self.traffic = Traffic(self.client, self.created, watch)
        self._receiver: Receiver | None = None
        self._lock = threading.Lock()

    @property
    def primary(self) -> Tenant:
        """The tenant that nearly every check works in, with every scope."""
        return self._tenant("primary")

    @property
    def other(self) -> Tenant:
        """The second tenant, with every scope of its own."""
        return self._tenant("other")

    def credential(
        self,
        *,
        tenant: str = "primary",
        scopes: frozenset[str] | None = None,
        kind: str | None = None,
        state: str = "valid",
    ) -> Credential:
        """A credential of the target file, else NotRun naming what is missing."""
        found = self.target.credential(tenant, scopes=scopes, kind=kind, state=state)
        if found is None:
            asked = f"{state} {kind or ''} credential of tenant {tenant}".replace("  ", " ")
            with_scopes = "" if scopes is None else f" with exactly {sorted(scopes) or 'no scope'}"
            raise NotRun(f"the target file has no {asked}{with_scopes}")
        return found

    @property
    def receiver(self) -> Receiver:
        """The run's webhook receiver, listening from its first use on; NotOffered without one."""
        if not self.target.offers("receiver"):
            raise NotOffered
        with self._lock:
            if self._receiver is None:
                self._receiver = _listening(self.target)
            return self._receiver

    def close(self) -> None:
        """Stop the receiver."""
        if self._receiver is not None:
            self._receiver.close()

    def clean(self) -> list[Thing]:
        """Delete what the run created; what could not be deleted is returned."""
        try:
            self.client.reach()
        except Unreachable:
            return self.created.take_away(lambda thing: False)
        return self.created.take_away(self._delete)

    def _tenant(self, role: str) -> Tenant:
        return Tenant(
            self.traffic,
            self.target.tenants[role],
            self.credential(tenant=role),
            self.target.fixtures.source_ids if role == "primary" else (),
            self.target.offers("ingesters"),
            self.target.offers("ingest"),
            self.target.fixtures.event_ids if role == "primary" else (),
        )

    def _delete(self, thing: Thing) -> bool:
        role = next(
            (r for r, t in self.target.tenants.items() if t.id == thing.tenant_id), "primary"
        )
        try:
            answer = self._tenant(role).raw("DELETE", thing.path)
            return answer.status in (204, 404)
        except Exception:  # whatever it is, the others are still to be deleted
            return False


def _listening(target: Target) -> Receiver:
    try:
        return Receiver(target)
    except OSError as error:
        raise NotRun(f"the suite cannot listen at its receiver address: {error}") from error
