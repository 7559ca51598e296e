"""The store as the rest of the server holds it: every collection, the clock and the id maker."""

import secrets

from zen_sandbox.clock import Clock, WallClock, moment
from zen_sandbox.identifiers import Identifiers
from zen_sandbox.store.accounts import Accounts
from zen_sandbox.store.attempts import Attempts
from zen_sandbox.store.clocks import Clocks
from zen_sandbox.store.database import Database
from zen_sandbox.store.deliveries import Deliveries
from zen_sandbox.store.delivery_flows import DeliveryFlows
from zen_sandbox.store.destinations import Destinations
from zen_sandbox.store.events import Events
from zen_sandbox.store.idempotency import IdempotencyRecords
from zen_sandbox.store.ingesters import Ingesters
from zen_sandbox.store.logs import Logs
from zen_sandbox.store.queue import Queue
from zen_sandbox.store.retention import Retention
from zen_sandbox.store.schema import bring_up_to_date
from zen_sandbox.store.snapshots import Snapshots

_SECRET_BYTES = 32


class Store:
    """An open database, brought up to date. `is_new` says whether it had no tables before."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock | None = None,
        ids: Identifiers | None = None,
        background_ids: Identifiers | None = None,
    ) -> None:
        self.database = database
        self.is_new = bring_up_to_date(database)
        self.clock = clock or WallClock()
        self.clocks = Clocks(database, self.clock)
        self.ids = ids or Identifiers(self.clock)
        # What goes on beside the requests must not use up the ids of a seeded run.
        self.background_ids = background_ids or self.ids
        self.accounts = Accounts(database)
        self.destinations = Destinations(database)
        self.delivery_flows = DeliveryFlows(database)
        self.ingesters = Ingesters(database)
        self.deliveries = Deliveries(database)
        self.attempts = Attempts(database)
        self.events = Events(database)
        self.queue = Queue(database)
        self.snapshots = Snapshots(database)
        self.retention = Retention(database)
        self.logs = Logs(database)
        self.idempotency = IdempotencyRecords(database)

    def now(self) -> str:
        """The moment, as text; see `clock.py`."""
        return moment(self.clock.now_ms())

    @staticmethod
    def at(ms: int) -> str:
        """The moment of a reading of the clock, for who needs both forms of it."""
        return moment(ms)

    def secret(self, name: str, chosen: bytes | None = None) -> bytes:
        """A secret of this database (for cursors, for JWTs), made when first asked for.

        `chosen` is stored instead when the database has none of that name yet.
        """
        found = self._stored_secret(name)
        if found is None:
            with self.database.writing():
                self.database.execute(
                    "INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)",
                    (f"secret/{name}", chosen or secrets.token_bytes(_SECRET_BYTES)),
                )
            found = self._stored_secret(name)
        if found is None:
            raise RuntimeError(f"the database did not keep its secret {name!r}")
        return found

    def close(self) -> None:
        """Closes the database."""
        self.database.close()

    def _stored_secret(self, name: str) -> bytes | None:
        row = self.database.execute(
            "SELECT value FROM meta WHERE key = ?", (f"secret/{name}",)
        ).fetchone()
        return bytes(row[0]) if row else None
