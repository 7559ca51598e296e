"""Request ids and the shape of answers: WIRE."""

import re
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from zen_sandbox import identifiers, wire
from zen_sandbox.request import endpoint, gate
from zen_sandbox.request.exchange import DropConnection, Response


@mutant("wire", "WIRE-001", also={"WIRE-002": "it is absent", "LOG-004": "it is absent"})
def a_204_has_no_request_id(server: Faulty) -> None:
    """A 204 carries no X-Request-Id."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 204:
            answer.set_header("x-request-id", None)


@mutant("wire", "WIRE-001", also={"PROB-003": "the id is absent", "WIRE-002": "it is absent"})
def a_405_has_no_request_id(server: Faulty) -> None:
    """A 405 carries no X-Request-Id."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 405:
            answer.set_header("x-request-id", None)


@mutant("wire", "WIRE-001", also={"WIRE-002": "the client's id comes with a prefix"})
def request_ids_of_the_log_have_a_colon(server: Faulty) -> None:
    """The X-Request-Id of the log's answers has a colon in it."""

    @server.answers("listLogs")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 200:
            answer.set_header("x-request-id", f"log:{answer.header('x-request-id')}")


@mutant("boundary", "WIRE-002", also={"PROB-003": "instance may still be the client's"})
def a_request_id_of_128_is_replaced(server: Faulty) -> None:
    """A client's X-Request-Id of 128 characters is replaced; one of 127 is kept."""
    server.replace(identifiers, "_SENT_REQUEST_ID", _pattern(rb"[A-Za-z0-9._-]{1,127}"))


@mutant("wire", "WIRE-002")
def a_request_id_with_a_dot_is_replaced(server: Faulty) -> None:
    """A client's X-Request-Id with a dot in it is replaced."""
    server.replace(identifiers, "_SENT_REQUEST_ID", _pattern(rb"[A-Za-z0-9_-]{1,128}"))


@mutant("wire", "WIRE-002", also={"PROB-003": "the header says another id than the problem"})
def a_request_id_is_kept_on_success_only(server: Faulty) -> None:
    """An error's X-Request-Id is never the client's."""

    @server.around(gate.Gate, "_refusal")
    async def refusal(original: Any, self: Any, exchange: Any, problem: Any) -> Any:
        exchange.request_id = self._new_request_id()
        return await original(self, exchange, problem)


@mutant("boundary", "WIRE-003", also={"WIRE-001": "it is too long"})
def a_request_id_of_129_is_kept(server: Faulty) -> None:
    """A client's X-Request-Id of 129 characters is kept."""
    server.replace(identifiers, "_SENT_REQUEST_ID", _pattern(rb"[A-Za-z0-9._-]{1,129}"))


@mutant("wire", "WIRE-003", also={"WIRE-001": "it has other characters"})
def a_request_id_of_any_visible_character_is_kept(server: Faulty) -> None:
    """A client's X-Request-Id is kept whatever visible characters it has."""
    server.replace(identifiers, "_SENT_REQUEST_ID", _pattern(rb"[!-~]{1,128}"))


@mutant(
    "wire",
    "WIRE-004",
    also={"FLOW-008": "410 instead of 404", "FLOW-013": "410 instead of 404"}
    | {"TENANT-004": "410 instead of 404", "IDEM": "410 instead of 404"}
    | {"ROUTE-006": "410 instead of 404", "PROB-008": "a 410", "LOG-003": "not a 404"}
    | {"ORDER-006": "410 instead of 404", "ORDER-008": "410 instead of 404"},
)
def deleting_a_missing_flow_is_a_410(server: Faulty) -> None:
    """DELETE of a flow that is not there is answered 410."""

    @server.answers("deleteDeliveryFlow")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 404:
            answer.status, answer.document = 410, {**answer.document, "status": 410}


@mutant(
    "wire",
    "WIRE-004",
    also={"RETRY": "200 instead of 202", "IDEM": "200 instead of 202", "LOG-001": "200, not 202"}
    | {"SCOPE": "200 instead of 202", "ATTEMPT": "200 instead of 202", "DLV": "200, not 202"},
)
def a_batch_is_answered_200(server: Faulty) -> None:
    """A batch retry that was queued is answered 200."""

    @server.answers("retryBatch")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 202:
            answer.status = 200


