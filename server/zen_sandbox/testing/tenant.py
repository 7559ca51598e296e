"""A tenant of a test's own: the credentials for its code under test, and what a customer can do."""

import itertools
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from typing import Any

from zen_sandbox.delivery.signing import new_secret
from zen_sandbox.http_client import HttpClient, Refused, Unreachable
from zen_sandbox.scopes import EVERYTHING
from zen_sandbox.testing.clock import TenantClock
from zen_sandbox.testing.receiver import Receiver, script

Json = dict[str, Any]

_QUEUED = ("pending", "retrying")
_LONGEST_POLL = 25


class ZenSandbox:
    """A tenant in a running sandbox. Resources are the API's JSON; ids may be given for them."""

    def __init__(
        self, admin: HttpClient, tenant_id: str, api_key: str, *, timeout: float = 10.0
    ) -> None:
        self.base_url = admin.base_url
        self.tenant_id = tenant_id
        self.api_key = api_key
        self.clock = TenantClock(admin, tenant_id)
        self.api = HttpClient(admin.base_url, token=api_key)
        self._admin = admin
        self._anybody = HttpClient(admin.base_url)
        self._timeout = timeout
        self._numbers = itertools.count(1)

    def create_endpoint(self, type: str = "generic", *, name: str | None = None) -> Json:
        """An endpoint; its `ingest_url` takes events."""
        return self._create("ingesters", {"name": name or self._name("endpoint"), "type": type})

    def create_target(
        self,
        where: str | Receiver,
        *,
        name: str | None = None,
        secret: str | None = None,
        type: str = "webhook",
    ) -> Json:
        """A target at a URL, or at a receiver with the secret that the receiver checks."""
        body: Json = {"name": name or self._name("target"), "type": type}
        if isinstance(where, Receiver):
            body["url"], secret = where.url, secret or where.secret
        else:
            body["url"] = where
        if secret is not None:
            body["secret"] = {"value": secret}
        return self._create("destinations", body)

    def create_flow(
        self,
        endpoint: str | Json,
        target: str | Json,
        *,
        name: str | None = None,
        max_attempts: int = 3,
        backoff_seconds: int = 10,
    ) -> Json:
        """A flow that delivers the endpoint's events to the target."""
        policy = {"max_attempts": max_attempts, "backoff_seconds": backoff_seconds}
        body = {
            "name": name or self._name("flow"),
            "source_id": _id(endpoint),
            "destination_id": _id(target),
            "config": {"retry_policy": policy},
        }
        return self._create("delivery-flows", body)

    def trigger(
        self,
        endpoint: str | Json,
        type: str = "generic.order.created",
        *,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """Posts an event, a ready-made one or `data`; its id.

        `zen-sandbox trigger --list-types` lists the ready-made ones.
        """
        from zen_sandbox.samples import Sample, sample

        made = sample(type) if data is None else Sample({"Content-Type": "application/json"}, data)
        reply = self._anybody.send(
            "POST", f"/hooks/{_id(endpoint)}", {**made.headers, **(headers or {})}, made.body
        )
        event_id: str = self._anybody.understood(reply)["event_id"]
        return event_id

    def deliveries(
        self, event: str | None = None, *, status: str | None = None, target: str | Json = ""
    ) -> list[Json]:
        """All attempts, newest first; those of an event oldest first."""
        query: Json = {"event_id": event, "status": status, "limit": 100}
        query |= {"destination_id": _id(target) or None}
        found: list[Json] = []
        while True:
            try:
                page = self.api.ask("GET", self._path("deliveries"), query=query)
            except Refused as error:
                if error.status == 404 and event is not None:
                    return []  # no flow matched the event
                raise
            found += page["deliveries"]
            if "next_cursor" not in page:
                return found
            query["cursor"] = page["next_cursor"]

    def wait_for_deliveries(
        self, event: str | None = None, *, timeout: float | None = None
    ) -> list[Json]:
        """All attempts (of an event), once none is queued any more.

        AssertionError when that takes too long, or when it cannot come: a frozen clock keeps
        retries waiting until `clock.next()` or `clock.advance()` moves it.
        """
        seconds = self._timeout if timeout is None else timeout
        deadline = time.monotonic() + seconds
        position = self._follow("latest", 0)
        while True:
            with suppress(Unreachable):  # an attempt takes longer than there is time for
                self.clock.settle(max(deadline - time.monotonic(), 0.01))
            rows = self.deliveries(event)
            queued = [row for row in rows if row["status"] in _QUEUED]
            if not queued:
                return rows
            left = deadline - time.monotonic()
            if left <= 0 or self.clock.is_frozen():
                raise AssertionError(_still(queued, seconds, frozen=left > 0))
            position = self._follow(position, min(_LONGEST_POLL, math.ceil(left)))

    def receiver(
        self,
        *answers: int | Mapping[str, Any],
        secret: str | None = "",
        timeout: float | None = None,
    ) -> Receiver:
        """A target that remembers what it is sent, and checks signatures by a secret of its own.

        It answers with the given statuses one after the other, and with the last one for good; 200
        without any. `secret=None`: it checks nothing.
        """
        if secret == "":
            secret = new_secret()
        name = self._name(f"{self.tenant_id}-receiver")
        body: Json = {"name": name, "tenant_id": self.tenant_id, "script": script(answers)}
        if secret is not None:
            body["secret"] = secret
        made = self._admin.ask("POST", "/sandbox/receivers", body)
        seconds = self._timeout if timeout is None else timeout
        return Receiver(self._admin, name, made["url"], secret, seconds)

    def fault(self, side: str, kind: str, **details: Any) -> str:
        """Brings about a fault for this tenant, as `zen-sandbox faults add` does; its id."""
        body = {"tenant_id": self.tenant_id, "side": side, "kind": kind, **details}
        made: Json = self._admin.ask("POST", "/sandbox/faults", body)
        return str(made["id"])

    def clear_faults(self) -> None:
        """Ends this tenant's faults."""
        self._admin.ask("DELETE", "/sandbox/faults", query={"tenant_id": self.tenant_id})

    def new_key(self, *scopes: str) -> str:
        """Another API key, with these scopes only."""
        return _new_key(self._admin, self.tenant_id, scopes)

    def close(self) -> None:
        """Closes its connections."""
        self.api.close()
        self._anybody.close()

    def _create(self, collection: str, body: Json) -> Json:
        made: Json = self.api.ask("POST", self._path(collection), body)
        return made

    def _follow(self, position: str, seconds: int) -> str:
        query = {"after": position, "timeout": seconds, "tenant_id": self.tenant_id}
        found = self._admin.ask("GET", "/sandbox/deliveries", query=query, timeout=seconds + 10.0)
        return str(found["position"])

    def _path(self, collection: str) -> str:
        return f"/v1/tenants/{self.tenant_id}/{collection}"

    def _name(self, kind: str) -> str:
        return f"{kind}-{next(self._numbers)}"


@contextmanager
def new_tenant(base_url: str, admin_token: str, timeout: float) -> Iterator[ZenSandbox]:
    """A fresh tenant, which ends with all that is its own."""
    admin = HttpClient(base_url, token=admin_token)
    tenant_id = admin.ask("POST", "/sandbox/tenants", {"name": "of a test"})["tenant_id"]
    api_key = _new_key(admin, tenant_id, EVERYTHING)
    sandbox = ZenSandbox(admin, tenant_id, api_key, timeout=timeout)
    try:
        yield sandbox
    finally:
        sandbox.close()
        with closing(admin), suppress(Unreachable):  # a server that is gone is no failure here
            admin.ask("POST", "/sandbox/reset", {"tenant_id": tenant_id})
            admin.ask("DELETE", f"/sandbox/tenants/{tenant_id}")


def _new_key(admin: HttpClient, tenant_id: str, scopes: tuple[str, ...]) -> str:
    made = admin.ask("POST", "/sandbox/keys", {"tenant_id": tenant_id, "scopes": list(scopes)})
    return str(made["api_key"])


def _id(resource: str | Json) -> str:
    return resource if isinstance(resource, str) else str(resource["id"])


def _still(queued: list[Json], seconds: float, *, frozen: bool) -> str:
    first = min(row.get("next_attempt_at", "now") for row in queued)
    what = f"{len(queued)} attempts are still queued" if len(queued) > 1 else "an attempt is queued"
    if frozen:
        return f"The clock is frozen and {what}, due at {first}; move it with clock.next()."
    return f"After {seconds:g} s {what}, due at {first}; clock.next() moves the clock there."
