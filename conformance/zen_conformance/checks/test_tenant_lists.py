"""Isolation of tenants in lists: their rows, their filters and their cursors."""

from collections.abc import Callable
from typing import Any

import pytest

from zen_conformance.answer import Answer
from zen_conformance.check import requirement
from zen_conformance.failed_attempts import failed_attempt
from zen_conformance.failures import NotRun
from zen_conformance.operation_cases import LISTS, each_operation, must_be_offered
from zen_conformance.pages import LONG_PAGE
from zen_conformance.sameness import must_tell_the_same
from zen_conformance.standing import UNKNOWN_ID, standing_attempt
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant
from zen_conformance.traffic import until

Make = Callable[[Tenant], Any]

_ROWS: dict[str, tuple[str, Make]] = {
    "listDestinations": ("destinations", lambda tenant: tenant.a_destination()),
    "listDeliveryFlows": ("delivery_flows", lambda tenant: tenant.a_flow()),
    "listIngesters": ("ingesters", lambda tenant: tenant.an_ingester()),
    "listClusterDeliveryFlows": ("items", lambda tenant: tenant.a_flow()),
}
_PAGES = 60  # other checks make rows meanwhile


@requirement("TENANT-008")
@each_operation(_ROWS)
@pytest.mark.parametrize("limit", [1, 2, LONG_PAGE])
def test_a_list_holds_no_row_of_another_tenant(
    suite: Suite, api: Tenant, other: Tenant, operation_id: str, limit: int
) -> None:
    must_be_offered(suite, operation_id)
    member, make = _ROWS[operation_id]
    # Theirs lie between ours, so that they would turn up on first and later pages alike.
    rows = [make(tenant) for tenant in (other, api, other, api, other, api)]
    theirs, ours = {row["name"] for row in rows[::2]}, {row["name"] for row in rows[1::2]}
    for number, page in enumerate(api.pages(operation_id, {"limit": limit})):
        names = {row.get("name") for row in page.rows(member)}
        page.must(not names & theirs, f"the list holds {names & theirs} of another tenant")
        ours -= names
        if number >= _PAGES or not (ours or limit > 2):
            return


@requirement("TENANT-009")
def test_attempts_hold_no_row_of_another_tenant(api: Tenant, other: Tenant) -> None:
    # Theirs lie before and after ours, so that they would turn up on first and later pages alike.
    theirs = [standing_attempt(other)]
    failed_attempt(api)
    theirs.append(failed_attempt(other))
    queries: list[dict[str, Any]] = [{"limit": 1}, {"limit": LONG_PAGE}]
    for query in [*queries, {"limit": 2, "status": "failed"}]:
        for number, page in enumerate(api.pages("listDeliveries", query)):
            found = {row.get("event_id") for row in page.rows("deliveries")}
            foreign = found & {one.event_id for one in theirs}
            page.must(not foreign, f"the list holds attempts of another tenant's event {foreign}")
            if number >= 5:
                break


@requirement("TENANT-009")
@pytest.mark.parametrize("status", [None, "failed", "delivered"])
def test_another_tenants_target_has_no_attempts(
    api: Tenant, other: Tenant, status: str | None
) -> None:
    theirs = standing_attempt(other)
    more = {} if status is None else {"status": status}
    unknown = api.call("listDeliveries", query={"destination_id": UNKNOWN_ID, **more})
    if unknown.precondition(200).rows("deliveries"):
        raise NotRun("the filter destination_id is not looked at")
    answer = api.call("listDeliveries", query={"destination_id": theirs.destination_id, **more})
    must_tell_the_same(
        unknown, answer, (UNKNOWN_ID, theirs.destination_id), "another tenant's target shows"
    )


@requirement("TENANT-009")
@pytest.mark.parametrize("status", [None, "failed", "delivered"])
def test_another_tenants_event_is_not_there(api: Tenant, other: Tenant, status: str | None) -> None:
    theirs, ours = standing_attempt(other), standing_attempt(api)
    more = {} if status is None else {"status": status}
    for beside in ({}, {"destination_id": ours.destination_id}):
        filters = {**more, **beside}
        unknown = api.call("listDeliveries", query={**filters, "event_id": UNKNOWN_ID})
        unknown.precondition(404)
        foreign = api.call("listDeliveries", query={**filters, "event_id": theirs.event_id})
        must_tell_the_same(
            unknown, foreign, (UNKNOWN_ID, theirs.event_id), "another tenant's event shows through"
        )


