"""A server killed during deliveries: every acknowledged event arrives, none without need twice."""

from pathlib import Path

import pytest

from tests.server.delivery_crash import Killings


def test_two_kills_during_deliveries_lose_no_event(tmp_path: Path) -> None:
    Killings(tmp_path, seed=2).run(2)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_twenty_kills_during_deliveries_lose_no_event(tmp_path: Path) -> None:
    killings = Killings(tmp_path, seed=20)
    killings.run(20)
    tally = killings.tally
    assert tally.kills == 20
    assert tally.events > tally.kills, f"too little was written to say anything: {tally}"
    assert tally.repeated > 0, f"nothing was under way at any kill: {tally}"
