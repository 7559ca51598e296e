"""Delivery attempts and traces: what a row shows in each state, and what the filters leave."""

import itertools

import pytest

from tests.server import given
from tests.server.client import Api
from tests.server.given import Ending
from tests.server.harness import Sandbox

ALWAYS = {
    "id",
    "event_id",
    "destination_id",
    "flow_id",
    "status",
    "attempt_number",
    "evidence_id",
}


def listed(api: Api, **filters: str) -> list[str]:
    """The ids of the attempts that the filters leave, in the order of the list."""
    return [row["id"] for row in api.walk(api.at("deliveries", **filters), "deliveries", 3)]


@pytest.mark.parametrize(
    ("number", "ending", "code", "status", "more"),
    [
        (1, "queued", None, "pending", set()),
        (2, "queued", None, "retrying", {"next_attempt_at"}),
        (1, "delivered", 200, "delivered", {"attempted_at", "response_code"}),
        (2, "delivered", 204, "delivered", {"attempted_at", "response_code"}),
        (1, "failed", 500, "failed", {"attempted_at", "response_code", "error_message"}),
        (3, "failed", None, "failed", {"attempted_at", "error_message"}),
    ],
)
def test_an_attempt_shows_what_its_state_calls_for(
    shared: Sandbox,
    api: Api,
    number: int,
    ending: Ending,
    code: int | None,
    status: str,
    more: set[str],
) -> None:
    event_id = given.event(shared, api.tenant_id)
    delivery_id = given.attempt(
        shared, api.tenant_id, event_id, number=number, ending=ending, response_code=code
    )
    row = api.get(api.at("deliveries", delivery_id)).expect(200).json
    assert row.keys() - {"next_attempt_at"} == (ALWAYS | more) - {"next_attempt_at"}
    assert ("next_attempt_at" in row) == (status == "retrying")
    assert (row["status"], row["attempt_number"]) == (status, number)
    assert row.get("response_code") == code
    assert api.get(api.at("deliveries")).json == {"deliveries": [row]}


def test_every_attempt_has_evidence_of_its_own(shared: Sandbox, api: Api) -> None:
    event_id = given.event(shared, api.tenant_id)
    for number in range(1, 6):
        given.attempt(shared, api.tenant_id, event_id, number=number)
    rows = api.walk(api.at("deliveries"), "deliveries")
    assert len({row["evidence_id"] for row in rows}) == 5


def test_an_executed_attempt_is_never_rewritten(shared: Sandbox, api: Api) -> None:
    _, delivery_id = given.failed_event(shared, api.tenant_id, response_code=500)
    before = api.get(api.at("deliveries", delivery_id)).json
    given.finish(shared, api.tenant_id, delivery_id, "delivered")
    assert api.get(api.at("deliveries", delivery_id)).json == before


def test_an_unknown_attempt_is_not_found(api: Api) -> None:
    api.get(api.at("deliveries", "dlv_none")).refused("not-found", "Delivery dlv_none not found.")


def test_attempts_are_listed_by_when_they_were_queued_the_newest_first(
    shared: Sandbox, api: Api
) -> None:
    event_id = given.event(shared, api.tenant_id)
    queued = [
        given.attempt(shared, api.tenant_id, event_id, number=number, ending="queued")
        for number in range(1, 6)
    ]
    for delivery_id in (queued[3], queued[0]):  # executed in another order
        given.finish(shared, api.tenant_id, delivery_id, "failed")
    assert listed(api) == queued[::-1]


def test_a_trace_is_oldest_first_and_holds_only_its_event(shared: Sandbox, api: Api) -> None:
    one, two = (given.event(shared, api.tenant_id) for _ in range(2))
    trace: list[str] = []
    for number in range(1, 8):
        trace.append(given.attempt(shared, api.tenant_id, one, number=number))
        given.attempt(shared, api.tenant_id, two, number=number)
    assert listed(api, event_id=one) == trace


ENDINGS: dict[str, tuple[int, Ending]] = {
    "pending": (1, "queued"),
    "retrying": (2, "queued"),
    "delivered": (1, "delivered"),
    "failed": (1, "failed"),
}


def test_filters_combine(shared: Sandbox, api: Api) -> None:
    events = [given.event(shared, api.tenant_id) for _ in range(2)]
    made: list[tuple[str, str, str, str]] = []
    for event_id, target, status in itertools.product(events, ["dest_1", "dest_2"], ENDINGS):
        number, ending = ENDINGS[status]
        for _ in range(2):
            delivery_id = given.attempt(
                shared,
                api.tenant_id,
                event_id,
                destination_id=target,
                number=number,
                ending=ending,
            )
            made.append((delivery_id, event_id, target, status))
    for wanted in itertools.product(
        [None, *events], [None, "dest_1", "dest_2", "dest_3"], [None, *ENDINGS]
    ):
        names = ("event_id", "destination_id", "status")
        filters = {name: value for name, value in zip(names, wanted, strict=True) if value}
        expected = [
            row[0]
            for row in made
            if all(value in (None, has) for value, has in zip(wanted, row[1:], strict=True))
        ]
        assert listed(api, **filters) == (expected if wanted[0] else expected[::-1])


def test_an_event_without_attempts_has_no_trace(shared: Sandbox, api: Api) -> None:
    for event_id in ("evt_none", given.event(shared, api.tenant_id)):
        for more in ({}, {"status": "failed"}, {"destination_id": "dest_1"}):
            answer = api.get(api.at("deliveries", event_id=event_id, **more))
            answer.refused("not-found", f"No deliveries found for event {event_id}.")


def test_an_event_filtered_empty_is_an_empty_list(shared: Sandbox, api: Api) -> None:
    event_id, _ = given.failed_event(shared, api.tenant_id, destination_id="dest_1")
    for more in (
        {"status": "delivered"},
        {"destination_id": "dest_2"},
        {"status": "failed", "destination_id": "dest_2"},
    ):
        answer = api.get(api.at("deliveries", event_id=event_id, **more))
        assert answer.expect(200).json == {"deliveries": []}


def test_an_unknown_target_is_an_empty_list(shared: Sandbox, api: Api) -> None:
    given.failed_event(shared, api.tenant_id)
    answer = api.get(api.at("deliveries", destination_id="dest_none"))
    assert answer.expect(200).json == {"deliveries": []}


@pytest.mark.parametrize("status", ["bogus", "Failed", "failed ", "error", "queued"])
def test_a_status_that_is_none_is_refused_with_its_value(api: Api, status: str) -> None:
    detail = f"status: '{status}' is not a valid status value"
    api.get(api.at("deliveries", status=status)).refused("validation-error", detail)


@pytest.mark.parametrize("name", ["event_id", "destination_id"])
@pytest.mark.parametrize("value", ["a b", "a.b", "-a", "x" * 65, "é", "a/b"])
def test_a_filter_that_is_no_id_is_refused(api: Api, name: str, value: str) -> None:
    api.get(api.at("deliveries", **{name: value})).invalid(name)


def test_the_trace_link_of_an_attempt_leads_to_its_chain(shared: Sandbox, api: Api) -> None:
    event_id, first = given.failed_event(shared, api.tenant_id)
    second = given.attempt(shared, api.tenant_id, event_id, number=2, ending="delivered")
    row = api.get(api.at("deliveries", second)).json
    assert listed(api, event_id=row["event_id"]) == [first, second]
