"""From domain values to responses: member names, timestamps, and the two spellings of a flow.

`/v1` speaks snake_case, the recipe paths camelCase. A member without a value is left out.
"""

import base64
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import orjson

from zen_sandbox.bench.receivers import Received
from zen_sandbox.clock import moment
from zen_sandbox.cursor import Window
from zen_sandbox.domain import Delivery, DeliveryFlow, Destination, Ingester, LogEntry
from zen_sandbox.request.exchange import Response
from zen_sandbox.store.queue import Record

Json = dict[str, Any]


class _Row(Protocol):
    @property
    def seq(self) -> int: ...


RowType = TypeVar("RowType", bound=_Row)


def ok(document: Json, *, source_id: str | None = None) -> Response:
    """200 with a JSON body."""
    return Response(200, orjson.dumps(document), source_id=source_id)


def created(document: Json, location: str, *, source_id: str | None = None) -> Response:
    """201 with the new resource and its path; the log names it by its `id`, if it has one."""
    return Response(
        201, orjson.dumps(document), location, resource_id=document.get("id"), source_id=source_id
    )


def accepted(document: Json) -> Response:
    """202."""
    return Response(202, orjson.dumps(document))


def deleted(*, source_id: str | None = None) -> Response:
    """204."""
    return Response(204, source_id=source_id)


def page(
    key: str, rows: Sequence[RowType], window: Window, show: Callable[[RowType], Json]
) -> Response:
    """200 with the window's rows; a row beyond them means there is a next page."""
    shown = rows[: window.limit]
    document: Json = {key: [show(row) for row in shown]}
    if len(rows) > window.limit:
        document["next_cursor"] = window.next_cursor(shown[-1].seq)
    return ok(document)


def timestamp(moment: str) -> str:
    """RFC 3339 with `Z`; whole seconds where the moment is one."""
    return (moment[:19] if moment.endswith(".000") else moment) + "Z"


def destination(it: Destination) -> Json:
    """A target, without its secret."""
    return {
        "id": it.id,
        "name": it.name,
        "url": it.url,
        "type": it.type,
        "status": it.status,
        "created_at": timestamp(it.created_at),
        "updated_at": timestamp(it.updated_at),
    }


def delivery_flow(it: DeliveryFlow) -> Json:
    """A flow as `/v1` shows it."""
    return {
        "id": it.id,
        "name": it.name,
        "source_id": it.source_id,
        "destination_id": it.destination_id,
        "config": {
            "retry_policy": {
                "max_attempts": it.max_attempts,
                "backoff_seconds": it.backoff_seconds,
            }
        },
        "status": it.status,
        "created_at": timestamp(it.created_at),
        "updated_at": timestamp(it.updated_at),
    }


def cluster_delivery_flow(it: DeliveryFlow) -> Json:
    """A flow as the recipe shows it."""
    return {
        "id": it.id,
        "name": it.name,
        "source": it.source_id,
        "target": {"id": it.destination_id, "type": it.destination_type},
        "status": it.status,
        "createdAt": timestamp(it.created_at),
        "updatedAt": timestamp(it.updated_at),
    }


def ingester(it: Ingester, *, base_url: str) -> Json:
    """An endpoint; its `ingest_url` is below this server's address."""
    return {
        "id": it.id,
        "name": it.name,
        "type": it.type,
        "ingest_url": f"{base_url}/hooks/{it.id}",
        "status": it.status,
        "created_at": timestamp(it.created_at),
        "updated_at": timestamp(it.updated_at),
    }


def delivery(it: Delivery) -> Json:
    """An attempt. Unpacked at once: a page of them is most of what a list costs."""
    (
        _,
        identifier,
        event_id,
        destination_id,
        flow_id,
        status,
        response_code,
        attempt_number,
        attempted_at,
        next_attempt_at,
        error_message,
        evidence_id,
    ) = it
    document: Json = {
        "id": identifier,
        "event_id": event_id,
        "destination_id": destination_id,
        "flow_id": flow_id,
        "status": status,
        "attempt_number": attempt_number,
        "evidence_id": evidence_id,
    }
    if attempted_at is not None:
        document["attempted_at"] = timestamp(attempted_at)
    if next_attempt_at is not None:
        document["next_attempt_at"] = timestamp(next_attempt_at)
    if response_code is not None:
        document["response_code"] = response_code
    if error_message is not None:
        document["error_message"] = error_message
    return document


def content(body: bytes) -> Json:
    """Bytes for people: as text when they are UTF-8."""
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}


def attempt_record(it: Record) -> Json:
    """What is kept of an attempt beside its row. Repeated headers are joined."""
    answered: dict[str, str] = {}
    for name, value in it.response_headers:
        answered[name] = f"{answered[name]}, {value}" if name in answered else value
    document: Json = {
        "request_headers": it.request_headers,
        "response_headers": answered,
        "response_body": content(it.response_body),
        "truncated": it.truncated,
        "total_ms": it.total_ms,
    }
    if it.address is not None:
        document["address"] = it.address
    if it.first_byte_ms is not None:
        document["first_byte_ms"] = it.first_byte_ms
    return document


def log_entry(it: LogEntry) -> Json:
    """A line of the log."""
    document: Json = {
        "id": it.id,
        "timestamp": timestamp(it.timestamp),
        "level": it.level,
        "message": it.message,
        "action": it.action,
        "result": it.result,
        "actor": it.actor,
        "resource_type": it.resource_type,
    }
    for name in ("resource_id", "request_id", "delivery_id", "source_id"):
        value = getattr(it, name)
        if value is not None:
            document[name] = value
    return document


def received_request(one: Received) -> Json:
    """A request that a receiver was sent."""
    document: Json = {
        "number": one.number,
        "received_at": timestamp(moment(one.received_ms)),
        "headers": one.headers,
        "body": content(one.body),
        "answered": one.answered,
    }
    if one.checked:
        document["signature"] = {"valid": one.refusal is None}
        if one.refusal is not None:
            document["signature"]["reason"] = one.refusal
    return document
