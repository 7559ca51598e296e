"""What every list does alike: limits, cursors, and query parameters known and unknown."""

import itertools
from typing import Any
from urllib.parse import quote

import pytest

from tests.server import given
from tests.server.calls import LISTS, World
from tests.server.client import Api
from tests.server.harness import Sandbox

ROWS = 7
CURSOR_MESSAGE = "is not a cursor of this list"
FILTERS: dict[str, dict[str, str | None]] = {
    "listDeliveries": {"status": "failed", "destination_id": "dest_any", "event_id": None},
    "listLogs": {
        "level": "info",
        "source_id": "ing_any",
        "delivery_id": "dlv_any",
        "since": "2020-01-01T00:00:00Z",
        "until": "2090-01-01T00:00:00Z",
    },
}


class Listed:
    """A list with seven rows or more."""

    def __init__(self, world: World, operation_id: str) -> None:
        operation = LISTS[operation_id]
        schema = operation.responses["200"]["content"]["application/json"]["schema"]
        self.world = world
        self.api = world.api
        self.operation_id = operation_id
        self.path = world.path(operation)
        self.member = schema["required"][0]

    def page(self, query: str) -> dict[str, Any]:
        """One page."""
        page: dict[str, Any] = self.api.get(f"{self.path}?{query}").expect(200).json
        return page

    def ids(self, query: str) -> list[str]:
        """The ids of one page."""
        return [row["id"] for row in self.page(query)[self.member]]


@pytest.fixture(scope="module")
def world(shared: Sandbox) -> World:
    world = World(shared)
    for _ in range(ROWS):
        given.flow(world.api)
        given.failed_event(shared, world.tenant)
    return world


@pytest.fixture(scope="module")
def another(shared: Sandbox) -> World:
    world = World(shared)
    for _ in range(2):
        given.flow(world.api)
        given.failed_event(shared, world.tenant)
    return world


@pytest.fixture(params=LISTS)
def listed(request: pytest.FixtureRequest, world: World) -> Listed:
    """Each list of the contract in turn."""
    return Listed(world, request.param)


def test_a_page_is_as_long_as_asked_for_and_20_rows_by_default(listed: Listed) -> None:
    for _ in range(20):
        given.flow(listed.api)
        given.failed_event(listed.world.sandbox, listed.world.tenant)
    every = listed.api.walk(listed.path, listed.member)
    assert len(every) > 20
    assert listed.page("")[listed.member] == every[:20]
    for limit in (1, 2, 20, 99, 100):
        assert listed.page(f"limit={limit}")[listed.member] == every[:limit]


@pytest.mark.parametrize(
    "limit",
    [
        "",
        "0",
        "-1",
        "-0",
        "101",
        "1000",
        "9" * 5000,
        "9223372036854775808",
        "18446744073709551617",
        "5.0",
        "5.5",
        "1e1",
        "0x10",
        "1_0",
        "%205",
        "5%20",
        "+5",
        "%2B5",
        "five",
        "null",
        "true",
        "%EF%BC%95",
        "%D9%A5",
        "5,6",
        "5;6",
        "5%00",
        "5%0A",
        "%FF",
    ],
    ids=lambda limit: limit[:20],
)
def test_a_limit_that_is_no_integer_from_1_to_100_is_refused(listed: Listed, limit: str) -> None:
    message = "must be an integer from 1 to 100" if limit else None
    listed.api.get(f"{listed.path}?limit={limit}").invalid("limit", message)


def test_a_parameter_without_a_value_is_refused(listed: Listed) -> None:
    listed.api.get(f"{listed.path}?limit").invalid("limit", "must not be empty")
    listed.api.get(f"{listed.path}?cursor").invalid("cursor", "must not be empty")
    listed.api.get(f"{listed.path}?cursor=").invalid("cursor", "must not be empty")


@pytest.mark.parametrize("operation_id", LISTS)
def test_next_cursor_is_there_exactly_when_more_rows_exist(
    another: World, operation_id: str
) -> None:
    listed = Listed(another, operation_id)
    rows = len(listed.api.walk(listed.path, listed.member))
    assert 1 < rows < 100
    for limit in (1, rows - 1, rows, rows + 1):
        assert ("next_cursor" in listed.page(f"limit={limit}")) == (limit < rows)


def test_the_limit_may_change_from_page_to_page(listed: Listed) -> None:
    every = [row["id"] for row in listed.api.walk(listed.path, listed.member)]
    seen: list[str] = []
    cursor = ""
    for limit in itertools.cycle((1, 5, 2, 100)):
        page = listed.page(f"limit={limit}{cursor}")
        seen += [row["id"] for row in page[listed.member]]
        if "next_cursor" not in page:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == every


