"""Retries: RETRY."""

import json
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import body_of
from zen_sandbox import wire
from zen_sandbox.delivery import attempt
from zen_sandbox.handlers import recovery
from zen_sandbox.problems import Conflict, NotFound
from zen_sandbox.request.call import Call
from zen_sandbox.store import queue
from zen_sandbox.store.deliveries import Deliveries

_QUEUED = {"RETRY": "other attempts are queued", "DLV": "other attempts are queued"}


_QUEUED |= {"IDEM": "a retry is another", "LOG": "a retry is another", "ATTEMPT": "likewise"}


_QUEUED |= {"TRACE": "other attempts are queued", "TENANT-006": "a retry is another"}


@mutant("retry", "RETRY-001", also=_QUEUED)
def a_retry_names_the_failed_attempt(server: Faulty) -> None:
    """The delivery_id of a retry's 202 is the failed attempt's."""

    @server.handler("retryEvent")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        ends = call.store.deliveries.chain_ends(call.tenant_id, given["event_id"])
        response = run(call, **given)
        failed = next(one.id for one in ends if one.status == "failed")
        document = {**json.loads(response.body), "delivery_id": failed}
        return response._replace(body=json.dumps(document).encode())


@mutant("retry", "RETRY-001", also={"WIRE-006": "it is missing"})
def a_retry_has_no_message(server: Faulty) -> None:
    """The 202 of a retry has no message."""

    @server.shown("retryEvent")
    def edit(document: Any, call: Call, given: Any) -> None:
        del document["message"]


@mutant("retry", "RETRY-002", also=_QUEUED)
def a_retry_is_of_one_chain(server: Faulty) -> None:
    """A retry queues an attempt for the first failed chain only."""
    _chains(server, lambda ends: [one for one in ends if one.status == "failed"][:1])


@mutant("retry", "RETRY-002", also=_QUEUED)
def a_retry_is_of_every_chain(server: Faulty) -> None:
    """A retry queues an attempt for delivered chains too, where one has failed."""

    def change(ends: Any) -> Any:
        failed = any(one.status == "failed" for one in ends)
        return [
            one._replace(status="failed") if failed and one.status == "delivered" else one
            for one in ends
        ]

    _chains(server, change)


def _chains(server: Faulty, change: Any) -> None:
    @server.handler("retryEvent")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        store = call.store.deliveries
        chain_ends = store.chain_ends
        store.chain_ends = lambda *sought: change(chain_ends(*sought))  # type: ignore[method-assign]
        try:
            return run(call, **given)
        finally:
            store.chain_ends = chain_ends  # type: ignore[method-assign]


@mutant("retry", "RETRY-002", "RETRY-009", also=_QUEUED)
def a_chain_is_known_by_its_first_attempt(server: Faulty) -> None:
    """A retry looks at the first attempt of a chain: one that was delivered later is retried."""

    @server.around(Deliveries, "chain_ends")
    def chain_ends(original: Any, self: Any, tenant_id: str, event_id: str) -> Any:
        ends = original(self, tenant_id, event_id)
        failed = {
            row[0]
            for row in self._database.execute(
                "SELECT flow_id FROM deliveries WHERE tenant_id = ? AND event_id = ?"
                " AND attempt_number = 1 AND status = 'failed'",
                (tenant_id, event_id),
            )
        }
        return [
            one._replace(status="failed")
            if one.flow_id in failed and one.status == "delivered"
            else one
            for one in ends
        ]


@mutant("retry", "RETRY-003", also=_QUEUED | {"SIGN": "the body is another"})
def a_manual_retry_sends_nothing(server: Faulty) -> None:
    """An attempt past max_attempts sends no payload."""

    @server.around(attempt, "request_of")
    def request_of(original: Any, due: Any, plan: Any) -> Any:
        request = original(due, plan)
        past = due.attempt_number > (plan.max_attempts or 0)
        return request._replace(body=b"") if past else request


@mutant("retry", "RETRY-003", also=_QUEUED)
def a_manual_retry_past_the_limit_is_not_made(server: Faulty) -> None:
    """An attempt past max_attempts fails without being made."""

    @server.around(attempt, "request_of")
    def request_of(original: Any, due: Any, plan: Any) -> Any:
        request = original(due, plan)
        past = due.attempt_number > (plan.max_attempts or 0)
        return request._replace(url="http://127.0.0.1:9/") if past else request


