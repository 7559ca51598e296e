"""Problem documents: their form, whatever the error, and which field they name."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from zen_conformance import contract
from zen_conformance.answer import Answer
from zen_conformance.body_members import Member, members, with_member, without_member
from zen_conformance.check import requirement
from zen_conformance.judge.finding import RULES
from zen_conformance.kept import Kept
from zen_conformance.operation_cases import (
    LISTS,
    READS,
    WITH_BODY,
    each_operation,
    must_be_offered,
    standing_request,
)
from zen_conformance.problem_kinds import HELD_TO
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant

Provoked = Callable[[str], Kept]


def must_keep(answer: Answer, requirement_id: str) -> None:
    """The answer keeps the rule of that requirement."""
    verdict = RULES[requirement_id](answer.exchange)
    answer.must(not verdict, f"{answer.asked}: {verdict}")


@requirement("PROB-001")
@pytest.mark.parametrize("accept", ["application/json", "text/html", "application/xml"])
def test_an_error_is_a_problem_document_whatever_is_accepted(api: Tenant, accept: str) -> None:
    headers = [("Accept", accept)]
    listing = f"/v1/tenants/{api.id}/destinations"
    for answer in (
        api.raw("GET", "/v1/zc-nothing", headers),
        api.raw("DELETE", listing, headers),
        api.using(None).raw("GET", listing, headers),
        api.raw("GET", f"{listing}?limit=0", headers),
        api.raw("GET", f"{listing}/zc_missing", headers),
        api.call("createDestination", json={}, headers=headers),
        api.call("createDestination", body=b"<a/>", content_type="text/xml", headers=headers),
    ):
        must_keep(answer.precondition(400, 401, 404, 405, 406, 415), "PROB-001")


@pytest.mark.parametrize("slug", list(HELD_TO))
@pytest.mark.parametrize(
    "rule",
    [pytest.param(one, marks=requirement(one)) for one in ("PROB-001", "PROB-002", "PROB-003")],
)
def test_an_error_of_each_kind_is_a_whole_problem_document(
    provoked: Provoked, slug: str, rule: str
) -> None:
    # A few of each kind: whatever else the run asks is held to these rules too.
    for answer in itertools.islice(provoked(slug), 5):
        must_keep(answer, rule)


@pytest.mark.parametrize(
    ("slug", "rule"),
    [pytest.param(slug, rule, marks=requirement(rule)) for slug, rule in HELD_TO.items()],
)
def test_an_error_has_the_type_and_title_of_its_kind(
    provoked: Provoked, slug: str, rule: str
) -> None:
    for answer in provoked(slug):
        must_keep(answer, rule)


@pytest.mark.parametrize(
    ("slug", "rule"),
    [
        pytest.param(slug, rule, marks=requirement(rule))
        for slug, rule in (
            ("validation-error", "PROB-016"),
            ("insufficient-scope", "PROB-017"),
            ("insufficient-scope", "PROB-018"),
        )
    ],
)
def test_an_error_says_what_its_kind_must_say(provoked: Provoked, slug: str, rule: str) -> None:
    for answer in provoked(slug):
        must_keep(answer, rule)


def _of_members(keep: Any) -> pytest.MarkDecorator:
    cases = [(name, one) for name in WITH_BODY for one in members(name) if keep(one)]
    return pytest.mark.parametrize(
        ("operation_id", "member"), cases, ids=[f"{name}-{one.name}" for name, one in cases]
    )


@requirement("PROB-014")
@_of_members(lambda one: True)
def test_a_wrong_member_is_named(
    suite: Suite, api: Tenant, operation_id: str, member: Member
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    body = with_member(arguments["json"], member.path, True)
    answer = api.call(operation_id, **{**arguments, "json": body})
    answer.precondition(400).expect_field(member.name)


@requirement("PROB-014")
@_of_members(lambda one: one.required)
def test_a_missing_member_is_named(
    suite: Suite, api: Tenant, operation_id: str, member: Member
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    body = without_member(arguments["json"], member.path)
    answer = api.call(operation_id, **{**arguments, "json": body})
    answer.precondition(400).expect_field(member.name)


def _parameters(operation_id: str) -> list[str]:
    given = contract.operation(operation_id).parameters
    return [str(one["name"]) for one in given if one["in"] == "query"]


_FILTERS = [(name, one) for name in READS for one in _parameters(name)]


@requirement("PROB-014")
@pytest.mark.parametrize(("operation_id", "parameter"), _FILTERS)
def test_a_wrong_parameter_is_named(
    suite: Suite, api: Tenant, operation_id: str, parameter: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    value = "zc" if parameter in ("limit", "status", "level", "since", "until") else ""
    answer = api.call(operation_id, query={parameter: value}, **arguments)
    answer.precondition(400).expect_field(parameter)


@requirement("PROB-015")
@each_operation(name for name in WITH_BODY if len(members(name)) > 1)
def test_every_wrong_member_is_listed(suite: Suite, api: Tenant, operation_id: str) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    top = [one for one in members(operation_id) if len(one.path) == 1]
    body = {one.path[0]: True for one in top}
    answer = api.call(operation_id, **{**arguments, "json": body})
    _must_list(answer, {one.name for one in top})


@requirement("PROB-015")
@each_operation(LISTS)
def test_every_wrong_parameter_is_listed(suite: Suite, api: Tenant, operation_id: str) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    # A cursor is only looked into once the other parameters are known to be right.
    wrong = [name for name in _parameters(operation_id) if name != "cursor"]
    answer = api.call(operation_id, query=dict.fromkeys(wrong, ""), **arguments)
    _must_list(answer, set(wrong))


@requirement("PROB-015")
@each_operation(WITH_BODY)
def test_a_member_and_a_key_at_fault_are_both_listed(
    suite: Suite, api: Tenant, operation_id: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    body = {**arguments["json"], "zc_unknown": 1}
    answer = api.call(operation_id, **{**arguments, "json": body}, key="z c")
    answer.precondition(400)
    answer.must(isinstance(answer.get("errors"), list), "there is no list of errors")


def _must_list(answer: Answer, fields: set[str]) -> None:
    listed = {one.get("field") for one in answer.precondition(400).rows("errors")}
    answer.must(fields <= listed, f"errors list {sorted(map(str, listed))} of {sorted(fields)}")
