"""From an event to the end of its chain: rows, numbers, due times, log entries and records."""

import base64
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.server import given
from tests.server.delivery_target import Reply, Target, closed_port
from tests.server.delivery_world import World, settings, until
from tests.server.harness import Sandbox


def seconds_between(earlier: str, later: str) -> float:
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


def test_an_event_arrives_and_its_attempt_is_delivered(world: World) -> None:
    flow = world.flow()
    taken = world.post(flow, b'{"hello":1}').expect(202).json
    assert taken["deliveries"] == 1
    [row] = world.executed(taken["event_id"])
    [seen] = world.target.seen(world.path)
    assert seen.body == b'{"hello":1}'
    assert (row["status"], row["response_code"], row["attempt_number"]) == ("delivered", 200, 1)
    assert row["destination_id"] == flow["destination_id"]
    assert row["flow_id"] == flow["id"]
    assert "attempted_at" in row
    assert "error_message" not in row
    assert "next_attempt_at" not in row


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_delivered(world: World, status: int) -> None:
    world.target.answer(world.path, Reply(status, body=b""))
    [row] = world.executed(world.event(world.flow()))
    assert (row["status"], row["response_code"]) == ("delivered", status)


@pytest.mark.parametrize(
    "status", [300, 301, 302, 307, 308, 400, 401, 404, 410, 429, 500, 503, 599]
)
def test_any_other_status_is_a_failure_with_its_code(world: World, status: int) -> None:
    world.target.answer(world.path, status)
    [row] = world.executed(world.event(world.flow(attempts=1)))
    assert (row["status"], row["response_code"]) == ("failed", status)
    assert row["error_message"] == f"the target answered {status}"


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(raw=b"", then="reset"), "reset the connection"),
        (Reply(raw=b"", then="close"), "before its answer was whole"),
        (Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", then="close"), "whole"),
        (Reply(raw=b"220 mail ESMTP\r\n\r\n", then="close"), "not HTTP"),
    ],
)
def test_no_whole_answer_is_a_failure_without_a_code(
    world: World, reply: Reply, words: str
) -> None:
    world.target.answer(world.path, reply)
    [row] = world.executed(world.event(world.flow(attempts=1)))
    assert row["status"] == "failed"
    assert "response_code" not in row
    assert words in row["error_message"]


def test_a_refused_connection_is_a_failure_without_a_code(world: World) -> None:
    flow = world.flow(url=f"http://127.0.0.1:{closed_port()}/", attempts=1)
    [row] = world.executed(world.event(flow))
    assert "response_code" not in row
    assert row["error_message"] == "connecting to the target failed: Connection refused"


def test_an_answer_longer_than_the_cap_is_delivered_and_its_record_says_it_was_cut(
    world: World,
) -> None:
    world.target.answer(world.path, Reply(body=b"x" * 200_000))
    [row] = world.executed(world.event(world.flow()))
    assert row["status"] == "delivered"
    record = world.record(row["id"])["record"]
    assert record["truncated"] is True
    assert len(body_of(record["response_body"])) == 64 * 1024


def test_the_whole_exchange_is_kept(world: World) -> None:
    world.target.answer(
        world.path, Reply(418, (("X-Odd", "caf\xe9"), ("X-Two", "1"), ("X-Two", "2")), b"\xff\x00")
    )
    [row] = world.executed(world.event(world.flow(attempts=1, secret={"value": given.SECRET})))
    kept = world.record(row["id"])
    record = kept["record"]
    assert kept["delivery"] == row
    sent = {name.lower(): value for name, value in record["request_headers"].items()}
    assert sent["x-zen-delivery-id"] == row["id"]
    assert sent["webhook-signature"].startswith("v1,")
    assert given.SECRET not in str(kept)
    assert record["response_headers"]["X-Two"] == "1, 2"
    assert body_of(record["response_body"]) == b"\xff\x00"
    assert record["address"] == f"127.0.0.1 port {world.target.port}"
    assert 0 < record["first_byte_ms"] <= record["total_ms"]


def test_failures_are_retried_with_doubling_waits_until_the_last(world: World) -> None:
    world.target.answer(world.path, 500)
    event_id = world.event(world.flow(attempts=4, backoff=100))
    for number, wait in ((1, 100), (2, 200), (3, 400)):
        rows = world.executed(event_id, number)
        *executed, queued = world.trace(event_id)
        assert executed == rows
        assert [one["attempt_number"] for one in executed] == list(range(1, number + 1))
        assert (queued["status"], queued["attempt_number"]) == ("retrying", number + 1)
        assert "attempted_at" not in queued
        due = seconds_between(executed[-1]["attempted_at"], queued["next_attempt_at"])
        assert due == wait
        world.advance(wait)
    rows = world.trace(event_id)
    assert [one["status"] for one in rows] == ["failed"] * 4
    assert len({one["evidence_id"] for one in rows}) == 4
    assert not any("next_attempt_at" in one for one in rows)
    world.advance(100_000)
    assert world.trace(event_id) == rows
    assert len(world.target.seen(world.path)) == 4


