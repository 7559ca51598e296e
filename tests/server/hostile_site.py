"""The server with known contents that hostile input is sent to.

Everything has a fixed id, so that inputs are plain bytes, written down in tables.
"""

import hashlib
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.server.harness import Sandbox
from tests.server.hostile_wire import Address
from zen_sandbox.domain import RetryPolicy
from zen_sandbox.http.failures import Limits
from zen_sandbox.scopes import EVERYTHING
from zen_sandbox.settings import Settings
from zen_sandbox.store import Store
from zen_sandbox.store.deliveries import Outcome
from zen_sandbox.tokens import JwtRules

TENANT = "tnt_hostile"
STRANGER = "tnt_stranger"
TOKEN = "zpk_hostile"
JWT_SECRET = b"a secret that only this test and its server know"
CLUSTER = "plane_hostile"
DESTINATION = "dest_hostile"
INGESTER = "ing_hostile"
FLOW = "flow_hostile"
EVENT = "evt_hostile"
DELIVERY = "dlv_hostile"
TAKEN_NAME = "Target <b>of</b> the test"

# The log grows with refused writes, as it should; its counter grows with it.
_NOT_LOOKED_AT = frozenset({"logs"})


class Site:
    """A running server, and what can be seen of it from outside."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.address: Address = ("127.0.0.1", sandbox.port)
        self.path = sandbox.path
        self.faults = _Faults()

    def digest(self) -> str:
        """Of every row of every table but the log, as another connection sees them."""
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as reader:
            seen = hashlib.sha256()
            for name, sql in _tables(reader):
                seen.update(f"{name}\n{sql}\n".encode())
                for row in reader.execute(f"SELECT * FROM {name} ORDER BY 1, 2"):
                    if name != "sqlite_sequence" or row[0] not in _NOT_LOOKED_AT:
                        seen.update(repr(row).encode())
            return seen.hexdigest()


class _Faults(logging.Handler):
    """What the server logged as its own fault: an answer may hide it, this does not."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._seen.append(self.format(record))

    def take(self) -> list[str]:
        """What was logged since this was last asked."""
        seen, self._seen = self._seen, []
        return seen


def _tables(reader: sqlite3.Connection) -> list[tuple[str, str]]:
    rows = reader.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    return [(name, sql) for name, sql in rows.fetchall() if name not in _NOT_LOOKED_AT]


@contextmanager
def running_site(path: Path, *, limits: Limits | None = None) -> Iterator[Site]:
    """A site for as long as the block lasts."""
    settings = Settings(jwt=JwtRules(secret=JWT_SECRET))
    with Sandbox(path, settings, limits=limits) as sandbox:
        furnish(sandbox.store)
        site = Site(sandbox)
        log = logging.getLogger("zen_sandbox")
        log.addHandler(site.faults)
        try:
            yield site
        finally:
            log.removeHandler(site.faults)


def furnish(store: Store) -> None:
    """One of everything, for a tenant whose token may do everything, and for a stranger."""
    with store.database.writing():
        now = store.now()
        for tenant_id, destination_id in ((TENANT, DESTINATION), (STRANGER, "dest_stranger")):
            store.accounts.create_tenant(tenant_id, tenant_id, now)
            store.destinations.create(
                tenant_id, destination_id, now, name=TAKEN_NAME, url="https://example.com/hook"
            )
        store.accounts.create_api_key("key_hostile", TENANT, TOKEN, now, scopes=EVERYTHING)
        store.accounts.create_cluster(TENANT, CLUSTER, now)
        store.ingesters.create(TENANT, INGESTER, now, name="Source", type="stripe")
        ends = {"source_id": INGESTER, "destination_id": DESTINATION}
        store.delivery_flows.create(TENANT, FLOW, now, name="Flow", policy=RetryPolicy(), **ends)
        _furnish_failed_delivery(store, now)


def _furnish_failed_delivery(store: Store, now: str) -> None:
    store.deliveries.add_event(TENANT, EVENT, now, ingester_id=INGESTER, body=b"{}")
    store.deliveries.queue(
        TENANT,
        DELIVERY,
        now,
        event_id=EVENT,
        flow_id=FLOW,
        destination_id=DESTINATION,
        evidence_id="ev_hostile",
    )
    outcome = Outcome(False, now, 500, "the receiver answered 500")
    store.deliveries.finish(TENANT, DELIVERY, outcome)
