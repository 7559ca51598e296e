"""Faults brought about on purpose: which are in force, and whether one strikes now."""

import random
from collections.abc import Mapping
from typing import Any

from zen_sandbox.identifiers import Identifiers
from zen_sandbox.problems import FieldError, NotFound, ValidationFailed

API_KINDS = frozenset({"status", "latency", "drop", "truncate", "lose_answer"})
TARGET_KINDS = frozenset({"status", "timeout", "reset", "refused", "slow_drip", "huge_body"})
_KINDS = {"api": API_KINDS, "target": TARGET_KINDS}
_ONLY_API_STATUS = range(400, 600)


class Fault:
    """One fault: what it does, to whom, and how often it did."""

    def __init__(self, fault_id: str, wanted: Mapping[str, Any]) -> None:
        self.id = fault_id
        self.wanted = dict(wanted)
        self.struck = 0
        self._chance = random.Random(wanted.get("seed"))

    def __getattr__(self, name: str) -> Any:
        """Members of the contract's `FaultInput`; None for those that were not given."""
        return self.wanted.get(name)

    @property
    def is_spent(self) -> bool:
        """Whether it has struck as often as it was asked to."""
        count = self.wanted.get("count")
        return count is not None and self.struck >= count

    def strikes(self) -> bool:
        """Draws whether it strikes this time, and counts it when it does."""
        probability = self.wanted.get("probability")
        if probability is not None and self._chance.random() >= probability:
            return False
        self.struck += 1
        return True


class Faults:
    """The faults in force, in the order they were made; the first that strikes is the one."""

    def __init__(self, ids: Identifiers) -> None:
        self._ids = ids
        self._faults: dict[str, Fault] = {}

    @property
    def are_there(self) -> bool:
        """Whether there is any."""
        return bool(self._faults)

    def add(self, wanted: Mapping[str, Any]) -> Fault:
        """Puts one in force; ValidationFailed when its members do not go together."""
        _check(wanted)
        fault = Fault(self._ids.new("flt"), wanted)
        self._faults[fault.id] = fault
        return fault

    def of(self, tenant_id: str | None) -> list[Fault]:
        """Those that may strike that tenant, or all."""
        return [
            fault
            for fault in self._faults.values()
            if tenant_id is None or fault.wanted.get("tenant_id") in (None, tenant_id)
        ]

    def remove(self, fault_id: str) -> None:
        """Ends one; NotFound."""
        if self._faults.pop(fault_id, None) is None:
            raise NotFound.of("Fault", fault_id)

    def clear(self, tenant_id: str | None) -> None:
        """Ends those of one tenant, or all."""
        for fault in list(self._faults.values()):
            if tenant_id is None or fault.wanted.get("tenant_id") == tenant_id:
                del self._faults[fault.id]

    def api(self, operation_id: str, tenant_id: str | None) -> Fault | None:
        """The fault that strikes this request, if any does.

        One that is no tenant's, as what ends faults is, is struck by its own operation's only.
        """
        return self._strike("api", tenant_id, "operation_id", operation_id)

    def target(self, tenant_id: str, destination_id: str) -> Fault | None:
        """The fault that strikes this attempt, if any does."""
        return self._strike("target", tenant_id, "destination_id", destination_id)

    def _strike(self, side: str, tenant_id: str | None, member: str, value: str) -> Fault | None:
        if not self._faults:
            return None
        for fault in list(self._faults.values()):
            wanted = fault.wanted
            if (
                wanted["side"] == side
                and wanted.get("tenant_id") in (None, tenant_id)
                and (wanted.get(member) == value or (tenant_id and member not in wanted))
                and not fault.is_spent
                and fault.strikes()
            ):
                return fault
        return None


def _check(wanted: Mapping[str, Any]) -> None:
    side, kind = wanted["side"], wanted["kind"]
    if kind not in _KINDS[side]:
        listed = ", ".join(sorted(_KINDS[side]))
        raise ValidationFailed([FieldError("kind", f"must be one of: {listed}, for side '{side}'")])
    if kind == "status" and "status" not in wanted:
        raise ValidationFailed.of("status", "is required for kind 'status'")
    if side == "api" and kind == "status" and wanted["status"] not in _ONLY_API_STATUS:
        raise ValidationFailed.of("status", "must be from 400 to 599 for side 'api'")
    if kind == "latency" and "milliseconds" not in wanted:
        raise ValidationFailed.of("milliseconds", "is required for kind 'latency'")
