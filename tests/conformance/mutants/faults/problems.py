"""Problem documents, their common members and types: PROB-001 to -009."""

from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from zen_sandbox import problems
from zen_sandbox.problems import (
    TYPE_BASE,
    Conflict,
    InsufficientScope,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    PermissionDenied,
    Problem,
    Unauthorized,
    UnsupportedMediaType,
    ValidationFailed,
)

JSON = "application/json"


def documents(server: Faulty, of: type[Problem], edit: Any) -> None:
    """Changes the documents of one kind of problem: `edit(document, problem)`."""

    @server.around(problems.Problem, "document")
    def document(original: Any, self: Any, instance: str) -> Any:
        made = original(self, instance)
        if isinstance(self, of):
            edit(made, self)
        return made


def _typed(server: Faulty, status: int, where: str, media_type: str) -> None:
    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == status and where in asked.path:
            answer.set_header("content-type", media_type)


@mutant("problem", "PROB-001")
def a_405_is_plain_json(server: Faulty) -> None:
    """A 405 is sent as application/json."""
    _typed(server, 405, "/", JSON)


@mutant("problem", "PROB-001")
def a_415_of_an_endpoint_is_plain_json(server: Faulty) -> None:
    """A 415 on endpoints is sent as application/json."""
    _typed(server, 415, "/ingesters", JSON)


@mutant("problem", "PROB-001", also={"IDEM-012": "the replay has another type"})
def a_replayed_problem_is_plain_json(server: Faulty) -> None:
    """A replayed 404 or 409 is sent as application/json."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status >= 400 and answer.header("idempotency-replayed"):
            answer.set_header("content-type", JSON)


@mutant("problem", "PROB-001", also={"PROB-002": "it is no document", "PROB-008": "likewise"})
def an_unknown_path_is_a_page(server: Faulty) -> None:
    """The 404 of a path that is not served is an HTML page."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        unknown = asked.exchange is not None and asked.exchange.operation is None
        if answer.status == 404 and unknown:
            answer.body = b"<!doctype html><title>404</title>"
            answer.set_header("content-type", "text/html")


@mutant(
    "problem",
    "PROB-001",
    also={"PROB": "it is no document", "BODY-007": "it names no field", "WIRE": "no document"},
)
def malformed_json_is_told_in_text(server: Faulty) -> None:
    """The 400 of a body of PATCH that is not JSON is text/plain."""

    @server.answers("updateDestination")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 400 and b"not valid JSON" in answer.body:
            answer.body = b"Bad Request"
            answer.set_header("content-type", "text/plain")


@mutant("problem", "PROB-002", also={"PROB-003": "there is no instance"})
def a_401_has_no_instance(server: Faulty) -> None:
    """A 401 has no instance."""
    documents(server, Unauthorized, lambda made, problem: made.pop("instance"))


@mutant("problem", "PROB-002", also={"IDEM-012": "it is what is replayed"})
def the_status_of_a_409_is_a_text(server: Faulty) -> None:
    """The status member of a conflict is a string."""
    documents(server, Conflict, lambda made, problem: made.update(status="409"))


@mutant("problem", "PROB-002")
def the_status_of_a_413_is_400(server: Faulty) -> None:
    """The status member of a 413 is 400."""
    documents(server, PayloadTooLarge, lambda made, problem: made.update(status=400))


@mutant("problem", "PROB-002")
def a_415_has_an_empty_detail(server: Faulty) -> None:
    """The detail of a 415 is empty."""
    documents(server, UnsupportedMediaType, lambda made, problem: made.update(detail=""))


@mutant("problem", "PROB-003")
def the_instance_of_a_404_is_its_path(server: Faulty) -> None:
    """The instance of the 404 of a flow is not the request id but a path."""

    def edit(made: Any, problem: Problem) -> None:
        if problem.detail.startswith("Flow "):
            made["instance"] = "/v1/flows"

    documents(server, NotFound, edit)


@mutant("problem", "PROB-003")
def the_instance_of_a_415_is_anew(server: Faulty) -> None:
    """The instance of a 415 is another id than the response's."""
    documents(server, UnsupportedMediaType, lambda made, problem: made.update(instance="req_1"))


