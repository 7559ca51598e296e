"""A tenant whose events reach a target: what tests of the delivery path ask and wait for."""

import itertools
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from tests.server import given
from tests.server.client import Answer
from tests.server.delivery_target import Target
from tests.server.harness import Sandbox
from zen_sandbox.settings import Settings

ADMIN = "zsa_admin_token_of_the_delivery_tests"
DEADLINE = 20.0

Json = dict[str, Any]
T = TypeVar("T")

_numbers = itertools.count(1)


def settings(**more: Any) -> Settings:
    """Those of a server whose clock may be moved."""
    return Settings(admin_token=ADMIN, **more)


def until(found: Callable[[], T | None], what: str = "what was waited for") -> T:
    """What a function finds, asked again until it finds something."""
    deadline = time.monotonic() + DEADLINE
    while True:
        result = found()
        if result:
            return result
        assert time.monotonic() < deadline, f"{what} did not come about: {result!r}"
        time.sleep(0.005)


class World:
    """A tenant of a running sandbox, and a target's path that is this world's own."""

    def __init__(self, sandbox: Sandbox, target: Target, tenant: str | None = None) -> None:
        self.sandbox = sandbox
        self.target = target
        self.tenant = tenant or sandbox.new_tenant()
        self.api = sandbox.api(tenant=self.tenant)
        self.anybody = sandbox.anonymous()
        self.admin = sandbox.api(token=ADMIN, tenant=self.tenant)
        self.path = f"/hook-{next(_numbers)}"

    def flow(
        self,
        *,
        url: str | None = None,
        attempts: int = 3,
        backoff: int = 10,
        source_id: str | None = None,
        destination_id: str | None = None,
        **target: Any,
    ) -> Json:
        """A flow from a new endpoint to a new target, unless they are given."""
        if destination_id is None:
            url = url or self.target.url(self.path)
            destination_id = given.destination(self.api, url=url, **target)["id"]
        config = {"retry_policy": {"max_attempts": attempts, "backoff_seconds": backoff}}
        more = {} if source_id is None else {"source_id": source_id}
        return given.flow(self.api, destination_id=destination_id, config=config, **more)

    def post(
        self, flow: Json, body: bytes = b"{}", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """What the answer to an event is."""
        headers = {"Content-Type": "application/json"} if headers is None else headers
        return self.anybody.post(f"/hooks/{flow['source_id']}", data=body, headers=headers)

    def event(
        self, flow: Json, body: bytes = b"{}", headers: Mapping[str, str] | None = None
    ) -> str:
        """The id of an event that was taken in."""
        taken = self.post(flow, body, headers).expect(202).json
        return str(taken["event_id"])

    def trace(self, event_id: str) -> list[Json]:
        """The event's attempts so far, oldest first."""
        return self.api.walk(self.api.at("deliveries", event_id=event_id), "deliveries")

    def executed(self, event_id: str, count: int = 1) -> list[Json]:
        """The event's executed attempts, once there are so many."""

        def enough() -> list[Json] | None:
            rows = [one for one in self.trace(event_id) if one["status"] in ("delivered", "failed")]
            return rows if len(rows) >= count else None

        return until(enough, f"{count} attempts of {event_id}")

    def move(self, action: str, **more: Any) -> Json:
        """Moves the tenant's clock; what the server says where it stands."""
        body = {"tenant_id": self.tenant, "action": action, **more}
        moved: Json = self.admin.post("/sandbox/clock", body).expect(200).json
        return moved

    def advance(self, seconds: int) -> Json:
        """Moves the clock forward, and returns when all that fell due is done."""
        return self.move("advance", seconds=seconds)

    def record(self, delivery_id: str) -> Json:
        """All that is kept of an attempt."""
        kept: Json = self.admin.get(f"/sandbox/deliveries/{delivery_id}").expect(200).json
        return kept

    def destination(self, flow: Json) -> Json:
        """The flow's target as it is now."""
        shown: Json = self.api.get(self.api.at("destinations", flow["destination_id"])).json
        return shown

    def patch(self, flow: Json, **fields: Any) -> None:
        """Changes the flow's target."""
        self.api.patch(self.api.at("destinations", flow["destination_id"]), fields).expect(200)

    def retry(self, event_id: str) -> Answer:
        """Asks for a manual retry."""
        return self.api.post(self.api.at("events", event_id, "retry"), {})
