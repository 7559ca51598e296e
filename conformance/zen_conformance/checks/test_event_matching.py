"""Which flows an event goes through, and that its first attempts are made."""

from typing import Any

import pytest

from zen_conformance.check import requirement
from zen_conformance.failing import FailingFlow, trace
from zen_conformance.failures import NotRun
from zen_conformance.matching import (
    MAKERS,
    ONCE,
    a_flow_between,
    a_silent_target,
    first_attempts,
    must_go_through,
    taken_in,
)
from zen_conformance.resources import FLOW, TARGET
from zen_conformance.stories import EXECUTED, PROMPTLY_SECONDS
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant
from zen_conformance.traffic import until

# Enough final failures in a row for a server that shows `error` after some of them.
_FAILURES = 12


@pytest.mark.parametrize("maker", MAKERS)
@requirement("EVENT-002")
def test_each_flow_of_the_endpoint_matches(api: Tenant, maker: str) -> None:
    ingester, flows = api.an_ingester(), list[str]()
    for count in range(4):
        must_go_through(api, taken_in(api, ingester), flows, f"flows made: {count}")
        flows.append(a_flow_between(api, ingester, maker=maker))
    for _ in range(2):
        must_go_through(api, taken_in(api, ingester), flows, "other events came before")


@pytest.mark.parametrize("maker", MAKERS)
@requirement("EVENT-002")
def test_flows_to_one_target_match_each(api: Tenant, maker: str) -> None:
    ingester, target = api.an_ingester(), a_silent_target(api)
    flows = [a_flow_between(api, ingester, target, maker) for _ in range(3)]
    must_go_through(api, taken_in(api, ingester), flows, "all to one target")


@requirement("EVENT-002")
def test_flows_made_either_way_match_together(api: Tenant) -> None:
    ingester = api.an_ingester()
    flows = [a_flow_between(api, ingester, maker=maker) for maker in MAKERS * 2]
    target = a_silent_target(api)
    bare = api.a_flow(source_id=ingester["id"], destination_id=target["id"])  # no policy given
    flows.append(str(bare["id"]))
    must_go_through(api, taken_in(api, ingester), flows, "made by both operations")


@requirement("EVENT-002")
def test_many_flows_match(suite: Suite, api: Tenant) -> None:
    count = suite.configuration.scaled(21, 101, 101)
    ingester, target = api.an_ingester(), a_silent_target(api)
    flows = [a_flow_between(api, ingester, target) for _ in range(count)]
    must_go_through(api, taken_in(api, ingester), flows)


@requirement("EVENT-002")
def test_an_attempt_goes_to_the_flows_target(api: Tenant) -> None:
    ingester, targets = api.an_ingester(), [a_silent_target(api) for _ in range(3)]
    flows = {a_flow_between(api, ingester, target): target["id"] for target in targets}
    moved = api.a_flow(source_id=ingester["id"], destination_id=targets[0]["id"], config=ONCE)
    FLOW.changed(api, moved, destination_id=targets[2]["id"])
    flows[str(moved["id"])] = targets[2]["id"]
    taken = taken_in(api, ingester)
    must_go_through(api, taken, flows, "to several targets")
    for row in first_attempts(api, str(taken["event_id"])):
        said, wanted = row.get("destination_id"), flows[str(row.get("flow_id"))]
        taken.must(said == wanted, f"an attempt goes to {said!r}, its flow's target is {wanted!r}")


@requirement("EVENT-002")
def test_a_later_flow_gets_no_earlier_event(api: Tenant) -> None:
    ingester = api.an_ingester()
    before = a_flow_between(api, ingester)
    taken = taken_in(api, ingester)
    a_flow_between(api, ingester)
    must_go_through(api, taken, [before], "another flow was made afterwards")


@requirement("EVENT-002")
def test_an_event_gets_its_attempt_at_once_and_it_is_made(api: Tenant) -> None:
    ingester = api.an_ingester()
    a_flow_between(api, ingester)
    taken = taken_in(api, ingester)
    event_id = str(taken["event_id"])

    def was_made() -> bool:
        return any(row.get("status") in EXECUTED for row in first_attempts(api, event_id))

    made = until(was_made, seconds=2 * PROMPTLY_SECONDS)
    taken.must(made, "the first attempt of an event was not made in time")


@requirement("EVENT-002")
def test_a_target_in_error_is_still_delivered_to(api: Tenant) -> None:
    failing = FailingFlow.of(api)
    for count in range(_FAILURES):
        target = TARGET.read(api, str(failing.flow["destination_id"])).expect(200)
        taken = taken_in(api, failing.ingester)
        why = f"{count} events failed before, its target's status is {target['status']}"
        must_go_through(api, taken, [str(failing.flow["id"])], why)
        failing.failed(str(taken["event_id"]), attempts=1)


@pytest.mark.parametrize("maker", MAKERS)
@requirement("EVENT-003")
def test_a_flow_of_another_endpoint_gets_no_attempt(api: Tenant, maker: str) -> None:
    ours, others, target = api.an_ingester(), api.an_ingester(), a_silent_target(api)
    theirs = [a_flow_between(api, others, target, maker)]
    must_go_through(api, taken_in(api, ours), [], "the only flow is another endpoint's")
    own = [a_flow_between(api, ours, target, maker)]
    must_go_through(api, taken_in(api, ours), own, "another endpoint has a flow")
    must_go_through(api, taken_in(api, others), theirs, "another endpoint has a flow")


