"""The log: an entry for every write that passed authentication, and filters that are exact."""

import itertools
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.server import given, snapshots
from tests.server.calls import SECURED, WRITES, World
from tests.server.client import NOTHING, Answer, Api
from tests.server.harness import EVERY_SCOPE, Sandbox
from zen_sandbox.clock import SteppingClock
from zen_sandbox.domain import LogEntry

ACTIONS = {
    "createDestination": ("create", "destination"),
    "updateDestination": ("update", "destination"),
    "deleteDestination": ("delete", "destination"),
    "createDeliveryFlow": ("create", "delivery-flow"),
    "replaceDeliveryFlow": ("update", "delivery-flow"),
    "deleteDeliveryFlow": ("delete", "delivery-flow"),
    "createClusterDeliveryFlow": ("create", "delivery-flow"),
    "createIngester": ("create", "ingester"),
    "replaceIngester": ("update", "ingester"),
    "deleteIngester": ("delete", "ingester"),
    "retryEvent": ("retry", "event"),
    "retryBatch": ("retry", "delivery"),
}


def log_of(api: Api, **filters: str) -> list[dict[str, Any]]:
    """The tenant's log, newest first."""
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    return api.walk(f"/v1/logs?{query}" if query else "/v1/logs", "logs")


@pytest.fixture(scope="module")
def world(shared: Sandbox) -> World:
    return World(shared)


@pytest.fixture(scope="module")
def stranger(shared: Sandbox) -> World:
    return World(shared)


def entry_of(world: World, answer: Answer) -> dict[str, Any]:
    """The one entry that the answered request made."""
    found = [one for one in log_of(world.api) if one.get("request_id") == answer.request_id]
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize("operation_id", WRITES)
def test_a_write_that_was_done_is_logged(world: World, operation_id: str) -> None:
    call = world.call(operation_id)
    answer = call.send(world.api)
    entry = entry_of(world, answer)
    action, resource_type = ACTIONS[operation_id]
    assert (entry["level"], entry["result"]) == ("info", "success")
    assert (entry["action"], entry["resource_type"]) == (action, resource_type)
    assert log_of(world.api)[0] == entry
    if operation_id != "retryBatch":
        expected = answer.json["id"] if answer.status == 201 else named_in(call.path)
        assert entry["resource_id"] == expected


def named_in(path: str) -> str:
    """The object that a path is about."""
    segments = path.split("/")
    return segments[5]


REFUSALS = {
    "authorization_denied": (403, "insufficient-scope"),
    "validation_error": (400, "validation-error"),
    "conflict": (409, "idempotency-conflict"),
    "not_found": (404, "not-found"),
}


@pytest.mark.parametrize(
    ("operation_id", "result"),
    [
        (operation_id, result)
        for operation_id, operation in WRITES.items()
        for result, (status, _) in REFUSALS.items()
        if str(status) in operation.responses
    ],
)
def test_a_write_that_was_refused_is_logged(world: World, operation_id: str, result: str) -> None:
    status, slug = REFUSALS[result]
    call, more, api = world.call(operation_id), {}, world.api
    if result == "authorization_denied":
        api = world.sandbox.api([], tenant=world.tenant)
    elif result == "validation_error":
        more = {"key": "two words"}
    elif result == "conflict":
        more = {"key": given.name("key")}
        world.call("createDestination").send(world.api, **more).expect(201)
    else:
        call = world.missing(operation_id)
    answer = call.send(api, **more)
    answer.refused(slug)
    entry = entry_of(world, answer)
    assert (entry["level"], entry["result"]) == ("warn", result)
    assert (entry["action"], entry["resource_type"]) == ACTIONS[operation_id]
    assert str(status) in entry["message"]


