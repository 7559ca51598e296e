"""One name, asked for by several at the same moment: one of them gets it."""

from collections.abc import Callable
from functools import partial

import pytest

from zen_conformance.answer import Answer
from zen_conformance.check import requirement
from zen_conformance.crowd import Crowd
from zen_conformance.failures import must
from zen_conformance.resources import CREATES, FLOW, RECIPE, UPDATES, WRITES, writer
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant, a_name

_CROWD = 6
every_create = pytest.mark.parametrize("operation_id", CREATES)
every_update = pytest.mark.parametrize("operation_id", UPDATES)


@every_update
@requirement("NAME-008")
def test_of_renames_to_one_name_at_once_one_is_taken(
    api: Tenant, suite: Suite, operation_id: str
) -> None:
    resource = WRITES[operation_id]
    mine = [resource.made(api) for _ in range(_CROWD)]
    with Crowd(suite, _CROWD) as crowd:
        for _ in range(suite.configuration.scaled(2, 4, 12)):
            name = a_name("contested")
            calls = [partial(resource.change, api, one, name=name) for one in mine]
            _one_wins(crowd.at_once(calls), 200)


@every_create
@requirement("NAME-011")
def test_of_creates_with_one_name_at_once_one_is_made(
    api: Tenant, suite: Suite, operation_id: str
) -> None:
    write = writer(api, operation_id)
    with Crowd(suite, _CROWD) as crowd:
        for _ in range(suite.configuration.scaled(3, 6, 20)):
            name = a_name("contested")
            answers = crowd.at_once([partial(write, name=name)] * _CROWD)
            _one_wins(answers, 201, lambda name=name: write(name=name))  # type: ignore[misc]


@requirement("NAME-011")
def test_of_creates_in_both_views_at_once_one_is_made(api: Tenant, suite: Suite) -> None:
    _ = api.cluster_id  # not offered without one
    ways = [writer(api, FLOW.create), writer(api, RECIPE)] * (_CROWD // 2)
    with Crowd(suite, _CROWD) as crowd:
        for _ in range(suite.configuration.scaled(3, 6, 20)):
            name = a_name("contested")
            answers = crowd.at_once([partial(way, name=name) for way in ways])
            _one_wins(answers, 201, lambda name=name: ways[0](name=name))  # type: ignore[misc]


def _one_wins(
    answers: list[Answer], success: int, later: Callable[[], Answer] | None = None
) -> None:
    """One of the answers is a success, every other a conflict.

    NotRun when a `later` one, asked for by itself, succeeds too: then no name is ever taken.
    """
    for answer in answers:
        answer.expect(success, 409)
    won = [answer for answer in answers if answer.status == success]
    if len(won) > 1 and later is not None:
        later().precondition(409)
    must(len(won) == 1, f"of {len(answers)} requests with one name at once, {len(won)} succeeded")
