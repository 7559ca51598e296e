"""Rate limits: what a 429 says, and that it has no effect; only where the server has a limit."""

from collections.abc import Iterator

from zen_conformance.answer import Answer
from zen_conformance.check import requirement
from zen_conformance.failures import NotRun
from zen_conformance.judge.finding import RULES
from zen_conformance.pages import LONG_PAGE
from zen_conformance.suite import Suite
from zen_conformance.tenant import NOWHERE, Tenant, a_name

_MOST = 5000


def limited(suite: Suite, api: Tenant) -> Iterator[tuple[str, Answer]]:
    """Creates that were answered 429, with the name that each gave."""
    for _ in range(_MOST):
        answer = api.call("listDestinations", query={"limit": 1}, patient=False)
        if answer.status == 429:
            break
    else:
        raise NotRun(f"{_MOST} requests in a row met no rate limit")
    for _ in range(5):
        name = a_name("limited")
        body = {"name": name, "url": NOWHERE}
        answer = api.call("createDestination", json=body, patient=False)
        if answer.status == 429:
            yield name, answer


@requirement("RATE-001")
def test_a_429_says_when_to_come_again(suite: Suite, api: Tenant) -> None:
    met = False
    for _, answer in limited(suite, api):
        met = True
        answer.expect_problem(429, "rate-limit-exceeded")
        answer.expect_members(title="Rate Limit Exceeded")
        verdict = RULES["RATE-001"](answer.exchange)
        answer.must(not verdict, f"{verdict}")
    if not met:
        raise NotRun("the limit was met by no write")


@requirement("RATE-002")
def test_a_429_has_no_effect(suite: Suite, api: Tenant) -> None:
    names = [name for name, _ in limited(suite, api)]
    if not names:
        raise NotRun("the limit was met by no write")
    for page in api.pages("listDestinations", {"limit": LONG_PAGE}):
        found = {row.get("name") for row in page.rows("destinations")} & set(names)
        page.must(not found, "a create that was answered 429 made a target")