@pytest.mark.parametrize(
    "operation_id", [n for n, one in WRITES.items() if "{tenant_id}" in one.path]
)
def test_a_write_to_another_tenants_path_is_logged_with_the_credentials_own_tenant(
    world: World, stranger: World, operation_id: str
) -> None:
    call = stranger.call(operation_id)
    before = snapshots.log(world.sandbox, stranger.tenant)
    answer = call.send(world.api)
    answer.refused("permission-denied")
    entry = entry_of(world, answer)
    assert entry["result"] == "authorization_denied"
    assert snapshots.log(world.sandbox, stranger.tenant) == before


@pytest.mark.parametrize("operation_id", WRITES)
def test_a_write_that_did_not_pass_authentication_is_not_logged(
    world: World, operation_id: str
) -> None:
    call = world.call(operation_id)
    before = snapshots.log(world.sandbox, world.tenant)
    call.send(world.sandbox.anonymous()).refused("unauthorized")
    call.send(world.sandbox.api(token="zpk_none")).refused("unauthorized")
    assert snapshots.log(world.sandbox, world.tenant) == before


@pytest.mark.parametrize("operation_id", [name for name in SECURED if name not in WRITES])
def test_a_read_is_not_logged(world: World, operation_id: str) -> None:
    call = world.call(operation_id)
    before = snapshots.log(world.sandbox, world.tenant)
    call.send(world.api).expect(200)
    call.send(world.sandbox.api([], tenant=world.tenant)).refused("insufficient-scope")
    assert snapshots.log(world.sandbox, world.tenant) == before


def test_every_kind_of_400_and_409_is_logged(world: World) -> None:
    api, flow = world.api, given.flow(world.api)
    destinations, flows = api.at("destinations"), api.at("delivery-flows")
    taken = given.flow_body(api, name=flow["name"])
    unknown = given.flow_body(api, source_id="ing_none")
    cases = [
        (api.post(destinations, data=b"{", headers={"Content-Type": "application/json"}), 400),
        (api.post(destinations, {}), 400),
        (api.post(api.at("destinations")), 400),
        (api.post(flows, unknown), 400),
        (api.post(flows, taken), 409),
        (api.delete(api.at("destinations", flow["destination_id"])), 409),
        (api.delete(api.at("destinations", "a.b")), 400),
    ]
    for answer, status in cases:
        entry = entry_of(world, answer.expect(status))
        assert entry["result"] == ("validation_error" if status == 400 else "conflict")
        assert answer.json["detail"] in entry["message"]


def test_the_actor_is_the_keys_id_or_the_jwts_subject(world: World) -> None:
    by_key = given.destination_body()
    entry = entry_of(world, world.api.post(world.api.at("destinations"), by_key).expect(201))
    assert entry["actor"].startswith("key_")
    token = world.sandbox.new_jwt(tenant=world.tenant, sub="someone@example.com")
    api = world.sandbox.api(token=token, tenant=world.tenant)
    entry = entry_of(world, api.post(api.at("destinations"), given.destination_body()).expect(201))
    assert entry["actor"] == "someone@example.com"


def test_a_very_long_subject_is_still_a_valid_actor(world: World) -> None:
    token = world.sandbox.new_jwt(tenant=world.tenant, sub="名" * 3000)
    api = world.sandbox.api(token=token, tenant=world.tenant)
    entry_of(world, api.post(api.at("destinations"), given.destination_body()).expect(201))


def test_the_longest_refusal_is_still_a_valid_entry(world: World) -> None:
    body = {**given.destination_body(), **{f"{'x' * 300}{n}": 1 for n in range(200)}}
    answer = world.api.post(world.api.at("destinations"), body)
    answer.refused("validation-error")
    entry_of(world, answer)