@mutant("retry", "RETRY-004", also=_QUEUED)
def a_manual_retry_starts_the_count_anew(server: Faulty) -> None:
    """After a manual retry that fails automatic ones follow."""
    manual: set[tuple[str, int]] = set()

    @server.around(Deliveries, "queue")
    def queue_(original: Any, self: Any, tenant_id: str, *given: Any, **more: Any) -> None:
        original(self, tenant_id, *given, **more)
        if more.get("attempt_number", 1) > 1 and more.get("due_at") is None:
            manual.add((more["flow_id"], more["attempt_number"]))

    @server.around(queue.Queue, "policy")
    def policy(original: Any, self: Any, tenant_id: str, flow_id: str) -> Any:
        found = original(self, tenant_id, flow_id)
        beyond = max((number for flow, number in manual if flow == flow_id), default=0)
        return found and found._replace(max_attempts=max(found.max_attempts, beyond + 1))


@mutant("retry", "RETRY-005", also=_QUEUED)
def a_delivered_event_can_be_retried(server: Faulty) -> None:
    """A retry of an event that was delivered is a 202."""
    _chains(
        server,
        lambda ends: [
            one._replace(status="failed") if one.status == "delivered" else one for one in ends
        ],
    )


@mutant("retry", "RETRY-005", also={"TENANT-006": "it is a 404"})
def an_unmatched_event_is_a_404_in_a_retry(server: Faulty) -> None:
    """A retry of an event that matched no flow is a 404."""

    @server.handler("retryEvent")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        if not call.store.deliveries.chain_ends(call.tenant_id, given["event_id"]):
            raise NotFound.of("Event", given["event_id"])
        return run(call, **given)


@mutant("retry", "RETRY-005", also=_QUEUED)
def a_queued_event_can_be_retried(server: Faulty) -> None:
    """A retry of an event whose retry is queued already is a 202."""
    _chains(
        server,
        lambda ends: [
            one._replace(status="failed") if one.status == "retrying" else one for one in ends
        ],
    )


@mutant("retry", "RETRY-006", also={"TENANT-006": "both are so"})
def an_unknown_event_is_a_409(server: Faulty) -> None:
    """A retry of an unknown event is a 409."""

    @server.handler("retryEvent")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        try:
            return run(call, **given)
        except NotFound as problem:
            raise Conflict(problem.detail) from None


@mutant("retry", "RETRY-006", also={"TENANT-006": "both are so"})
def an_unknown_event_is_told_in_lower_case(server: Faulty) -> None:
    """The detail of a retry of an unknown event begins with `event`."""

    @server.answers("retryEvent")
    def rewrite(asked: Asked, answer: Answer) -> None:
        answer.body = answer.body.replace(b'"detail":"Event ', b'"detail":"event ')


@mutant("retry", "RETRY-007", also={"BODY": "a body is asked for", "RETRY": "so it is"} | _QUEUED)
def a_retry_needs_a_body(server: Faulty) -> None:
    """A retry without a body is a 400."""

    @server.definition("retryEvent")
    def edit(definition: Any) -> None:
        definition["requestBody"]["required"] = True


@mutant("retry", "RETRY-007", also={"IDEM": "they are told apart"})
def no_body_is_another_than_an_empty_object(server: Faulty) -> None:
    """A retry with `{}` under the key of one without a body is a 409."""
    from zen_sandbox.request import endpoint

    @server.around(endpoint, "_fingerprint")
    def fingerprint(original: Any, operation: Any, exchange: Any) -> Any:
        return original(operation, exchange) + (b"" if exchange.body is None else b"{}")


@mutant("retry", "RETRY-008", also=_QUEUED)
def a_batch_names_new_attempts(server: Faulty) -> None:
    """The deliveries of a batch's 202 are the new attempts."""
    new: list[str] = []

    @server.around(recovery, "_queue_after")
    def queue_after(original: Any, call: Call, end: Any) -> Any:
        new.append(original(call, end))
        return new[-1]

    @server.shown("retryBatch")
    def edit(document: Any, call: Call, given: Any) -> None:
        for row, made in zip(document["deliveries"], new, strict=False):
            row["delivery_id"] = made
        new.clear()


@mutant("retry", "RETRY-008", "RETRY-009", also=_QUEUED)
def a_batch_counts_what_it_was_given(server: Faulty) -> None:
    """`queued` of a batch's 202 counts the ids that were given, repeated ones too."""

    @server.shown("retryBatch")
    def edit(document: Any, call: Call, given: Any) -> None:
        document["queued"] = len(given["body"]["delivery_ids"])


@mutant("retry", "RETRY-009", also=_QUEUED)
def a_batch_queues_repeated_ids_twice(server: Faulty) -> None:
    """An id that is given twice in a batch queues two attempts."""
    _batched(server, distinct=False)


@mutant("retry", "RETRY-009", also=_QUEUED)
def a_batch_takes_two_attempts_for_two_chains(server: Faulty) -> None:
    """Two attempts of one chain in a batch queue two attempts; repeated ids queue one."""
    _batched(server, distinct=True)


