"""One request and what the stations of its path have found out; the scope hands it along."""

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any, NamedTuple

from zen_sandbox.domain import Credential

if TYPE_CHECKING:
    from zen_sandbox.request.operation import Operation

SCOPE_KEY = "zen_sandbox.exchange"


class Response(NamedTuple):
    """What a handler answers. `resource_id` and `source_id` are for the log, not for the wire."""

    status: int
    body: bytes = b""
    location: str | None = None
    content_type: bytes = b"application/json"
    headers: tuple[tuple[bytes, bytes], ...] = ()
    replayed: bool = False
    scripted: bool = False
    resource_id: str | None = None
    source_id: str | None = None


class DropConnection(Exception):
    """Closes the connection without an answer, because somebody asked for that fault."""


class Exchange:
    """Filled in from station to station; a station reads what the ones before it wrote."""

    __slots__ = (
        "arguments",
        "body",
        "close_early",
        "credential",
        "headers",
        "idempotency_key",
        "list_identity",
        "operation",
        "path_values",
        "request_id",
        "response",
        "schema_pointer",
    )

    def __init__(self, request_id: str, headers: dict[bytes, bytes]) -> None:
        self.request_id = request_id  # gate
        self.headers = headers  # gate: by lower-case name; see `gate.read_headers`
        self.operation: Operation | None = None  # routing
        self.path_values: dict[str, str] = {}  # routing
        self.credential: Credential | None = None  # security
        self.arguments: dict[str, Any] = {}  # validation: what the handler is called with
        self.body: Any = None  # validation: the JSON value
        self.idempotency_key: str | None = None  # validation
        self.list_identity = ""  # validation: what a cursor of this list is bound to
        self.schema_pointer: str | None = None  # validation: the part of the contract that refused
        self.response: Response | None = None  # endpoint
        self.close_early = 1.0  # faults: how much of the body is sent before the connection closes


def exchange_of(scope: MutableMapping[str, Any]) -> Exchange:
    """The exchange that the gate put into the scope."""
    exchange: Exchange = scope[SCOPE_KEY]
    return exchange
