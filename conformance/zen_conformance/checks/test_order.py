"""The order of checks: of two things wrong with a request, it is refused for the first."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from zen_conformance import contract
from zen_conformance.check import requirement
from zen_conformance.failures import ConformanceFailure, NotRun
from zen_conformance.operation_cases import (
    ALL,
    each_operation,
    must_be_offered,
    scope_of,
    standing_request,
)
from zen_conformance.refusals import Defect, draft, no_longer_good, pairs
from zen_conformance.standing import UNKNOWN_ID, standing
from zen_conformance.suite import Suite
from zen_conformance.target_file import Credential
from zen_conformance.tenant import Tenant

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def _requirement_of(first: Defect, second: Defect) -> str:
    if first.stage == 2 and second.stage == 3:
        return "ORDER-003"
    return {
        1: "ORDER-002",
        2: "ORDER-004",
        3: "ORDER-004",
        4: "ORDER-005",
        5: "ORDER-006",
        6: "ORDER-007",
        7: "ORDER-008",
        8: "ORDER-008",
    }[first.stage]


def _cases() -> Iterator[Any]:
    """Of each operation and first defect, the requirement and the defects that must wait."""
    for operation_id in ALL:
        groups: dict[tuple[str, str], list[tuple[Defect, Defect]]] = {}
        for first, second in pairs(operation_id):
            key = (first.name, _requirement_of(first, second))
            groups.setdefault(key, []).append((first, second))
        for (name, requirement_id), both in groups.items():
            yield pytest.param(
                operation_id, both, marks=requirement(requirement_id), id=f"{operation_id}-{name}"
            )


@pytest.mark.parametrize(("operation_id", "both"), list(_cases()))
def test_a_request_is_refused_for_what_is_checked_first(
    suite: Suite, operation_id: str, both: list[tuple[Defect, Defect]]
) -> None:
    must_be_offered(suite, operation_id)
    for first, second in both:
        _must_be_refused_for_the_first(suite, operation_id, first, second)


@requirement("ORDER-002")
@each_operation()
@pytest.mark.parametrize("state", ["expired", "revoked"])
def test_a_credential_that_ended_is_a_401_before_anything_else(
    suite: Suite, operation_id: str, state: str
) -> None:
    must_be_offered(suite, operation_id)
    suite.credential(state=state)
    for first, second in pairs(operation_id):
        if first.name == "no credential" and second.status != 413:
            _must_be_refused_for_the_first(suite, operation_id, no_longer_good(state), second)


def _must_be_refused_for_the_first(
    suite: Suite, operation_id: str, first: Defect, second: Defect
) -> None:
    answer = first.spoil(second.spoil(draft(suite, operation_id))).send()
    if answer.exchange.received is None and "a body too large" in (first.name, second.name):
        return  # cut off for its size
    try:
        first.must_be_told(answer, f"the request has {first.name} and {second.name}")
    except ConformanceFailure:
        _must_be_refused_alone(suite, operation_id, first)
        raise


def _must_be_refused_alone(suite: Suite, operation_id: str, defect: Defect) -> None:
    """NotRun when a request with nothing else wrong is not refused so: that is no order."""
    try:
        defect.must_be_told(defect.spoil(draft(suite, operation_id)).send(), "")
    except ConformanceFailure as failure:
        raise NotRun(f"a request with only {defect.name}: {failure.message}") from failure


@requirement("ORDER-003")
@each_operation(name for name in ALL if "{tenant_id}" in contract.operation(name).path)
def test_the_tenant_is_looked_at_before_the_scope(
    suite: Suite, api: Tenant, other: Tenant, operation_id: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    for one in suite.target.credentials:
        lacks = scope_of(operation_id) not in one.scopes and len(one.scopes) <= 1
        if (one.tenant, one.state) == ("primary", "valid") and lacks:
            answer = other.using(one).call(operation_id, **arguments)
            if answer.status != 403:  # it may be open to any credential
                open_to_all = other.using(api.credential).call(operation_id, **arguments)
                open_to_all.precondition(403)
            answer.expect_problem(403, "permission-denied")


def _paths() -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.path for one in contract.operations()))


@requirement("ORDER-001")
@pytest.mark.parametrize("path", _paths())
@pytest.mark.parametrize("who", ["nobody", "an unknown token", "another tenant", "no scope"])
def test_an_unknown_path_or_method_is_told_before_the_credential(
    suite: Suite, path: str, who: str
) -> None:
    asking = _asking(suite)[who]()
    filled = path
    for name in ("destination_id", "flow_id", "delivery_id", "ingester_id", "event_id"):
        filled = filled.replace("{" + name + "}", UNKNOWN_ID)
    cluster_id = next(iter(suite.primary.entry.clusters), UNKNOWN_ID)
    filled = filled.replace("{tenant_id}", suite.primary.id).replace("{cluster_id}", cluster_id)
    known = {one.method for one in contract.operations() if one.path == path}
    for method in METHODS:
        if method not in known:
            _must_be_told_to_all(suite.primary, asking, method, filled, 405)
        _must_be_told_to_all(suite.primary, asking, method, f"{filled}/zc-nothing/zc-here", 404)


def _must_be_told_to_all(api: Tenant, asking: Tenant, method: str, path: str, status: int) -> None:
    """The status comes whoever asks; NotRun when not even who may do everything is told it."""
    answer = asking.raw(method, path)
    if answer.status != status:
        api.raw(method, path).precondition(status)
    answer.expect(status)


def _asking(suite: Suite) -> dict[str, Callable[[], Tenant]]:
    return {
        "nobody": lambda: suite.primary.using(None),
        "an unknown token": lambda: unknown_to(suite, "zpk_unknown"),
        "another tenant": lambda: suite.primary.using(suite.other.credential),
        "no scope": lambda: suite.primary.using(suite.credential(scopes=frozenset())),
    }


def unknown_to(suite: Suite, token: str) -> Tenant:
    """The primary tenant, asked with a token that nobody gave out."""
    return suite.primary.using(Credential("primary", "api_key", token, frozenset(), "malformed"))


@requirement("ORDER-008")
def test_an_unknown_attempt_comes_before_one_that_cannot_be_retried(
    suite: Suite, api: Tenant
) -> None:
    must_be_offered(suite, "retryBatch")
    attempt = standing(api).attempt
    api.call("retryEvent", event_id=attempt.event_id, json={}).expect(202, 409)
    for ids in ([UNKNOWN_ID, attempt.id], [attempt.id, UNKNOWN_ID]):
        answer = api.call("retryBatch", json={"delivery_ids": ids})
        answer.expect_problem(404, "not-found")
