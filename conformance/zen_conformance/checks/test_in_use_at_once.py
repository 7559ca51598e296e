"""A deletion and a flow's creation at one moment: never both, whichever comes first."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from zen_conformance.answer import Answer
from zen_conformance.check import requirement
from zen_conformance.crowd import Crowd
from zen_conformance.resources import ENDPOINT, FLOW, RECIPE, TARGET, Resource, recipe_body
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant, a_name

Use = Callable[[dict[str, Any]], Answer]
each_use = pytest.mark.parametrize("operation_id", [FLOW.create, FLOW.update, RECIPE])


def uses(api: Tenant, operation_id: str, resource: Resource) -> Use:
    """A way to begin to use a new target or endpoint in a flow."""
    if operation_id == RECIPE:
        recipe = recipe_body(api)

        def by_recipe(one: dict[str, Any]) -> Answer:
            named = {"source": one["id"]}
            if resource is TARGET:
                named = {"target": {"id": one["id"], "type": one["type"]}}
            return api.call(RECIPE, json=recipe | {"name": a_name("used")} | named)

        return by_recipe
    member = "destination_id" if resource is TARGET else "source_id"
    if operation_id == FLOW.update:
        flow = api.a_flow()
        return lambda one: FLOW.change(api, flow, **{member: one["id"]})
    body = FLOW.body(api)
    return lambda one: api.call(
        FLOW.create, json=body | {"name": a_name("used"), member: one["id"]}
    )


def never_both(suite: Suite, api: Tenant, operation_id: str, resource: Resource) -> None:
    """Either the flow is refused, as of something deleted, or the deletion is, as of one in use."""
    use = uses(api, operation_id, resource)
    with Crowd(suite, 2) as crowd:
        for turn in range(suite.configuration.scaled(6, 12, 40)):
            one = resource.made(api)
            calls = [partial(resource.remove, api, one["id"]), partial(use, one)]
            answers = crowd.at_once(calls[:: (-1) ** turn])[:: (-1) ** turn]
            removed, used = answers[0].expect(204, 409), answers[1].expect(200, 201, 400, 404)
            if removed.status == 204 and used.status < 300:
                _must_refuse_what_is_gone(api, resource, use)
            removed.must(
                removed.status == 409 or used.status in (400, 404),
                f"the deletion was answered 204, and the flow that takes it {used.status}",
            )


def _must_refuse_what_is_gone(api: Tenant, resource: Resource, use: Use) -> None:
    """A flow of something deleted before is refused, a precondition of what is done at once."""
    one = resource.made(api)
    resource.removed(api, one["id"])
    use(one).precondition(400, 404)


@each_use
@requirement("DEST-020")
def test_a_target_is_not_deleted_while_a_flow_takes_it(
    api: Tenant, suite: Suite, operation_id: str
) -> None:
    never_both(suite, api, operation_id, TARGET)


@each_use
@requirement("ING-010")
def test_an_endpoint_is_not_deleted_while_a_flow_takes_it(
    api: Tenant, suite: Suite, operation_id: str
) -> None:
    never_both(suite, api, operation_id, ENDPOINT)
