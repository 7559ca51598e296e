"""Idempotency keys: what counts as the same request, which answers are kept, and for how long."""

import json
import random
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from limits import parse

from tests.server import given, snapshots
from tests.server.calls import READS, WRITES, World
from tests.server.client import Answer, Api
from tests.server.harness import CLUSTER, EVERY_SCOPE, Sandbox
from zen_sandbox.clock import SteppingClock
from zen_sandbox.request.endpoint import Endpoint
from zen_sandbox.settings import Settings

DAY_MS = 24 * 3600 * 1000


def key() -> str:
    """One that nobody has used."""
    return given.name("key")


@pytest.fixture(scope="module")
def world(shared: Sandbox) -> World:
    return World(shared)


def assert_replays(first: Answer, second: Answer) -> None:
    """The second is the first once more, and says so."""
    assert not first.is_replay
    assert second.is_replay
    assert (second.status, second.body) == (first.status, first.body)
    for name in ("location", "content-type", "content-length"):
        assert second.headers.get(name) == first.headers.get(name)


@pytest.mark.parametrize("operation_id", WRITES)
def test_the_same_request_gets_the_first_answer_again_and_has_no_second_effect(
    world: World, operation_id: str
) -> None:
    call, one = world.call(operation_id), key()
    first = call.send(world.api, key=one)
    assert first.status < 300
    after = snapshots.resources(world.sandbox, world.tenant)
    for _ in range(3):
        second = call.send(world.api, key=one)
        assert_replays(first, second)
        assert second.request_id != first.request_id
    assert snapshots.resources(world.sandbox, world.tenant) == after


@pytest.mark.parametrize(
    "operation_id", [name for name, one in WRITES.items() if "404" in one.responses]
)
def test_a_404_is_kept_and_its_instance_stays_the_first_requests(
    world: World, operation_id: str
) -> None:
    call, one = world.missing(operation_id), key()
    first = call.send(world.api, key=one)
    first.refused("not-found")
    second = call.send(world.api, key=one)
    assert_replays(first, second)
    assert second.json["instance"] == first.request_id != second.request_id


def conflicts(world: World) -> dict[str, tuple[str, str, Any]]:
    """For each operation that can conflict, a request that does."""
    api, flow = world.api, given.flow(world.api)
    other = given.flow(api)
    target, source = (
        api.get(api.at("destinations", flow["destination_id"])).json,
        api.get(api.at("ingesters", flow["source_id"])).json,
    )
    ends = {field: flow[field] for field in ("source_id", "destination_id")}
    recipe = {
        "name": flow["name"],
        "source": flow["source_id"],
        "target": {"id": flow["destination_id"], "type": "webhook"},
    }
    ended, delivered = given.event(world.sandbox, world.tenant), ""
    delivered = given.attempt(world.sandbox, world.tenant, ended, ending="delivered")
    return {
        "createDestination": (
            "POST",
            api.at("destinations"),
            given.destination_body(name=target["name"]),
        ),
        "updateDestination": (
            "PATCH",
            api.at("destinations", other["destination_id"]),
            {"name": target["name"]},
        ),
        "deleteDestination": ("DELETE", api.at("destinations", flow["destination_id"]), None),
        "createDeliveryFlow": ("POST", api.at("delivery-flows"), {"name": flow["name"], **ends}),
        "replaceDeliveryFlow": (
            "PUT",
            api.at("delivery-flows", other["id"]),
            {"name": flow["name"], **ends},
        ),
        "createClusterDeliveryFlow": ("POST", api.cluster(CLUSTER), recipe),
        "createIngester": (
            "POST",
            api.at("ingesters"),
            given.ingester_body(name=source["name"]),
        ),
        "replaceIngester": (
            "PUT",
            api.at("ingesters", other["source_id"]),
            given.ingester_body(name=source["name"]),
        ),
        "deleteIngester": ("DELETE", api.at("ingesters", flow["source_id"]), None),
        "retryEvent": ("POST", api.at("events", ended, "retry"), {}),
        "retryBatch": ("POST", api.at("retry", "batch"), {"delivery_ids": [delivered]}),
    }