@pytest.mark.parametrize("maker", MAKERS)
@requirement("EVENT-003")
def test_a_deleted_flow_gets_no_attempt(api: Tenant, maker: str) -> None:
    ingester = api.an_ingester()
    flows = [a_flow_between(api, ingester, maker=maker) for _ in range(3)]
    taken_in(api, ingester)
    for _ in range(3):
        FLOW.removed(api, flows.pop(len(flows) // 2))
        must_go_through(api, taken_in(api, ingester), flows, "another flow was deleted")


@pytest.mark.parametrize("maker", MAKERS)
@requirement("EVENT-003")
def test_a_moved_flow_gets_the_events_of_its_new_endpoint(api: Tenant, maker: str) -> None:
    first, second = api.an_ingester(), api.an_ingester()
    flow_id, stays = a_flow_between(api, first, maker=maker), a_flow_between(api, first)
    taken_in(api, first)
    flow = FLOW.read(api, flow_id).expect(200).document
    FLOW.changed(api, flow, source_id=second["id"])
    must_go_through(api, taken_in(api, first), [stays], "a flow was moved to another endpoint")
    must_go_through(api, taken_in(api, second), [flow_id], "a flow was moved here")
    FLOW.changed(api, flow, source_id=first["id"])
    must_go_through(api, taken_in(api, first), [stays, flow_id], "a flow was moved back")
    must_go_through(api, taken_in(api, second), [], "its flow was moved back")


@requirement("EVENT-003")
def test_an_event_goes_through_flows_of_its_tenant(api: Tenant, other: Tenant) -> None:
    ours, theirs = api.an_ingester(), other.an_ingester()
    own, foreign = a_flow_between(api, ours), a_flow_between(other, theirs)
    must_go_through(api, taken_in(api, ours), [own], "another tenant has flows")
    must_go_through(other, taken_in(other, theirs), [foreign], "another tenant has flows")


@pytest.mark.parametrize("maker", MAKERS)
@requirement("EVENT-004")
def test_a_disabled_target_gets_no_attempt_until_it_is_active(api: Tenant, maker: str) -> None:
    ingester, target = api.an_ingester(), a_silent_target(api)
    flow = a_flow_between(api, ingester, target, maker)
    for _ in range(2):
        TARGET.changed(api, target, status="disabled")
        must_go_through(api, taken_in(api, ingester), [], "its target is disabled")
        TARGET.changed(api, target, name=f"{target['name']} disabled")
        must_go_through(api, taken_in(api, ingester), [], "its target is disabled and renamed")
        TARGET.changed(api, target, status="active")
        must_go_through(api, taken_in(api, ingester), [flow], "its target is active again")


@requirement("EVENT-004")
def test_a_disabled_target_keeps_no_other_from_its_events(api: Tenant) -> None:
    ingester, off, on = api.an_ingester(), a_silent_target(api), a_silent_target(api)
    flows = [a_flow_between(api, ingester, target) for target in (on, off, on, off, on)]
    TARGET.changed(api, off, status="disabled")
    must_go_through(api, taken_in(api, ingester), flows[::2], "another target is disabled")
    TARGET.changed(api, off, status="active")
    must_go_through(api, taken_in(api, ingester), flows, "each target is active again")


@pytest.mark.parametrize("maker", MAKERS)
@requirement("EVENT-004")
def test_a_flow_made_to_or_moved_to_a_disabled_target_gets_no_attempt(
    api: Tenant, maker: str
) -> None:
    ingester, off = api.an_ingester(), a_silent_target(api)
    TARGET.changed(api, off, status="disabled")
    a_flow_between(api, ingester, off, maker)
    must_go_through(api, taken_in(api, ingester), [], "it was made to a disabled target")
    moved = a_flow_between(api, ingester, maker=maker)
    flow: dict[str, Any] = FLOW.read(api, moved).expect(200).document
    FLOW.changed(api, flow, destination_id=off["id"])
    must_go_through(api, taken_in(api, ingester), [], "it was moved to a disabled target")


@requirement("EVENT-004")
def test_an_event_of_a_disabled_target_is_not_delivered_later(api: Tenant) -> None:
    ingester, target = api.an_ingester(), a_silent_target(api)
    flow = a_flow_between(api, ingester, target)
    TARGET.changed(api, target, status="disabled")
    missed = taken_in(api, ingester)
    TARGET.changed(api, target, status="active")
    later = str(taken_in(api, ingester)["event_id"])
    must_go_through(api, missed, [], "its target was disabled then")
    if not until(lambda: _executed(api, later), seconds=PROMPTLY_SECONDS):
        raise NotRun(f"the attempt of {later} through {flow} was not made in time")
    must_go_through(api, missed, [], "its target was disabled then")


def _executed(api: Tenant, event_id: str) -> bool:
    return [row.get("status") for row in trace(api, event_id)] == ["failed"]
