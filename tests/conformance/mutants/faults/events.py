"""Events taken in: EVENT."""

import json
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import refused
from zen_sandbox import wire
from zen_sandbox.problems import PayloadTooLarge, Unauthorized, UnsupportedMediaType
from zen_sandbox.request import validation
from zen_sandbox.request.call import Call
from zen_sandbox.store import delivery_flows

_FLOWS = delivery_flows.DeliveryFlows


_NONE = dict.fromkeys(
    ("EVENT", "DLV", "TRACE", "ATTEMPT", "SIGN", "RETRY", "LOG", "TENANT", "DEST"),
    "events are refused, so there is nothing to look at",
)


MANY = dict.fromkeys(
    ("EVENT", "DLV", "TRACE", "ATTEMPT", "RETRY", "LOG", "LIST", "SIGN"),
    "there are attempts too many or too few, or they are shown otherwise",
)


@mutant("delivery", "EVENT-001", also=_NONE)
def a_provider_needs_a_token(server: Faulty) -> None:
    """An event without a credential is a 401."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if asked.path.startswith("/hooks/") and not asked.header("authorization"):
            refused(answer, Unauthorized("Send a token.", token_sent=False))


@mutant("delivery", "EVENT-001", also=MANY)
def equal_events_are_one(server: Faulty) -> None:
    """An event with the bytes of an earlier one gets its event_id and no attempt."""
    seen: dict[tuple[str, bytes], bytes] = {}

    @server.handler("ingestEvent")
    def instead(run: Any, call: Call, ingester_id: str, body: bytes) -> Any:
        kept = seen.get((ingester_id, body))
        if kept is not None:
            return wire.accepted(json.loads(kept))
        response = run(call, ingester_id=ingester_id, body=body)
        seen[(ingester_id, body)] = response.body
        return response


@mutant("delivery", "EVENT-002", also=MANY)
def an_event_goes_through_one_flow(server: Faulty) -> None:
    """An event gets an attempt through the oldest of its flows only."""

    @server.around(_FLOWS, "fed_by")
    def fed_by(original: Any, self: Any, tenant_id: str, source_id: str) -> Any:
        return original(self, tenant_id, source_id)[:1]


@mutant("delivery", "EVENT-002", also=MANY)
def one_target_gets_an_event_once(server: Faulty) -> None:
    """Of two flows to one target an event goes through one only."""

    @server.around(_FLOWS, "fed_by")
    def fed_by(original: Any, self: Any, tenant_id: str, source_id: str) -> Any:
        found = original(self, tenant_id, source_id)
        return list({target: (flow, target) for flow, target in found}.values())


@mutant("delivery", "EVENT-002")
def an_unmatched_event_counts_one(server: Faulty) -> None:
    """The 202 of an event without a flow says `deliveries: 1`."""

    @server.handler("ingestEvent")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        response = run(call, **given)
        return response._replace(body=response.body.replace(b'"deliveries":0', b'"deliveries":1'))


@mutant("delivery", "EVENT-003", also=MANY)
def a_flow_gets_the_events_of_its_first_source(server: Faulty) -> None:
    """A flow that was moved to another endpoint still gets the events of the first."""
    first: dict[str, tuple[str, str]] = {}

    @server.around(_FLOWS, "create")
    def create(original: Any, self: Any, tenant_id: str, *given: Any, **more: Any) -> Any:
        made = original(self, tenant_id, *given, **more)
        first[made.id] = (made.source_id, made.destination_id)
        return made

    @server.around(_FLOWS, "delete")
    def delete(original: Any, self: Any, tenant_id: str, flow_id: str) -> Any:
        first.pop(flow_id, None)
        return original(self, tenant_id, flow_id)

    @server.around(_FLOWS, "fed_by")
    def fed_by(original: Any, self: Any, tenant_id: str, source_id: str) -> Any:
        found = original(self, tenant_id, source_id)
        known = {flow for flow, _ in found}
        return found + [
            (flow, target)
            for flow, (source, target) in first.items()
            if source == source_id and flow not in known
        ]


@mutant("delivery", "EVENT-004", also=MANY)
def a_disabled_target_gets_attempts(server: Faulty) -> None:
    """An event gets an attempt through a flow to a disabled target."""

    @server.around(_FLOWS, "fed_by")
    def fed_by(original: Any, self: Any, tenant_id: str, source_id: str) -> Any:
        return self._database.execute(
            "SELECT id, destination_id FROM delivery_flows"
            " WHERE tenant_id = ? AND source_id = ? ORDER BY seq",
            (tenant_id, source_id),
        ).fetchall()


@mutant("delivery", "EVENT-004")
def a_target_that_was_disabled_gets_nothing_again(server: Faulty) -> None:
    """A target that was disabled once gets no attempt when it is active again."""
    disabled: set[str] = set()

    @server.handler("updateDestination")
    def noting(run: Any, call: Call, **given: Any) -> Any:
        if given["body"].get("status") == "disabled":
            disabled.add(given["destination_id"])
        return run(call, **given)

    @server.around(_FLOWS, "fed_by")
    def fed_by(original: Any, self: Any, tenant_id: str, source_id: str) -> Any:
        found = original(self, tenant_id, source_id)
        return [(flow, target) for flow, target in found if target not in disabled]


@mutant("delivery", "EVENT-005")
def an_unknown_endpoint_takes_events(server: Faulty) -> None:
    """An event of an unknown endpoint is a 202."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if asked.path.startswith("/hooks/") and answer.status == 404:
            answer.status, answer.document = 202, {"event_id": "evt_lost", "deliveries": 0}
            answer.set_header("content-type", "application/json")


@mutant("delivery", "EVENT-005", also={"ING-009": "its ingest_url works"})
def a_deleted_endpoint_takes_events(server: Faulty) -> None:
    """An event of an endpoint that was deleted is a 202."""
    gone: set[str] = set()

    @server.handler("deleteIngester")
    def noting(run: Any, call: Call, **given: Any) -> Any:
        response = run(call, **given)
        gone.add(given["ingester_id"])
        return response

    @server.handler("ingestEvent")
    def instead(run: Any, call: Call, ingester_id: str, body: bytes) -> Any:
        if ingester_id in gone:
            return wire.accepted({"event_id": call.store.ids.new("evt"), "deliveries": 0})
        return run(call, ingester_id=ingester_id, body=body)


@mutant("boundary", "EVENT-006", "ATTEMPT-002")
def an_event_of_a_mebibyte_is_refused(server: Faulty) -> None:
    """An event of exactly 1 MiB is a 413; an operation's body of that size is not."""

    @server.handler("ingestEvent")
    def instead(run: Any, call: Call, ingester_id: str, body: bytes) -> Any:
        if len(body) >= validation.MAX_BODY_BYTES:
            raise PayloadTooLarge(validation.MAX_BODY_BYTES)
        return run(call, ingester_id=ingester_id, body=body)


@mutant("delivery", "EVENT-006", also=_NONE)
def an_event_must_be_json(server: Faulty) -> None:
    """An event of another type than JSON is a 415."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        named = asked.header("content-type") or ""
        if asked.path.startswith("/hooks/") and answer.status == 202 and "json" not in named:
            refused(answer, UnsupportedMediaType("Content-Type must be application/json."))


@mutant("boundary", "EVENT-006")
def an_event_may_be_of_any_size(server: Faulty) -> None:
    """An event over 1 MiB is a 202."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if asked.path.startswith("/hooks/") and answer.status == 413:
            answer.status, answer.document = 202, {"event_id": "evt_large", "deliveries": 0}
            answer.set_header("content-type", "application/json")