@pytest.mark.parametrize("operation_id", [name for name in WRITES if name != "deleteDeliveryFlow"])
def test_a_conflict_is_kept_even_when_its_cause_is_gone(world: World, operation_id: str) -> None:
    method, path, body = conflicts(world)[operation_id]
    data = None if body is None else json.dumps(body).encode()
    headers = {} if body is None else {"Content-Type": "application/json"}
    one = key()
    first = world.api.request(method, path, data=data, headers=headers, key=one)
    first.refused("conflict")
    for flow in world.api.walk(world.api.at("delivery-flows"), "delivery_flows"):
        if flow["id"] != world.flow["id"] and operation_id.startswith(("delete", "create")):
            world.api.delete(world.api.at("delivery-flows", flow["id"])).expect(204)
    assert_replays(first, world.api.request(method, path, data=data, headers=headers, key=one))


def test_a_conflict_of_names_is_kept_when_the_name_is_free_again(world: World) -> None:
    api, one, name = world.api, key(), given.name("target")
    taken = given.destination(api, name=name)
    body = given.destination_body(name=name)
    first = api.post(api.at("destinations"), body, key=one)
    first.refused("conflict")
    api.delete(api.at("destinations", taken["id"])).expect(204)
    assert_replays(first, api.post(api.at("destinations"), body, key=one))
    api.post(api.at("destinations"), body, key=key()).expect(201)


def test_a_deletion_is_answered_204_again_once_the_resource_is_gone(api: Api) -> None:
    one = key()
    path = api.at("destinations", given.destination(api)["id"])
    assert_replays(api.delete(path, key=one).expect(204), api.delete(path, key=one).expect(204))
    api.delete(path).refused("not-found")
    api.delete(path, key=key()).refused("not-found")


# --- the same request, by value -----------------------------------------------------------------

BODY = {"name": "näme", "url": "https://app.example.com/", "type": "webhook"}
SPELLINGS = [
    b'{"url":"https://app.example.com/","type":"webhook","name":"n\\u00e4me"}',
    b' {\n\t"name" : "n\\u00E4me" ,\r\n"type":"webhook","url":"https:\\/\\/app.example.com\\/"}\n ',
    json.dumps(BODY, ensure_ascii=False, indent=4).encode(),
    b'{"na\\u006de":"n\\u00e4me","\\u0075rl":"https://app.example.com/","type":"webhook"}',
]


def test_json_is_compared_by_value_whatever_its_spelling(api: Api) -> None:
    one = key()
    first = api.post(api.at("destinations"), BODY, key=one).expect(201)
    for spelling in SPELLINGS:
        for content_type in ("application/json", "Application/JSON; charset=UTF-8"):
            second = api.post(
                api.at("destinations"),
                data=spelling,
                headers={"Content-Type": content_type},
                key=one,
            )
            assert_replays(first, second)


def test_key_order_in_nested_objects_does_not_matter_and_order_in_lists_does(
    shared: Sandbox, api: Api
) -> None:
    ids = [given.failed_event(shared, api.tenant_id)[1] for _ in range(2)]
    one, two = key(), key()
    path = api.at("retry", "batch")
    first = api.post(path, {"delivery_ids": ids}, key=one).expect(202)
    assert_replays(first, api.post(path, {"delivery_ids": ids}, key=one))
    api.post(path, {"delivery_ids": ids[::-1]}, key=one).refused("idempotency-conflict")
    api.post(path, {"delivery_ids": [*ids, ids[0]]}, key=one).refused("idempotency-conflict")
    ends = {field: given.flow(api)[field] for field in ("source_id", "destination_id")}
    policy = {"max_attempts": 5, "backoff_seconds": 9}
    backwards = dict(reversed(policy.items()))
    name = given.name("flow")
    body = {"name": name, **ends, "config": {"retry_policy": policy}}
    other = {"config": {"retry_policy": backwards}, **ends, "name": name}
    first = api.post(api.at("delivery-flows"), body, key=two).expect(201)
    assert_replays(first, api.post(api.at("delivery-flows"), other, key=two))


def test_a_number_is_compared_by_value_where_its_spelling_is_taken(api: Api) -> None:
    ends = {field: given.flow(api)[field] for field in ("source_id", "destination_id")}
    one, name = key(), given.name("flow")

    def body(number: str) -> bytes:
        whole = {"name": name, **ends, "config": {"retry_policy": {"max_attempts": 0}}}
        return json.dumps(whole).replace(": 0}", f": {number}}}").encode()

    def post(number: str) -> Answer:
        headers = {"Content-Type": "application/json"}
        return api.post(api.at("delivery-flows"), data=body(number), headers=headers, key=one)

    first = post("10").expect(201)
    for spelling in ("1e1", "10.0", "1.0E+1", "100e-1"):
        answer = post(spelling)
        if answer.status == 400:  # a server may refuse such a spelling of an integer
            answer.invalid("config.retry_policy.max_attempts")
        else:
            assert_replays(first, answer)
    post("9").refused("idempotency-conflict")


