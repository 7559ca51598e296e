"""Attempts as rows: DLV-001 to -011."""

import json
from typing import Any

from tests.conformance.mutants.faults.events import MANY
from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from zen_sandbox import wire
from zen_sandbox.delivery import attempt
from zen_sandbox.request.call import Call
from zen_sandbox.store import deliveries
from zen_sandbox.store.deliveries import Deliveries, Outcome


def _shown(server: Faulty, change: Any) -> None:
    """Rows of attempts are shown otherwise: `change(row)` edits one."""

    @server.around(wire, "delivery")
    def delivery(original: Any, it: Any) -> Any:
        row = original(it)
        change(row)
        return row


@mutant("delivery", "DLV-001", also=MANY)
def a_queued_first_attempt_is_retrying(server: Faulty) -> None:
    """A first attempt that is queued is shown as `retrying`."""

    def change(row: Any) -> None:
        row["status"] = row["status"].replace("pending", "retrying")

    _shown(server, change)


@mutant("delivery", "DLV-001", "RETRY-002", also=MANY)
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


@mutant("delivery", "DLV-008", also=MANY | {"WIRE-006": "0 is out of range"})
def attempts_are_numbered_from_zero(server: Faulty) -> None:
    """The first attempt has number 0."""
    _shown(server, lambda row: row.update(attempt_number=row["attempt_number"] - 1))


@mutant("delivery", "DLV-008", "RETRY-002", also=MANY)
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


@mutant("delivery", "DLV-008", also=MANY)
def attempts_are_numbered_over_all_flows(server: Faulty) -> None:
    """The attempts of one event are numbered over all its flows."""

    @server.shown("listDeliveries")
    def edit(document: Any, call: Call, given: Any) -> None:
        if given.get("event_id"):
            for number, row in enumerate(document["deliveries"], 1):
                row["attempt_number"] = number


@mutant("delivery", "DLV-009", also=MANY)
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


@mutant("delivery", "DLV-009", also=MANY | {"DEST": "rows change"})
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


@mutant("delivery", "DLV-010", also={"DLV-009": "GET shows less than the list did"})
def a_single_attempt_lacks_its_message(server: Faulty) -> None:
    """GET of an attempt shows no error_message; the list does."""

    @server.shown("getDelivery")
    def edit(document: Any, call: Call, given: Any) -> None:
        document.pop("error_message", None)


@mutant("delivery", "DLV-010", also=MANY | {"TRACE": "they are mixed up"})
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
