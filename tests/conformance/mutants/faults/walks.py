"""Walks and order: LIST-008 to -010."""

import re
from typing import Any

from tests.conformance.mutants.faults.pages import WALKS, next_cursors
from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import LISTS
from zen_sandbox import wire
from zen_sandbox.cursor import Window
from zen_sandbox.problems import ValidationFailed
from zen_sandbox.request.call import Call
from zen_sandbox.store import delivery_flows

_EVERYTHING = 100_000


@mutant("list", "LIST-008", also=WALKS)
def a_page_begins_with_the_last_row_again(server: Faulty) -> None:
    """A page of flows begins with the last row of the one before."""
    server.sql(delivery_flows, "_NEXT_PAGE", "f.seq < ?", "f.seq <= ?")


@mutant("list", "LIST-008", also=WALKS)
def a_row_is_lost_between_pages(server: Faulty) -> None:
    """The first row of the second page of targets is left out when pages are of 1 to 5 rows."""

    @server.shown("listDestinations")
    def edit(document: Any, call: Call, given: Any) -> None:
        if given.get("cursor") and given["limit"] <= 5 and len(document["destinations"]) > 1:
            del document["destinations"][0]


@mutant("list", "LIST-008", also=WALKS)
def rows_of_one_moment_are_lost(server: Faulty) -> None:
    """The cursor of endpoints is a moment in seconds: rows of the same one are lost."""

    @server.handler("listIngesters")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        window = call.window(given["limit"], given.get("cursor"))
        found = call.store.ingesters.page(call.tenant_id, window)
        if window.after is not None:
            last = call.store.database.execute(
                "SELECT created_at FROM ingesters WHERE tenant_id = ? AND seq = ?",
                (call.tenant_id, window.after),
            ).fetchone()
            if last is not None:
                found = [one for one in found if one.created_at[:19] < last[0][:19]]
        return wire.page(
            "ingesters", found, window, lambda row: wire.ingester(row, base_url=call.base_url)
        )


@mutant("list", "LIST-008", also=WALKS)
def another_limit_begins_anew(server: Faulty) -> None:
    """A cursor of the log with another limit than before begins at the newest entry again."""
    limits: dict[str, int] = {}

    @server.handler("listLogs")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        sent = given.get("cursor")
        if sent in limits and limits[sent] != given["limit"]:
            given["cursor"] = None
        response = run(call, **given)
        found = re.search(rb'"next_cursor":"([^"]+)"', response.body)
        if found:
            limits[found[1].decode()] = given["limit"]
        return response


@mutant("list", "LIST-008", also=WALKS)
def the_order_changes_from_page_to_page(server: Faulty) -> None:
    """The rows of a page of the recipe's list are the wrong way round."""
    next_cursors(server, lambda document, found, given: found.reverse(), "listClusterDeliveryFlows")


def _by_offset(server: Faulty, operation_id: str, page: Any, show: Any) -> None:
    """A cursor is the number of rows before the page."""
    member = LISTS[operation_id]

    @server.handler(operation_id)
    def instead(run: Any, call: Call, **given: Any) -> Any:
        if given.get("cluster_id"):
            call.store.accounts.require_cluster(call.tenant_id, given["cluster_id"])
        window = call.window(given["limit"], given.get("cursor"))
        every = page(call, Window(_EVERYTHING, None, window.next_cursor))
        start = window.after or 0
        document: Any = {member: [show(call, row) for row in every[start : start + window.limit]]}
        if len(every) > start + window.limit:
            document["next_cursor"] = window.next_cursor(start + window.limit)
        return wire.ok(document)


@mutant("list", "LIST-009", also=WALKS)
def targets_are_paged_by_number(server: Faulty) -> None:
    """The cursor of targets is an offset: rows that are made or deleted move the others."""
    _by_offset(
        server,
        "listDestinations",
        lambda call, window: call.store.destinations.page(call.tenant_id, window),
        lambda call, row: wire.destination(row),
    )


@mutant("list", "LIST-009", also=WALKS)
def flows_are_paged_by_number(server: Faulty) -> None:
    """The cursor of flows is an offset."""
    _by_offset(
        server,
        "listDeliveryFlows",
        lambda call, window: call.store.delivery_flows.page(call.tenant_id, window),
        lambda call, row: wire.delivery_flow(row),
    )


@mutant("list", "LIST-009", also=WALKS)
def the_log_is_paged_by_number(server: Faulty) -> None:
    """The cursor of the log is an offset."""
    _by_offset(
        server,
        "listLogs",
        lambda call, window: call.store.logs.page(call.tenant_id, window),
        lambda call, row: wire.log_entry(row),
    )


@mutant("list", "LIST-009", also=WALKS)
def a_walk_ends_where_its_row_was_deleted(server: Faulty) -> None:
    """A cursor of endpoints whose row was deleted is answered 400."""

    @server.handler("listIngesters")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        window = call.window(given["limit"], given.get("cursor"))
        if window.after is not None:
            row = call.store.database.execute(
                "SELECT 1 FROM ingesters WHERE tenant_id = ? AND seq = ?",
                (call.tenant_id, window.after),
            ).fetchone()
            if row is None:
                raise ValidationFailed.of("cursor", "is not a cursor of this list")
        return run(call, **given)


def _sorted(server: Faulty, operation_id: str, key: Any, *, reverse: bool = False) -> None:
    """The rows of a page are in another order."""
    next_cursors(
        server,
        lambda document, found, given: found.sort(key=key, reverse=reverse),
        operation_id,
    )


@mutant("list", "LIST-010", also=WALKS)
def endpoints_are_listed_oldest_first(server: Faulty) -> None:
    """Each page of endpoints is oldest first."""
    _sorted(server, "listIngesters", lambda row: row["created_at"])


@mutant("list", "LIST-010", also=WALKS)
def the_log_is_listed_oldest_first(server: Faulty) -> None:
    """Each page of the log is oldest first."""
    _sorted(server, "listLogs", lambda row: row["timestamp"])


@mutant("list", "LIST-010", also=WALKS)
def targets_are_listed_by_their_change(server: Faulty) -> None:
    """Targets are listed by updated_at: a changed one comes first."""

    @server.handler("listDestinations")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        window = call.window(given["limit"], given.get("cursor"))
        every = call.store.destinations.page(
            call.tenant_id, Window(_EVERYTHING, None, window.next_cursor)
        )
        every.sort(key=lambda row: (row.updated_at, row.seq), reverse=True)
        start = window.after or 0
        document: Any = {
            "destinations": [wire.destination(row) for row in every[start : start + window.limit]]
        }
        if len(every) > start + window.limit:
            document["next_cursor"] = window.next_cursor(start + window.limit)
        return wire.ok(document)


@mutant("list", "LIST-010", also=WALKS)
def flows_are_listed_by_name(server: Faulty) -> None:
    """Each page of flows is sorted by name."""
    _sorted(server, "listDeliveryFlows", lambda row: row["name"])


@mutant("list", "LIST-010", also=WALKS)
def a_replaced_flow_moves_to_the_front(server: Faulty) -> None:
    """A flow that was replaced is listed as the newest."""

    @server.around(delivery_flows.DeliveryFlows, "replace")
    def replace(original: Any, self: Any, tenant_id: str, flow_id: str, now: str, **to: Any) -> Any:
        found = original(self, tenant_id, flow_id, now, **to)
        self._database.execute(
            "UPDATE delivery_flows SET seq = ? WHERE tenant_id = ? AND id = ?",
            (self._places.at(tenant_id, now), tenant_id, flow_id),
        )
        return found