def test_no_body_and_an_empty_object_are_the_same_request(shared: Sandbox, api: Api) -> None:
    one = key()
    path = api.at("events", given.failed_event(shared, api.tenant_id)[0], "retry")
    first = api.post(path, key=one).expect(202)
    assert_replays(first, api.post(path, {}, key=one))
    assert_replays(first, api.post(path, data=b"", chunked=True, key=one))


def test_a_default_spelled_out_is_another_request(api: Api) -> None:
    one, body = key(), given.destination_body()
    api.post(api.at("destinations"), body, key=one).expect(201)
    spelled_out = {**body, "type": "webhook"}
    api.post(api.at("destinations"), spelled_out, key=one).refused("idempotency-conflict")


def test_the_two_media_types_of_a_patch_are_the_same_request(api: Api) -> None:
    one = key()
    path = api.at("destinations", given.destination(api)["id"])
    first = api.patch(path, {"name": "x"}, key=one).expect(200)
    merge = {"Content-Type": "application/merge-patch+json"}
    assert_replays(first, api.patch(path, {"name": "x"}, headers=merge, key=one))


def test_the_query_string_is_not_compared(api: Api) -> None:
    one, body = key(), given.destination_body()
    first = api.post(f"{api.at('destinations')}?a=1", body, key=one).expect(201)
    for query in ("", "?a=2", "?dry_run=true"):
        assert_replays(first, api.post(api.at("destinations") + query, body, key=one))


def test_the_path_is_compared_by_what_it_means(api: Api) -> None:
    one, made = key(), given.destination(api)
    path = api.at("destinations", made["id"])
    first = api.patch(path, {"name": "x"}, key=one).expect(200)
    encoded = path.replace("dest_", "%64est%5F")
    assert_replays(first, api.patch(encoded, {"name": "x"}, key=one))


def test_headers_and_the_credential_are_not_compared(shared: Sandbox, api: Api) -> None:
    one, body = key(), given.destination_body()
    first = api.post(api.at("destinations"), body, key=one).expect(201)
    token = shared.new_jwt(["write:destinations"], tenant=api.tenant_id)
    another = shared.api(token=token, tenant=api.tenant_id)
    headers = {"X-Request-Id": "mine", "Accept": "text/html"}
    second = another.post(api.at("destinations"), body, key=one, headers=headers)
    assert_replays(first, second)
    assert second.request_id == "mine"


# --- the same key for something else ------------------------------------------------------------


def different(world: World) -> dict[str, Callable[[str], Answer]]:
    """Requests that differ from the first in one thing."""
    api, body = world.api, given.destination_body()
    one, two = given.destination(api), given.destination(api)
    same = {"name": "same"}
    return {
        "body": lambda key: api.patch(api.at("destinations", one["id"]), {"name": "y"}, key=key),
        "no field": lambda key: api.patch(
            api.at("destinations", one["id"]), {"status": "active"}, key=key
        ),
        "path": lambda key: api.patch(api.at("destinations", two["id"]), same, key=key),
        "method": lambda key: api.delete(api.at("destinations", one["id"]), key=key),
        "operation": lambda key: api.post(api.at("destinations"), body, key=key),
    }


@pytest.mark.parametrize("difference", ["body", "no field", "path", "method", "operation"])
def test_the_same_key_with_anything_different_is_refused_and_has_no_effect(
    world: World, difference: str
) -> None:
    one = key()
    requests = different(world)
    world.call("createIngester").send(world.api, key=one).expect(201)
    before = snapshots.resources(world.sandbox, world.tenant)
    answer = requests[difference](one)
    assert answer.refused("idempotency-conflict")["idempotency_key"] == one
    assert snapshots.resources(world.sandbox, world.tenant) == before


def test_a_patch_differs_by_body_path_and_method(api: Api) -> None:
    one, two = (given.destination(api)["id"] for _ in range(2))
    used = key()
    path = api.at("destinations", one)
    api.patch(path, {"status": "disabled"}, key=used).expect(200)
    for answer in (
        api.patch(path, {"status": "active"}, key=used),
        api.patch(path, {"status": "disabled", "name": "x"}, key=used),
        api.patch(api.at("destinations", two), {"status": "disabled"}, key=used),
        api.delete(path, key=used),
    ):
        answer.refused("idempotency-conflict")
    assert api.get(path).json["status"] == "disabled"


