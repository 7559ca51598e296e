"""How many ids a batch of retries may have, and what an id may be."""

from dataclasses import dataclass
from typing import Any

import pytest

from zen_conformance.answer import Answer
from zen_conformance.chains import (
    FAILED,
    Branched,
    batch,
    must_be_numbered,
    must_be_queued,
    must_come,
    must_stay,
)
from zen_conformance.check import requirement
from zen_conformance.failing import FailingFlow, post, trace
from zen_conformance.failures import NotRun
from zen_conformance.resources import unknown_ids
from zen_conformance.stories import PROMPTLY_SECONDS
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant
from zen_conformance.traffic import until

_MOST = 100
_FLOWS = 11
_EVENTS = 10

_WRONG: dict[str, Any] = {
    "left out": {},
    "null": {"delivery_ids": None},
    "no ids": {"delivery_ids": []},
    "an id": {"delivery_ids": "dlv_1"},
    "an object": {"delivery_ids": {"0": "dlv_1"}},
    "an empty object": {"delivery_ids": {}},
    "a number": {"delivery_ids": 1},
    "true": {"delivery_ids": True},
    "an empty string": {"delivery_ids": ""},
    # What is no list of ids is told before what no attempt has.
    "101 unknown ids": {"delivery_ids": [f"dlv_zc_{number}" for number in range(_MOST + 1)]},
    "an unknown id 101 times": {"delivery_ids": ["dlv_zc_1"] * (_MOST + 1)},
    "an unknown id and null": {"delivery_ids": ["dlv_zc_1", None]},
}
_NO_IDS: tuple[Any, ...] = (
    1,
    0,
    1.5,
    None,
    True,
    False,
    [],
    ["dlv_1"],
    {},
    {"delivery_id": "dlv_1"},
)
_OFF_THE_PATTERN = ("", "-zc", "_zc", "zc zc", "zc/zc", "a" * 65, "zé", "zc\n")


@dataclass
class Hundred:
    """Batches of a hundred chains and more."""

    api: Tenant
    events: list[str]
    ids: list[str]
    with_unknown: Answer
    too_many: Answer
    repeated_too_often: Answer
    taken: Answer
    after_unknown: list[int]  # attempts of each event once that was answered
    before: list[int]  # and when the hundred were taken


def a_hundred(suite: Suite) -> Hundred:
    """A hundred failed chains and more, given in batches."""
    event = Branched(suite, {str(number): FAILED for number in range(_FLOWS)})
    api = event.api
    events = [post(api, event.ingester) for _ in range(_EVENTS)]

    def failed() -> bool:
        return all(
            [row.get("status") for row in trace(api, one)] == ["failed"] * _FLOWS for one in events
        )

    if not until(failed, seconds=2 * PROMPTLY_SECONDS, every=0.2):
        raise NotRun(f"{_FLOWS * _EVENTS} attempts did not fail in time")
    ids = [str(row.get("id")) for one in reversed(events) for row in trace(api, one)]
    with_unknown = batch(api, [*ids[: _MOST - 1], unknown_ids()[0]])
    after_unknown = [len(trace(api, one)) for one in events]
    too_many = batch(api, ids[: _MOST + 1])
    repeated_too_often = batch(api, [ids[0]] * (_MOST + 1))
    before = [len(trace(api, one)) for one in events]
    taken = batch(api, ids[:_MOST])
    refused = (with_unknown, too_many, repeated_too_often)
    return Hundred(api, events, ids, *refused, taken, after_unknown, before)


@requirement("RETRY-012", scenario=a_hundred)
def test_a_batch_of_a_hundred_is_taken(told: Hundred) -> None:
    must_be_queued(told.taken, told.ids[:_MOST])
    whole = _MOST // _FLOWS  # so many of the newest events are in it with all their chains
    for at, event_id in enumerate(reversed(told.events)):
        given = _FLOWS if at < whole else _MOST % _FLOWS if at == whole else 0
        must_come(told.api, event_id, _FLOWS + given, told.taken)
        found = len(trace(told.api, event_id))
        told.taken.must(
            found == _FLOWS + given,
            f"{given} of {_FLOWS} chains of an event were in the batch, it has {found} attempts",
        )


@requirement("RETRY-012", scenario=a_hundred)
def test_a_batch_of_a_hundred_and_one_is_refused(told: Hundred) -> None:
    for answer in (told.too_many, told.repeated_too_often):
        answer.expect_problem(400, "validation-error", why="it had 101 ids")
    told.too_many.must(
        told.before == told.after_unknown, "a batch was refused and attempts were queued"
    )


@requirement("RETRY-010", scenario=a_hundred)
def test_an_unknown_id_after_ninety_nine_others_is_not_found(told: Hundred) -> None:
    if told.with_unknown.status != 404:
        told.taken.precondition(202)  # a batch of so many ids may be what is refused
    told.with_unknown.expect_problem(404, "not-found")
    told.with_unknown.must(
        told.after_unknown == [_FLOWS] * _EVENTS, "a batch was refused and attempts were queued"
    )


@requirement("RETRY-012")
def test_an_id_may_be_given_many_times(api: Tenant, failing: FailingFlow) -> None:
    events = [failing.event(), failing.event()]
    often, once = (str(trace(api, event_id)[0].get("id")) for event_id in events)
    answer = batch(api, [often] * (_MOST - 1) + [once])
    must_be_queued(answer, [often, once])
    for event_id in events:
        must_be_numbered(must_come(api, event_id, 2, answer), 2, answer)


@requirement("RETRY-012")
@pytest.mark.parametrize("name", _WRONG)
def test_a_batch_without_a_list_of_ids_is_refused(api: Tenant, name: str) -> None:
    answer = api.call("retryBatch", json=_WRONG[name])
    answer.expect_problem(400, "validation-error", why=f"delivery_ids was {name}")


@requirement("RETRY-012")
def test_a_batch_with_something_else_than_an_id_is_refused(
    api: Tenant, failing: FailingFlow
) -> None:
    event_id = failing.event()
    own = str(trace(api, event_id)[0].get("id"))
    for wrong in _NO_IDS:
        for ids in ([wrong], [own, wrong], [wrong, own]):
            answer = batch(api, ids)
            answer.expect_problem(400, "validation-error", why=f"one id was {wrong!r}")
    for odd in _OFF_THE_PATTERN:
        for ids in ([odd], [own, odd], [odd, own]):
            batch(api, ids).expect(400, 404, why=f"one id was {odd!r}")
    must_stay(api, event_id, [own], batch(api, []))
