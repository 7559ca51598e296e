"""Hostile input on the raw socket: each gets the answer that was decided, and changes nothing."""

from collections.abc import Iterator

import pytest

from tests.server.hostile_bodies import BODIES, NAMES, SOUND_NAMES
from tests.server.hostile_framing import FRAMING
from tests.server.hostile_headers import MEANINGS
from tests.server.hostile_requests import ONE, Hostile, get, place_of
from tests.server.hostile_site import Site, running_site
from tests.server.hostile_targets import TARGETS
from tests.server.hostile_verdict import check, check_by_contract
from tests.server.hostile_wire import talk

# Seconds to wait for an answer: an input that keeps the server busy keeps everybody waiting.
PATIENCE = 5.0

INPUTS = [*FRAMING, *TARGETS, *MEANINGS, *BODIES, *NAMES, *SOUND_NAMES]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for all inputs: what one of them breaks, the next ones see."""
    with running_site(tmp_path_factory.mktemp("hostile") / "site.db") as running:
        yield running


@pytest.mark.parametrize("hostile", INPUTS, ids=lambda hostile: hostile.name)
def test_hostile_input_is_answered_as_decided_and_changes_nothing(
    site: Site, hostile: Hostile
) -> None:
    site.faults.take()
    before = site.digest()
    methods = [hostile.method] * max(1, len(hostile.answers))
    replies = talk(
        site.address, hostile.sent, methods=methods, hang_up=hostile.hang_up, deadline=PATIENCE
    )
    for reply in replies:
        check(reply)
    if len(replies) == 1:
        check_by_contract(replies[0], place_of(hostile.sent))
    statuses = [reply.status for reply in replies]
    assert len(statuses) == len(hostile.answers), f"answers: {statuses}"
    for reply, allowed in zip(replies, hostile.answers, strict=True):
        assert reply.status in allowed, f"{reply.status}: {reply.body[:300]!r}"
    assert site.faults.take() == []
    assert (site.digest() != before) == hostile.stores
    assert_serves(site)


def assert_serves(site: Site) -> None:
    """The server still answers a good request."""
    [reply] = talk(site.address, get(ONE))
    check(reply)
    assert reply.status == 200
