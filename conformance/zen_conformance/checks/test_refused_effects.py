"""What a refused request leaves behind: nothing."""

from collections.abc import Iterator
from typing import Any

import pytest

from zen_conformance.answer import Answer
from zen_conformance.body_members import members, with_member
from zen_conformance.check import requirement
from zen_conformance.contract import told
from zen_conformance.failed_attempts import failed_attempt
from zen_conformance.failures import NotRun
from zen_conformance.operation_cases import (
    CHANGES,
    CREATES,
    Arguments,
    each_operation,
    kind_of,
    must_be_offered,
    read_back,
    valid_request,
)
from zen_conformance.pages import LONG_PAGE
from zen_conformance.refusals import Draft, defects, draft
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant, a_name

_LISTS = {
    "createDestination": ("listDestinations", "destinations"),
    "createDeliveryFlow": ("listDeliveryFlows", "delivery_flows"),
    "createIngester": ("listIngesters", "ingesters"),
    "createClusterDeliveryFlow": ("listDeliveryFlows", "delivery_flows"),
}
_PAGES = 3  # of LONG_PAGE rows, newest first: the refused ones would be among the newest


def guests(suite: Suite) -> Iterator[Tenant]:
    """The primary tenant, asked with every credential that must not write there."""
    for one in suite.target.credentials:
        reading = all(scope.startswith("read:") for scope in one.scopes)
        if one.tenant == "other" or one.state != "valid" or reading:
            yield suite.primary.using(one)


def refused(suite: Suite, operation_id: str, arguments: Arguments) -> Iterator[tuple[str, Draft]]:
    """The request with each defect, by its name, but for the one that asks for another object."""
    for one in defects(operation_id):
        if one.name != "an unknown object":
            yield one.name, one.spoil(draft(suite, operation_id, arguments))


