"""A batch of retries: which chains the given ids stand for, and what is answered and queued."""

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from zen_conformance.answer import Answer
from zen_conformance.chains import (
    FAILED,
    Branched,
    Way,
    batch,
    must_be_numbered,
    must_be_queued,
    must_come,
    must_stay,
    one_chain,
)
from zen_conformance.check import requirement
from zen_conformance.crowd import Crowd
from zen_conformance.failing import FailingFlow, all_failed, trace
from zen_conformance.receiver import Reply
from zen_conformance.resources import near_ids, unknown_ids
from zen_conformance.standing import standing_attempt
from zen_conformance.stories import PROMPTLY_SECONDS, Row, are_executed
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant
from zen_conformance.traffic import until

_AT_ONCE = 8
_TWICE = Way(("failed", "failed"), max_attempts=2, backoff_seconds=1)


def _ids(api: Tenant, event_id: str) -> list[str]:
    return [str(row.get("id")) for row in trace(api, event_id)]


@requirement("RETRY-008")
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_batch_lists_its_ids_as_they_were_given(
    api: Tenant, failing: FailingFlow, order: Sequence[int]
) -> None:
    events = [failing.event() for _ in order]
    ids = [_ids(api, event_id)[0] for event_id in events]
    answer = batch(api, [ids[at] for at in order])
    must_be_queued(answer, [ids[at] for at in order])
    for event_id in events:
        must_be_numbered(trace(api, event_id), 2, answer, "once the batch was answered")


@requirement("RETRY-008")
def test_a_batch_may_be_of_one_id_and_be_repeated(api: Tenant, failing: FailingFlow) -> None:
    event_id = failing.event()
    for number in (2, 3, 4):
        newest = _newest(api, event_id)
        answer = batch(api, [newest])
        must_be_queued(answer, [newest])
        must_be_numbered(must_come(api, event_id, number, answer), number, answer)


@requirement("RETRY-008")
def test_a_batch_retries_the_given_chains_of_an_event_only(suite: Suite, api: Tenant) -> None:
    event = Branched(suite, dict.fromkeys(("one", "two", "three"), FAILED))
    event_id = event.posted()
    ids = {name: str(rows[0].get("id")) for name, rows in event.chains(event_id).items()}
    answer = batch(api, [ids["three"], ids["one"]])
    must_be_queued(answer, [ids["three"], ids["one"]])
    must_come(api, event_id, 5, answer)
    found = event.numbers(event_id)
    answer.must(
        found == {"one": [1, 2], "two": [1], "three": [1, 2]},
        f"after a batch of the chains one and three the attempts are {found}",
    )


def _newest(api: Tenant, event_id: str) -> str:
    return _ids(api, event_id)[-1]


# Attempts as they are given: of the chains a and b, which have two, of c, which has one, and of m,
# whose second and third were made by hand.
_GIVEN = (
    ("a1",),
    ("a2",),
    ("a1", "a2"),
    ("a2", "a1"),
    ("a1", "a1"),
    ("a2", "a2"),
    ("a1", "a2", "a1"),
    ("a2", "a1", "a1", "a2"),
    ("a1", "b1", "a2", "b1"),
    ("b2", "a2", "a1", "b1"),
    ("c1", "a2", "c1", "b1", "a1"),
    ("a1", "a1", "b2", "b2", "c1", "c1"),
)
_GIVEN_BY_HAND = (
    ("m1",),
    ("m2",),
    ("m1", "c1", "m2", "m3"),
    ("m3", "c1", "m2", "m1"),
    ("m2", "c1", "m1", "m3"),
)
_ATTEMPTS = {"a": 2, "b": 2, "c": 1, "m": 3}


@dataclass
class Merged:
    """A batch of attempts, and the attempts of each chain afterwards."""

    ids: dict[str, str]
    answer: Answer
    events: dict[str, str]  # by chain
    rows: dict[str, list[Row]] = field(default_factory=dict)

    def look(self, api: Tenant, names: Sequence[str]) -> bool:
        """Read the attempts; whether all that the batch queues are executed."""
        self.rows = {chain: trace(api, event_id) for chain, event_id in self.events.items()}
        given = {name[0] for name in names}
        return all(
            len(rows) >= _count(chain, given) and are_executed(rows)
            for chain, rows in self.rows.items()
        )


def _count(chain: str, given: Collection[str]) -> int:
    return _ATTEMPTS[chain] + (chain in given)


Batches = dict[tuple[str, ...], Merged]


def merged(suite: Suite) -> Batches:
    """Batches of several attempts of one chain, the older ones retried by themselves."""
    twice, once = one_chain(suite, _TWICE), one_chain(suite)
    pairs = iter(twice.several(2 * len(_GIVEN)))
    singles = once.several(len(_GIVEN))
    chains = [{"a": next(pairs), "b": next(pairs), "c": single} for single in singles]
    return _batches(suite.primary, dict(zip(_GIVEN, chains, strict=True)))


def merged_by_hand(suite: Suite) -> Batches:
    """The same of chains that were retried by hand."""
    once, count = one_chain(suite), len(_GIVEN_BY_HAND)
    pairs = zip(_retried_twice(once, count), once.several(count), strict=True)
    chains = [{"m": retried, "c": single} for retried, single in pairs]
    return _batches(suite.primary, dict(zip(_GIVEN_BY_HAND, chains, strict=True)))