@requirement("TENANT-010")
def test_the_log_holds_no_entry_of_another_tenant(suite: Suite, api: Tenant, other: Tenant) -> None:
    made = [other.a_destination()["id"] for _ in range(3)]
    api.a_destination()
    if suite.target.offers("ingesters"):
        source_id = other.an_ingester()["id"]
        made.append(source_id)
    else:
        source_id = UNKNOWN_ID
    theirs: set[tuple[Any, Any]] = set()

    def show() -> bool:
        # Each kind may be numbered from 1, so an id alone may be one of ours as well.
        theirs.update(one for one in _logged(other, {"limit": 100}) if one[1] in made)
        return bool(theirs)

    if not until(show, seconds=10):
        raise NotRun("the other tenant's writes do not show in its own log")
    queries: list[dict[str, Any]] = [
        {"limit": LONG_PAGE},
        {"limit": 1},
        {"level": "info"},
        {"since": "2020-01-01T00:00:00Z"},
    ]
    for query in [*queries, {"until": "2099-01-01T00:00:00Z"}, {"source_id": source_id}]:
        for number, page in enumerate(api.pages("listLogs", query)):
            found = _about(page) & theirs
            page.must(not found, f"the log holds entries about another tenant's {found}")
            if number >= 3:
                break


@requirement("TENANT-010")
@pytest.mark.parametrize("name", ["source_id", "delivery_id"])
def test_a_filter_finds_no_log_entry_of_another_tenant(
    api: Tenant, other: Tenant, name: str
) -> None:
    attempt = standing_attempt(other)
    value = attempt.source_id if name == "source_id" else attempt.id
    # Which entries are about an endpoint a server may see in its own way; about an attempt, not.
    if not until(lambda: _logged(other, {name: value}), seconds=2) and name == "delivery_id":
        raise NotRun("the other tenant's own log has nothing of its attempt")
    unknown = api.call("listLogs", query={name: UNKNOWN_ID}).precondition(200)
    if unknown.rows("logs"):
        raise NotRun(f"the filter {name} is not looked at")
    answer = api.call("listLogs", query={name: value}).expect(200)
    answer.must(answer.rows("logs") == [], f"another tenant's {name} finds entries")


def _logged(tenant: Tenant, query: dict[str, Any]) -> set[tuple[Any, Any]]:
    answer = tenant.call("listLogs", query=query)
    return _about(answer) if answer.status == 200 else set()


def _about(page: Answer) -> set[tuple[Any, Any]]:
    return {(row.get("resource_type"), row.get("resource_id")) for row in page.rows("logs")}


@requirement("TENANT-011")
@each_operation(LISTS)
@pytest.mark.parametrize("given_to", ["primary", "other"])
def test_another_tenants_cursor_is_refused(suite: Suite, operation_id: str, given_to: str) -> None:
    must_be_offered(suite, operation_id)
    giver, taker = suite.primary, suite.other
    if given_to == "other":
        giver, taker = taker, giver
    ids = {"cluster_id": giver.cluster_id} if "Cluster" in operation_id else {}
    _ensure_two(giver, operation_id)
    page = giver.call(operation_id, query={"limit": 1}, ids=ids).precondition(200)
    cursor = page.get("next_cursor")
    if not isinstance(cursor, str):
        raise NotRun(f"{operation_id} has no second page")
    for more in ({"limit": 1}, {}):
        answer = taker.call(operation_id, query={**more, "cursor": cursor}, ids=ids)
        if answer.status != 400:
            nobodys = {**more, "cursor": "zc_missing"}
            taker.call(operation_id, query=nobodys, ids=ids).precondition(400)
        answer.expect(400, why="another tenant was given the cursor")


def _ensure_two(tenant: Tenant, operation_id: str) -> None:
    for _ in range(2):
        if operation_id in _ROWS:
            _ROWS[operation_id][1](tenant)
        elif operation_id == "listDeliveries":
            failed_attempt(tenant)
        else:
            tenant.a_destination()