def test_writes_about_an_endpoint_or_its_flows_can_be_found_by_it(world: World) -> None:
    api = world.api
    source = given.ingester(api)["id"]
    flow = given.flow(api, source_id=source)
    given.ingester(api)
    api.delete(api.at("delivery-flows", flow["id"])).expect(204)
    api.put(api.at("ingesters", source), given.ingester_body()).expect(200)
    api.delete(api.at("ingesters", source)).expect(204)
    found = [(e["action"], e["resource_type"]) for e in log_of(api, source_id=source)]
    assert found == [
        ("delete", "ingester"),
        ("update", "ingester"),
        ("delete", "delivery-flow"),
        ("create", "delivery-flow"),
        ("create", "ingester"),
    ]


# --- filters, on entries whose every field is known -----------------------------------------

LEVELS = ("debug", "info", "warn", "error")
SOURCES = (None, "ing_1", "ing_2")
DELIVERIES = (None, "dlv_1", "dlv_2")


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A tenant with an entry for each level, source and delivery, a second apart."""
    path = tmp_path_factory.mktemp("logs") / "sandbox.db"
    with Sandbox(path, clock=SteppingClock()) as sandbox:
        api, store = sandbox.api(), sandbox.store
        with store.database.writing():
            for level, source, delivery in itertools.product(LEVELS, SOURCES, DELIVERIES):
                for tenant in ("tnt_a", "tnt_b"):
                    store.logs.add(tenant, entry(store.now(), level, source, delivery))
        rows = sandbox.store.database.execute(
            "SELECT id, timestamp, level, source_id, delivery_id FROM logs"
            " WHERE tenant_id = 'tnt_a' ORDER BY seq DESC"
        ).fetchall()
        yield api, rows


def entry(now: str, level: str, source: str | None, delivery: str | None) -> LogEntry:
    """An entry as the delivery engine would make it."""
    return LogEntry(
        seq=0,
        id=given.name("log"),
        timestamp=now,
        level=level,
        message="made for this test",
        action="deliver",
        result="success",
        actor="engine",
        resource_type="delivery",
        resource_id=delivery,
        request_id=None,
        delivery_id=delivery,
        source_id=source,
    )


@pytest.mark.parametrize("level", [None, *LEVELS])
def test_every_combination_of_filters_leaves_just_what_it_names(
    known: tuple[Api, list[tuple[str, str, str, str | None, str | None]]], level: str | None
) -> None:
    api, rows = known
    middle = rows[len(rows) // 2][1] + "Z"
    early = rows[-3][1] + "Z"
    moments = (None, early, middle)
    for source, delivery, since, until in itertools.product(
        (None, "ing_1", "ing_none"), (None, "dlv_2"), moments, moments
    ):
        wanted = {
            "level": level,
            "source_id": source,
            "delivery_id": delivery,
            "since": since,
            "until": until,
        }
        filters = {name: value for name, value in wanted.items() if value is not None}
        expected = [
            row[0]
            for row in rows
            if level in (None, row[2])
            and source in (None, row[3])
            and delivery in (None, row[4])
            and (since is None or row[1] >= since.rstrip("Z"))
            and (until is None or row[1] < until.rstrip("Z"))
        ]
        assert [one["id"] for one in log_of(api, **filters)] == expected, filters


def test_since_is_inclusive_and_until_exclusive_to_the_millisecond(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "sandbox.db") as sandbox:
        api, store = sandbox.api(), sandbox.store
        moments = [
            f"2027-03-0{day}T10:20:30.{ms}" for day in (1, 2) for ms in ("000", "001", "999")
        ]
        with store.database.writing():
            for moment in moments:
                store.logs.add("tnt_a", entry(moment, "info", None, None))
        exact = moments[1]
        assert len(log_of(api, since=exact + "Z")) == 5
        assert len(log_of(api, until=exact + "Z")) == 1
        assert len(log_of(api, since=exact + "Z", until=exact + "Z")) == 0
        assert len(log_of(api, since=exact + "Z", until=moments[2] + "Z")) == 1
        # Finer than what is kept: the entry at .001 is before .0010001 and after .0009999.
        assert len(log_of(api, since="2027-03-01T10:20:30.0010001Z")) == 4
        assert len(log_of(api, since="2027-03-01T10:20:30.000999999Z")) == 5
        assert len(log_of(api, until="2027-03-01T10:20:30.0010001Z")) == 2
        assert len(log_of(api, until="2027-03-01T10:20:30.000999999Z")) == 1
        # Whole seconds and any number of decimals name the same moment.
        for spelling in ("30Z", "30.0Z", "30.000Z", "30.000000000Z"):
            assert len(log_of(api, since=f"2027-03-02T10:20:{spelling}")) == 3
            assert len(log_of(api, until=f"2027-03-02T10:20:{spelling}")) == 3
        assert len(log_of(api, since="2027-03-02T10:20:30.999Z")) == 1


def test_since_and_until_are_exact_however_many_entries_share_a_millisecond(
    tmp_path: Path,
) -> None:
    with Sandbox(tmp_path / "sandbox.db") as sandbox:
        api, store = sandbox.api(), sandbox.store
        counts = {"000": 3, "001": 5000, "002": 2, "003": 4, "900": 1}
        with store.database.writing():
            for ms, count in counts.items():
                for _ in range(count):
                    moment = f"2027-03-01T10:20:30.{ms}"
                    store.logs.add("tnt_a", entry(moment, "info", None, None))
        for ms in counts:
            moment = f"2027-03-01T10:20:30.{ms}"
            later = [other for other in counts if other >= ms]
            since = sum(counts[other] for other in later)
            if ms > "001":
                assert len(log_of(api, since=moment + "Z")) == since
            elif ms == "000":
                assert len(log_of(api, until=moment + "Z")) == 0
            else:
                assert len(log_of(api, until=moment + "Z")) == counts["000"]
            assert len(log_of(api, since=moment + "0001Z", until="2027-03-01T10:20:30.003Z")) == (
                {"000": 5002, "001": 2}.get(ms, 0)
            )


@pytest.mark.parametrize(
    ("bounds", "is_all"),
    [
        ({"since": "0001-01-01T00:00:00Z"}, True),
        ({"since": "0999-12-31T23:59:59Z"}, True),
        ({"since": "1969-12-31T23:59:59.5Z"}, True),
        ({"until": "9999-12-31T23:59:59Z"}, True),
        ({"until": "0999-12-31T23:59:59Z"}, False),
        ({"until": "0001-01-01T00:00:00Z"}, False),
        ({"since": "9999-12-31T23:59:59Z"}, False),
        ({"since": "9999-01-01T00:00:00Z", "until": "0001-01-01T00:00:00Z"}, False),
    ],
)
def test_bounds_far_away_leave_all_or_nothing(
    known: tuple[Api, list[Any]], bounds: dict[str, str], is_all: bool
) -> None:
    api, rows = known
    assert len(log_of(api, **bounds)) == (len(rows) if is_all else 0)


@pytest.mark.parametrize("name", ["since", "until"])
@pytest.mark.parametrize(
    "value",
    [
        "",
        "now",
        "2026-07-03",
        "2026-07-03T10:30:00",
        "2026-07-03T10:30:00+00:00",
        "2026-07-03T10:30:00%2B02:00",
        "2026-07-03t10:30:00z",
        "2026-07-03%2010:30:00Z",
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2025-02-29T00:00:00Z",
        "2026-07-03T24:00:00Z",
        "2026-07-03T10:60:00Z",
        "2026-07-03T10:30:61Z",
        "2026-07-03T10:30:00.Z",
        "2026-07-03T10:30:00.1234567890Z",
        "12026-07-03T10:30:00Z",
        "%EF%BC%92026-07-03T10:30:00Z",
        "1751538600",
        "2026-07-03T10:30:00Z%00",
        "2026-07-03T10:30:00Z%0A",
    ],
)
def test_a_moment_that_is_none_is_refused(api: Api, name: str, value: str) -> None:
    api.get(f"/v1/logs?{name}={value}").invalid(name)


def test_a_leap_day_is_a_moment(api: Api) -> None:
    api.get("/v1/logs?since=2024-02-29T00:00:00Z").expect(200)


@pytest.mark.parametrize("level", ["fatal", "INFO", "", "info%20", "warning"])
def test_a_level_that_is_none_is_refused(api: Api, level: str) -> None:
    api.get(f"/v1/logs?level={level}").invalid("level")


def test_the_log_is_newest_first_and_its_own_reading_leaves_no_trace(world: World) -> None:
    for _ in range(3):
        given.destination(world.api)
    first = log_of(world.api)
    times = [datetime.fromisoformat(one["timestamp"]) for one in first]
    assert times == sorted(times, reverse=True)
    assert log_of(world.api) == first
    assert len({one["id"] for one in first}) == len(first)


# --- redaction ----------------------------------------------------------------------------------


def test_secrets_and_tokens_are_nowhere_but_where_they_are_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Sends canaries in every place a secret is or may be put by mistake, and looks everywhere."""
    secret = "whsec_" + "Q2FuYXJ5" * 5
    key = "canaryKey0123456789"
    answers: list[bytes] = []
    with caplog.at_level(0), Sandbox(tmp_path / "sandbox.db") as sandbox:
        token = sandbox.new_key(EVERY_SCOPE)
        jwt = sandbox.new_jwt()
        api = sandbox.api(token=token)
        made = given.destination(api, secret={"value": secret})
        path = api.at("destinations", made["id"])
        tokens = [token, jwt, token + "x", jwt + "x"]
        requests: list[tuple[str, str, Any]] = [
            ("POST", api.at("destinations"), given.destination_body(secret={"value": secret})),
            ("POST", api.at("destinations"), given.destination_body(secret=secret)),
            ("POST", api.at("destinations"), given.destination_body(secret=[secret])),
            ("POST", api.at("destinations"), given.destination_body(secret={"valeu": secret})),
            (
                "POST",
                api.at("destinations"),
                given.destination_body(secret={"value": secret + "="}),
            ),
            ("POST", api.at("destinations"), given.destination_body(url=f"http://{key}@host/")),
            ("POST", api.at("destinations"), {"secret": {"value": secret}}),
            ("PATCH", path, {"secret": {"value": secret}}),
            ("PATCH", path, {"secret": {"value": secret + "!"}}),
            ("PATCH", path, {"secret": {"value": secret}, "status": "error"}),
            ("PATCH", api.at("destinations", "dest_none"), {"secret": {"value": secret}}),
            ("PUT", path, {"secret": {"value": secret}}),
            ("GET", path, NOTHING),
            ("GET", api.at("destinations"), NOTHING),
            ("GET", "/nope", NOTHING),
            ("GET", "/v1/logs", NOTHING),
        ]
        for method, target, body in requests:
            for one in tokens:
                headers = {"Authorization": f"Bearer {one}"}
                answer = api.request(method, target, json=body, headers=headers)
                answers.append(answer.body + str(answer.headers).encode())
        log = str(snapshots.log(sandbox, "tnt_a")).encode()
        secrets = sandbox.store.database.execute("SELECT secret FROM destinations").fetchall()
        assert (secret,) in secrets
    everything = {
        "an answer": b"\n".join(answers),
        "the log": log,
        "the process log": caplog.text.encode(),
        "the output": "".join(capfd.readouterr()).encode(),
    }
    signature = jwt.rsplit(".", 1)[1]
    for canary in (secret, secret.removeprefix("whsec_"), key, token, jwt, signature):
        for place, text in everything.items():
            assert canary.encode() not in text, f"{canary} is in {place}"


def test_no_token_is_kept_in_the_database(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "sandbox.db") as sandbox:
        token = sandbox.new_key()
        given.destination(sandbox.api(token=token))
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert token.encode() not in kept
    assert token.removeprefix("zpk_").encode() not in kept