def test_the_two_ways_to_create_a_flow_are_different_requests(api: Api) -> None:
    flow, one = given.flow(api), key()
    recipe = {
        "name": given.name("flow"),
        "source": flow["source_id"],
        "target": {"id": flow["destination_id"], "type": "webhook"},
    }
    api.post(api.cluster(CLUSTER), recipe, key=one).expect(201)
    api.post(api.at("delivery-flows"), given.flow_body(api), key=one).refused(
        "idempotency-conflict"
    )


def test_a_conflict_over_the_key_does_not_replace_what_is_kept(api: Api) -> None:
    one, body = key(), given.destination_body()
    first = api.post(api.at("destinations"), body, key=one).expect(201)
    for _ in range(2):
        answer = api.post(api.at("destinations"), given.destination_body(), key=one)
        answer.refused("idempotency-conflict")
        assert not answer.is_replay
    assert_replays(first, api.post(api.at("destinations"), body, key=one))


def test_another_tenants_key_is_free(api: Api, other: Api) -> None:
    one, body = key(), given.destination_body()
    first = api.post(api.at("destinations"), body, key=one).expect(201)
    second = other.post(other.at("destinations"), body, key=one).expect(201)
    assert not second.is_replay
    assert first.json["id"] != second.json["id"]


# --- what is not kept ---------------------------------------------------------------------------


def test_refusals_before_the_handler_are_not_kept(shared: Sandbox, api: Api) -> None:
    body, path = given.destination_body(), api.at("destinations")
    one = key()
    json_type = {"Content-Type": "application/json"}
    reader = shared.api(["read:*"], tenant=api.tenant_id)
    stranger = shared.api(tenant=shared.new_tenant())
    refusals = [
        shared.anonymous().post(path, body, key=one).refused("unauthorized"),
        reader.post(path, body, key=one).refused("insufficient-scope"),
        stranger.post(path, body, key=one).refused("permission-denied"),
        api.post(path, {"name": ""}, key=one).refused("validation-error"),
        api.post(path, data=b"{", headers=json_type, key=one).refused("validation-error"),
        api.post(path, data=b"x" * (2**20 + 1), headers=json_type, key=one).refused(
            "payload-too-large"
        ),
        api.post(path, data=b"{}", key=one).refused("unsupported-media-type"),
    ]
    assert len(refusals) == 7
    first = api.post(path, body, key=one).expect(201)
    assert not first.is_replay
    assert_replays(first, api.post(path, body, key=one))


def test_a_reference_to_what_does_not_exist_is_not_kept(api: Api) -> None:
    one, flow = key(), given.flow(api)
    bad = given.flow_body(api, destination_id="dest_none")
    for _ in range(2):
        answer = api.post(api.at("delivery-flows"), bad, key=one)
        answer.refused("validation-error")
        assert not answer.is_replay
    good = {**bad, "destination_id": flow["destination_id"]}
    assert not api.post(api.at("delivery-flows"), good, key=one).expect(201).is_replay


def test_a_429_is_not_kept(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "sandbox.db", Settings(rate_limit=parse("2/second"))) as sandbox:
        api, body, one = sandbox.api(), given.destination_body(), key()
        while api.post(api.at("destinations"), {}).status != 429:
            pass
        answer = api.post(api.at("destinations"), body, key=one)
        while answer.status == 429:
            answer = api.post(api.at("destinations"), body, key=one)
        assert not answer.expect(201).is_replay


def test_a_500_is_not_kept_and_neither_is_its_effect(sandbox: Sandbox) -> None:
    api, body, one = sandbox.api(), given.destination_body(), key()
    database = sandbox.store.database
    for table in ("logs", "idempotency", "destinations"):
        with database.writing():
            database.execute(f"ALTER TABLE {table} RENAME TO gone")
        api.post(api.at("destinations"), body, key=one).refused("internal-error")
        with database.writing():
            database.execute(f"ALTER TABLE gone RENAME TO {table}")
        assert api.walk(api.at("destinations"), "destinations") == []
    assert not api.post(api.at("destinations"), body, key=one).expect(201).is_replay


