"""Scopes: each operation under each credential with a single scope, and under one with none."""

from collections.abc import Iterator

import pytest

from zen_conformance import contract
from zen_conformance.answer import Answer
from zen_conformance.check import requirement
from zen_conformance.failures import NotRun
from zen_conformance.operation_cases import (
    ALL,
    READS,
    WRITES,
    each_operation,
    must_be_offered,
    must_be_served,
    scope_of,
    standing_request,
    valid_request,
)
from zen_conformance.suite import Suite
from zen_conformance.target_file import Credential
from zen_conformance.tenant import Tenant

_FAMILIES = {
    "destinations": "SCOPE-001",
    "delivery-flows": "SCOPE-002",
    "ingesters": "SCOPE-003",
    "deliveries": "SCOPE-004",
    "logs": "SCOPE-006",
}


def family(operation_id: str) -> str:
    """The requirement that says which scope the operation asks for."""
    if "retry" in contract.operation(operation_id).path:
        return "SCOPE-005"
    return _FAMILIES[scope_of(operation_id).partition(":")[2]]


def resource(operation_id: str) -> str:
    """The resource in the operation's scope."""
    return scope_of(operation_id).partition(":")[2]


def narrow_credentials(suite: Suite) -> Iterator[Credential]:
    """The valid credentials of the primary tenant with one scope or none, of either kind."""
    for one in suite.target.credentials:
        if (one.tenant, one.state) == ("primary", "valid") and len(one.scopes) <= 1:
            yield one


def _of_another_sentence(operation_id: str) -> set[str]:
    """Scopes that this operation refuses by a requirement of their own, or takes."""
    own = resource(operation_id)
    return {"read:*", f"admin:{own}", f"write:{own}", scope_of(operation_id)} - (
        {f"read:{own}"} if operation_id in WRITES else set()
    )


def refuses(answer: Answer) -> None:
    """It is a 403 for its scope; that it names the right one is looked at in passing."""
    answer.expect_problem(403, "insufficient-scope")


def _each_operation_by_family() -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "operation_id", [pytest.param(one, marks=requirement(family(one))) for one in ALL]
    )


@_each_operation_by_family()
def test_an_operation_refuses_each_credential_without_its_scope(
    suite: Suite, api: Tenant, operation_id: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    others = [
        one
        for one in narrow_credentials(suite)
        if not one.scopes & _of_another_sentence(operation_id)
    ]
    if not others:
        raise NotRun("the target file has no valid credential that lacks the operation's scope")
    for credential in others:
        answer = api.using(credential).call(operation_id, **arguments)
        refuses(answer)


@requirement("SCOPE-007")
@each_operation()
def test_the_one_scope_is_enough(suite: Suite, api: Tenant, operation_id: str) -> None:
    must_be_offered(suite, operation_id)
    wanted = frozenset({scope_of(operation_id)})
    suite.credential(scopes=wanted)
    for credential in narrow_credentials(suite):
        if credential.scopes == wanted:
            answer = api.using(credential).call(operation_id, **valid_request(api, operation_id))
            must_be_served(answer, api, operation_id)


@requirement("SCOPE-007")
@each_operation()
def test_each_credential_with_every_scope_is_served(
    suite: Suite, api: Tenant, operation_id: str
) -> None:
    must_be_offered(suite, operation_id)
    for credential in suite.target.credentials:
        if (credential.tenant, credential.state) != ("primary", "valid"):
            continue
        if scope_of(operation_id) in credential.scopes and len(credential.scopes) > 1:
            answer = api.using(credential).call(operation_id, **valid_request(api, operation_id))
            must_be_served(answer, api, operation_id)


@requirement("SCOPE-008")
@each_operation(READS)
def test_writing_alone_does_not_allow_reading(suite: Suite, api: Tenant, operation_id: str) -> None:
    must_be_offered(suite, operation_id)
    writing = frozenset({f"write:{resource(operation_id)}"})
    if resource(operation_id) == "logs" and not suite.target.credential("primary", scopes=writing):
        return  # there is nothing to write, so a server need not give out such a credential
    arguments = standing_request(api, operation_id)
    answer = api.using(suite.credential(scopes=writing)).call(operation_id, **arguments)
    refuses(answer)


@requirement("SCOPE-009")
@each_operation(WRITES)
def test_admin_allows_what_writing_allows(suite: Suite, api: Tenant, operation_id: str) -> None:
    must_be_offered(suite, operation_id)
    admin = suite.credential(scopes=frozenset({f"admin:{resource(operation_id)}"}))
    answer = api.using(admin).call(operation_id, **valid_request(api, operation_id))
    must_be_served(answer, api, operation_id)


@requirement("SCOPE-009")
@each_operation(READS)
def test_admin_alone_does_not_allow_reading(suite: Suite, api: Tenant, operation_id: str) -> None:
    must_be_offered(suite, operation_id)
    admin = frozenset({f"admin:{resource(operation_id)}"})
    if resource(operation_id) == "logs" and not suite.target.credential("primary", scopes=admin):
        return  # there is nothing to write, so a server need not give out such a credential
    arguments = standing_request(api, operation_id)
    answer = api.using(suite.credential(scopes=admin)).call(operation_id, **arguments)
    refuses(answer)


@requirement("SCOPE-010")
@each_operation(READS)
def test_read_all_allows_every_read(suite: Suite, api: Tenant, operation_id: str) -> None:
    must_be_offered(suite, operation_id)
    everything = suite.credential(scopes=frozenset({"read:*"}))
    arguments = standing_request(api, operation_id)
    answer = api.using(everything).call(operation_id, **arguments)
    must_be_served(answer, api, operation_id)


@requirement("SCOPE-010")
@each_operation(WRITES)
def test_read_all_allows_no_write(suite: Suite, api: Tenant, operation_id: str) -> None:
    must_be_offered(suite, operation_id)
    everything = suite.credential(scopes=frozenset({"read:*"}))
    arguments = standing_request(api, operation_id)
    answer = api.using(everything).call(operation_id, **arguments)
    refuses(answer)
