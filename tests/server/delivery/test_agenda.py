"""The engine's agenda: which lane to look at and when, by each tenant's own clock."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from zen_sandbox.clock import SEEDED_START_MS, SteppingClock
from zen_sandbox.delivery.agenda import Agenda
from zen_sandbox.store import Database, Store
from zen_sandbox.store.queue import Lane

ONE, OTHER = Lane("tnt_one", "dest_1"), Lane("tnt_other", "dest_1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(Database(tmp_path / "agenda.db"), clock=SteppingClock())
    with store.database.writing():
        for lane in (ONE, OTHER):
            store.accounts.create_tenant(lane.tenant_id, lane.tenant_id, store.now())
    yield store
    store.close()


@pytest.fixture
def agenda(store: Store) -> Agenda:
    return Agenda(store.clocks)


def move(store: Store, lane: Lane, ms: int) -> None:
    """Sets the clock of the lane's tenant forward."""
    with store.database.writing():
        store.clocks.move_to(lane.tenant_id, store.clocks.now_ms(lane.tenant_id) + ms)


def test_a_lane_is_taken_once_whatever_happened_to_it(agenda: Agenda) -> None:
    agenda.now(ONE)
    agenda.now(OTHER)
    agenda.now(ONE)
    assert agenda.take() == [ONE, OTHER]
    assert agenda.take() == []


def test_a_lane_is_taken_when_its_tenants_clock_has_come_to_its_moment(
    agenda: Agenda, store: Store
) -> None:
    due = store.clocks.peek_ms(ONE.tenant_id) + 60_000
    agenda.at(due, ONE)
    agenda.at(due, OTHER)
    agenda.at(due, ONE)
    assert agenda.take() == []
    move(store, OTHER, 60_000)
    assert agenda.take() == [OTHER]
    move(store, ONE, 60_000)
    assert agenda.take() == [ONE]
    assert agenda.take() == []


def test_a_moment_is_noted_again_after_it_was_taken(agenda: Agenda, store: Store) -> None:
    due = store.clocks.peek_ms(ONE.tenant_id)
    for _ in range(2):
        agenda.at(due, ONE)
        assert agenda.take() == [ONE]


def test_the_pause_is_the_shortest_of_the_clocks_that_go(agenda: Agenda, store: Store) -> None:
    assert agenda.pause() is None
    now = store.clocks.peek_ms(ONE.tenant_id)
    agenda.at(now + 9_000, ONE)
    agenda.at(now + 4_000, ONE)
    with store.database.writing():
        store.clocks.freeze(OTHER.tenant_id)
    agenda.at(store.clocks.peek_ms(OTHER.tenant_id) + 1, OTHER)
    waited = now + 4_000 - store.clocks.peek_ms(ONE.tenant_id)
    assert agenda.pause() == waited / 1000
    agenda.clear()
    assert agenda.pause() is None


def test_asking_when_to_look_moves_no_seeded_clock(agenda: Agenda, store: Store) -> None:
    before = store.clocks.peek_ms(ONE.tenant_id)
    assert before >= SEEDED_START_MS
    agenda.at(before + 60_000, ONE)
    agenda.take()
    agenda.pause()
    assert store.clocks.peek_ms(ONE.tenant_id) == before