@mutant("wire", "WIRE-005")
def the_log_is_text(server: Faulty) -> None:
    """The log is sent as text/plain."""

    @server.answers("listLogs")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 200:
            answer.set_header("content-type", "text/plain; charset=utf-8")


@mutant("wire", "WIRE-005", also={"IDEM-001": "the replay has another type"})
def a_replay_has_no_content_type(server: Faulty) -> None:
    """A replayed success is sent as application/octet-stream."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.header("idempotency-replayed") and answer.status < 300 and answer.body:
            answer.set_header("content-type", "application/octet-stream")


@mutant("wire", "WIRE-006", also={"DLV-002": "its type is another", "ATTEMPT": "another type"})
def response_codes_are_texts(server: Faulty) -> None:
    """An attempt's response_code is a string."""

    @server.around(wire, "delivery")
    def delivery(original: Any, it: Any) -> Any:
        document = original(it)
        if "response_code" in document:
            document["response_code"] = str(document["response_code"])
        return document


@mutant(
    "wire", "WIRE-006", also={"ING-004": "the list does not show it", "ING-003": "it is absent"}
)
def listed_endpoints_have_no_ingest_url(server: Faulty) -> None:
    """The rows of the list of endpoints lack ingest_url."""

    @server.shown("listIngesters")
    def edit(document: Any, call: Any, given: Any) -> None:
        for row in document["ingesters"]:
            del row["ingest_url"]


@mutant(
    "wire",
    "WIRE-006",
    also={
        "FLOW-010": "they are absent",
        "FLOW-002": "they are absent",
        "FLOW-007": "they are absent",
    },
)
def listed_flows_have_no_backoff_of_ten(server: Faulty) -> None:
    """The list of flows leaves backoff_seconds out where it is the default."""

    @server.shown("listDeliveryFlows")
    def edit(document: Any, call: Any, given: Any) -> None:
        for row in document["delivery_flows"]:
            if row["config"]["retry_policy"]["backoff_seconds"] == 10:
                del row["config"]["retry_policy"]["backoff_seconds"]


@mutant("wire", "WIRE-006")
def log_entries_have_no_actor(server: Faulty) -> None:
    """The entries of refused writes have no actor."""

    @server.around(wire, "log_entry")
    def log_entry(original: Any, it: Any) -> Any:
        document = original(it)
        if it.level == "warn":
            del document["actor"]
        return document


@mutant("wire", "WIRE-007", also={"DEST-017": "it cannot be compared"})
def a_changed_targets_time_has_an_offset(server: Faulty) -> None:
    """PATCH answers updated_at with +00:00 instead of Z."""

    @server.shown("updateDestination")
    def edit(document: Any, call: Any, given: Any) -> None:
        document["updated_at"] = document["updated_at"].replace("Z", "+00:00")


@mutant("wire", "WIRE-007", also={"LIST-010": "it cannot be compared", "LOG-009": "likewise"})
def the_logs_times_have_no_zone(server: Faulty) -> None:
    """The timestamps of the log lack the Z."""

    @server.around(wire, "log_entry")
    def log_entry(original: Any, it: Any) -> Any:
        document = original(it)
        document["timestamp"] = document["timestamp"].removesuffix("Z")
        return document


@mutant("wire", "WIRE-007", also={"RECIPE-005": "it cannot be compared", "LIST-010": "likewise"})
def the_recipes_times_have_a_space(server: Faulty) -> None:
    """The recipe's createdAt has a space instead of the T."""

    @server.around(wire, "cluster_delivery_flow")
    def cluster_delivery_flow(original: Any, it: Any) -> Any:
        document = original(it)
        document["createdAt"] = document["createdAt"].replace("T", " ")
        return document


