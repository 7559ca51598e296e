"""What changes between an event and its attempts: targets, flows, policies, secrets, retries."""

import threading
from concurrent.futures import ThreadPoolExecutor

from tests.server import given
from tests.server.delivery_target import NO_ANSWER, Reply, Seen, Target
from tests.server.delivery_world import DEADLINE, Json, World, until


def failed_once(world: World, attempts: int = 3) -> tuple[Json, str]:
    """A flow, and an event of which one attempt failed and the next is queued."""
    world.target.answer(world.path, 500)
    made = world.flow(attempts=attempts)
    event_id = world.event(made)
    world.executed(event_id)
    return made, event_id


def test_an_event_makes_no_attempt_for_a_disabled_target(world: World) -> None:
    flow = world.flow()
    world.patch(flow, status="disabled")
    assert world.post(flow).expect(202).json["deliveries"] == 0


def test_a_target_disabled_meanwhile_fails_the_attempt_and_queues_no_retry(world: World) -> None:
    flow, event_id = failed_once(world)
    world.patch(flow, status="disabled")
    world.advance(100_000)
    first, second = world.trace(event_id)
    assert second["status"] == "failed"
    assert second["error_message"] == "the target is disabled"
    assert "response_code" not in second
    assert "attempted_at" in second
    assert len(world.target.seen(world.path)) == 1
    assert [first["attempt_number"], second["attempt_number"]] == [1, 2]


def test_a_target_disabled_and_enabled_again_is_tried(world: World) -> None:
    flow, event_id = failed_once(world)
    world.patch(flow, status="disabled")
    world.patch(flow, status="active")
    world.target.answer(world.path, 200)
    world.advance(100)
    assert world.trace(event_id)[-1]["status"] == "delivered"


def test_a_target_deleted_meanwhile_fails_the_attempt_and_queues_no_retry(world: World) -> None:
    """A flow holds its target, so the flow is given another before the target goes."""
    flow, event_id = failed_once(world)
    other = given.destination(world.api)
    moved = {key: flow[key] for key in ("name", "source_id", "config")}
    path = world.api.at("delivery-flows", flow["id"])
    world.api.put(path, {**moved, "destination_id": other["id"]}).expect(200)
    world.api.delete(world.api.at("destinations", flow["destination_id"])).expect(204)
    world.advance(100_000)
    rows = world.trace(event_id)
    assert [row["status"] for row in rows] == ["failed", "failed"]
    assert rows[1]["error_message"] == "the target was deleted"
    assert rows[1]["destination_id"] == flow["destination_id"]


def test_a_flow_deleted_meanwhile_fails_the_attempt_and_queues_no_retry(world: World) -> None:
    flow, event_id = failed_once(world)
    world.api.delete(world.api.at("delivery-flows", flow["id"])).expect(204)
    world.advance(100_000)
    rows = world.trace(event_id)
    assert [row["status"] for row in rows] == ["failed", "failed"]
    assert rows[1]["error_message"] == "the flow was deleted"


def test_a_flow_deleted_while_its_target_takes_its_time_gets_no_retry(world: World) -> None:
    came, deleted = threading.Event(), threading.Event()
    with Slow(came, deleted).target() as slow:
        flow = world.flow(url=slow.url("/slow"))
        event_id = world.event(flow)
        assert came.wait(DEADLINE)
        world.api.delete(world.api.at("delivery-flows", flow["id"])).expect(204)
        deleted.set()
        [row] = world.executed(event_id)
    assert (row["status"], row["response_code"]) == ("failed", 500)
    assert world.trace(event_id) == [row]


def test_policy_url_and_secret_are_read_when_the_attempt_is_made(world: World) -> None:
    flow, event_id = failed_once(world)
    elsewhere = f"{world.path}-elsewhere"
    world.target.answer(elsewhere, 500)
    world.patch(flow, url=world.target.url(elsewhere), secret={"value": given.SECRET})
    body = {key: flow[key] for key in ("name", "source_id", "destination_id")}
    config = {"retry_policy": {"max_attempts": 4, "backoff_seconds": 7}}
    path = world.api.at("delivery-flows", flow["id"])
    world.api.put(path, {**body, "config": config}).expect(200)
    world.advance(100_000)
    assert [row["attempt_number"] for row in world.trace(event_id)] == [1, 2, 3, 4]
    seen = world.target.seen(elsewhere)
    assert len(seen) == 3
    assert all(one.header("webhook-signature") for one in seen)
    assert len(world.target.seen(world.path)) == 1


def test_a_policy_lowered_meanwhile_ends_the_chain(world: World) -> None:
    flow, event_id = failed_once(world, attempts=10)
    body = {key: flow[key] for key in ("name", "source_id", "destination_id")}
    config = {"retry_policy": {"max_attempts": 1, "backoff_seconds": 10}}
    path = world.api.at("delivery-flows", flow["id"])
    world.api.put(path, {**body, "config": config}).expect(200)
    world.advance(100_000)
    assert [row["attempt_number"] for row in world.trace(event_id)] == [1, 2]


def test_a_target_is_in_error_after_five_final_failures_in_a_row(world: World) -> None:
    world.target.answer(world.path, 500)
    flow = world.flow(attempts=2)
    for number in range(1, 6):
        event_id = world.event(flow)
        world.executed(event_id)
        assert world.destination(flow)["status"] == "active", f"before failure {number} was final"
        world.advance(10)
        world.executed(event_id, 2)
    shown = world.destination(flow)
    assert shown["status"] == "error"
    assert shown["updated_at"] > shown["created_at"]


