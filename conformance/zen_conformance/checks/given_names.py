"""Resources of a wanted name, by whichever operation gives it."""

from collections.abc import Callable
from typing import Any

from zen_conformance.failures import NotRun
from zen_conformance.resources import RECIPE, RESOURCES, Resource, a_recipe_flow
from zen_conformance.tenant import Tenant


def first_makers() -> dict[str, Callable[[Tenant, str], dict[str, Any]]]:
    """How a resource of a name comes to be, by the operation that gave it the name."""

    def renamed(resource: Resource) -> Callable[[Tenant, str], dict[str, Any]]:
        def make(api: Tenant, name: str) -> dict[str, Any]:
            document = resource.made(api)
            return resource.changed(api, document, name=name)

        return make

    def created(resource: Resource) -> Callable[[Tenant, str], dict[str, Any]]:
        return lambda api, name: resource.made(api, name=name)

    makers = {one.create: created(one) for one in RESOURCES}
    makers |= {one.update: renamed(one) for one in RESOURCES}
    return makers | {RECIPE: lambda api, name: a_recipe_flow(api, name=name)}


_FIRST = first_makers()


def given(api: Tenant, first: str, name: str) -> dict[str, Any]:
    """A resource that the operation gave that very name; a precondition."""
    document = _FIRST[first](api, name)
    if document.get("name") != name:
        raise NotRun(f"{first} made the name {document.get('name')!r} of {name!r}")
    return document
