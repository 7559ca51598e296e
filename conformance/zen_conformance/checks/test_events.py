"""Events at an endpoint's `ingest_url`: how they are answered, and where none are taken."""

import re

import pytest

from zen_conformance.answer import Answer
from zen_conformance.check import requirement
from zen_conformance.crowd import Crowd
from zen_conformance.matching import a_flow_between, first_attempts, taken_in
from zen_conformance.resources import ENDPOINT, FLOW, unknown_ids
from zen_conformance.stories import address_of, ingest
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_PROVIDERS = ("stripe", "github", "shopify", "twilio", "generic")
_AT_ONCE = 8
# What a provider sends again under the same id of its own.
_EQUAL = b'{"id":"evt_same","type":"again"}'


@pytest.mark.parametrize("provider", _PROVIDERS)
@requirement("EVENT-001")
def test_an_event_needs_no_credential(api: Tenant, provider: str) -> None:
    ingester = api.an_ingester(type=provider)
    for headers in ((), (("Authorization", "Basic emM6emM="),)):
        answer = ingest(api, ingester, b'{"type":"test.event"}', headers=headers).expect(202)
        _must_name_an_event(answer)


@requirement("EVENT-001")
def test_an_event_of_the_other_tenant_is_taken_too(other: Tenant) -> None:
    _must_name_an_event(ingest(other, other.an_ingester(), b"{}").expect(202))


@requirement("EVENT-001")
def test_equal_events_are_two(api: Tenant) -> None:
    first, second = api.an_ingester(), api.an_ingester()
    for ingester in (first, second):
        a_flow_between(api, ingester)
    headers = (("X-GitHub-Delivery", "zc-1"), ("X-Request-Id", "zc-equal-events"))
    answers = [
        ingest(api, one, _EQUAL, headers=headers).expect(202)
        for one in (first, first, second, first)
    ]
    bare = api.an_ingester()
    unmatched = [ingest(api, bare, _EQUAL, headers=headers).expect(202) for _ in range(2)]
    _must_be_distinct([*answers, *unmatched])
    for answer in answers:
        found = len(first_attempts(api, str(answer["event_id"])))
        answer.must(found == 1, f"an event equal to another has {found} attempts instead of 1")


@requirement("EVENT-001")
def test_equal_events_at_once_are_as_many(suite: Suite, api: Tenant) -> None:
    ingester = api.an_ingester()
    a_flow_between(api, ingester)
    with Crowd(suite, _AT_ONCE) as crowd:
        answers = crowd.at_once([lambda: ingest(api, ingester, b'{"n":1}')] * _AT_ONCE)
    for answer in answers:
        answer.expect(202)
    _must_be_distinct(answers)


def _must_name_an_event(answer: Answer) -> None:
    event_id = answer["event_id"]
    legal = isinstance(event_id, str) and _ID.fullmatch(event_id)
    answer.must(legal, f"event_id is {event_id!r}")
    count = answer["deliveries"]
    answer.must(type(count) is int, f"deliveries is {count!r} and no number of flows")


def _must_be_distinct(answers: list[Answer]) -> None:
    for answer in answers:
        _must_name_an_event(answer)
    ids = {str(answer["event_id"]) for answer in answers}
    answers[-1].must(
        len(ids) == len(answers), f"{len(answers)} events have {len(ids)} different event_ids"
    )


@requirement("EVENT-005")
def test_an_unknown_endpoint_is_not_found(api: Tenant) -> None:
    ingester = api.an_ingester()
    a_flow_between(api, ingester)
    taken_in(api, ingester)  # where none are taken, nothing is known of other endpoints
    for unknown in (*unknown_ids(), f"{str(ingester['id'])[:60]}-zc"):
        address = address_of(ingester, unknown)
        if address is not None:  # else which others there are is not known of this server
            ingest(api, {"ingest_url": address}, b"{}").expect_problem(404, "not-found")


@pytest.mark.parametrize("used", [False, True])
@requirement("EVENT-005")
def test_a_deleted_endpoint_is_not_found(api: Tenant, used: bool) -> None:
    ingester = api.an_ingester()
    flow = a_flow_between(api, ingester) if used else None
    taken_in(api, ingester)
    if flow is not None:
        FLOW.removed(api, flow)
    ENDPOINT.removed(api, ingester["id"])
    for body in (b'{"type":"test.event"}', b"", b"\xff\0"):
        ingest(api, ingester, body).expect_problem(404, "not-found", why="the endpoint was deleted")