def test_a_cursor_may_be_used_again_and_by_another_credential_of_the_tenant(
    listed: Listed,
) -> None:
    first = listed.page("limit=2")
    query = f"limit=2&cursor={first['next_cursor']}"
    second = listed.page(query)
    assert listed.page(query) == second
    token = listed.world.sandbox.new_jwt(tenant=listed.world.tenant)
    api = listed.world.sandbox.api(token=token, tenant=listed.world.tenant)
    assert api.get(f"{listed.path}?{query}").expect(200).json == second


def test_a_cursor_with_any_character_changed_is_refused(listed: Listed) -> None:
    cursor = listed.page("limit=1")["next_cursor"]
    for place, given_letter in enumerate(cursor):
        for letter in "AQgw09_-+/=.~" + chr(ord(given_letter) ^ 1):
            if letter != given_letter:
                changed = quote(cursor[:place] + letter + cursor[place + 1 :], safe="")
                answer = listed.api.get(f"{listed.path}?cursor={changed}")
                answer.invalid("cursor", CURSOR_MESSAGE)


@pytest.mark.parametrize(
    "change",
    [
        lambda cursor: cursor[:-1],
        lambda cursor: cursor[1:],
        lambda cursor: cursor[:16],
        lambda cursor: cursor + "A",
        lambda cursor: cursor + "=",
        lambda cursor: cursor + "====",
        lambda cursor: cursor * 2,
        lambda cursor: cursor[::-1],
        lambda cursor: cursor.swapcase(),
        lambda cursor: " " + cursor,
        lambda cursor: cursor + "\n",
        lambda cursor: cursor + "\0",
        lambda cursor: cursor + "é",
        lambda cursor: "A" * 32,
        lambda cursor: "_" * 32,
        lambda cursor: "1",
        lambda cursor: "x" * 1024,
        lambda cursor: "x" * 1025,
        lambda cursor: "null",
    ],
)
def test_a_cursor_that_was_not_given_out_is_refused(listed: Listed, change: Any) -> None:
    changed = quote(change(listed.page("limit=1")["next_cursor"]), safe="")
    listed.api.get(f"{listed.path}?cursor={changed}").invalid("cursor", CURSOR_MESSAGE)


def test_a_cursor_of_another_tenant_is_refused(listed: Listed, another: World) -> None:
    foreign = Listed(another, listed.operation_id).page("limit=1")["next_cursor"]
    listed.api.get(f"{listed.path}?cursor={foreign}").invalid("cursor", CURSOR_MESSAGE)


def test_a_cursor_of_another_list_is_refused(listed: Listed) -> None:
    cursor = listed.page("limit=1")["next_cursor"]
    for operation_id in LISTS:
        if operation_id != listed.operation_id:
            other = Listed(listed.world, operation_id)
            other.api.get(f"{other.path}?cursor={cursor}").invalid("cursor", CURSOR_MESSAGE)


def test_a_cursor_of_another_cluster_is_refused(shared: Sandbox) -> None:
    tenant = shared.new_tenant(clusters=("plane_1", "plane_2"))
    api = shared.api(tenant=tenant)
    for _ in range(2):
        given.flow(api)
    cursor = api.get(api.cluster("plane_1", limit=1)).expect(200).json["next_cursor"]
    api.get(api.cluster("plane_1", cursor=cursor)).expect(200)
    api.get(api.cluster("plane_2", cursor=cursor)).invalid("cursor", CURSOR_MESSAGE)


def filter_sets(listed: Listed) -> list[str]:
    """Every subset of the list's filters, as queries that leave more than one row where it can."""
    named = dict(FILTERS.get(listed.operation_id, {}))
    if "event_id" in named:
        event_id = given.event(listed.world.sandbox, listed.world.tenant)
        for number in (1, 2):
            given.attempt(listed.world.sandbox, listed.world.tenant, event_id, number=number)
        named["event_id"] = event_id
    return [
        "&".join(f"{name}={named[name]}" for name in names)
        for size in range(len(named) + 1)
        for names in itertools.combinations(named, size)
    ]


@pytest.mark.parametrize("operation_id", FILTERS)
def test_a_cursor_of_another_set_of_filters_is_refused(world: World, operation_id: str) -> None:
    listed = Listed(world, operation_id)
    sets = filter_sets(listed)
    cursors = {query: listed.page(f"{query}&limit=1").get("next_cursor") for query in sets}
    given_out = {query: cursor for query, cursor in cursors.items() if cursor}
    assert len(given_out) > 4
    for query, cursor in given_out.items():
        for other in sets:
            answer = listed.api.get(f"{listed.path}?{other}&cursor={cursor}")
            if other == query:
                answer.expect(200)
            else:
                answer.invalid("cursor", CURSOR_MESSAGE)