@requirement("ORDER-010")
@each_operation(CREATES)
def test_a_refused_create_makes_nothing(
    suite: Suite, api: Tenant, other: Tenant, operation_id: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = valid_request(api, operation_id)
    names: dict[str, tuple[str, Answer]] = {}
    for what, spoilt in _named_anew(suite, operation_id, arguments):
        answer = spoilt.send()
        name = spoilt.document["name"]
        if answer.exchange.received is None or answer.status >= 400:
            names[name] = (what, answer)
    for guest in guests(suite):
        name = a_name("refused")
        named = {**arguments, "json": {**arguments["json"], "name": name}}
        answer = guest.call(operation_id, **named)
        if answer.status >= 400:
            names[name] = ("a credential that may not", answer)
    for tenant in (api, other):
        _must_hold_none(tenant, operation_id, names)


def _named_anew(
    suite: Suite, operation_id: str, arguments: Arguments
) -> Iterator[tuple[str, Draft]]:
    for defect in defects(operation_id):
        if defect.name != "a taken name":
            document = {**arguments["json"], "name": a_name("refused")}
            fresh = draft(suite, operation_id, {**arguments, "json": document})
            yield defect.name, defect.spoil(fresh)
    for member in members(operation_id):
        if member.path != ("name",):
            document = {**arguments["json"], "name": a_name("refused")}
            wrong = with_member(document, member.path, True)
            yield f"a wrong {member.name}", draft(suite, operation_id, {**arguments, "json": wrong})


def _must_hold_none(
    tenant: Tenant, operation_id: str, names: dict[str, tuple[str, Answer]]
) -> None:
    lister, member = _LISTS[operation_id]
    for number, page in enumerate(tenant.pages(lister, {"limit": LONG_PAGE})):
        for row in page.rows(member):
            what, answer = names.get(str(row.get("name")), ("", page))
            answer.must(not what, f"the create that was refused for {what} made {row.get('id')}")
        if number + 1 >= _PAGES:
            return


@requirement("ORDER-010")
@each_operation(("retryEvent", "retryBatch"))
def test_a_refused_retry_queues_nothing(suite: Suite, api: Tenant, operation_id: str) -> None:
    must_be_offered(suite, operation_id)
    attempt = failed_attempt(api)
    arguments: Arguments = {"ids": {}, "json": {"delivery_ids": [attempt.id]}}
    if operation_id == "retryEvent":
        arguments = {"ids": {"event_id": attempt.event_id}, "json": {}}
    for what, spoilt in refused(suite, operation_id, arguments):
        answer = spoilt.send()
        _must_be_a_refusal(answer, what)
        _must_have_one_attempt(api, attempt.event_id, answer, what)
    for guest in guests(suite):
        what = "a credential that may not"
        answer = guest.call(operation_id, **arguments)
        _must_be_a_refusal(answer, what)
        _must_have_one_attempt(api, attempt.event_id, answer, what)


def _must_have_one_attempt(api: Tenant, event_id: str, refused: Answer, what: str) -> None:
    rows = api.call("listDeliveries", query={"event_id": event_id}).expect(200).rows("deliveries")
    refused.must(len(rows) == 1, f"the retry that was refused for {what} queued an attempt")


@requirement("ORDER-011")
@each_operation(CHANGES)
def test_a_refused_change_changes_nothing(suite: Suite, api: Tenant, operation_id: str) -> None:
    must_be_offered(suite, operation_id)
    arguments = valid_request(api, operation_id)
    before = read_back(api, operation_id, arguments)
    if before is None:
        raise NotRun("what was made cannot be read")
    for what, spoilt in refused(suite, operation_id, arguments):
        if spoilt.ids.items() >= arguments["ids"].items():
            _must_be_as_before(api, operation_id, spoilt.ids, before, spoilt.send(), what)
    for guest in guests(suite):
        answer = guest.call(operation_id, **arguments)
        what = "a credential that may not"
        _must_be_as_before(api, operation_id, arguments["ids"], before, answer, what)


@requirement("ORDER-011")
@each_operation(name for name in CHANGES if not name.startswith("delete"))
@pytest.mark.parametrize("value", [True, None, [1]])
def test_a_change_is_made_whole_or_not_at_all(
    suite: Suite, api: Tenant, operation_id: str, value: Any
) -> None:
    must_be_offered(suite, operation_id)
    arguments = valid_request(api, operation_id)
    before = read_back(api, operation_id, arguments)
    for member in members(operation_id):
        if value is None and member.nullable:
            continue
        document = with_member(arguments["json"], member.path, value)
        answer = api.call(operation_id, **{**arguments, "json": document})
        what = f"a wrong {member.name}"
        _must_be_as_before(api, operation_id, arguments["ids"], before, answer, what)


@requirement("ORDER-011")
@each_operation(("deleteDestination", "deleteIngester"))
def test_what_is_in_use_is_there_after_its_delete_was_refused(
    suite: Suite, api: Tenant, operation_id: str
) -> None:
    must_be_offered(suite, operation_id)
    flow = api.a_flow()
    named = {"deleteDestination": "destination_id", "deleteIngester": "ingester_id"}[operation_id]
    value = flow["destination_id" if named == "destination_id" else "source_id"]
    arguments: Arguments = {"ids": {named: str(value)}}
    before = read_back(api, operation_id, arguments)
    its_flow: Arguments = {"ids": {"flow_id": flow["id"]}}
    flow_before = read_back(api, "getDeliveryFlow", its_flow)
    answer = api.call(operation_id, **arguments)
    _must_be_as_before(api, operation_id, arguments["ids"], before, answer, "its use")
    same = read_back(api, "getDeliveryFlow", its_flow) == flow_before
    answer.must(same, "the flow is not as it was")


def _must_be_as_before(
    api: Tenant,
    operation_id: str,
    ids: dict[str, str],
    before: Any,
    answer: Answer,
    what: str,
) -> None:
    """Nothing changed by that answer, when it is a refusal."""
    _must_be_a_refusal(answer, what)
    own = {name: value for name, value in ids.items() if name != "tenant_id"}
    now = api.call(f"get{kind_of(operation_id)}", ids=own)
    answer.must(now.status == 200, f"what was refused for {what} is gone ({now.status})")
    same = told(str(kind_of(operation_id)), now.document) == before
    answer.must(same, f"what was refused for {what} changed it", got=now.body.decode()[:400])


def _must_be_a_refusal(answer: Answer, what: str) -> None:
    if answer.exchange.received is not None and answer.status < 400:
        raise NotRun(f"the request with {what} was not refused but answered {answer.status}")
