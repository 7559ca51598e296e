"""The log entry of a write: what it was, how it ended, on whose behalf.

Made for every write that passed authentication, refused ones included. A message holds the outcome
and names, never the body, so there is no secret in it to redact.
"""

import re

from zen_sandbox.clock import moment
from zen_sandbox.domain import Credential, LogEntry
from zen_sandbox.problems import Problem
from zen_sandbox.request.exchange import Exchange, Response
from zen_sandbox.store import Store

AUDITED = {
    "createDestination": ("create", "destination", None),
    "updateDestination": ("update", "destination", "destination_id"),
    "deleteDestination": ("delete", "destination", "destination_id"),
    "createDeliveryFlow": ("create", "delivery-flow", None),
    "replaceDeliveryFlow": ("update", "delivery-flow", "flow_id"),
    "deleteDeliveryFlow": ("delete", "delivery-flow", "flow_id"),
    "createClusterDeliveryFlow": ("create", "delivery-flow", None),
    "createIngester": ("create", "ingester", None),
    "replaceIngester": ("update", "ingester", "ingester_id"),
    "deleteIngester": ("delete", "ingester", "ingester_id"),
    "retryEvent": ("retry", "event", "event_id"),
    "retryBatch": ("retry", "delivery", None),
}
"""Action, resource and the path parameter that names it, for each operation that writes."""

_RESULTS = {
    400: "validation_error",
    403: "authorization_denied",
    404: "not_found",
    409: "conflict",
}
_MAX_MESSAGE = 1000
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)


def is_audited(exchange: Exchange, problem: Problem) -> bool:
    """Whether this refusal makes an entry: a write, by someone known, that was at fault itself."""
    return (
        exchange.operation is not None
        and exchange.operation.is_write
        and exchange.credential is not None
        and problem.status in _RESULTS
    )


def record_success(store: Store, exchange: Exchange, response: Response, ms: int) -> None:
    """The entry of a write that was done."""
    _record(
        store,
        exchange,
        ms,
        level="info",
        result="success",
        outcome=str(response.status),
        resource_id=response.resource_id,
        source_id=response.source_id,
    )


def record_refusal(store: Store, exchange: Exchange, problem: Problem, ms: int) -> None:
    """The entry of a write that was refused."""
    _record(
        store,
        exchange,
        ms,
        level="warn",
        result=_RESULTS[problem.status],
        outcome=f"refused, {problem.status} {problem.slug}: {problem.detail}",
    )


def _record(
    store: Store,
    exchange: Exchange,
    ms: int,
    *,
    level: str,
    result: str,
    outcome: str,
    resource_id: str | None = None,
    source_id: str | None = None,
) -> None:
    operation, credential = _known(exchange)
    action, resource_type, parameter = AUDITED[operation]
    if resource_id is None and parameter is not None:
        resource_id = _well_formed(exchange.path_values.get(parameter, ""))
    subject = (
        f"{action} {resource_type} {resource_id}" if resource_id else f"{action} {resource_type}"
    )
    entry = LogEntry(
        seq=0,
        id=store.ids.new("log", ms),
        timestamp=moment(ms),
        level=level,
        message=f"{subject}: {outcome}"[:_MAX_MESSAGE],
        action=action,
        result=result,
        actor=credential.actor,
        resource_type=resource_type,
        resource_id=resource_id,
        request_id=exchange.request_id,
        delivery_id=None,
        source_id=source_id,
    )
    store.logs.add(credential.tenant_id, entry)


def _well_formed(identifier: str) -> str | None:
    return identifier if _ID.fullmatch(identifier) else None


def _known(exchange: Exchange) -> tuple[str, Credential]:
    if exchange.operation is None or exchange.credential is None:
        raise RuntimeError("a write is logged after routing and security")
    return exchange.operation.operation_id, exchange.credential
