"""Pages and their parameters: LIST-001 to -007."""

import re
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import LISTS, refused
from zen_sandbox import wire
from zen_sandbox.cursor import Window
from zen_sandbox.problems import ValidationFailed
from zen_sandbox.request import operation, validation
from zen_sandbox.request.call import Call

WALKS = {"LIST": "walks go wrong", "RECIPE-005": "walks go wrong", "DLV": "walks go wrong"}


WALKS |= {"TRACE": "walks go wrong", "LOG": "walks go wrong", "TENANT-008": "walks go wrong"}


def _limited(server: Faulty, change: Any, *operation_ids: str) -> None:
    """The list works with another limit than was asked for."""

    @server.handler(*operation_ids)
    def instead(run: Any, call: Call, **given: Any) -> Any:
        return run(call, **{**given, "limit": change(given["limit"])})


@mutant("boundary", "LIST-001", also={"RECIPE-005": "a page has too many rows"})
def a_page_of_one_has_two(server: Faulty) -> None:
    """A page of the recipe's list with `limit=1` has two rows."""
    _limited(server, lambda limit: max(limit, 2), "listClusterDeliveryFlows")


@mutant("boundary", "LIST-001", also={"LIST": "there is no page of 100"})
def a_limit_of_100_is_refused(server: Faulty) -> None:
    """`limit=100` of the list of targets is answered 400."""
    server.parameter("listDestinations", "limit", maximum=99)


@mutant("boundary", "LIST-001")
def a_page_has_a_row_too_many(server: Faulty) -> None:
    """A page of the log has one row more than `limit`."""
    _limited(server, lambda limit: limit + 1, "listLogs")


@mutant("boundary", "LIST-001", also={"LIST-008": "pages overlap"})
def a_page_of_100_has_101(server: Faulty) -> None:
    """A page of endpoints with `limit=100` has 101 rows where there are so many."""
    _limited(server, lambda limit: 101 if limit == 100 else limit, "listIngesters")


@mutant("boundary", "LIST-001")
def a_page_has_a_row_too_few(server: Faulty) -> None:
    """A page of flows has one row less than `limit`, but for a limit of 1."""
    _limited(server, lambda limit: max(limit - 1, 1), "listDeliveryFlows")


@mutant("boundary", "LIST-001")
def pages_end_at_fifty(server: Faulty) -> None:
    """A page of targets has 50 rows when `limit` is larger."""
    _limited(server, lambda limit: min(limit, 50), "listDestinations")


@mutant("boundary", "LIST-001")
def a_second_page_is_short(server: Faulty) -> None:
    """A page of endpoints that a cursor leads to has one row less than `limit`."""

    @server.handler("listIngesters")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        less = given.get("cursor") is not None and given["limit"] > 1
        return run(call, **{**given, "limit": given["limit"] - less})


@mutant("boundary", "LIST-002")
def the_log_comes_by_ten(server: Faulty) -> None:
    """The log has 10 rows when no limit is given."""
    server.parameter("listLogs", "limit", default=10)


@mutant("boundary", "LIST-002")
def endpoints_come_by_fifty(server: Faulty) -> None:
    """The list of endpoints has 50 rows when no limit is given."""
    server.parameter("listIngesters", "limit", default=50)


@mutant("boundary", "LIST-002")
def a_log_without_limit_is_whole(server: Faulty) -> None:
    """The log has 100 rows when no limit is given."""
    server.parameter("listLogs", "limit", default=100)


@mutant("boundary", "LIST-002", also={"RECIPE-005": "a page has too many rows"})
def the_recipes_list_comes_by_25(server: Faulty) -> None:
    """The recipe's list has 25 rows when no limit is given."""
    server.parameter("listClusterDeliveryFlows", "limit", default=25)


@mutant("boundary", "LIST-003")
def a_limit_of_zero_is_the_default(server: Faulty) -> None:
    """`limit=0` of the list of flows is taken as none."""

    @server.requests("listDeliveryFlows")
    def rewrite(asked: Asked) -> None:
        asked.query = re.sub(r"(^|&)limit=0(?=&|$)", r"\1limit=20", asked.query)


@mutant("boundary", "LIST-003")
def a_limit_of_101_is_cut(server: Faulty) -> None:
    """`limit` beyond 100 of the list of attempts is taken as 100."""

    @server.requests("listDeliveries")
    def rewrite(asked: Asked) -> None:
        asked.query = re.sub(
            r"(^|&)limit=(\d{3,9})(?=&|$)",
            lambda found: f"{found[1]}limit={min(int(found[2]), 100)}",
            asked.query,
        )