@mutant("create", "WIRE-008", also={"IDEM-001": "there is none to replay"})
def a_new_endpoint_has_no_location(server: Faulty) -> None:
    """The 201 of an endpoint has no Location."""

    @server.handler("createIngester")
    def instead(run: Any, call: Any, **given: Any) -> Response:
        response: Response = run(call, **given)
        return response._replace(location=None)


@mutant("create", "WIRE-008", also={"FLOW-001": "Location leads elsewhere"})
def a_new_flows_location_leads_to_a_target(server: Faulty) -> None:
    """The Location of a new flow is below destinations."""

    @server.handler("createDeliveryFlow")
    def instead(run: Any, call: Any, **given: Any) -> Response:
        response: Response = run(call, **given)
        moved = (response.location or "").replace("delivery-flows", "destinations")
        return response._replace(location=moved)


@mutant("create", "WIRE-008", also={"DEST-001": "Location leads elsewhere"})
def a_new_targets_location_names_no_tenant(server: Faulty) -> None:
    """The Location of a new target is /v1/destinations/<id>."""

    @server.handler("createDestination")
    def instead(run: Any, call: Any, **given: Any) -> Response:
        response: Response = run(call, **given)
        moved = (response.location or "").replace(f"/tenants/{call.tenant_id}", "")
        return response._replace(location=moved)


@mutant("wire", "WIRE-009", also={"NAME-003": "500 instead of 400", "PROB": "no problem of a 400"})
def a_nul_in_a_name_breaks_the_server(server: Faulty) -> None:
    """A name with a NUL character is answered 500."""

    @server.requests()
    def rewrite(asked: Asked) -> None:
        if b"\\u0000" in asked.body and b'"name"' in asked.body:
            raise RuntimeError("broken")


@mutant("wire", "WIRE-009", also={"LIST-003": "500 instead of 400"})
def a_limit_of_many_digits_breaks_the_server(server: Faulty) -> None:
    """A limit beyond 64 bits is answered 500."""

    @server.requests()
    def rewrite(asked: Asked) -> None:
        if re.search(r"limit=\d{19,}", asked.query):
            raise RuntimeError("broken")


@mutant("wire", "WIRE-009", also={"BODY-011": "500 instead of 400", "BODY-007": "likewise"})
def a_list_for_a_body_breaks_the_server(server: Faulty) -> None:
    """A JSON body of PUT that is a list is answered 500."""

    @server.requests("replaceIngester", "replaceDeliveryFlow")
    def rewrite(asked: Asked) -> None:
        if asked.body.strip().startswith(b"["):
            raise RuntimeError("broken")


@mutant("wire", "WIRE-010")
def endpoints_have_a_status_of_their_own(server: Faulty) -> None:
    """The status of an endpoint is `ok`."""

    @server.around(wire, "ingester")
    def ingester(original: Any, it: Any, *, base_url: str) -> Any:
        return {**original(it, base_url=base_url), "status": "ok"}


def _pattern(text: bytes) -> Any:
    return lambda original: re.compile(text)


@mutant("wire", "WIRE-011", also={"LIST": "a page of 100 is cut off"})
def a_page_of_100_is_cut_off(server: Faulty) -> None:
    """The answer of a page of targets with `limit=100` ends in its middle."""

    @server.around(endpoint.Endpoint, "_answer")
    async def answer(original: Any, self: Any, operation: Any, exchange: Any) -> None:
        await original(self, operation, exchange)
        if operation.operation_id == "listDestinations" and exchange.arguments["limit"] == 100:
            exchange.close_early = 0.5


@mutant(
    "wire",
    "WIRE-011",
    also={
        "IDEM-014": "there is no answer",
        "BODY": "there is no answer",
        "ORDER": "there is no answer",
    },
)
def a_wrong_media_type_is_not_answered(server: Faulty) -> None:
    """PUT of a flow of a wrong media type gets no answer at all."""

    @server.around(gate.Gate, "_refusal")
    async def refusal(original: Any, self: Any, exchange: Any, problem: Any) -> Any:
        asked = exchange.operation.operation_id if exchange.operation else ""
        if problem.status == 415 and asked == "replaceDeliveryFlow":
            raise DropConnection
        return await original(self, exchange, problem)
