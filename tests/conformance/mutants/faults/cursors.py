"""Cursors: LIST-011 to -013."""

import base64
import re
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Asked
from tests.conformance.mutants.mutant import mutant
from zen_sandbox import cursor as cursors
from zen_sandbox.problems import NotFound, ValidationFailed
from zen_sandbox.request import validation


def _opened(server: Faulty, otherwise: Any) -> None:
    """What happens with a cursor that is refused: `otherwise(self, cursor, problem)`."""

    @server.around(cursors.Cursors, "open")
    def opened(original: Any, self: Any, cursor: str, identity: str) -> Any:
        try:
            return original(self, cursor, identity)
        except ValidationFailed as problem:
            return otherwise(cursor, identity, problem)


@mutant(
    "list",
    "LIST-011",
    also={"LIST-012": "it is taken", "LIST-013": "likewise", "TENANT-011": "likewise"},
)
def a_bad_cursor_begins_anew(server: Faulty) -> None:
    """A cursor that is none is taken as none."""
    _opened(server, lambda cursor, identity, problem: 2**62)


@mutant("list", "LIST-011")
def a_changed_cursor_is_taken(server: Faulty) -> None:
    """A cursor whose last characters were changed is taken."""

    @server.around(cursors.Cursors, "open")
    def opened(original: Any, self: Any, cursor: str, identity: str) -> Any:
        place = 0
        try:
            return original(self, cursor, identity)
        except ValidationFailed:
            place, whole = _place(cursor)
            if place is None or self.seal(place, identity)[:24] != cursor[:24]:
                raise
            return whole


@mutant("list", "LIST-011", also={"PROB-014": "the field is another"})
def a_bad_cursor_is_told_of_the_page(server: Faulty) -> None:
    """The detail of a bad cursor of attempts begins with `page:`."""

    def otherwise(cursor: str, identity: str, problem: Any) -> Any:
        if "listDeliveries" in identity:
            raise ValidationFailed.of("page", "has expired")
        raise problem

    _opened(server, otherwise)


@mutant(
    "list",
    "LIST-011",
    also={"LIST-012": "it is a 404", "LIST-013": "likewise", "TENANT-011": "likewise"},
)
def a_bad_cursor_is_a_404(server: Faulty) -> None:
    """A bad cursor of flows is a 404."""

    def otherwise(cursor: str, identity: str, problem: Any) -> Any:
        if "listDeliveryFlows" in identity:
            raise NotFound("The page is gone.")
        raise problem

    _opened(server, otherwise)


@mutant("list", "LIST-011")
def an_empty_cursor_is_none(server: Faulty) -> None:
    """`cursor=` is taken as none by the log."""

    @server.requests("listLogs")
    def rewrite(asked: Asked) -> None:
        asked.query = re.sub(r"(^|&)cursor=(?=&|$)", r"\1", asked.query)


def _place(cursor: str) -> tuple[Any, Any]:
    try:
        place = int.from_bytes(base64.urlsafe_b64decode(cursor)[:8])
    except ValueError:
        return None, None
    return place, place


@mutant("list", "LIST-012", also={"LIST-011": "a foreign cursor is one of them"})
def a_cursor_of_targets_is_good_for_endpoints(server: Faulty) -> None:
    """A cursor of targets is taken by the list of endpoints, and the other way round."""
    _identified(
        server,
        lambda identity: re.sub("listIngesters|listDestinations", "either", identity),
    )


@mutant("list", "LIST-012", also={"LIST-011": "a foreign cursor is one of them"})
def a_cursor_of_the_recipe_is_good_for_flows(server: Faulty) -> None:
    """A cursor of the recipe's list is taken at the tenant level, and the other way round."""
    _identified(
        server,
        lambda identity: re.sub(
            r"listClusterDeliveryFlows.*|listDeliveryFlows.*", "flows", identity
        ),
    )


@mutant("filter", "LIST-013")
def a_cursor_is_good_for_any_status(server: Faulty) -> None:
    """A cursor of attempts is taken with another `status`."""
    _identified(server, lambda identity: re.sub(r"&status=\w+", "", identity))


@mutant("filter", "LIST-013")
def a_cursor_is_good_for_any_target(server: Faulty) -> None:
    """A cursor of attempts to one target is taken with another destination_id."""
    _identified(server, lambda identity: re.sub(r"destination_id=[\w-]+", "d", identity))


@mutant("filter", "LIST-013")
def a_cursor_of_a_trace_is_good_for_the_list(server: Faulty) -> None:
    """A cursor of a trace is taken without event_id."""
    _identified(server, lambda identity: re.sub(r"&event_id=[\w-]+", "", identity))


@mutant("filter", "LIST-013")
def a_cursor_of_the_log_is_good_for_any_level(server: Faulty) -> None:
    """A cursor of the log is taken with another `level`."""
    _identified(server, lambda identity: re.sub(r"&level=\w+", "", identity))


def _identified(server: Faulty, change: Any) -> None:
    """What a cursor is bound to is something less."""

    @server.around(validation, "_list_identity")
    def list_identity(original: Any, one: Any, arguments: Any) -> Any:
        return change(original(one, arguments))