@mutant("boundary", "LIST-003")
def a_limit_of_101_is_taken(server: Faulty) -> None:
    """`limit=101` of the log is taken."""
    server.parameter("listLogs", "limit", maximum=101)


@mutant("list", "LIST-003")
def a_limit_with_a_fraction_is_cut(server: Faulty) -> None:
    """`limit=1.5` is taken as 1."""

    @server.around(operation.Parameter, "read")
    def read(original: Any, self: Any, text: str) -> Any:
        return original(self, re.sub(r"^(\d+)\.\d+$", r"\1", text))


@mutant("list", "LIST-003")
def a_limit_is_read_as_python_reads_it(server: Faulty) -> None:
    """`limit= 5`, `+5`, `1_0` and full-width digits are taken."""

    @server.around(operation.Parameter, "read")
    def read(original: Any, self: Any, text: str) -> Any:
        try:
            return int(text) if self.is_integer else text
        except ValueError:
            return original(self, text)


@mutant("list", "LIST-003")
def an_empty_limit_is_none(server: Faulty) -> None:
    """`limit=` of the recipe's list is taken as none."""

    @server.requests("listClusterDeliveryFlows")
    def rewrite(asked: Asked) -> None:
        asked.query = re.sub(r"(^|&)limit=(?=&|$)", r"\1", asked.query)


def _without_twice(server: Faulty, name: str, *operation_ids: str) -> None:
    @server.requests(*operation_ids)
    def rewrite(asked: Asked) -> None:
        pairs = asked.query.split("&")
        last = {pair: place for place, pair in enumerate(pairs) if pair.startswith(f"{name}=")}
        if len([pair for pair in pairs if pair.startswith(f"{name}=")]) > 1:
            newest = max(last.values())
            asked.query = "&".join(
                pair
                for place, pair in enumerate(pairs)
                if not pair.startswith(f"{name}=") or place == newest
            )


@mutant("list", "LIST-004")
def the_last_of_two_limits_counts(server: Faulty) -> None:
    """Of `limit` given twice the last one counts in the list of endpoints."""
    _without_twice(server, "limit", "listIngesters")


@mutant("filter", "LIST-004")
def the_last_of_two_statuses_counts(server: Faulty) -> None:
    """Of `status` given twice the last one counts."""
    _without_twice(server, "status", "listDeliveries")


@mutant("filter", "LIST-004")
def the_last_of_two_moments_counts(server: Faulty) -> None:
    """Of `since` given twice the last one counts."""
    _without_twice(server, "since", "listLogs")


@mutant("filter", "LIST-004")
def an_empty_event_is_none(server: Faulty) -> None:
    """`event_id=` is taken as none."""

    @server.requests("listDeliveries")
    def rewrite(asked: Asked) -> None:
        asked.query = re.sub(r"(^|&)event_id=(?=&|$)", r"\1", asked.query)


@mutant("filter", "LIST-004")
def an_empty_level_is_none(server: Faulty) -> None:
    """`level=` of the log is taken as none."""

    @server.requests("listLogs")
    def rewrite(asked: Asked) -> None:
        asked.query = re.sub(r"(^|&)level=(?=&|$)", r"\1", asked.query)


@mutant("filter", "LIST-004")
def an_id_that_is_none_finds_nothing(server: Faulty) -> None:
    """A destination_id that is no id is an empty list."""
    server.parameter("listDeliveries", "destination_id", "pattern", "maxLength")


@mutant("filter", "LIST-004")
def a_moment_without_zone_is_taken(server: Faulty) -> None:
    """`until` without Z is taken as UTC."""

    @server.requests("listLogs")
    def rewrite(asked: Asked) -> None:
        asked.query = re.sub(
            r"(until=\d{4}-\d\d-\d\dT[\d:.%A]{8,20}\d)(?=&|$)", r"\1Z", asked.query
        )


@mutant("list", "LIST-005")
def an_unknown_parameter_is_refused(server: Faulty) -> None:
    """An unknown query parameter of GET of the list of flows is a 400."""

    @server.answers("listDeliveryFlows")
    def rewrite(asked: Asked, answer: Answer) -> None:
        names = {pair.partition("=")[0] for pair in asked.query.split("&") if pair}
        if answer.status == 200 and names - {"limit", "cursor"}:
            refused(answer, ValidationFailed.of(min(names), "is not a known parameter"))


