"""One target's trouble is nobody else's; and the engine neither polls nor drops what it holds."""

import sqlite3
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.server import given
from tests.server.delivery_target import NO_ANSWER, Reply, Seen, Target
from tests.server.delivery_world import World, settings
from tests.server.harness import Sandbox
from zen_sandbox.store import Database
from zen_sandbox.store.queue import Due, Lane, Queue

TARGETS = 100


def test_of_a_hundred_targets_one_hangs_and_the_others_keep_their_latency(world: World) -> None:
    """The hanging one holds all the places a target may have, and more are queued for it."""
    source_id = given.ingester(world.api)["id"]
    paths = [f"{world.path}-{number}" for number in range(TARGETS)]
    for path in paths[1:]:
        world.flow(source_id=source_id, url=world.target.url(path))
    hanging = world.flow(url=world.target.url(paths[0]))
    before = rounds(world, source_id, paths[1:], 5)
    world.target.answer(paths[0], NO_ANSWER)
    for _ in range(40):
        world.event(hanging)
    world.target.wait(paths[0], 16)
    world.api.put(
        world.api.at("delivery-flows", hanging["id"]),
        {
            "name": hanging["name"],
            "source_id": source_id,
            "destination_id": hanging["destination_id"],
        },
    ).expect(200)
    during = rounds(world, source_id, paths[1:], 5)
    assert len(world.target.seen(paths[0])) == 16, "more went to one target than it may have"
    # Of the order of what it was; a wait for the one that hangs would be thirty seconds.
    assert during < 3 * before + 5, f"{before:.3f} s before, {during:.3f} s during"


def rounds(world: World, source_id: str, paths: list[str], count: int) -> float:
    """The median of the seconds from an event to its arrival at all of these targets."""
    spent = []
    for _ in range(count):
        wanted = {path: len(world.target.seen(path)) + 1 for path in paths}
        began = time.monotonic()
        event_id = world.event({"source_id": source_id})
        last = max(
            next(
                one.at
                for one in world.target.wait(path, number)
                if one.needed("X-Zen-Event-Id") == event_id
            )
            for path, number in wanted.items()
        )
        spent.append(last - began)
    return statistics.median(spent)


def test_many_hanging_targets_leave_room_for_one_that_answers(world: World) -> None:
    """Forty of them would hold 640 places, more than there are in all."""
    source_id = given.ingester(world.api)["id"]
    world.target.answer(world.path, NO_ANSWER)
    for _ in range(40):
        world.flow(source_id=source_id)
    for _ in range(16):
        world.event({"source_id": source_id})
    world.target.wait(world.path, 40)
    good = f"{world.path}-good"
    flow = world.flow(url=world.target.url(good))
    began = time.monotonic()
    world.event(flow)
    world.target.wait(good)
    assert time.monotonic() - began < 5


def test_a_backlog_for_one_target_is_made_in_order_and_leaves_none(world: World) -> None:
    flow = world.flow()
    events = [world.event(flow) for _ in range(200)]
    seen = world.target.wait(world.path, 200)
    assert sorted(one.needed("X-Zen-Event-Id") for one in seen) == sorted(events)
    world.advance(0)
    rows = world.api.walk(world.api.at("deliveries"), "deliveries")
    assert {row["status"] for row in rows} == {"delivered"}


def test_an_idle_engine_does_nothing(world: World) -> None:
    world.target.answer(world.path, 500)
    event_id = world.event(world.flow(backoff=3600))
    world.executed(event_id)
    world.advance(0)
    began = time.process_time()
    time.sleep(0.5)
    assert time.process_time() - began < 0.2, "it is busy while nothing is due"


def test_an_attempt_made_while_the_database_is_locked_is_written_down_and_not_repeated(
    tmp_path: Path, target: Target
) -> None:
    with Sandbox(tmp_path / "sandbox.db", settings(lock_timeout=0.1), deliver=True) as bench:
        world = World(bench, target)
        flow = world.flow()
        other_process = Database(bench.path)

        def lock(seen: Seen) -> Reply:
            other_process.begin_waiting()
            return Reply()

        world.target.answer_with(world.path, lock)
        event_id = world.event(flow)
        world.target.wait(world.path)
        time.sleep(0.5)  # longer than the engine waits before it gives up for a while
        assert world.trace(event_id)[0]["status"] == "pending"
        other_process.close()
        [row] = world.executed(event_id)
    assert row["status"] == "delivered"
    assert len(world.target.seen(world.path)) == 1


def test_a_queue_that_cannot_be_read_for_a_moment_ends_nothing(
    tmp_path: Path, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when another process has the file for itself, and SQLite says that it is locked."""
    read, refusals = Queue.first, [sqlite3.OperationalError("database is locked")]

    def first(self: Queue, lane: Lane, limit: int) -> Iterator[Due]:
        if refusals:
            raise refusals.pop()
        return read(self, lane, limit)

    monkeypatch.setattr(Queue, "first", first)
    with Sandbox(tmp_path / "sandbox.db", settings(), deliver=True) as bench:
        world = World(bench, target)
        [row] = world.executed(world.event(world.flow()))
        assert row["status"] == "delivered"
    assert refusals == []
    assert len(target.seen(world.path)) == 1


def test_an_advance_ends_when_what_it_waits_for_is_taken_away(
    tmp_path: Path, target: Target
) -> None:
    with (
        Sandbox(tmp_path / "sandbox.db", settings(), deliver=True) as bench,
        ThreadPoolExecutor(1) as thread,
    ):
        world = World(bench, target)
        go = threading.Event()

        def answer(seen: Seen) -> Reply:
            assert go.wait(20)
            return Reply(500)

        with Target() as slow:
            slow.answer_with("/slow", answer)
            flow = world.flow(url=slow.url("/slow"))
            for _ in range(40):  # more than go to one target at once
                world.event(flow)
            advance = thread.submit(world.advance, 100_000)
            world.admin.post("/sandbox/reset", {"tenant_id": world.tenant}).expect(200)
            go.set()
            advance.result(20)
        assert world.api.walk(world.api.at("deliveries"), "deliveries") == []
