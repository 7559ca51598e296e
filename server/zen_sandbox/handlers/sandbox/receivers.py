"""Receivers: ready-made targets, and the address that they listen at."""

import asyncio
from typing import Any

import orjson

from zen_sandbox import wire
from zen_sandbox.bench.receivers import Receiver
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import DropConnection, Response


def list_receivers(call: Call, tenant_id: str | None = None) -> Response:
    """GET /sandbox/receivers"""
    found = call.bench.receivers.of(tenant_id)
    return wire.ok({"receivers": [_shown(call, receiver) for receiver in found]})


def create_receiver(call: Call, body: dict[str, Any]) -> Response:
    """POST /sandbox/receivers"""
    call.store.accounts.require_tenant(body.get("tenant_id"))
    receiver = Receiver(
        body["name"],
        tenant_id=body.get("tenant_id"),
        secret=body.get("secret"),
        script=body.get("script", []),
    )
    call.bench.receivers.add(receiver)
    return wire.created(_shown(call, receiver), f"/sandbox/receivers/{receiver.name}")


def get_receiver(call: Call, receiver_name: str) -> Response:
    """GET /sandbox/receivers/{receiver_name}"""
    return wire.ok(_shown(call, call.bench.receivers.get(receiver_name)))


def replace_receiver(call: Call, receiver_name: str, body: dict[str, Any]) -> Response:
    """PUT /sandbox/receivers/{receiver_name}"""
    receiver = call.bench.receivers.get(receiver_name)
    receiver.change(secret=body.get("secret"), script=body.get("script", []))
    return wire.ok(_shown(call, receiver))


def delete_receiver(call: Call, receiver_name: str) -> Response:
    """DELETE /sandbox/receivers/{receiver_name}"""
    call.bench.receivers.remove(receiver_name)
    return wire.deleted()


async def receive(call: Call, receiver_name: str, body: bytes) -> Response:
    """POST /sandbox/receivers/{receiver_name}"""
    receiver = call.bench.receivers.get(receiver_name)
    answer = await receiver.take(call.text_headers(), body)
    if answer.get("milliseconds"):
        await asyncio.sleep(answer["milliseconds"] / 1000)
    if answer.get("drop"):
        raise DropConnection
    after = answer.get("retry_after")
    return Response(
        answer.get("status", 200),
        orjson.dumps({"received": receiver.received}),
        scripted=bool(answer),
        headers=() if after is None else ((b"retry-after", str(after).encode()),),
    )


async def list_received_requests(
    call: Call,
    receiver_name: str,
    wait_for: int,
    timeout: int,  # noqa: ASYNC109 - the contract's name
) -> Response:
    """GET /sandbox/receivers/{receiver_name}/requests"""
    receiver = call.bench.receivers.get(receiver_name)
    await receiver.wait_for(wait_for, timeout)
    shown = [wire.received_request(one) for one in receiver.requests]
    return wire.ok({"received": receiver.received, "requests": shown})


def clear_received_requests(call: Call, receiver_name: str) -> Response:
    """DELETE /sandbox/receivers/{receiver_name}/requests"""
    call.bench.receivers.get(receiver_name).forget()
    return wire.deleted()


def _shown(call: Call, receiver: Receiver) -> wire.Json:
    document: wire.Json = {
        "name": receiver.name,
        "url": f"{call.base_url}/sandbox/receivers/{receiver.name}",
        "received": receiver.received,
        "verifies": receiver.secret is not None,
        "script": receiver.script,
    }
    if receiver.tenant_id is not None:
        document["tenant_id"] = receiver.tenant_id
    return document
