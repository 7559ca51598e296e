"""What requests build on: resources that are made when they are first asked for, and kept.

`standing(tenant)` are those of the whole run; `Standing(tenant)` are new ones.
"""

import threading
import uuid
from collections.abc import Collection
from typing import Any

from zen_conformance.failed_attempts import Attempt, failed_attempt
from zen_conformance.failures import ConformanceFailure, NotRun
from zen_conformance.once import Once
from zen_conformance.tenant import NOWHERE, Tenant, a_name
from zen_conformance.traffic import Traffic

UNKNOWN_ID = "zc-no-such-thing"
SECRET = {"value": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}


class Standing:
    """What requests build on, each made when it is first asked for."""

    def __init__(self, tenant: Tenant, attempts_of: "Standing | None" = None) -> None:
        self.tenant = tenant
        self._attempts_of = attempts_of
        self._once = Once()

    @property
    def cluster_id(self) -> str:
        """A cluster to ask in; the other tenant's need not be told, it is only refused there."""
        if self.tenant.entry.role == "other" and not self.tenant.entry.clusters:
            return UNKNOWN_ID
        return self.tenant.cluster_id

    @property
    def destination(self) -> Any:
        """A target."""
        return self._once("destination", self.tenant.a_destination)

    @property
    def source_id(self) -> str:
        """An endpoint's id, to build flows on."""
        return str(self._once("source_id", self.tenant.a_source_id))

    @property
    def ingester(self) -> Any:
        """An endpoint."""
        return self._once("ingester", self.tenant.an_ingester)

    @property
    def flow(self) -> Any:
        """A flow from `source_id` to `destination`."""
        return self._once(
            "flow",
            lambda: self.tenant.a_flow(
                source_id=self.source_id, destination_id=self.destination["id"]
            ),
        )

    @property
    def second_flow(self) -> Any:
        """Another flow over the same."""
        return self._once(
            "second_flow",
            lambda: self.tenant.a_flow(
                source_id=self.source_id, destination_id=self.destination["id"]
            ),
        )

    @property
    def lonely_destination(self) -> Any:
        """A target that no flow uses, so that it can be deleted."""
        return self._once("lonely", self.tenant.a_destination)

    @property
    def lonely_ingester(self) -> Any:
        """An endpoint that no flow uses."""
        return self._once("lonely_ingester", self.tenant.an_ingester)

    @property
    def attempt(self) -> Attempt:
        """An attempt that failed."""
        if self._attempts_of is not None:
            return self._attempts_of.attempt
        attempt: Attempt = self._once("attempt", lambda: failed_attempt(self.tenant))
        return attempt

    def anew(self) -> "Standing":
        """The same tenant's, with nothing made yet but the attempt, which nobody can delete."""
        fresh = Standing(self.tenant, self._attempts_of)
        if "attempt" in self._once.kept:
            fresh._once.kept["attempt"] = self._once.kept["attempt"]
        return fresh

    @property
    def used_key(self) -> str:
        """An Idempotency-Key that a request which succeeded had."""
        key: str = self._once("used_key", self._use_a_key)
        return key

    def holds(self, ids: Collection[str]) -> bool:
        """Whether a resource of one of those ids is among what was made."""
        return any(
            (one.get("id") if isinstance(one, dict) else one) in ids
            for one in self._once.kept.values()
        )

    def _use_a_key(self) -> str:
        key = f"zc-{uuid.uuid4().hex}"
        try:
            self.tenant.call("createDestination", json=whole_destination(), key=key).expect(201)
        except ConformanceFailure as failure:
            raise NotRun(f"a precondition failed: {failure.message}") from failure
        return key


_STANDING: dict[tuple[int, str], tuple[Traffic, Standing]] = {}
_LOCK = threading.Lock()


def standing(tenant: Tenant) -> Standing:
    """What the run made once for the tenant."""
    # The traffic stands for the run; it is kept along so that its id is not given out again.
    key = (id(tenant.traffic), tenant.entry.role)
    with _LOCK:
        if key not in _STANDING:
            _STANDING[key] = (tenant.traffic, Standing(tenant))
        return _STANDING[key][1]


def forget_standing(tenant: Tenant) -> None:
    """Make the tenant's standing resources anew: a refused request may have changed them."""
    key = (id(tenant.traffic), tenant.entry.role)
    with _LOCK:
        if key in _STANDING:
            _STANDING[key] = (tenant.traffic, _STANDING[key][1].anew())


def standing_attempt(tenant: Tenant) -> Attempt:
    """The tenant's attempt that the run made once; it was failed before anybody retried it."""
    return standing(tenant).attempt


def whole_destination() -> Any:
    """A body of createDestination with every member that it may have."""
    return {"name": a_name("target"), "url": NOWHERE, "type": "webhook", "secret": SECRET}
