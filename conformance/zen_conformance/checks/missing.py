"""The 404 for a target, flow or endpoint, in the contract's words."""

from typing import Any

from zen_conformance.resources import Resource, near_ids, unknown_ids
from zen_conformance.tenant import Tenant


def is_unknown(resource: Resource, api: Tenant, change: dict[str, Any], *others: str) -> None:
    """Each method answers so of ids that nothing has, or only others, or that a deleted one had.

    `change` is a well-formed update. That a deleted one is a 404 at all is another requirement.
    """
    gone = str(resource.made(api)["id"])
    resource.removed(api, gone)
    near = near_ids(str(resource.made(api)["id"]))
    for one in (*unknown_ids(), *near, *resource.absent(api, *others), gone):
        for operation_id in (resource.get, resource.update, resource.delete):
            more = {"json": change} if operation_id == resource.update else {}
            answer = resource.ask(api, operation_id, one, **more)
            if one != gone:
                answer.expect_problem(404, "not-found", why=f"there is no {one}")
            if answer.status == 404:
                answer.expect_members(detail=f"{resource.noun} {one} not found.")
