"""Retries of what has not failed for good: refused, of an event and in a batch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from zen_conformance.answer import Answer
from zen_conformance.chains import FAILED, Branched, Way, batch, must_stay, one_chain
from zen_conformance.check import requirement
from zen_conformance.failing import post, trace
from zen_conformance.failures import NotRun
from zen_conformance.receiver import Reply
from zen_conformance.resources import TARGET
from zen_conformance.stories import PROMPTLY_SECONDS
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant
from zen_conformance.traffic import until

_SLOW = Reply(200, wait_seconds=5.0)  # a retry is refused before it and after


@dataclass
class Refused:
    """An event that cannot be retried, the answers to who tried, and one that can be."""

    api: Tenant
    event_id: str
    attempts: list[object]
    beside: str
    failed: list[object]  # the attempts of `beside`
    retries: list[Answer] = field(default_factory=list)
    batches: list[Answer] = field(default_factory=list)


States = Mapping[str, Refused]
State = Callable[[Suite], tuple[Tenant, str]]


def _told(suite: Suite, states: Mapping[str, State]) -> States:
    beside, told = one_chain(suite), {}
    for name, state in states.items():
        other = beside.posted()
        api, event_id = state(suite)
        own = [row.get("id") for row in trace(api, event_id)] if name not in _NO_MATCH else []
        failed = [row.get("id") for row in trace(api, other)]
        told[name] = refused = Refused(api, event_id, own, other, failed)
        for body in (None, b"{}"):
            refused.retries.append(api.call("retryEvent", event_id=event_id, body=body))
        for one in own:
            for ids in ([one], [one, *failed], [*failed, one]):
                refused.batches.append(batch(api, ids))
    return told


def _of(way: Way) -> State:
    def state(suite: Suite) -> tuple[Tenant, str]:
        event = one_chain(suite, way)
        return event.api, event.posted()

    return state


def _unmatched(suite: Suite) -> tuple[Tenant, str]:
    return suite.primary, post(suite.primary, suite.primary.an_ingester())


def _disabled(suite: Suite) -> tuple[Tenant, str]:
    event = Branched(suite, {"it": FAILED})
    target = {"id": event.flows["it"]["destination_id"]}
    TARGET.changed(event.api, target, status="disabled")
    return event.api, post(event.api, event.ingester)


def _recovered_by_hand(suite: Suite) -> tuple[Tenant, str]:
    event = one_chain(suite, Way(("failed",), replies=(Reply(500), Reply(200))))
    event_id = event.posted()
    _retry(event.api, event_id)
    delivered = {"it": ["failed", "delivered"]}
    if not until(lambda: event.statuses(event_id) == delivered, seconds=PROMPTLY_SECONDS):
        raise NotRun("a manual retry was not delivered in time")
    return event.api, event_id


def _retried_by_hand(suite: Suite) -> tuple[Tenant, str]:
    event = one_chain(suite, Way(("failed",), replies=(Reply(500), _SLOW)))
    event_id = event.posted()
    _retry(event.api, event_id)
    return event.api, event_id


def _retry(api: Tenant, event_id: str) -> None:
    answer = api.call("retryEvent", event_id=event_id)
    if answer.status != 202:
        raise NotRun(f"a precondition failed: a retry answered {answer.summary()}")


_NO_MATCH = ("unmatched", "of a disabled target")
_REFUSED: dict[str, State] = {
    "unmatched": _unmatched,
    "of a disabled target": _disabled,
    "retrying": _of(Way(("failed", "retrying"), max_attempts=2)),
}
_ANSWERED: dict[str, State] = {
    "delivered": _of(Way(("delivered",), replies=(Reply(204),))),
    "delivered at last": _of(Way(("failed", "delivered"), 2, 1, replies=(Reply(500), Reply(200)))),
    "delivered by hand": _recovered_by_hand,
    "pending": _of(Way(("pending",), replies=(_SLOW,))),
    "retried by hand": _retried_by_hand,
}


def refused_states(suite: Suite) -> States:
    """Events that are not to be retried, made without a receiver."""
    return _told(suite, _REFUSED)


def answered_states(suite: Suite) -> States:
    """Events that are not to be retried, made with one."""
    return _told(suite, _ANSWERED)


def each_state(requirement_id: str, *left_out: str) -> pytest.MarkDecorator:
    """The check once for each state."""
    return pytest.mark.parametrize(
        "name",
        [
            pytest.param(name, marks=requirement(requirement_id, scenario=scenario))
            for scenario, states in ((refused_states, _REFUSED), (answered_states, _ANSWERED))
            for name in states
            if name not in left_out
        ],
    )


@each_state("RETRY-005")
def test_an_event_with_nothing_failed_is_a_conflict(told: States, name: str) -> None:
    refused = told[name]
    for answer in refused.retries:
        answer.expect_problem(409, "conflict", why=f"the event is {name}")
    if name not in _NO_MATCH:
        must_stay(refused.api, refused.event_id, refused.attempts, refused.retries[0])


@each_state("RETRY-011", *_NO_MATCH)
def test_a_batch_with_an_attempt_whose_chain_has_not_failed_is_a_conflict(
    told: States, name: str
) -> None:
    refused = told[name]
    for answer in refused.batches:
        answer.expect_problem(409, "conflict", why=f"the chain of one is {name}")
    must_stay(refused.api, refused.beside, refused.failed, refused.batches[-1])
    must_stay(refused.api, refused.event_id, refused.attempts, refused.batches[-1])