def test_a_success_between_failures_starts_the_count_over(world: World) -> None:
    flow = world.flow(attempts=1)
    world.target.answer(world.path, 500, 500, 500, 500, 200, 500, 500, 500, 500)
    for _ in range(9):
        world.executed(world.event(flow))
    assert world.destination(flow)["status"] == "active"
    world.executed(world.event(flow))
    assert world.destination(flow)["status"] == "error"


def test_deliveries_to_a_target_in_error_go_on_and_a_success_makes_it_active(
    world: World,
) -> None:
    flow = world.flow(attempts=1)
    world.target.answer(world.path, 500)
    for _ in range(5):
        world.executed(world.event(flow))
    assert world.destination(flow)["status"] == "error"
    world.target.answer(world.path, 200)
    assert world.post(flow).expect(202).json["deliveries"] == 1
    until(lambda: world.destination(flow)["status"] == "active")


def test_a_success_that_was_under_way_during_the_failures_makes_the_target_active(
    world: World,
) -> None:
    came, go = threading.Event(), threading.Event()
    with Slow(came, go, status=200).target() as slow:
        flow = world.flow(attempts=1, url=slow.url("/slow"))
        world.event(flow)
        assert came.wait(DEADLINE)
        world.patch(flow, url=world.target.url(world.path))
        world.target.answer(world.path, 500)
        for _ in range(5):
            world.executed(world.event(flow))
        assert world.destination(flow)["status"] == "error"
        go.set()
        until(lambda: world.destination(flow)["status"] == "active")


def test_a_refused_attempt_to_a_disabled_target_does_not_count_as_its_failure(
    world: World,
) -> None:
    world.target.answer(world.path, 500)
    flow = world.flow(attempts=2)
    events = [world.event(flow) for _ in range(6)]
    for event_id in events:
        world.executed(event_id)
    world.patch(flow, status="disabled")
    world.advance(100)
    world.patch(flow, status="active")
    assert world.destination(flow)["status"] == "active"


def test_a_manual_retry_makes_a_real_attempt(world: World) -> None:
    flow, event_id = failed_once(world, attempts=1)
    world.target.answer(world.path, 200)
    answer = world.retry(event_id).expect(202).json
    first, second = world.executed(event_id, 2)
    assert second["id"] == answer["delivery_id"]
    assert (second["attempt_number"], second["status"]) == (2, "delivered")
    keys = {one.needed("X-Zen-Delivery-Idempotency-Key") for one in world.target.seen(world.path)}
    assert len(keys) == 1
    assert first["status"] == "failed"
    world.retry(event_id).refused("conflict")
    assert flow["id"] == second["flow_id"]


def test_a_manual_retry_past_the_last_attempt_is_final(world: World) -> None:
    _, event_id = failed_once(world, attempts=2)
    world.advance(100)
    world.retry(event_id).expect(202)
    world.executed(event_id, 3)
    world.advance(100_000)
    assert [row["attempt_number"] for row in world.trace(event_id)] == [1, 2, 3]


def test_a_batch_retry_makes_a_real_attempt_for_each_chain(world: World) -> None:
    world.target.answer(world.path, 500)
    flow = world.flow(attempts=1)
    events = [world.event(flow) for _ in range(3)]
    rows = [world.executed(event_id)[0] for event_id in events]
    world.target.answer(world.path, 200)
    ids = [row["id"] for row in rows]
    answer = world.api.post(world.api.at("retry", "batch"), {"delivery_ids": [*ids, ids[0]]})
    assert answer.expect(202).json["queued"] == 3
    for event_id in events:
        assert world.executed(event_id, 2)[-1]["status"] == "delivered"


def test_concurrent_retries_of_one_event_queue_one_attempt(world: World) -> None:
    _, event_id = failed_once(world, attempts=1)
    came, go = threading.Event(), threading.Event()
    with Slow(came, go, status=200).target() as slow:
        world.patch(
            {"destination_id": world.trace(event_id)[0]["destination_id"]}, url=slow.url("/slow")
        )
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda _: world.retry(event_id).status, range(8)))
        assert sorted(answers) == [202] + [409] * 7
        go.set()
        world.executed(event_id, 2)
    assert [row["attempt_number"] for row in world.trace(event_id)] == [1, 2]


def test_a_hanging_target_is_no_reason_to_answer_an_event_late(world: World) -> None:
    world.target.answer(world.path, NO_ANSWER)
    flow = world.flow()
    events = [world.event(flow) for _ in range(40)]
    assert len(set(events)) == 40
    world.target.wait(world.path, 10)


class Slow:
    """Makes targets that tell when a request came, and answer when they are told to."""

    def __init__(self, came: threading.Event, go: threading.Event, status: int = 500) -> None:
        self._came = came
        self._go = go
        self._status = status

    def target(self) -> Target:
        """A target of its own: it stands still while it waits."""
        made = Target()
        made.answer_with("/slow", self._answer)
        return made

    def _answer(self, seen: Seen) -> Reply:
        self._came.set()
        assert self._go.wait(DEADLINE), f"nobody said how to answer {seen.line}"
        return Reply(self._status)