def _batched(server: Faulty, *, distinct: bool) -> None:
    @server.handler("retryBatch")
    def instead(run: Any, call: Call, body: Any) -> Any:
        given = body["delivery_ids"]
        given = list(dict.fromkeys(given)) if distinct else given
        run(call, body={"delivery_ids": given})
        chains: set[tuple[str, str]] = set()
        for delivery_id in given:
            found = call.store.deliveries.get(call.tenant_id, delivery_id)
            if (found.event_id, found.flow_id) in chains:
                recovery._queue_after(call, recovery._newest(call, found))
            chains.add((found.event_id, found.flow_id))
        rows = [{"delivery_id": one, "status": "queued"} for one in given]
        return wire.accepted({"queued": len(rows), "deliveries": rows})


@mutant("retry", "RETRY-009", also=_QUEUED)
def only_the_newest_attempt_stands_for_its_chain(server: Faulty) -> None:
    """A batch with an attempt that is not the newest of its chain is a 409."""

    @server.handler("retryBatch")
    def instead(run: Any, call: Call, body: Any) -> Any:
        for delivery_id in body["delivery_ids"]:
            found = call.store.deliveries.get(call.tenant_id, delivery_id)
            if recovery._newest(call, found).id != delivery_id:
                raise Conflict(f"Delivery {delivery_id} is not the newest of its chain.")
        return run(call, body=body)


@mutant("retry", "RETRY-010", also=_QUEUED)
def unknown_ids_in_a_batch_are_left_out(server: Faulty) -> None:
    """A batch leaves unknown ids out where it knows others."""

    @server.handler("retryBatch")
    def instead(run: Any, call: Call, body: Any) -> Any:
        known = [one for one in body["delivery_ids"] if _is_known(call, one)]
        return run(call, body={"delivery_ids": known or body["delivery_ids"]})


def _is_known(call: Call, delivery_id: str) -> bool:
    try:
        call.store.deliveries.get(call.tenant_id, delivery_id)
    except NotFound:
        return False
    return True


@mutant("retry", "RETRY-010", also=_QUEUED)
def an_unknown_id_comes_too_late(server: Faulty) -> None:
    """A batch whose last id is unknown is a 404 and queues those before it."""

    @server.handler("retryBatch")
    def instead(run: Any, call: Call, body: Any) -> Any:
        ids = body["delivery_ids"]
        if len(ids) > 1 and not _is_known(call, ids[-1]):
            run(call, body={"delivery_ids": ids[:-1]})
            call.store.database.commit()
            call.store.database.begin()
        return run(call, body=body)


@mutant("retry", "RETRY-011", also=_QUEUED)
def delivered_ids_in_a_batch_are_left_out(server: Faulty) -> None:
    """A batch leaves chains out that are not failed, where others are."""

    @server.handler("retryBatch")
    def instead(run: Any, call: Call, body: Any) -> Any:
        failed = [one for one in body["delivery_ids"] if _is_failed(call, one)]
        return run(call, body={"delivery_ids": failed or body["delivery_ids"]})


def _is_failed(call: Call, delivery_id: str) -> bool:
    if not _is_known(call, delivery_id):
        return True
    found = call.store.deliveries.get(call.tenant_id, delivery_id)
    return recovery._newest(call, found).status == "failed"


@mutant("retry", "RETRY-011", also=_QUEUED)
def a_batch_looks_at_the_given_attempt(server: Faulty) -> None:
    """A batch looks at the given attempt: one that failed is retried though its chain went on."""

    @server.around(recovery, "_newest")
    def newest(original: Any, call: Call, given: Any) -> Any:
        end = original(call, given)
        return end._replace(status=given.status)


@mutant("boundary", "RETRY-012")
def a_batch_ends_at_99(server: Faulty) -> None:
    """A batch of 100 ids is a 400."""
    server.body("retryBatch", "delivery_ids", maxItems=99)


@mutant("boundary", "RETRY-012")
def a_batch_of_101_is_taken(server: Faulty) -> None:
    """A batch of 101 ids is taken."""
    server.body("retryBatch", "delivery_ids", maxItems=101)


@mutant("boundary", "RETRY-012", also={"BODY": "it is taken"})
def an_empty_batch_is_taken(server: Faulty) -> None:
    """A batch of no ids is a 202."""
    server.body("retryBatch", "delivery_ids", "minItems")


@mutant("validation", "RETRY-012", also={"BODY-011": "it is another type"})
def a_batch_may_be_one_id(server: Faulty) -> None:
    """The delivery_ids of a batch may be one id instead of a list."""

    @server.requests("retryBatch")
    def rewrite(asked: Asked) -> None:
        document = body_of(asked)
        if isinstance(document, dict) and isinstance(document.get("delivery_ids"), str):
            asked.body = json.dumps({"delivery_ids": [document["delivery_ids"]]}).encode()