def _batches(api: Tenant, given: Mapping[tuple[str, ...], dict[str, str]]) -> Batches:
    """A batch of each of those attempts, and the chains' attempts once nothing moves any more."""
    told: Batches = {}
    for names, events in given.items():
        ids = {
            f"{chain}{number}": one
            for chain, event_id in events.items()
            for number, one in enumerate(_ids(api, event_id), 1)
        }
        told[names] = Merged(ids, batch(api, [ids[name] for name in names]), events)
    left = dict(told)

    def all_over() -> bool:
        for names in [names for names, one in left.items() if one.look(api, names)]:
            del left[names]
        return not left

    until(all_over, seconds=PROMPTLY_SECONDS)
    return told


def _retried_twice(once: Branched, count: int) -> list[str]:
    """Events with three failed attempts, the later ones made by hand."""
    events = once.several(count)
    for attempts in (2, 3):
        for event_id in events:
            once.api.call("retryEvent", event_id=event_id)
        for event_id in events:
            all_failed(once.api, event_id, attempts)
    return events


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(names, marks=requirement("RETRY-009", scenario=one), id="-".join(names))
        for one, given in ((merged, _GIVEN), (merged_by_hand, _GIVEN_BY_HAND))
        for names in given
    ],
)
def test_any_attempts_of_a_chain_stand_for_it_once(told: Batches, names: tuple[str, ...]) -> None:
    one, given = told[names], {name[0] for name in names}
    one.answer.expect(202, why=f"{'-'.join(names)} are of chains whose newest attempt has failed")
    for chain, rows in one.rows.items():
        must_be_numbered(rows, _count(chain, given), one.answer, f"after {'-'.join(names)}")
    first = {name[0]: name for name in reversed(names)}
    order = dict.fromkeys(name[0] for name in names)
    must_be_queued(one.answer, [one.ids[first[chain]] for chain in order])


@requirement("RETRY-010")
def test_a_batch_of_an_unknown_id_is_not_found(api: Tenant) -> None:
    for unknown in unknown_ids():
        _must_name(batch(api, [unknown]), unknown)


@requirement("RETRY-010")
def test_a_batch_of_an_id_near_that_of_an_attempt_is_not_found(
    api: Tenant, failing: FailingFlow
) -> None:
    for near in near_ids(_ids(api, failing.event())[0]):
        _must_name(batch(api, [near]), near)


@requirement("RETRY-010")
@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_unknown_id_keeps_the_others_from_being_queued(
    api: Tenant, failing: FailingFlow, place: int
) -> None:
    events = [failing.event(), failing.event()]
    ids = [_ids(api, event_id)[0] for event_id in events]
    unknown = unknown_ids()[0]
    answer = batch(api, [*ids[:place], unknown, *ids[place:]])
    _must_name(answer, unknown)
    for event_id, one in zip(events, ids, strict=True):
        must_stay(api, event_id, [one], answer)


@requirement("RETRY-010")
def test_an_id_of_the_other_tenant_is_unknown(
    api: Tenant, other: Tenant, failing: FailingFlow
) -> None:
    foreign, event_id = standing_attempt(other).id, failing.event()
    own = _ids(api, event_id)[0]
    for ids in ([foreign], [own, foreign]):
        answer = batch(api, ids)
        _must_name(answer, foreign)
        must_stay(api, event_id, [own], answer)


def _must_name(answer: Answer, unknown: str) -> None:
    answer.expect_problem(404, "not-found")
    detail = answer["detail"]
    answer.must(
        isinstance(detail, str) and unknown in detail,
        f"the detail {detail!r} does not name {unknown}",
    )


@requirement("RETRY-011")
def test_batches_at_once_queue_one_attempt_each(
    suite: Suite, api: Tenant, failing: FailingFlow
) -> None:
    events = [failing.event(), failing.event()]
    ids = [_ids(api, event_id)[0] for event_id in events]
    with Crowd(suite, _AT_ONCE) as crowd:
        answers = crowd.at_once([lambda: batch(api, ids)] * _AT_ONCE)
    taken = [one for one in answers if one.expect(202, 409).status == 202]
    answers[0].must(taken, "of batches at once none was taken")
    for event_id in events:
        rows = must_come(api, event_id, 1 + len(taken), taken[0])
        must_be_numbered(rows, 1 + len(taken), taken[0], f"after {len(taken)} batches were taken")


def a_crowd_of_batches(suite: Suite) -> tuple[list[Answer], list[dict[str, Any]]]:
    """Batches and retries at once of a chain whose retry takes a while."""
    event = one_chain(suite, Way(("failed",), replies=(Reply(500), Reply(200, wait_seconds=4.0))))
    event_id = event.posted()
    ids = _ids(event.api, event_id)
    calls = [
        lambda: batch(event.api, ids),
        lambda: event.api.call("retryEvent", event_id=event_id),
    ] * (_AT_ONCE // 2)
    with Crowd(suite, _AT_ONCE) as crowd:
        answers = crowd.at_once(calls)
    return answers, trace(event.api, event_id)


@requirement("RETRY-011", scenario=a_crowd_of_batches)
def test_of_batches_and_retries_at_once_one_is_taken(
    told: tuple[list[Answer], list[dict[str, Any]]],
) -> None:
    answers, rows = told
    taken = [one for one in answers if one.expect(202, 409).status == 202]
    answers[0].must(len(taken) == 1, f"of {_AT_ONCE} at once {len(taken)} were taken")
    must_be_numbered(rows, 2, taken[0], "after batches and retries at once")
