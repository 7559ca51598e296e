"""Credentials: which are taken, and what becomes of a request with any other, by each operation."""

import base64
from dataclasses import replace

import pytest

from zen_conformance import forged_tokens
from zen_conformance.answer import Answer
from zen_conformance.check import requirement
from zen_conformance.failures import NotRun
from zen_conformance.operation_cases import (
    ALL,
    Arguments,
    each_operation,
    must_be_offered,
    must_be_served,
    standing_request,
    valid_request,
)
from zen_conformance.suite import Suite
from zen_conformance.target_file import Credential
from zen_conformance.tenant import Tenant


def refuses(answer: Answer, what: str, *statuses: int, api: Tenant) -> None:
    """The request with that credential is a 401; nothing is said where nobody needs one."""
    wanted = statuses or (401,)
    if answer.status not in wanted and _is_served_without(api, answer):
        raise NotRun(f"{answer.asked} is served without a credential")
    answer.expect(*wanted, why=what)


def _is_served_without(api: Tenant, answer: Answer) -> bool:
    sent = answer.exchange.sent
    headers = [line for line in sent.headers if line[0].lower() == "content-type"]
    path = sent.path.partition("?")[0]
    return api.using(None).raw(sent.method, path, headers, sent.body or None).status != 401


def with_token(api: Tenant, operation_id: str, token: str, arguments: Arguments) -> Answer:
    """The request with another token for its credential."""
    credential = Credential("primary", "api_key", token, frozenset(), "malformed")
    return api.using(credential).call(operation_id, **arguments)


def with_header(api: Tenant, operation_id: str, arguments: Arguments, *lines: str) -> Answer:
    """The request with those Authorization headers and no other."""
    headers = [("Authorization", line) for line in lines]
    return api.using(None).call(operation_id, headers=headers, **arguments)


def token_of(api: Tenant) -> str:
    """The credential's token."""
    if api.credential is None:
        raise NotRun("there is no credential")
    return api.credential.token