def test_a_cursor_of_another_value_of_a_filter_is_refused(world: World) -> None:
    listed = Listed(world, "listDeliveries")
    cursor = listed.page("status=failed&limit=1")["next_cursor"]
    for status in ("delivered", "pending", "retrying"):
        listed.api.get(f"{listed.path}?status={status}&cursor={cursor}").invalid("cursor")
    logs = Listed(world, "listLogs")
    cursor = logs.page("since=2020-01-01T00:00:00Z&limit=1")["next_cursor"]
    logs.api.get(f"{logs.path}?since=2020-01-02T00:00:00Z&cursor={cursor}").invalid("cursor")


def test_the_order_of_the_parameters_does_not_matter(world: World) -> None:
    listed = Listed(world, "listDeliveries")
    cursor = listed.page("status=failed&destination_id=dest_any&limit=1")["next_cursor"]
    one = listed.ids(f"status=failed&destination_id=dest_any&cursor={cursor}")
    two = listed.ids(f"cursor={cursor}&destination_id=dest_any&status=failed")
    assert one == two != []


def test_unknown_parameters_are_ignored_however_they_look(listed: Listed) -> None:
    expected = listed.page("limit=3")
    for query in (
        "limit=3&page=2",
        "page=2&page=3&limit=3",
        "limit=3&Limit=1&LIMIT=0",
        "limit=3&limit%00=1",
        "limit=3&limit[]=1",
        "limit=3&%FF=%FF",
        "limit=3&=&&=x&x",
        "&&limit=3&&",
        "limit=3&sort=%0d%0a&tenant_id=tnt_other&Idempotency-Key=x",
        "l%69mit=3",
        "limit=%33",
    ):
        got = listed.page(query)
        assert got == expected, query


def test_a_known_parameter_given_twice_is_refused(listed: Listed) -> None:
    values = {"limit": "5", "cursor": listed.page("limit=1")["next_cursor"]}
    for name, value in FILTERS.get(listed.operation_id, {}).items():
        values[name] = value or "evt_any"
    for name, value in values.items():
        for query in (
            f"{name}={value}&{name}={value}",
            f"{name}={value}&x=1&{name}=",
            f"{name}={value}&%{ord(name[0]):02x}{name[1:]}={value}",
        ):
            listed.api.get(f"{listed.path}?{query}").invalid(name, "must be given once")


def test_an_empty_filter_is_refused(listed: Listed) -> None:
    for name in FILTERS.get(listed.operation_id, {}):
        listed.api.get(f"{listed.path}?{name}=").invalid(name, "must not be empty")
        listed.api.get(f"{listed.path}?{name}").invalid(name, "must not be empty")


def test_everything_wrong_with_a_query_is_reported(world: World) -> None:
    listed = Listed(world, "listDeliveries")
    document = listed.api.get(
        f"{listed.path}?limit=0&cursor=%20&status=x&event_id=-&destination_id="
    ).refused("validation-error")
    assert {error["field"] for error in document["errors"]} == {
        "limit",
        "cursor",
        "status",
        "event_id",
        "destination_id",
    }


def test_an_empty_list_is_a_list(shared: Sandbox) -> None:
    api: Api = shared.api(tenant=shared.new_tenant())
    for path, member in (
        (api.at("destinations"), "destinations"),
        (api.at("delivery-flows"), "delivery_flows"),
        (api.at("deliveries"), "deliveries"),
        (api.at("ingesters"), "ingesters"),
        ("/v1/logs", "logs"),
        (api.cluster("plane_1"), "items"),
    ):
        assert api.get(path).expect(200).json == {member: []}


def test_a_cursor_past_the_last_row_is_an_empty_page(api: Api) -> None:
    made = [given.destination(api)["id"] for _ in range(3)]
    path = api.at("destinations", limit=2)
    cursor = api.get(path).json["next_cursor"]
    api.delete(api.at("destinations", made[0])).expect(204)
    assert api.get(f"{path}&cursor={cursor}").expect(200).json == {"destinations": []}


def test_a_cursor_outlives_the_row_it_was_made_at_and_a_restart(tmp_path: Any) -> None:
    path = tmp_path / "sandbox.db"
    with Sandbox(path) as sandbox:
        api = sandbox.api()
        made = [given.destination(api)["id"] for _ in range(4)]
        query = api.at("destinations", limit=2)
        cursor = api.get(query).json["next_cursor"]
        api.delete(api.at("destinations", made[2])).expect(204)
    with Sandbox(path) as sandbox:
        api = sandbox.api()
        page = api.get(f"{query}&cursor={cursor}").expect(200).json
        assert [row["id"] for row in page["destinations"]] == made[1::-1]
