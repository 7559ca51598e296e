"""Paths and methods: ROUTE."""

import re
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import refused
from zen_sandbox.problems import NotFound
from zen_sandbox.request import routing


@mutant(
    "route",
    "ROUTE-001",
    also={"DLV": "a single attempt cannot be read", "TENANT-006": "nor another tenant's"}
    | {"WIRE-004": "501 is not documented", "WIRE-009": "501 is a failure of the server"}
    | {"PROB-001": "it is no problem document", "PROB-002": "it is no problem document"}
    | {"ATTEMPT": "checks read single attempts", "RETRY": "checks read single attempts"},
)
def a_single_attempt_is_not_implemented(server: Faulty) -> None:
    """GET of one attempt is answered 501."""

    @server.answers("getDelivery")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status < 401:
            answer.status, answer.body = 501, b"not implemented"
            answer.set_header("content-type", "text/plain")


@mutant(
    "route",
    "ROUTE-001",
    also={"RECIPE": "the list cannot be read", "SCOPE-007": "its reader is not served"}
    | {"SCOPE-010": "its reader is not served", "LIST": "the list cannot be read"}
    | {"SCOPE-009": "its reader is not served", "AUTH-006": "its reader is not served"},
)
def the_recipes_list_is_an_unknown_path(server: Faulty) -> None:
    """GET of a cluster's flows is answered as an unknown path."""

    @server.answers("listClusterDeliveryFlows")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 200:
            refused(answer, NotFound("There is nothing at this path."))


@mutant("route", "ROUTE-002")
def a_trailing_slash_is_served(server: Faulty) -> None:
    """A path with a slash at its end is served as the one without."""

    @server.requests()
    def rewrite(asked: Asked) -> None:
        if len(asked.path) > 1:
            asked.path = asked.path.rstrip("/")


@mutant("route", "ROUTE-002")
def what_follows_an_id_is_not_looked_at(server: Faulty) -> None:
    """A path that goes on behind the id of a target or flow is served as that target or flow."""

    @server.requests()
    def rewrite(asked: Asked) -> None:
        found = re.match(r"(/v1/tenants/[^/]+/(?:destinations|delivery-flows)/[^/]+)/", asked.path)
        if found:
            asked.path = found.group(1)


@mutant("route", "ROUTE-002")
def an_unknown_path_is_an_empty_success(server: Faulty) -> None:
    """A path of the tenant that does not exist is answered 200 with an empty object."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        unknown = asked.exchange is not None and asked.exchange.operation is None
        if answer.status == 404 and unknown and asked.path.startswith("/v1/tenants/"):
            answer.status, answer.document = 200, {}
            answer.set_header("content-type", "application/json")


@mutant("route", "ROUTE-003", also={"ROUTE-004": "there is no 405 to carry Allow"})
def put_of_a_target_is_its_patch(server: Faulty) -> None:
    """PUT of a target is taken as PATCH."""

    @server.requests()
    def rewrite(asked: Asked) -> None:
        if asked.method == "PUT" and re.fullmatch(
            r"/v1/tenants/[^/]+/destinations/[^/]+", asked.path
        ):
            asked.method = "PATCH"


@mutant("route", "ROUTE-003", also={"ROUTE-005": "OPTIONS is such a method too"})
def a_wrong_method_on_the_log_is_a_404(server: Faulty) -> None:
    """A method that the log does not have is answered 404."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if asked.path == "/v1/logs" and answer.status == 405:
            refused(answer, NotFound("There is nothing at this path."))
            answer.set_header("allow", None)


@mutant("route", "ROUTE-004")
def allow_forgets_delete(server: Faulty) -> None:
    """The Allow of a 405 on one endpoint leaves DELETE out."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 405 and "/ingesters/" in asked.path:
            allowed = (answer.header("allow") or "").split(", ")
            answer.set_header("allow", ", ".join(one for one in allowed if one != "DELETE"))


@mutant("route", "ROUTE-004")
def allow_names_the_refused_method(server: Faulty) -> None:
    """The Allow of a 405 on a batch retry names the method that was refused."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 405 and asked.path.endswith("/retry/batch"):
            answer.set_header("allow", f"{answer.header('allow')}, {asked.method}")


@mutant("route", "ROUTE-004")
def a_405_has_no_allow(server: Faulty) -> None:
    """A 405 on the recipe's path has no Allow."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 405 and asked.path.startswith("/tenants/"):
            answer.set_header("allow", None)


@mutant("route", "ROUTE-005")
def head_of_a_missing_target_is_200(server: Faulty) -> None:
    """HEAD of a target that does not exist is answered 200."""

    @server.answers("getDestination")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if asked.method == "HEAD" and answer.status == 404:
            answer.status = 200
            answer.set_header("content-type", "application/json")


@mutant("route", "ROUTE-005", also={"AUTH-001": "HEAD is asked without a credential too"})
def options_is_forbidden(server: Faulty) -> None:
    """OPTIONS on the list of flows is answered 403."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if asked.method == "OPTIONS" and asked.path.endswith("/delivery-flows"):
            answer.status = 403


@mutant(
    "route",
    "ROUTE-006",
    also={"WIRE-004": "422 is not documented", "PROB-002": "its status member says 400"},
)
def an_id_off_the_pattern_is_a_422(server: Faulty) -> None:
    """A path id of 65 characters is answered 422."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        last = asked.path.rpartition("/")[2]
        if answer.status == 400 and len(last) > 64 and asked.operation_id:
            answer.status = 422


@mutant("route", "ROUTE-006")
def spaces_around_a_path_id_are_dropped(server: Faulty) -> None:
    """A path id with an encoded space at its end finds the object without it."""

    @server.around(routing, "_segments")
    def segments(original: Any, raw_path: bytes) -> list[str]:
        return [part.strip() for part in original(raw_path)]