@requirement("AUTH-001")
@each_operation()
def test_no_operation_serves_a_request_without_a_credential(
    suite: Suite, api: Tenant, operation_id: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    answer = api.using(None).call(operation_id, **arguments)
    answer.expect(401, why="there was no Authorization header")


@requirement("AUTH-002")
@each_operation()
@pytest.mark.parametrize("line", ["", "Bearer", "Bearer ", "Bearer a b"])
def test_no_operation_serves_an_authorization_without_a_token(
    suite: Suite, api: Tenant, operation_id: str, line: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    # A line that is no credential at all may also be called unreadable.
    statuses = (400, 401) if line == "Bearer a b" else (401,)
    answer = with_header(api, operation_id, arguments, line)
    refuses(answer, f"Authorization was {line!r}", *statuses, api=api)


@requirement("AUTH-002")
@each_operation()
def test_no_operation_serves_an_unknown_token(suite: Suite, api: Tenant, operation_id: str) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    key = suite.target.credential("primary", kind="api_key") or suite.credential()
    for what, token in forged_tokens.unknown_tokens(key).items():
        refuses(with_token(api, operation_id, token, arguments), f"the token was {what}", api=api)


@each_operation()
@pytest.mark.parametrize(
    "state",
    [
        pytest.param("malformed", marks=requirement("AUTH-002")),
        pytest.param("expired", marks=requirement("AUTH-003")),
        pytest.param("revoked", marks=requirement("AUTH-004")),
    ],
)
def test_no_operation_serves_a_credential_that_is_no_longer_good(
    suite: Suite, api: Tenant, operation_id: str, state: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    suite.credential(state=state)
    for credential in suite.target.credentials:
        if (credential.tenant, credential.state) == ("primary", state):
            answer = api.using(credential).call(operation_id, **arguments)
            refuses(answer, f"the {credential.kind} was {state}", api=api)


@requirement("AUTH-005")
@each_operation()
@pytest.mark.parametrize("form", ["Basic {}", "Basic {basic}", "Token {}", "Digest {}", "{}"])
def test_no_operation_serves_a_token_under_another_scheme(
    suite: Suite, api: Tenant, operation_id: str, form: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    token = token_of(api)
    line = form.format(token, basic=base64.b64encode(f"{token}:".encode()).decode())
    refuses(with_header(api, operation_id, arguments, line), "the scheme was not Bearer", api=api)


@requirement("AUTH-005")
@each_operation()
@pytest.mark.parametrize("header", ["X-API-Key", "Api-Key", "X-Auth-Token", "Cookie"])
def test_no_operation_serves_a_token_in_another_header(
    suite: Suite, api: Tenant, operation_id: str, header: str
) -> None:
    must_be_offered(suite, operation_id)
    token = token_of(api)
    value = f"access_token={token}; token={token}" if header == "Cookie" else token
    arguments = standing_request(api, operation_id)
    answer = api.using(None).call(operation_id, headers={header: value}, **arguments)
    refuses(answer, f"the token was in {header}", api=api)


@requirement("AUTH-005")
@each_operation()
def test_no_operation_serves_a_token_in_the_query(
    suite: Suite, api: Tenant, operation_id: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    query = dict.fromkeys(("access_token", "api_key", "token", "key"), token_of(api))
    answer = api.using(None).call(operation_id, query=query, **arguments)
    refuses(answer, "the token was in the query", api=api)


@requirement("AUTH-006")
@each_operation()
@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "bEaReR"])
def test_each_operation_takes_the_scheme_in_any_case(
    suite: Suite, api: Tenant, operation_id: str, scheme: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = valid_request(api, operation_id)
    answer = with_header(api, operation_id, arguments, f"{scheme} {token_of(api)}")
    must_be_served(answer, api, operation_id)


@requirement("AUTH-007")
@each_operation()
def test_no_operation_serves_a_request_with_two_authorizations(
    suite: Suite, api: Tenant, operation_id: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    good, bad = f"Bearer {token_of(api)}", "Bearer zpk_unknown"
    for pair in ((good, good), (good, bad), (bad, good), (good, "Basic eDp5")):
        answer = with_header(api, operation_id, arguments, *pair)
        refuses(answer, "there were two Authorization headers", 400, 401, api=api)


@requirement("AUTH-008")
@each_operation()
def test_each_operation_challenges_a_request_without_a_good_credential(
    suite: Suite, api: Tenant, operation_id: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    unasked = _refused(api.using(None).call(operation_id, **arguments))
    said = unasked.header("WWW-Authenticate") or ""
    unasked.must(said.lower().startswith("bearer"), f"WWW-Authenticate is {said!r}")
    refused = _refused(with_token(api, operation_id, "zpk_unknown", arguments))
    said = refused.header("WWW-Authenticate") or ""
    refused.must("invalid_token" in said, f"WWW-Authenticate is {said!r} after a token was sent")


def _refused(answer: Answer) -> Answer:
    if answer.status != 401:
        raise NotRun(f"no 401 to read: {answer.asked} answered {answer.summary()}")
    return answer


def use_the_jwt(suite: Suite, api: Tenant) -> None:
    """Show the server the JWT that others are forged from: it may remember how it looked."""
    given = suite.target.credential("primary", kind="jwt")
    if given is not None:
        api.using(given).call("listDestinations", query={"limit": 1})


@requirement("AUTH-009")
@each_operation()
def test_no_operation_serves_a_forged_jwt(suite: Suite, api: Tenant, operation_id: str) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    use_the_jwt(suite, api)
    for what, token in forged_tokens.forged_jwts(suite):
        refuses(with_token(api, operation_id, token, arguments), f"the JWT had {what}", api=api)


@requirement("AUTH-009")
@each_operation(name for name in ALL if name != "listLogs")
def test_a_jwt_changed_to_another_tenant_opens_no_path_of_that_tenant(
    suite: Suite, api: Tenant, other: Tenant, operation_id: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    theirs = replace(other, credential=None)
    use_the_jwt(suite, api)
    for what, token in forged_tokens.forged_jwts(suite):
        if what == "a changed tenant_id":
            refuses(
                with_token(theirs, operation_id, token, arguments), f"the JWT had {what}", api=api
            )
