"""The test bench as handlers and stations hold it: everything that is kept in memory only."""

from typing import TYPE_CHECKING

from zen_sandbox.bench.faults import Faults
from zen_sandbox.bench.receivers import Receivers
from zen_sandbox.bench.request_log import RequestLog
from zen_sandbox.store import Store

if TYPE_CHECKING:
    from zen_sandbox.delivery.elsewhere import EngineElsewhere
    from zen_sandbox.delivery.engine import Engine

    AnyEngine = Engine | EngineElsewhere


class Bench:
    """One per server. The engine, or another server's, is there while the server serves."""

    def __init__(self, store: Store) -> None:
        self.faults = Faults(store.ids)
        self.receivers = Receivers()
        self.requests = RequestLog()
        self.engine: AnyEngine | None = None
        self.attempts_before = store.attempts.position()  # where this server's own begin
