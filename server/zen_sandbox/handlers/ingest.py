"""Where providers post their events."""

from zen_sandbox import wire
from zen_sandbox.clock import moment
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Response

_NOT_KEPT = frozenset({"authorization", "cookie", "proxy-authorization"})


def ingest_event(call: Call, ingester_id: str, body: bytes) -> Response:
    """POST /hooks/{ingester_id}"""
    tenant_id = call.store.ingesters.owner(ingester_id)
    ms = call.store.clocks.now_ms(tenant_id)
    event_id, now = call.store.ids.new("evt", ms), moment(ms)
    # Without the provider's credentials.
    headers = {name: value for name, value in call.text_headers().items() if name not in _NOT_KEPT}
    call.store.deliveries.add_event(
        tenant_id,
        event_id,
        now,
        ingester_id=ingester_id,
        body=body,
        content_type=headers.pop("content-type", None),
        headers=headers,
    )
    flows = call.store.delivery_flows.fed_by(tenant_id, ingester_id)
    for flow_id, destination_id in flows:
        call.store.deliveries.queue(
            tenant_id,
            call.store.ids.new("dlv", ms),
            now,
            event_id=event_id,
            flow_id=flow_id,
            destination_id=destination_id,
            evidence_id=call.store.ids.new("ev", ms),
        )
    return wire.accepted({"event_id": event_id, "deliveries": len(flows)})