def test_a_503_is_not_kept(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "sandbox.db", Settings(lock_timeout=0.05)) as sandbox:
        api, body, one = sandbox.api(), given.destination_body(), key()
        with sandbox.store.database.writing():
            api.post(api.at("destinations"), body, key=one).refused("service-unavailable")
        assert not api.post(api.at("destinations"), body, key=one).expect(201).is_replay


def test_without_a_key_nothing_is_kept(api: Api, shared: Sandbox) -> None:
    path = api.at("destinations", given.destination(api)["id"])
    for _ in range(2):
        assert not api.patch(path, {"name": "x"}).expect(200).is_replay
    assert snapshots.resources(shared, api.tenant_id)["idempotency"] == []


# --- the key itself -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "good",
    ["a", "!", "~", "x" * 255, '"quoted"', "a,b;c=d", "4f8a2c1e-7d35-4b9e-9a60-2f1c0d8e5b73"],
)
def test_a_key_of_1_to_255_visible_ascii_characters_is_taken(api: Api, good: str) -> None:
    body = given.destination_body()
    first = api.post(api.at("destinations"), body, key=good).expect(201)
    assert_replays(first, api.post(api.at("destinations"), body, key=good))


@pytest.mark.parametrize("bad", ["", " ", "a b", "a\tb", "x" * 256, "é", "\x80", "ÿ" * 3])
@pytest.mark.parametrize("operation_id", WRITES)
def test_any_other_key_is_refused(world: World, operation_id: str, bad: str) -> None:
    before = snapshots.resources(world.sandbox, world.tenant)
    call = world.call("createDestination") if operation_id.startswith("delete") else None
    if call is None:
        call = world.call(operation_id)
        before = snapshots.resources(world.sandbox, world.tenant)
    document = call.send(world.api, key=bad).refused("validation-error")
    assert [error["field"] for error in document["errors"]] == ["Idempotency-Key"]
    assert snapshots.resources(world.sandbox, world.tenant) == before


def test_two_keys_are_refused(api: Api) -> None:
    headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "a")]
    api.post(api.at("destinations"), given.destination_body(), headers=headers).invalid(
        "Idempotency-Key"
    )


def test_keys_that_differ_in_case_are_different(api: Api) -> None:
    for one in ("Key", "key", "KEY"):
        answer = api.post(api.at("destinations"), given.destination_body(), key=one)
        assert not answer.expect(201).is_replay


@pytest.mark.parametrize("operation_id", READS)
def test_a_key_on_a_get_is_ignored(world: World, operation_id: str) -> None:
    one = key()
    call = world.call(operation_id)
    for sent in (one, one, "two words", "x" * 300):
        assert not call.send(world.api, key=sent).expect(200).is_replay
    other = world.call("createDestination").send(world.api, key=one).expect(201)
    assert not other.is_replay


# --- time, restarts, crowds ---------------------------------------------------------------------


class HandClock(SteppingClock):
    """A clock that stands still until it is set."""

    def now_ms(self) -> int:
        return self._latest