@mutant("list", "LIST-005")
def an_unknown_parameter_of_the_log_is_refused(server: Faulty) -> None:
    """An unknown query parameter of the log is a 400."""

    @server.around(validation, "_read_query")
    def read_query(original: Any, query_string: bytes, known: Any, *more: Any) -> None:
        if "since" in known:
            for pair in query_string.split(b"&"):
                name = pair.partition(b"=")[0].decode("latin-1")
                if name and name not in known:
                    raise ValidationFailed.of(name[:50], "is not a known parameter")
        original(query_string, known, *more)


def next_cursors(server: Faulty, edit: Any, *operation_ids: str) -> None:
    """Changes pages: `edit(document, rows, given)`."""
    for operation_id in operation_ids:
        member = LISTS[operation_id]

        @server.shown(operation_id)
        def change(document: Any, call: Call, given: Any, member: str = member) -> None:
            edit(document, document[member], given)


@mutant("boundary", "LIST-006", also=WALKS)
def one_row_more_is_no_page(server: Faulty) -> None:
    """next_cursor is absent when exactly one more target follows."""

    @server.handler("listDestinations")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        window = call.window(given["limit"], given.get("cursor"))
        more = Window(window.limit + 1, window.after, window.next_cursor)
        found = call.store.destinations.page(call.tenant_id, more)
        kept = found[: window.limit] if len(found) == window.limit + 1 else found
        return wire.page("destinations", kept, window, wire.destination)


@mutant("boundary", "LIST-006", also=WALKS)
def a_page_of_100_is_the_last(server: Faulty) -> None:
    """next_cursor is absent from pages of flows with `limit=100`."""

    def edit(document: Any, found: Any, given: Any) -> None:
        if given["limit"] == 100:
            document.pop("next_cursor", None)

    next_cursors(server, edit, "listDeliveryFlows", "listClusterDeliveryFlows")


@mutant("list", "LIST-006", "DLV-014", "DLV-013", also=WALKS)
def a_filtered_page_is_the_last(server: Faulty) -> None:
    """next_cursor is absent from attempts filtered by destination_id."""

    def edit(document: Any, found: Any, given: Any) -> None:
        if given.get("destination_id"):
            document.pop("next_cursor", None)

    next_cursors(server, edit, "listDeliveries")


@mutant("list", "LIST-006", also=WALKS)
def the_third_page_is_the_last(server: Faulty) -> None:
    """next_cursor is absent from the third page of endpoints."""
    seen: dict[str, int] = {}

    @server.shown("listIngesters")
    def edit(document: Any, call: Call, given: Any) -> None:
        depth = seen.get(given.get("cursor") or "", 0) + 1
        if "next_cursor" in document:
            seen[document["next_cursor"]] = depth
        if depth >= 3:
            document.pop("next_cursor", None)


@mutant("list", "LIST-007", also={"WIRE-006": "null is no cursor"} | WALKS)
def the_last_page_has_a_cursor_of_null(server: Faulty) -> None:
    """The last page of targets has `next_cursor: null`."""
    next_cursors(
        server,
        lambda document, found, given: document.setdefault("next_cursor", None),
        "listDestinations",
    )


@mutant("list", "LIST-007", also={"WIRE-006": "it is no cursor"} | WALKS)
def the_last_page_of_the_log_has_an_empty_cursor(server: Faulty) -> None:
    """The last page of the log has `next_cursor: ""`."""
    next_cursors(
        server, lambda document, found, given: document.setdefault("next_cursor", ""), "listLogs"
    )


@mutant("list", "LIST-007", also={"WIRE-006": "it is no cursor"})
def the_last_page_of_attempts_has_an_empty_cursor(server: Faulty) -> None:
    """The last page of attempts has `next_cursor: ""`."""
    next_cursors(
        server,
        lambda document, found, given: document.setdefault("next_cursor", ""),
        "listDeliveries",
    )


@mutant("boundary", "LIST-007", also=WALKS)
def a_full_last_page_has_a_cursor(server: Faulty) -> None:
    """A last page of endpoints that is just full has a next_cursor, which leads to an empty one."""

    @server.handler("listIngesters")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        window = call.window(given["limit"], given.get("cursor"))
        found = call.store.ingesters.page(call.tenant_id, window)
        document: Any = {
            "ingesters": [
                wire.ingester(row, base_url=call.base_url) for row in found[: window.limit]
            ]
        }
        if len(found) >= window.limit:
            document["next_cursor"] = window.next_cursor(found[: window.limit][-1].seq)
        return wire.ok(document)