@mutant(
    "problem",
    "PROB-003",
    also={
        "LOG": "entries are found by the header, which names another id",
        "WIRE-002": "the id in the header is the server's, not the client's",
    },
)
def the_header_of_an_error_is_the_servers_own(server: Faulty) -> None:
    """An error keeps the client's request id in its body and has one of its own in its header."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status >= 400 and asked.header("x-request-id"):
            answer.set_header("x-request-id", "req_of_the_proxy")


@mutant(
    "problem",
    "PROB-004",
    also={
        "LIST": "it is the type of every bad cursor",
        "LIST-011": "its type is another",
        "TENANT-011": "likewise",
    },
)
def a_bad_cursor_has_a_type_of_its_own(server: Faulty) -> None:
    """The 400 of a cursor has the type invalid-cursor."""

    def edit(made: Any, problem: Problem) -> None:
        if problem.detail.startswith("cursor:"):
            made["type"] = TYPE_BASE + "invalid-cursor"

    documents(server, ValidationFailed, edit)


@mutant("problem", "PROB-004")
def a_400_of_a_body_is_a_bad_request(server: Faulty) -> None:
    """The 400 of a body that is not JSON is titled Bad Request."""

    def edit(made: Any, problem: Problem) -> None:
        if problem.detail.startswith("body:"):
            made["title"] = "Bad Request"

    documents(server, ValidationFailed, edit)


@mutant("problem", "PROB-005", also={"AUTH": "its type is another"})
def an_expired_token_has_a_type_of_its_own(server: Faulty) -> None:
    """The 401 of a token that was sent has the type invalid-token."""

    def edit(made: Any, problem: Problem) -> None:
        if "invalid_token" in problem.headers["WWW-Authenticate"]:
            made["type"] = TYPE_BASE + "invalid-token"

    documents(server, Unauthorized, edit)


@mutant("problem", "PROB-005")
def a_401_is_titled_authentication_required(server: Faulty) -> None:
    """The 401 without a token is titled Authentication Required."""

    def edit(made: Any, problem: Problem) -> None:
        if "invalid_token" not in problem.headers["WWW-Authenticate"]:
            made["title"] = "Authentication Required"

    documents(server, Unauthorized, edit)


@mutant(
    "problem",
    "PROB-006",
    also={
        "PROB-017": "the detail is compared with it",
        "PROB-018": "the challenge is compared with it",
        "SCOPE": "it is read there",
    },
)
def a_jwt_is_not_told_the_scope(server: Faulty) -> None:
    """The 403 of a JWT without the scope lacks required_scope."""

    def edit(made: Any, problem: Problem) -> None:
        if problem.detail.startswith("Token"):
            del made["required_scope"]

    documents(server, InsufficientScope, edit)


@mutant("problem", "PROB-006", also={"SCOPE": "its type is another"})
def the_logs_403_is_forbidden(server: Faulty) -> None:
    """The 403 of the log without its scope has the type forbidden."""

    def edit(made: Any, problem: Problem) -> None:
        if made["required_scope"] == "read:logs":
            made["type"] = TYPE_BASE + "forbidden"

    documents(server, InsufficientScope, edit)


@mutant(
    "problem",
    "PROB-006",
    also={"SCOPE": "another scope is told", "PROB-017": "the detail tells the true one"},
)
def a_delete_tells_a_scope_of_its_own(server: Faulty) -> None:
    """The 403 of DELETE names delete:<resource> as the scope it asks for."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if asked.method == "DELETE" and b"insufficient-scope" in answer.body:
            document = answer.document
            document["required_scope"] = document["required_scope"].replace("write", "delete")
            answer.document = document


@mutant("problem", "PROB-007", also={"TENANT": "its type is another", "ORDER-003": "likewise"})
def another_tenants_recipe_is_forbidden(server: Faulty) -> None:
    """The 403 of another tenant's recipe path has the type forbidden."""

    @server.answers("listClusterDeliveryFlows", "createClusterDeliveryFlow")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if b"permission-denied" in answer.body:
            answer.document = {**answer.document, "type": TYPE_BASE + "forbidden"}


@mutant("problem", "PROB-007")
def permission_denied_is_titled_forbidden(server: Faulty) -> None:
    """The 403 of another tenant's path is titled Forbidden."""
    documents(server, PermissionDenied, lambda made, problem: made.update(title="Forbidden"))


@mutant("problem", "PROB-008", also={"ROUTE-002": "its type is another"})
def an_unknown_paths_type_is_blank(server: Faulty) -> None:
    """The 404 of a path that is not served has the type about:blank."""

    def edit(made: Any, problem: Problem) -> None:
        if problem.detail.startswith("There is nothing"):
            made["type"] = "about:blank"

    documents(server, NotFound, edit)


@mutant("problem", "PROB-008", also={"TRACE-003": "its type is another"})
def a_missing_trace_has_a_type_of_its_own(server: Faulty) -> None:
    """The 404 of a trace has the type no-deliveries."""

    def edit(made: Any, problem: Problem) -> None:
        if problem.detail.startswith("No deliveries"):
            made["type"] = TYPE_BASE + "no-deliveries"

    documents(server, NotFound, edit)


@mutant("problem", "PROB-009", also={"ROUTE-003": "its type is another"})
def a_405_has_the_title_of_a_404(server: Faulty) -> None:
    """A 405 is titled Not Allowed."""
    documents(server, MethodNotAllowed, lambda made, problem: made.update(title="Not Allowed"))
