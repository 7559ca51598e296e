"""What a handler is given besides the arguments that the contract names."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

from zen_sandbox.bench.bench import Bench
from zen_sandbox.clock import moment
from zen_sandbox.cursor import Cursors, Window
from zen_sandbox.store import Store


class Call:
    """One call of one handler. In a write, the store is inside the request's transaction."""

    __slots__ = (
        "_cursors",
        "_list_identity",
        "accounts_changed",
        "base_url",
        "bench",
        "headers",
        "ms",
        "store",
        "tenant_id",
        "transaction",
    )

    def __init__(
        self,
        store: Store,
        tenant_id: str,
        ms: int,
        *,
        base_url: str,
        headers: Mapping[bytes, bytes],
        bench: Bench,
        transaction: Callable[[], AbstractAsyncContextManager[None]],
        accounts_changed: Callable[[], None],
        cursors: Cursors,
        list_identity: str,
    ) -> None:
        self.store = store
        self.tenant_id = tenant_id
        self.ms = ms  # when the call began, on the tenant's clock: one moment for all it writes
        self.headers = headers
        self.bench = bench
        self.accounts_changed = accounts_changed  # for who ends a credential
        self.transaction = transaction  # for asynchronous handlers, which run outside of one
        self.base_url = base_url
        self._cursors = cursors
        self._list_identity = list_identity

    @property
    def now(self) -> str:
        """The moment of the call, as text."""
        return moment(self.ms)

    def text_headers(self) -> dict[str, str]:
        """The request's headers by lower-case name; each character of a value is a byte of it."""
        return {
            name.decode("latin-1"): value.decode("latin-1") for name, value in self.headers.items()
        }

    def window(self, limit: int, cursor: str | None) -> Window:
        """The page that was asked for; 400 when the cursor is not one of this list."""
        identity = f"{self.tenant_id}?{self._list_identity}"
        after = None if cursor is None else self._cursors.open(cursor, identity)
        return Window(limit, after, lambda seq: self._cursors.seal(seq, identity))