def test_a_key_is_kept_for_24_hours_from_the_first_request(tmp_path: Path) -> None:
    start = 1_800_000_000_000
    clock = HandClock(start)
    with Sandbox(tmp_path / "sandbox.db", clock=clock) as sandbox:
        token = sandbox.new_key(EVERY_SCOPE)
        api = sandbox.api(token=token)
        body, one = given.destination_body(), key()
        first = api.post(api.at("destinations"), body, key=one).expect(201)
        for ms in (0, 1, DAY_MS // 2, DAY_MS - 1):
            clock.not_before(start + ms)
            assert_replays(first, api.post(api.at("destinations"), body, key=one))
        # The window runs from the first request: replays in between have not moved it.
        clock.not_before(start + DAY_MS)
        late = api.post(api.at("destinations"), body, key=one)
        late.refused("conflict")  # a fresh request, and its name is taken
        assert not late.is_replay
        clock.not_before(start + 2 * DAY_MS - 1)
        assert_replays(late, api.post(api.at("destinations"), body, key=one))


def test_an_expired_key_is_free_for_another_request(tmp_path: Path) -> None:
    clock = HandClock(1_800_000_000_000)
    with Sandbox(tmp_path / "sandbox.db", clock=clock) as sandbox:
        api, one = sandbox.api(), key()
        api.post(api.at("destinations"), given.destination_body(), key=one).expect(201)
        clock.not_before(1_800_000_000_000 + DAY_MS)
        api.post(api.at("ingesters"), given.ingester_body(), key=one).expect(201)


def test_expired_keys_are_cleared_away_as_new_ones_come(tmp_path: Path) -> None:
    clock = HandClock(1_800_000_000_000)
    with Sandbox(tmp_path / "sandbox.db", clock=clock) as sandbox:
        api = sandbox.api()
        for _ in range(20):
            api.delete(api.at("destinations", "dest_none"), key=key())
        clock.not_before(1_800_000_000_000 + DAY_MS)
        for _ in range(20):
            api.delete(api.at("destinations", "dest_none"), key=key())
        assert len(snapshots.resources(sandbox, "tnt_a")["idempotency"]) == 20


def test_a_key_survives_a_restart(tmp_path: Path) -> None:
    path, one, body = tmp_path / "sandbox.db", key(), given.destination_body()
    gone = key()
    with Sandbox(path) as sandbox:
        api = sandbox.api()
        first = api.post(api.at("destinations"), body, key=one).expect(201)
        missing = api.delete(api.at("destinations", "dest_none"), key=gone)
    with Sandbox(path) as sandbox:
        api = sandbox.api()
        assert_replays(first, api.post(api.at("destinations"), body, key=one))
        assert_replays(missing, api.delete(api.at("destinations", "dest_none"), key=gone))
        api.post(api.at("destinations"), given.destination_body(), key=one).refused(
            "idempotency-conflict"
        )


@pytest.mark.parametrize("operation_id", WRITES)
def test_50_concurrent_equal_requests_have_one_effect_and_50_equal_answers(
    world: World, operation_id: str
) -> None:
    call, one = world.call(operation_id), key()
    before = snapshots.resources(world.sandbox, world.tenant)
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: call.send(world.api, key=one), range(50)))
    assert {(answer.status, answer.body) for answer in answers} == {
        (answers[0].status, answers[0].body)
    }
    assert answers[0].status < 300
    assert len({answer.headers.get("location") for answer in answers}) == 1
    assert sum(answer.is_replay for answer in answers) == 49
    after = snapshots.resources(world.sandbox, world.tenant)
    assert len(after["idempotency"]) == len(before["idempotency"]) + 1
    for table, rows in after.items():
        expected = {"POST": 1, "DELETE": -1}.get(call.operation.method, 0)
        change = len(rows) - len(before[table])
        assert table == "idempotency" or change in (0, expected)


def test_one_key_for_50_concurrent_different_requests_serves_one_of_them(api: Api) -> None:
    one = key()
    bodies = [given.destination_body() for _ in range(50)]
    random.Random(5).shuffle(bodies)
    with ThreadPoolExecutor(50) as pool:
        answers = list(
            pool.map(lambda body: api.post(api.at("destinations"), body, key=one), bodies)
        )
    assert sorted(answer.status for answer in answers) == [201] + [409] * 49
    assert len(api.walk(api.at("destinations"), "destinations")) == 1


def test_an_answer_that_another_process_gave_meanwhile_is_replayed(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    api, path = sandbox.api(), sandbox.api().at("destinations", "dest_none")
    api.delete(path, key="first").refused("not-found")
    refuse = Endpoint._refuse

    async def refuse_late(self: Endpoint, *arguments: Any) -> Any:
        # Between a refusal and its record the lock is free, and another process may answer.
        with closing(sqlite3.connect(sandbox.path)) as other, other:
            other.execute(
                "INSERT INTO idempotency (tenant_id, key, fingerprint, created_at, status, body)"
                " SELECT tenant_id, 'second', fingerprint, created_at, 204, '' FROM idempotency"
            )
        return await refuse(self, *arguments)

    monkeypatch.setattr(Endpoint, "_refuse", refuse_late)
    assert api.delete(path, key="second").expect(204).is_replay


def test_a_request_that_waits_for_the_lock_is_not_run_twice(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "sandbox.db") as sandbox:
        api, body, one = sandbox.api(), given.destination_body(), key()
        with ThreadPoolExecutor(5) as pool:
            with sandbox.store.database.writing():
                waiting = [
                    pool.submit(api.post, api.at("destinations"), body, key=one) for _ in range(5)
                ]
                api.get(api.at("destinations")).expect(200)
            answers = [one_of.result() for one_of in waiting]
        assert {answer.status for answer in answers} == {201}
        assert len({answer.body for answer in answers}) == 1
        assert len(api.walk(api.at("destinations"), "destinations")) == 1
