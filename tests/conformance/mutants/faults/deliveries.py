"""Events taken in, their attempts as rows, and traces: EVENT, DLV and TRACE."""

import json
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import refused
from zen_sandbox import wire
from zen_sandbox.cursor import Window
from zen_sandbox.delivery import attempt
from zen_sandbox.problems import NotFound, PayloadTooLarge, Unauthorized, UnsupportedMediaType
from zen_sandbox.request import validation
from zen_sandbox.request.call import Call
from zen_sandbox.store import deliveries, delivery_flows
from zen_sandbox.store.deliveries import Deliveries, Outcome

_FLOWS = delivery_flows.DeliveryFlows
_NONE = dict.fromkeys(
    ("EVENT", "DLV", "TRACE", "ATTEMPT", "SIGN", "RETRY", "LOG", "TENANT", "DEST"),
    "events are refused, so there is nothing to look at",
)
_MANY = dict.fromkeys(
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


@mutant("delivery", "EVENT-001", also=_MANY)
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


@mutant("delivery", "EVENT-002", also=_MANY)
def an_event_goes_through_one_flow(server: Faulty) -> None:
    """An event gets an attempt through the oldest of its flows only."""

    @server.around(_FLOWS, "fed_by")
    def fed_by(original: Any, self: Any, tenant_id: str, source_id: str) -> Any:
        return original(self, tenant_id, source_id)[:1]


@mutant("delivery", "EVENT-002", also=_MANY)
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


@mutant("delivery", "EVENT-003", also=_MANY)
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


@mutant("delivery", "EVENT-004", also=_MANY)
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


def _shown(server: Faulty, change: Any) -> None:
    """Rows of attempts are shown otherwise: `change(row)` edits one."""

    @server.around(wire, "delivery")
    def delivery(original: Any, it: Any) -> Any:
        row = original(it)
        change(row)
        return row


@mutant("delivery", "DLV-001", also=_MANY)
def a_queued_first_attempt_is_retrying(server: Faulty) -> None:
    """A first attempt that is queued is shown as `retrying`."""

    def change(row: Any) -> None:
        row["status"] = row["status"].replace("pending", "retrying")

    _shown(server, change)


@mutant("delivery", "DLV-001", "RETRY-002", also=_MANY)
def a_queued_manual_retry_is_pending(server: Faulty) -> None:
    """A manual retry that is queued is shown as `pending`."""

    @server.around(deliveries.Deliveries, "queue")
    def queue(
        original: Any, self: Any, tenant_id: str, delivery_id: str, *now: Any, **more: Any
    ) -> None:
        original(self, tenant_id, delivery_id, *now, **more)
        if more.get("attempt_number", 1) > 1 and more.get("due_at") is None:
            self._database.execute(
                "UPDATE deliveries SET status = 'pending', next_attempt_at = NULL"
                " WHERE tenant_id = ? AND id = ?",
                (tenant_id, delivery_id),
            )


def _finished(server: Faulty, change: Any) -> None:
    """How an attempt ended is written down otherwise: `change(outcome)`."""

    @server.around(Deliveries, "finish")
    def finish(original: Any, self: Any, tenant_id: str, delivery_id: str, outcome: Outcome) -> Any:
        return original(self, tenant_id, delivery_id, change(outcome))


@mutant("delivery", "DLV-002", also={"ATTEMPT": "its code is another"})
def every_success_is_a_200(server: Faulty) -> None:
    """The response_code of a success is 200 whatever 2xx it was."""
    _finished(
        server,
        lambda outcome: outcome._replace(response_code=200) if outcome.delivered else outcome,
    )


@mutant("delivery", "DLV-002", also={"ATTEMPT": "its code is another"})
def a_failures_code_is_its_class(server: Faulty) -> None:
    """The response_code of a 4xx or 5xx is 400 or 500."""

    def change(outcome: Outcome) -> Outcome:
        code = outcome.response_code
        return outcome._replace(response_code=code and code // 100 * 100)

    _finished(server, change)


@mutant("delivery", "DLV-003", also={"WIRE-006": "0 is no status", "ATTEMPT": "it is there"})
def no_answer_is_code_zero(server: Faulty) -> None:
    """The response_code of an attempt without an answer is 0."""
    _finished(server, lambda outcome: outcome._replace(response_code=outcome.response_code or 0))


@mutant("delivery", "DLV-003", also={"ATTEMPT-009": "it is there"})
def an_answer_cut_off_has_its_code(server: Faulty) -> None:
    """An attempt whose answer was cut off before its end has a response_code."""

    def change(outcome: Outcome) -> Outcome:
        if "before its answer was whole" in (outcome.error_message or ""):
            return outcome._replace(response_code=502)
        return outcome

    _finished(server, change)


@mutant("delivery", "DLV-004")
def a_success_has_an_error_message(server: Faulty) -> None:
    """The error_message of a success is `none`."""
    _finished(
        server,
        lambda outcome: outcome._replace(error_message=outcome.error_message or "none"),
    )


@mutant("delivery", "DLV-004")
def a_queued_retry_has_the_last_error(server: Faulty) -> None:
    """A queued retry shows an error_message."""

    def change(row: Any) -> None:
        if row["status"] == "retrying":
            row["error_message"] = "the last attempt failed"

    _shown(server, change)


@mutant("delivery", "DLV-005")
def a_queued_attempt_has_a_time(server: Faulty) -> None:
    """A queued attempt shows attempted_at."""

    def change(row: Any) -> None:
        row.setdefault("attempted_at", "2026-11-20T10:00:00Z")

    _shown(server, change)


@mutant("delivery", "DLV-005")
def an_unanswered_attempt_has_no_time(server: Faulty) -> None:
    """An attempt without an answer shows no attempted_at."""

    def change(row: Any) -> None:
        if row["status"] == "failed" and "response_code" not in row:
            row.pop("attempted_at", None)

    _shown(server, change)


@mutant("delivery", "DLV-006", also={"ATTEMPT": "it is read there", "WIRE-006": "it is missing"})
def a_queued_retry_does_not_say_when(server: Faulty) -> None:
    """A `retrying` attempt shows no next_attempt_at."""
    _shown(server, lambda row: row.pop("next_attempt_at", None))


@mutant("delivery", "DLV-006")
def a_manual_retry_does_not_say_when(server: Faulty) -> None:
    """A `retrying` attempt of a manual retry shows no next_attempt_at."""

    @server.around(deliveries.Deliveries, "queue")
    def queue(
        original: Any, self: Any, tenant_id: str, delivery_id: str, *now: Any, **more: Any
    ) -> None:
        original(self, tenant_id, delivery_id, *now, **more)
        if more.get("attempt_number", 1) > 1 and more.get("due_at") is None:
            self._database.execute(
                "UPDATE deliveries SET next_attempt_at = NULL WHERE tenant_id = ? AND id = ?",
                (tenant_id, delivery_id),
            )


@mutant("delivery", "DLV-007")
def the_attempts_of_an_event_share_their_evidence(server: Faulty) -> None:
    """The attempts of one event have one evidence_id."""
    _shown(server, lambda row: row.update(evidence_id=f"ev_{row['event_id'][4:]}"))


@mutant("delivery", "DLV-007")
def a_retry_has_the_evidence_of_the_first(server: Faulty) -> None:
    """A retry has the evidence_id of its chain's first attempt."""
    first: dict[tuple[str, str], str] = {}

    def change(row: Any) -> None:
        place = (row["event_id"], row["flow_id"])
        if row["attempt_number"] == 1:
            first[place] = row["evidence_id"]
        row["evidence_id"] = first.get(place, row["evidence_id"])

    _shown(server, change)


@mutant("delivery", "DLV-008", also=_MANY)
def attempts_are_numbered_from_zero(server: Faulty) -> None:
    """The first attempt has number 0."""
    _shown(server, lambda row: row.update(attempt_number=row["attempt_number"] - 1))


@mutant("delivery", "DLV-008", "RETRY-002", also=_MANY)
def a_manual_retry_starts_again_at_one(server: Faulty) -> None:
    """A manual retry is shown with attempt_number 1."""
    manual: set[str] = set()

    @server.around(deliveries.Deliveries, "queue")
    def queue(
        original: Any, self: Any, tenant_id: str, delivery_id: str, *now: Any, **more: Any
    ) -> None:
        original(self, tenant_id, delivery_id, *now, **more)
        if more.get("attempt_number", 1) > 1 and more.get("due_at") is None:
            manual.add(delivery_id)

    def change(row: Any) -> None:
        if row["id"] in manual:
            row["attempt_number"] = 1

    _shown(server, change)


@mutant("delivery", "DLV-008", also=_MANY)
def attempts_are_numbered_over_all_flows(server: Faulty) -> None:
    """The attempts of one event are numbered over all its flows."""

    @server.shown("listDeliveries")
    def edit(document: Any, call: Call, given: Any) -> None:
        if given.get("event_id"):
            for number, row in enumerate(document["deliveries"], 1):
                row["attempt_number"] = number


@mutant("delivery", "DLV-009", also=_MANY)
def a_retry_rewrites_the_failed_row(server: Faulty) -> None:
    """The newest failed row becomes `retrying` when a retry of its event is queued."""

    @server.handler("retryEvent", "retryBatch")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        response = run(call, **given)
        call.store.database.execute(
            "UPDATE deliveries SET error_message = 'retried', response_code = NULL"
            " WHERE tenant_id = ? AND status = 'failed' AND EXISTS ("
            "  SELECT 1 FROM deliveries n WHERE n.tenant_id = deliveries.tenant_id"
            "  AND n.event_id = deliveries.event_id AND n.flow_id = deliveries.flow_id"
            "  AND n.status = 'retrying' AND n.attempt_number = deliveries.attempt_number + 1)",
            (call.tenant_id,),
        )
        return response


@mutant("delivery", "DLV-009", also=_MANY | {"DEST": "rows change"})
def a_success_clears_earlier_failures(server: Faulty) -> None:
    """Once a chain is delivered, its failed rows are shown as delivered."""

    @server.around(attempt, "settle")
    def settle(original: Any, store: Any, lane: Any, due: Any, *more: Any) -> None:
        original(store, lane, due, *more)
        store.database.execute(
            "UPDATE deliveries SET status = 'delivered', error_message = NULL"
            " WHERE tenant_id = ? AND event_id = ? AND flow_id = ? AND status = 'failed'"
            " AND EXISTS (SELECT 1 FROM deliveries n WHERE n.seq = ? AND n.status = 'delivered')",
            (lane.tenant_id, due.event_id, due.flow_id, due.seq),
        )


@mutant("delivery", "DLV-010")
def a_single_attempt_lacks_its_message(server: Faulty) -> None:
    """GET of an attempt shows no error_message; the list does."""

    @server.shown("getDelivery")
    def edit(document: Any, call: Call, given: Any) -> None:
        document.pop("error_message", None)


@mutant("delivery", "DLV-010", also=_MANY | {"TRACE": "they are mixed up"})
def an_attempt_shows_the_newest_flow(server: Faulty) -> None:
    """The flow_id of an attempt is that of the newest flow to its target."""

    @server.handler("getDelivery")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        response = run(call, **given)
        document = json.loads(response.body)
        row = call.store.database.execute(
            "SELECT id FROM delivery_flows WHERE tenant_id = ? AND destination_id = ?"
            " ORDER BY seq DESC LIMIT 1",
            (call.tenant_id, document["destination_id"]),
        ).fetchone()
        if row:
            document["flow_id"] = row[0]
        return response._replace(body=json.dumps(document).encode())


@mutant("problem", "DLV-011", also={"TENANT-006": "both are so"})
def a_missing_attempt_is_called_attempt(server: Faulty) -> None:
    """The detail of a missing attempt is `Attempt <id> not found.`"""

    @server.answers("getDelivery")
    def rewrite(asked: Asked, answer: Answer) -> None:
        answer.body = answer.body.replace(b'"detail":"Delivery ', b'"detail":"Attempt ')


@mutant("list", "DLV-012", also=_MANY)
def attempts_are_listed_by_their_execution(server: Faulty) -> None:
    """Each page of attempts is sorted by attempted_at, queued ones first."""

    @server.shown("listDeliveries")
    def edit(document: Any, call: Call, given: Any) -> None:
        if not given.get("event_id"):
            document["deliveries"].sort(
                key=lambda row: row.get("attempted_at", "9999"), reverse=True
            )


@mutant("list", "DLV-012", also=_MANY)
def attempts_of_a_target_are_oldest_first(server: Faulty) -> None:
    """The attempts to one target are oldest first, page by page."""

    @server.shown("listDeliveries")
    def edit(document: Any, call: Call, given: Any) -> None:
        if given.get("destination_id") and not given.get("event_id"):
            document["deliveries"].reverse()


def _filtered(server: Faulty, change: Any) -> None:
    """The list of attempts is asked with other filters: `change(given)` edits them."""

    @server.handler("listDeliveries")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        change(given)
        return run(call, **given)


@mutant("filter", "DLV-013", also=_MANY)
def status_is_ignored_beside_a_target(server: Faulty) -> None:
    """`status` is ignored where destination_id is given too."""

    def change(given: Any) -> None:
        if given.get("destination_id"):
            given.pop("status", None)

    _filtered(server, change)


@mutant("filter", "DLV-013", also=_MANY)
def status_is_ignored_on_later_pages(server: Faulty) -> None:
    """`status` is ignored from the second page on."""

    def change(given: Any) -> None:
        if given.get("cursor"):
            given.pop("status", None)

    _filtered(server, change)


@mutant("filter", "DLV-013", also=_MANY)
def a_status_is_looked_for_on_the_page_only(server: Faulty) -> None:
    """`status=failed` leaves rows out of the page after it was cut."""

    @server.handler("listDeliveries")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        sought = given.get("status")
        if sought != "failed" or given.get("event_id"):
            return run(call, **given)
        response = run(call, **{**given, "status": None})
        document = json.loads(response.body)
        document["deliveries"] = [r for r in document["deliveries"] if r["status"] == sought]
        return response._replace(body=json.dumps(document).encode())


@mutant("filter", "DLV-013")
def pending_finds_nothing(server: Faulty) -> None:
    """`status=pending` finds nothing."""

    @server.handler("listDeliveries")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        if given.get("status") == "pending" and not given.get("event_id"):
            return wire.ok({"deliveries": []})
        return run(call, **given)


@mutant("filter", "DLV-014", also=_MANY)
def a_target_is_ignored_in_a_trace(server: Faulty) -> None:
    """destination_id is ignored where event_id is given too."""

    def change(given: Any) -> None:
        if given.get("event_id"):
            given.pop("destination_id", None)

    _filtered(server, change)


@mutant("filter", "DLV-014", also=_MANY)
def a_target_is_ignored_beside_a_status(server: Faulty) -> None:
    """destination_id is ignored where `status` is given too."""

    def change(given: Any) -> None:
        if given.get("status"):
            given.pop("destination_id", None)

    _filtered(server, change)


@mutant("filter", "DLV-015", also=_MANY)
def a_status_filter_is_paged_by_number(server: Faulty) -> None:
    """The cursor of attempts in one status is an offset."""

    @server.handler("listDeliveries")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        if not given.get("status") or given.get("event_id"):
            return run(call, **given)
        window = call.window(given["limit"], given.get("cursor"))
        filters = {name: given.get(name) for name in ("status", "destination_id")}
        every = call.store.deliveries.page(
            call.tenant_id, Window(100_000, None, window.next_cursor), **filters
        )
        start = window.after or 0
        document: Any = {
            "deliveries": [wire.delivery(row) for row in every[start : start + window.limit]]
        }
        if len(every) > start + window.limit:
            document["next_cursor"] = window.next_cursor(start + window.limit)
        return wire.ok(document)


@mutant("filter", "DLV-016", also={"PROB-014": "the reason is another"})
def an_unknown_status_has_another_detail(server: Faulty) -> None:
    """The detail of an unknown status lists the values there are."""
    server.parameter("listDeliveries", "status", "x-zen-message")


@mutant("filter", "DLV-016", also={"LIST-004": "it is taken"})
def an_unknown_status_finds_nothing(server: Faulty) -> None:
    """An unknown status is an empty list."""
    server.parameter("listDeliveries", "status", "enum")


@mutant("filter", "DLV-016")
def a_status_in_capitals_is_taken(server: Faulty) -> None:
    """A status in other letter case is taken."""

    @server.requests("listDeliveries")
    def rewrite(asked: Asked) -> None:
        pairs = [
            pair.lower() if pair.startswith("status=") else pair for pair in asked.query.split("&")
        ]
        asked.query = "&".join(pairs)


@mutant("filter", "DLV-017", also={"TENANT-010": "both are so", "DEST-022": "it is a 404"})
def an_unknown_target_in_a_filter_is_a_404(server: Faulty) -> None:
    """destination_id of a target that does not exist is a 404."""

    @server.handler("listDeliveries")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        if given.get("destination_id"):
            call.store.destinations.get(call.tenant_id, given["destination_id"])
        return run(call, **given)


@mutant("filter", "DLV-017", also={"TENANT-010": "it is ignored"})
def an_unknown_target_in_a_filter_is_ignored(server: Faulty) -> None:
    """destination_id of a target that never had an attempt is ignored."""

    @server.handler("listDeliveries")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        sought = given.get("destination_id")
        row = call.store.database.execute(
            "SELECT 1 FROM deliveries WHERE tenant_id = ? AND destination_id = ? LIMIT 1",
            (call.tenant_id, sought),
        ).fetchone()
        return run(call, **{**given, "destination_id": sought if row else None})


@mutant("filter", "TRACE-001", also=_MANY)
def a_trace_shows_one_flow(server: Faulty) -> None:
    """A trace shows the attempts through the flow of its first attempt only."""

    @server.shown("listDeliveries")
    def edit(document: Any, call: Call, given: Any) -> None:
        found = document["deliveries"]
        if given.get("event_id") and found:
            document["deliveries"] = [r for r in found if r["flow_id"] == found[0]["flow_id"]]


@mutant("filter", "TRACE-001", also=_MANY)
def a_trace_leaves_queued_attempts_out(server: Faulty) -> None:
    """A trace shows executed attempts only."""

    @server.shown("listDeliveries")
    def edit(document: Any, call: Call, given: Any) -> None:
        if given.get("event_id") and not given.get("status"):
            document["deliveries"] = [r for r in document["deliveries"] if "attempted_at" in r]


@mutant("filter", "TRACE-002", also=_MANY)
def a_trace_is_newest_first(server: Faulty) -> None:
    """A trace is newest first."""

    @server.shown("listDeliveries")
    def edit(document: Any, call: Call, given: Any) -> None:
        if given.get("event_id"):
            document["deliveries"].reverse()


@mutant("filter", "TRACE-002", also=_MANY)
def a_filtered_trace_is_newest_first(server: Faulty) -> None:
    """A trace with another filter is newest first."""

    @server.shown("listDeliveries")
    def edit(document: Any, call: Call, given: Any) -> None:
        if given.get("event_id") and (given.get("status") or given.get("destination_id")):
            document["deliveries"].reverse()


@mutant("filter", "TRACE-002", also=_MANY)
def the_second_page_of_a_trace_is_newest_first(server: Faulty) -> None:
    """A trace is newest first from its second page on."""

    @server.shown("listDeliveries")
    def edit(document: Any, call: Call, given: Any) -> None:
        if given.get("event_id") and given.get("cursor"):
            document["deliveries"].reverse()


@mutant("filter", "TRACE-003", also={"TENANT-010": "both are so", "EVENT-002": "it is empty"})
def an_unknown_event_is_an_empty_trace(server: Faulty) -> None:
    """event_id of an event that does not exist is an empty list."""
    _traces(server, lambda call, event_id: wire.ok({"deliveries": []}))


@mutant("filter", "TRACE-003", also={"TENANT-010": "both are so"})
def an_unknown_event_is_not_found(server: Faulty) -> None:
    """The detail of an unknown event_id is `Event <id> not found.`"""

    def missing(call: Call, event_id: str) -> Any:
        raise NotFound.of("Event", event_id)

    _traces(server, missing)


@mutant("filter", "TRACE-003")
def an_unmatched_event_is_an_empty_trace(server: Faulty) -> None:
    """event_id of an event that matched no flow is an empty list."""

    def missing(call: Call, event_id: str) -> Any:
        call.store.deliveries.chain_ends(call.tenant_id, event_id)
        return wire.ok({"deliveries": []})

    _traces(server, missing, known_only=True)


def _traces(server: Faulty, otherwise: Any, *, known_only: bool = False) -> None:
    @server.handler("listDeliveries")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        try:
            return run(call, **given)
        except NotFound:
            row = call.store.database.execute(
                "SELECT 1 FROM events WHERE tenant_id = ? AND id = ?",
                (call.tenant_id, given.get("event_id")),
            ).fetchone()
            if known_only and row is None:
                raise
            return otherwise(call, given["event_id"])


@mutant("filter", "TRACE-004", also=_MANY)
def a_trace_filtered_empty_is_a_404(server: Faulty) -> None:
    """event_id with a status that leaves nothing is a 404."""
    _empty_is_missing(server, "status")


@mutant("filter", "TRACE-004", also=_MANY)
def a_trace_without_that_target_is_a_404(server: Faulty) -> None:
    """event_id with a destination_id that leaves nothing is a 404."""
    _empty_is_missing(server, "destination_id")


def _empty_is_missing(server: Faulty, name: str) -> None:
    @server.handler("listDeliveries")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        response = run(call, **given)
        empty = json.loads(response.body)["deliveries"] == []
        if given.get("event_id") and given.get(name) and empty:
            raise NotFound(f"No deliveries found for event {given['event_id']}.")
        return response
