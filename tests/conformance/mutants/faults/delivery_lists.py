"""Lists of attempts and traces: DLV-012 to -017 and TRACE."""

import json
from typing import Any

from tests.conformance.mutants.faults.events import MANY
from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Asked
from tests.conformance.mutants.mutant import mutant
from zen_sandbox import wire
from zen_sandbox.cursor import Window
from zen_sandbox.problems import NotFound
from zen_sandbox.request.call import Call


@mutant("list", "DLV-012", also=MANY)
def attempts_are_listed_by_their_execution(server: Faulty) -> None:
    """Each page of attempts is sorted by attempted_at, queued ones first."""

    @server.shown("listDeliveries")
    def edit(document: Any, call: Call, given: Any) -> None:
        if not given.get("event_id"):
            document["deliveries"].sort(
                key=lambda row: row.get("attempted_at", "9999"), reverse=True
            )


@mutant("list", "DLV-012", also=MANY)
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


@mutant("filter", "DLV-013", also=MANY)
def status_is_ignored_beside_a_target(server: Faulty) -> None:
    """`status` is ignored where destination_id is given too."""

    def change(given: Any) -> None:
        if given.get("destination_id"):
            given.pop("status", None)

    _filtered(server, change)


@mutant("filter", "DLV-013", also=MANY)
def status_is_ignored_on_later_pages(server: Faulty) -> None:
    """`status` is ignored from the second page on."""

    def change(given: Any) -> None:
        if given.get("cursor"):
            given.pop("status", None)

    _filtered(server, change)


@mutant("filter", "DLV-013", also=MANY)
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


@mutant("filter", "DLV-014", also=MANY)
def a_target_is_ignored_in_a_trace(server: Faulty) -> None:
    """destination_id is ignored where event_id is given too."""

    def change(given: Any) -> None:
        if given.get("event_id"):
            given.pop("destination_id", None)

    _filtered(server, change)


@mutant("filter", "DLV-014", also=MANY)
def a_target_is_ignored_beside_a_status(server: Faulty) -> None:
    """destination_id is ignored where `status` is given too."""

    def change(given: Any) -> None:
        if given.get("status"):
            given.pop("destination_id", None)

    _filtered(server, change)


@mutant("filter", "DLV-015", also=MANY)
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


@mutant("filter", "DLV-017", also={"TENANT-009": "both are so", "DEST-021": "it is a 404"})
def an_unknown_target_in_a_filter_is_a_404(server: Faulty) -> None:
    """destination_id of a target that does not exist is a 404."""

    @server.handler("listDeliveries")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        if given.get("destination_id"):
            call.store.destinations.get(call.tenant_id, given["destination_id"])
        return run(call, **given)


@mutant("filter", "DLV-017", also={"TENANT-009": "it is ignored"})
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


@mutant("filter", "TRACE-001", also=MANY)
def a_trace_shows_one_flow(server: Faulty) -> None:
    """A trace shows the attempts through the flow of its first attempt only."""

    @server.shown("listDeliveries")
    def edit(document: Any, call: Call, given: Any) -> None:
        found = document["deliveries"]
        if given.get("event_id") and found:
            document["deliveries"] = [r for r in found if r["flow_id"] == found[0]["flow_id"]]


@mutant("filter", "TRACE-001", also=MANY)
def a_trace_leaves_queued_attempts_out(server: Faulty) -> None:
    """A trace shows executed attempts only."""

    @server.shown("listDeliveries")
    def edit(document: Any, call: Call, given: Any) -> None:
        if given.get("event_id") and not given.get("status"):
            document["deliveries"] = [r for r in document["deliveries"] if "attempted_at" in r]


@mutant("filter", "TRACE-002", also=MANY)
def a_trace_is_newest_first(server: Faulty) -> None:
    """A trace is newest first."""

    @server.shown("listDeliveries")
    def edit(document: Any, call: Call, given: Any) -> None:
        if given.get("event_id"):
            document["deliveries"].reverse()


@mutant("filter", "TRACE-002", also=MANY)
def a_filtered_trace_is_newest_first(server: Faulty) -> None:
    """A trace with another filter is newest first."""

    @server.shown("listDeliveries")
    def edit(document: Any, call: Call, given: Any) -> None:
        if given.get("event_id") and (given.get("status") or given.get("destination_id")):
            document["deliveries"].reverse()


@mutant("filter", "TRACE-002", also=MANY)
def the_second_page_of_a_trace_is_newest_first(server: Faulty) -> None:
    """A trace is newest first from its second page on."""

    @server.shown("listDeliveries")
    def edit(document: Any, call: Call, given: Any) -> None:
        if given.get("event_id") and given.get("cursor"):
            document["deliveries"].reverse()


@mutant("filter", "TRACE-003", also={"TENANT-009": "both are so", "EVENT-002": "it is empty"})
def an_unknown_event_is_an_empty_trace(server: Faulty) -> None:
    """event_id of an event that does not exist is an empty list."""
    _traces(server, lambda call, event_id: wire.ok({"deliveries": []}))


@mutant("filter", "TRACE-003", also={"TENANT-009": "both are so"})
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


@mutant("filter", "TRACE-004", also=MANY)
def a_trace_filtered_empty_is_a_404(server: Faulty) -> None:
    """event_id with a status that leaves nothing is a 404."""
    _empty_is_missing(server, "status")


@mutant("filter", "TRACE-004", also=MANY)
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


@mutant("filter", "DLV-013", "LIST-007", also={"LIST": "pages are empty", "DLV": "likewise"})
def a_page_is_cut_before_its_status_is_looked_at(server: Faulty) -> None:
    """Attempts of another status are taken out of a page after it was cut."""

    @server.handler("listDeliveries")
    def instead(run: Any, call: Call, status: str | None = None, **given: Any) -> Any:
        response = run(call, **given)
        if status is None:
            return response
        document = json.loads(response.body)
        rows = [row for row in document["deliveries"] if row["status"] == status]
        return response._replace(body=json.dumps({**document, "deliveries": rows}).encode())
