"""How a check says which requirement it holds a server to.

    @requirement("DEST-004")
    def test_an_omitted_type_is_webhook(api): ...

One check, one requirement; a requirement may have several checks, and a check may be parametrized.
With `scenario=` a check judges what a scenario left behind (see `scenarios.py`).
"""

from collections.abc import Callable
from typing import Any

import pytest

MARK = "zen_requirement"
EARLY = "zen_early"
FIRST, ANY, LAST = range(3)  # turns


def requirement(
    requirement_id: str, *, scenario: Callable[..., Any] | None = None
) -> pytest.MarkDecorator:
    """The mark that binds a check to a requirement of the ledger."""
    return pytest.mark.zen_requirement(requirement_id, scenario=scenario)


def of(item: pytest.Item) -> str | None:
    """The requirement that a collected check is bound to."""
    mark = item.get_closest_marker(MARK)
    return str(mark.args[0]) if mark else None


def scenario_of(item: pytest.Item) -> Callable[..., Any] | None:
    """The scenario that a collected check judges."""
    mark = item.get_closest_marker(MARK)
    found: Callable[..., Any] | None = mark.kwargs.get("scenario") if mark else None
    return found


def early() -> pytest.MarkDecorator:
    """The mark of checks that walk whole lists: cheap while the others have not filled them."""
    return pytest.mark.zen_early


def turn(item: pytest.Item) -> int:
    """When a check has its turn: what is early first, what waits for a scenario last."""
    if scenario_of(item) is not None:
        return LAST
    return FIRST if item.get_closest_marker(EARLY) else ANY
