"""Two servers of one database: one of them makes the attempts, and either may be asked."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.server.delivery_target import NO_ANSWER, Target
from tests.server.delivery_world import ADMIN, World, settings, until
from tests.server.harness import Sandbox, spawn


class Pair:
    """A tenant's world as each of two servers shows it; the first one's engine runs."""

    def __init__(self, first: Sandbox, second: Sandbox, target: Target) -> None:
        self.first = World(first, target)
        self.second = World(second, target, tenant=self.first.tenant)
        self.second.path = self.first.path


def clock_of(world: World) -> str:
    """What the tenant's clock says at that server."""
    path = f"/sandbox/clock?tenant_id={world.tenant}"
    now: str = world.admin.get(path).expect(200).json["clocks"][0]["now"]
    return now


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, Sandbox]]:
    path = tmp_path_factory.mktemp("pair") / "sandbox.db"
    with (
        Sandbox(path, settings(), deliver=True) as first,
        Sandbox(path, settings(), deliver=True) as second,
    ):
        yield first, second


@pytest.fixture
def pair(servers: tuple[Sandbox, Sandbox], target: Target) -> Pair:
    return Pair(*servers, target)


def test_events_posted_to_both_are_each_sent_once(pair: Pair) -> None:
    flow = pair.first.flow()
    with ThreadPoolExecutor(4) as threads:
        worlds = [pair.first, pair.second] * 40
        events = list(threads.map(lambda world: world.event(flow), worlds))
    for event_id in events:
        pair.second.executed(event_id)
    times = Counter(one.needed("X-Zen-Event-Id") for one in pair.first.target.seen(pair.first.path))
    assert times == dict.fromkeys(events, 1)


def test_an_event_posted_to_the_second_arrives_soon_however_quiet_it_was(pair: Pair) -> None:
    flow = pair.first.flow()
    began = time.monotonic()
    pair.second.event(flow)
    pair.second.target.wait(pair.second.path)
    assert time.monotonic() - began < 10


def test_an_advance_asked_of_the_second_makes_the_whole_schedule(pair: Pair) -> None:
    pair.second.target.answer(pair.second.path, 500)
    event_id = pair.second.event(pair.second.flow(attempts=5, backoff=100))
    moved = pair.second.advance(100 + 200 + 400 + 800)
    rows = pair.second.trace(event_id)
    assert [row["status"] for row in rows] == ["failed"] * 5
    assert moved["attempts_made"] == 5
    assert not moved["clocks"][0]["frozen"]


def test_the_next_attempt_is_made_when_the_second_is_asked_for_it(pair: Pair) -> None:
    pair.second.target.answer(pair.second.path, 500, 200)
    event_id = pair.second.event(pair.second.flow(backoff=3600))
    pair.second.executed(event_id)
    assert pair.second.move("next")["attempts_made"] == 1
    assert pair.second.trace(event_id)[-1]["status"] == "delivered"


@pytest.mark.parametrize("moved_by", ["first", "second"])
def test_a_clock_moved_by_one_is_told_by_the_other(pair: Pair, moved_by: str) -> None:
    mover, teller = (pair.first, pair.second)[:: 1 if moved_by == "first" else -1]
    moved = mover.advance(86_400)["clocks"][0]["now"]
    until(lambda: clock_of(teller) >= moved)
    name = f"after-{moved_by}-moved-it"
    body = {"name": name, "type": "generic"}
    made = teller.api.post(teller.api.at("ingesters"), body).expect(201).json
    assert made["created_at"] >= moved


def test_attempts_can_be_followed_at_the_second(pair: Pair) -> None:
    flow = pair.first.flow()
    query = f"/sandbox/deliveries?tenant_id={pair.first.tenant}"
    position = pair.second.admin.get(f"{query}&after=latest").expect(200).json["position"]
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(pair.second.admin.get, f"{query}&after={position}&timeout=10")
        event_id = pair.first.event(flow)
        [made] = waiting.result(20).expect(200).json["deliveries"]
    assert made["delivery"]["event_id"] == event_id


def test_the_second_goes_on_when_the_first_is_killed_in_an_attempt(
    tmp_path: Path, target: Target
) -> None:
    arguments = ("--demo", "--admin-token", ADMIN)
    with (
        spawn(tmp_path, *arguments) as first,
        Sandbox(tmp_path / "sandbox.db", settings(), deliver=True) as second,
    ):
        world = World(second, target)
        target.answer(world.path, NO_ANSWER, 200)
        event_id = world.event(world.flow())
        [cut_off] = target.wait(world.path)
        assert world.trace(event_id)[0]["status"] == "pending"
        first.kill9()
        [row] = world.executed(event_id)
        assert row["status"] == "delivered"
        ids = [one.needed("X-Zen-Delivery-Id") for one in target.seen(world.path)]
    assert ids == [row["id"]] * 2 == [cut_off.needed("X-Zen-Delivery-Id")] * 2