def test_nothing_is_sent_before_it_is_due(world: World) -> None:
    world.target.answer(world.path, 500)
    event_id = world.event(world.flow(attempts=2, backoff=100))
    world.executed(event_id)
    world.move("freeze")
    now = world.move("advance", seconds=0)["clocks"][0]
    left = seconds_between(now["now"], now["next_attempt_at"])
    assert 90 < left <= 100
    assert world.advance(int(left) - 1)["attempts_made"] == 0
    assert len(world.target.seen(world.path)) == 1
    assert world.advance(2)["attempts_made"] == 1
    assert len(world.target.seen(world.path)) == 2


def test_a_retry_is_made_by_itself_when_its_time_has_come(world: World) -> None:
    world.target.answer(world.path, 500, 200)
    event_id = world.event(world.flow(backoff=1))
    first, second = world.executed(event_id, 2)
    assert (first["status"], second["status"]) == ("failed", "delivered")
    waited = world.target.seen(world.path)[1].at - world.target.seen(world.path)[0].at
    assert 0.9 <= waited < 10


def test_a_success_ends_a_chain(world: World) -> None:
    world.target.answer(world.path, 500, 503, 200)
    event_id = world.event(world.flow(attempts=10))
    world.executed(event_id)
    world.advance(100_000)
    assert [one["status"] for one in world.trace(event_id)] == ["failed", "failed", "delivered"]
    assert len(world.target.seen(world.path)) == 3


def test_an_executed_row_is_never_written_again(world: World) -> None:
    world.target.answer(world.path, 500)
    event_id = world.event(world.flow(attempts=5))
    known: dict[str, Any] = {}
    for _ in range(6):
        world.move("next")
        for row in world.trace(event_id):
            if row["status"] in ("failed", "delivered"):
                assert known.setdefault(row["id"], row) == row
    assert len(known) == 5


@pytest.mark.parametrize(
    ("value", "wait"),
    [("300", 300), ("3", 10), ("86400", 3600), ("nonsense", 10), ("-5", 10)],
)
def test_retry_after_in_seconds_lengthens_the_wait(world: World, value: str, wait: int) -> None:
    world.target.answer(world.path, Reply(503, (("Retry-After", value),)))
    event_id = world.event(world.flow(backoff=10))
    [row] = world.executed(event_id)
    queued = world.trace(event_id)[-1]
    assert seconds_between(row["attempted_at"], queued["next_attempt_at"]) == wait


def test_retry_after_as_a_date_lengthens_the_wait(world: World) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=500), usegmt=True)
    world.target.answer(world.path, Reply(429, (("Retry-After", date),)))
    event_id = world.event(world.flow(backoff=10))
    [row] = world.executed(event_id)
    queued = world.trace(event_id)[-1]
    assert 470 < seconds_between(row["attempted_at"], queued["next_attempt_at"]) <= 500


def test_each_executed_attempt_has_a_log_entry(world: World) -> None:
    world.target.answer(world.path, 500, 200)
    flow = world.flow()
    event_id = world.event(flow)
    world.executed(event_id)
    world.advance(10)
    failed, delivered = world.trace(event_id)
    for row, level, words in (
        (failed, "error", "the target answered 500"),
        (delivered, "info", ""),
    ):
        [entry] = world.api.walk(f"/v1/logs?delivery_id={row['id']}", "logs")
        assert (entry["action"], entry["level"], entry["result"]) == ("deliver", level, "success")
        assert entry["resource_id"] == row["id"]
        assert entry["source_id"] == flow["source_id"]
        assert words in entry["message"]
        assert entry["timestamp"] == row["attempted_at"]


def test_one_event_through_several_flows_makes_a_chain_for_each(world: World) -> None:
    world.target.answer(world.path, 500)
    good = f"{world.path}-good"
    one = world.flow(attempts=2)
    two = world.flow(source_id=one["source_id"], url=world.target.url(good))
    taken = world.post(one).expect(202).json
    assert taken["deliveries"] == 2
    world.executed(taken["event_id"], 2)
    world.advance(1000)
    chains: dict[str, list[tuple[int, str]]] = {}
    for row in world.trace(taken["event_id"]):
        chains.setdefault(row["flow_id"], []).append((row["attempt_number"], row["status"]))
    assert chains == {one["id"]: [(1, "failed"), (2, "failed")], two["id"]: [(1, "delivered")]}
    keys = {
        seen.needed("X-Zen-Delivery-Idempotency-Key")
        for path in (world.path, good)
        for seen in world.target.seen(path)
    }
    assert len(keys) == 2


