"""The clock of a test's tenant."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from zen_sandbox.http_client import HttpClient

_PATIENCE = 3600.0


class TenantClock:
    """Moves one tenant's time, forward only; other tests' tenants do not notice.

    What falls due on the way has been done when a call returns, in order.
    """

    def __init__(self, admin: HttpClient, tenant_id: str) -> None:
        self._admin = admin
        self._tenant_id = tenant_id

    def now(self) -> datetime:
        """The tenant's time, in UTC."""
        return datetime.fromisoformat(self._read()["now"])

    def is_frozen(self) -> bool:
        """Whether it stands still."""
        return bool(self._read()["frozen"])

    def next_attempt_at(self) -> datetime | None:
        """When the tenant's next queued attempt is due; None when nothing is queued."""
        due = self._read().get("next_attempt_at")
        return None if due is None else datetime.fromisoformat(due)

    def freeze(self) -> None:
        """Stops it: retries wait until it is moved."""
        self._move(action="freeze")

    def resume(self) -> None:
        """Lets it go on from where it stands."""
        self._move(action="resume")

    def set(self, to: datetime) -> int:
        """Sets it forward; how many attempts were made on the way."""
        in_utc = to.astimezone(UTC).replace(tzinfo=None)
        return self._move(action="set", to=in_utc.isoformat(timespec="milliseconds") + "Z")

    def advance(self, by: float | timedelta) -> int:
        """Moves it on by seconds (whole ones, rounded up); how many attempts were made."""
        seconds = by.total_seconds() if isinstance(by, timedelta) else by
        return self._move(action="advance", seconds=math.ceil(seconds))

    def next(self) -> int:
        """Moves it on to the next attempt that is due; how many were made, 0 when none was."""
        return self._move(action="next")

    def settle(self, timeout: float = _PATIENCE) -> None:
        """Returns when nothing is under way or due at the present time."""
        self._move(timeout=timeout, action="advance", seconds=0)

    def _move(self, *, timeout: float = _PATIENCE, **how: Any) -> int:
        body = {"tenant_id": self._tenant_id, **how}
        moved = self._admin.ask("POST", "/sandbox/clock", body, timeout=timeout)
        return int(moved["attempts_made"])

    def _read(self) -> dict[str, Any]:
        query = {"tenant_id": self._tenant_id}
        clocks: list[dict[str, Any]] = self._admin.ask("GET", "/sandbox/clock", query=query)[
            "clocks"
        ]
        return clocks[0]