def test_an_event_that_matches_no_flow_is_kept(world: World) -> None:
    ingester = given.ingester(world.api)
    taken = world.post({"source_id": ingester["id"]}, b"kept").expect(202).json
    assert taken["deliveries"] == 0
    world.api.get(world.api.at("deliveries", event_id=taken["event_id"])).refused(
        "not-found", f"No deliveries found for event {taken['event_id']}."
    )
    kept = world.admin.get(f"/sandbox/events/{taken['event_id']}").expect(200).json
    assert kept["deliveries"] == 0
    assert kept["reason"]
    assert body_of(kept["body"]) == b"kept"
    world.retry(taken["event_id"]).refused("conflict")


def test_an_unknown_endpoint_takes_nothing(world: World) -> None:
    world.post({"source_id": "ing_nowhere"}).refused("not-found", "Endpoint ing_nowhere not found.")


@pytest.mark.parametrize("chunked", [True, False])
def test_an_event_over_one_mebibyte_is_too_large(world: World, *, chunked: bool) -> None:
    flow = world.flow()
    path = f"/hooks/{flow['source_id']}"
    world.anybody.post(path, data=b"x" * (1 << 20), chunked=chunked).expect(202)
    world.anybody.post(path, data=b"x" * ((1 << 20) + 1), chunked=chunked).refused(
        "payload-too-large"
    )
    assert len(world.target.wait(world.path)) == 1


def test_a_schedule_of_ten_attempts_with_hour_long_waits_is_done_in_a_second(
    world: World,
) -> None:
    world.target.answer(world.path, 500)
    event_id = world.event(world.flow(attempts=10, backoff=3600))
    world.executed(event_id)
    began = datetime.now(UTC)
    moved = world.advance(9 * 3600)
    spent = (datetime.now(UTC) - began).total_seconds()
    assert moved["attempts_made"] == 9
    rows = world.trace(event_id)
    assert [one["attempt_number"] for one in rows] == list(range(1, 11))
    assert {one["status"] for one in rows} == {"failed"}
    for one, two in pairwise(rows):
        assert 3600 <= seconds_between(one["attempted_at"], two["attempted_at"]) < 3601
    assert spent < 1, f"it took {spent} s"


def test_what_falls_due_on_an_advance_is_done_in_order_over_all_targets(world: World) -> None:
    world.target.answer(world.path, 500)
    flows = [world.flow(attempts=2, backoff=backoff) for backoff in (50, 10, 30)]
    world.move("freeze")
    events = [world.event(flow) for flow in flows]
    for event_id in events:
        world.executed(event_id)
    world.advance(100)
    due = [world.trace(event_id)[1] for event_id in events]
    sent = [seen.header("X-Zen-Delivery-Id") for seen in world.target.seen(world.path)[3:]]
    assert sent == [due[1]["id"], due[2]["id"], due[0]["id"]]


def test_the_clocks_of_two_tenants_do_not_touch(world: World, bench: Sandbox) -> None:
    other = World(bench, world.target)
    other.target.answer(other.path, 500)
    event_id = other.event(other.flow(backoff=100))
    other.executed(event_id)
    world.advance(100_000)
    assert len(other.target.seen(other.path)) == 1


def test_what_was_queued_when_a_server_ended_is_made_by_the_next(
    tmp_path: Path, target: Target
) -> None:
    with Sandbox(tmp_path / "sandbox.db", settings(), deliver=True) as first:
        world = World(first, target)
        target.answer(world.path, 500, 200)
        flow = world.flow(backoff=1)
        event_id = world.event(flow)
        [row] = world.executed(event_id)
        token = world.api.token
    with Sandbox(tmp_path / "sandbox.db", settings(), deliver=True) as second:
        api = second.api(token=token, tenant=world.tenant)
        path = api.at("deliveries", event_id=event_id)
        rows = until(
            lambda: (
                found
                if (found := api.walk(path, "deliveries"))[-1]["status"] == "delivered"
                else None
            )
        )
    assert rows[0] == row
    assert [one["attempt_number"] for one in rows] == [1, 2]


def body_of(content: dict[str, Any]) -> bytes:
    """The bytes of what the sandbox shows of a body."""
    if "base64" in content:
        return base64.b64decode(content["base64"])
    text: str = content["text"]
    return text.encode()
