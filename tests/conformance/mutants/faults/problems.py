"""Problem documents: PROB."""

from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from zen_sandbox import problems
from zen_sandbox.http import protocol
from zen_sandbox.problems import (
    TYPE_BASE,
    Conflict,
    IdempotencyConflict,
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
from zen_sandbox.request import messages

JSON = "application/json"


def _documents(server: Faulty, of: type[Problem], edit: Any) -> None:
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


@mutant("problem", "PROB-001", also={"IDEM-013": "the replay has another type"})
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
    _documents(server, Unauthorized, lambda made, problem: made.pop("instance"))


@mutant("problem", "PROB-002", also={"IDEM-013": "it is what is replayed"})
def the_status_of_a_409_is_a_text(server: Faulty) -> None:
    """The status member of a conflict is a string."""
    _documents(server, Conflict, lambda made, problem: made.update(status="409"))


@mutant("problem", "PROB-002")
def the_status_of_a_413_is_400(server: Faulty) -> None:
    """The status member of a 413 is 400."""
    _documents(server, PayloadTooLarge, lambda made, problem: made.update(status=400))


@mutant("problem", "PROB-002")
def a_415_has_an_empty_detail(server: Faulty) -> None:
    """The detail of a 415 is empty."""
    _documents(server, UnsupportedMediaType, lambda made, problem: made.update(detail=""))


@mutant("problem", "PROB-003")
def the_instance_of_a_404_is_its_path(server: Faulty) -> None:
    """The instance of the 404 of a flow is not the request id but a path."""

    def edit(made: Any, problem: Problem) -> None:
        if problem.detail.startswith("Flow "):
            made["instance"] = "/v1/flows"

    _documents(server, NotFound, edit)


@mutant("problem", "PROB-003")
def the_instance_of_a_415_is_anew(server: Faulty) -> None:
    """The instance of a 415 is another id than the response's."""
    _documents(server, UnsupportedMediaType, lambda made, problem: made.update(instance="req_1"))


@mutant(
    "problem",
    "PROB-003",
    also={"WIRE-002": "the id in the header is the server's, not the client's"},
)
def the_header_of_an_error_is_the_servers_own(server: Faulty) -> None:
    """An error keeps the client's request id in its body and has one of its own in its header."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status >= 400 and asked.header("x-request-id"):
            answer.set_header("x-request-id", "req_of_the_proxy")


@mutant("problem", "PROB-004", also={"LIST-011": "its type is another", "TENANT-012": "likewise"})
def a_bad_cursor_has_a_type_of_its_own(server: Faulty) -> None:
    """The 400 of a cursor has the type invalid-cursor."""

    def edit(made: Any, problem: Problem) -> None:
        if problem.detail.startswith("cursor:"):
            made["type"] = TYPE_BASE + "invalid-cursor"

    _documents(server, ValidationFailed, edit)


@mutant("problem", "PROB-004")
def a_400_of_a_body_is_a_bad_request(server: Faulty) -> None:
    """The 400 of a body that is not JSON is titled Bad Request."""

    def edit(made: Any, problem: Problem) -> None:
        if problem.detail.startswith("body:"):
            made["title"] = "Bad Request"

    _documents(server, ValidationFailed, edit)


@mutant("problem", "PROB-005", also={"AUTH": "its type is another"})
def an_expired_token_has_a_type_of_its_own(server: Faulty) -> None:
    """The 401 of a token that was sent has the type invalid-token."""

    def edit(made: Any, problem: Problem) -> None:
        if "invalid_token" in problem.headers["WWW-Authenticate"]:
            made["type"] = TYPE_BASE + "invalid-token"

    _documents(server, Unauthorized, edit)


@mutant("problem", "PROB-005")
def a_401_is_titled_authentication_required(server: Faulty) -> None:
    """The 401 without a token is titled Authentication Required."""

    def edit(made: Any, problem: Problem) -> None:
        if "invalid_token" not in problem.headers["WWW-Authenticate"]:
            made["title"] = "Authentication Required"

    _documents(server, Unauthorized, edit)


@mutant("problem", "PROB-006", also={"SCOPE": "it is read there"})
def a_jwt_is_not_told_the_scope(server: Faulty) -> None:
    """The 403 of a JWT without the scope lacks required_scope."""

    def edit(made: Any, problem: Problem) -> None:
        if problem.detail.startswith("Token"):
            del made["required_scope"]

    _documents(server, InsufficientScope, edit)


@mutant("problem", "PROB-006", also={"SCOPE": "its type is another"})
def the_logs_403_is_forbidden(server: Faulty) -> None:
    """The 403 of the log without its scope has the type forbidden."""

    def edit(made: Any, problem: Problem) -> None:
        if made["required_scope"] == "read:logs":
            made["type"] = TYPE_BASE + "forbidden"

    _documents(server, InsufficientScope, edit)


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
    _documents(server, PermissionDenied, lambda made, problem: made.update(title="Forbidden"))


@mutant("problem", "PROB-008", also={"ROUTE-002": "its type is another"})
def an_unknown_paths_type_is_blank(server: Faulty) -> None:
    """The 404 of a path that is not served has the type about:blank."""

    def edit(made: Any, problem: Problem) -> None:
        if problem.detail.startswith("There is nothing"):
            made["type"] = "about:blank"

    _documents(server, NotFound, edit)


@mutant("problem", "PROB-008", also={"TRACE-003": "its type is another"})
def a_missing_trace_has_a_type_of_its_own(server: Faulty) -> None:
    """The 404 of a trace has the type no-deliveries."""

    def edit(made: Any, problem: Problem) -> None:
        if problem.detail.startswith("No deliveries"):
            made["type"] = TYPE_BASE + "no-deliveries"

    _documents(server, NotFound, edit)


@mutant("problem", "PROB-009", also={"ROUTE-003": "its type is another"})
def a_405_has_the_title_of_a_404(server: Faulty) -> None:
    """A 405 is titled Not Allowed."""
    _documents(server, MethodNotAllowed, lambda made, problem: made.update(title="Not Allowed"))


@mutant("problem", "PROB-010", also={"DEST-021": "its type is another", "ING-010": "likewise"})
def a_resource_in_use_has_a_type_of_its_own(server: Faulty) -> None:
    """The 409 of a resource in use has the type resource-in-use."""

    def edit(made: Any, problem: Problem) -> None:
        if " is used by " in problem.detail:
            made["type"] = TYPE_BASE + "resource-in-use"

    _documents(server, Conflict, edit)


@mutant("problem", "PROB-010")
def a_taken_endpoint_name_is_titled_so(server: Faulty) -> None:
    """The 409 of an endpoint's name is titled Name Taken."""

    def edit(made: Any, problem: Problem) -> None:
        if problem.detail.startswith("An endpoint with name"):
            made["title"] = "Name Taken"

    _documents(server, Conflict, edit)


@mutant("problem", "PROB-010", also={"RETRY": "its type is another"})
def nothing_to_retry_has_a_type_of_its_own(server: Faulty) -> None:
    """The 409 of a batch retry has the type not-retryable."""

    def edit(made: Any, problem: Problem) -> None:
        if problem.detail.startswith("The newest attempt"):
            made["type"] = TYPE_BASE + "not-retryable"

    _documents(server, Conflict, edit)


@mutant("problem", "PROB-011")
def a_key_conflict_does_not_name_the_key(server: Faulty) -> None:
    """An idempotency conflict lacks idempotency_key."""
    _documents(server, IdempotencyConflict, lambda made, problem: made.pop("idempotency_key", None))


@mutant("problem", "PROB-011", also={"IDEM": "its type is another", "ORDER-007": "likewise"})
def a_key_conflict_is_a_conflict(server: Faulty) -> None:
    """An idempotency conflict on PUT has the type conflict."""

    @server.answers("replaceDeliveryFlow", "replaceIngester")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if b"errors/idempotency-conflict" in answer.body:
            answer.document = {**answer.document, "type": TYPE_BASE + "conflict"}


@mutant("problem", "PROB-012")
def a_413_is_titled_content_too_large(server: Faulty) -> None:
    """A 413 is titled Content Too Large."""
    _documents(
        server, PayloadTooLarge, lambda made, problem: made.update(title="Content Too Large")
    )


@mutant("problem", "PROB-013", also={"BODY": "its type is another"})
def a_foreign_charset_has_a_type_of_its_own(server: Faulty) -> None:
    """The 415 of a charset has the type unsupported-charset."""

    def edit(made: Any, problem: Problem) -> None:
        if "charset" in problem.detail:
            made["type"] = TYPE_BASE + "unsupported-charset"

    _documents(server, UnsupportedMediaType, edit)


@mutant("problem", "PROB-014", also={"FLOW": "the field is another", "PROB-016": "likewise"})
def nested_fields_are_named_by_their_last_part(server: Faulty) -> None:
    """The detail of a 400 names a nested field without the objects it is in."""

    @server.around(messages, "_field")
    def field(original: Any, path: list[str], name: str) -> str:
        found: str = original(path[-1:], name)
        return found


@mutant("problem", "PROB-014", also={"LIST": "the field is another", "DLV": "likewise"})
def parameters_are_named_with_their_place(server: Faulty) -> None:
    """The detail of a 400 of `limit` begins with `query.limit`."""

    def edit(made: Any, problem: Problem) -> None:
        if made["detail"].startswith("limit:"):
            made["detail"] = f"query.{made['detail']}"

    _documents(server, ValidationFailed, edit)


@mutant(
    "problem",
    "PROB-014",
    also={"ING": "the reason is another", "BODY": "no field is named", "PROB-016": "likewise"}
    | {"NAME": "no field is named"},
)
def a_400_of_put_says_nothing(server: Faulty) -> None:
    """The detail of a 400 of PUT of an endpoint is a general sentence."""

    @server.answers("replaceIngester")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 400:
            answer.document = {**answer.document, "detail": "The request is not valid."}


@mutant("problem", "PROB-015")
def a_400_lists_the_first_error_only(server: Faulty) -> None:
    """The errors of a 400 hold one entry, however many fields are wrong."""
    _documents(
        server, ValidationFailed, lambda made, problem: made.update(errors=made["errors"][:1])
    )


@mutant("problem", "PROB-016", also={"PROB-015": "no field is listed"})
def errors_have_other_members(server: Faulty) -> None:
    """The entries of errors have path and reason instead of field and message."""

    def edit(made: Any, problem: Problem) -> None:
        made["errors"] = [
            {"path": one["field"], "reason": one["message"]} for one in made["errors"]
        ]

    _documents(server, ValidationFailed, edit)


@mutant("problem", "PROB-016", also={"PROB-015": "the first one is not listed"})
def errors_leave_the_first_one_out(server: Faulty) -> None:
    """The errors of a 400 for several fields leave out the one that detail is about."""

    def edit(made: Any, problem: Problem) -> None:
        if len(made["errors"]) > 1:
            made["errors"] = made["errors"][1:]

    _documents(server, ValidationFailed, edit)


@mutant("problem", "PROB-017", also={"SCOPE": "the detail is read there"})
def a_jwt_is_called_a_key(server: Faulty) -> None:
    """The detail of a JWT's 403 calls it an API key."""

    def edit(made: Any, problem: Problem) -> None:
        made["detail"] = made["detail"].replace("Token", "API key")

    _documents(server, InsufficientScope, edit)


@mutant("problem", "PROB-017", also={"SCOPE": "the detail is read there"})
def a_batch_without_scope_is_told_otherwise(server: Faulty) -> None:
    """The detail of a batch retry's 403 says `is missing the scope`."""

    @server.answers("retryBatch")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if b"insufficient-scope" in answer.body:
            detail = "API key is missing the scope write:deliveries."
            answer.document = {**answer.document, "detail": detail}


@mutant("problem", "PROB-018", also={"SCOPE": "the challenge is read there"})
def a_scope_challenge_names_no_scope(server: Faulty) -> None:
    """The WWW-Authenticate of a 403 of the recipe lacks the scope."""

    @server.answers("createClusterDeliveryFlow", "listClusterDeliveryFlows")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if b"insufficient-scope" in answer.body:
            answer.set_header("www-authenticate", 'Bearer error="insufficient_scope"')


@mutant("problem", "PROB-018", also={"SCOPE": "the challenge is read there"})
def a_refused_delete_has_no_challenge(server: Faulty) -> None:
    """The 403 of DELETE for its scope has no WWW-Authenticate."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 403 and asked.method == "DELETE":
            answer.set_header("www-authenticate", None)


@mutant("problem", "PROB-019", also={"PROB-001": "it is no problem document", "PROB-002": "so"})
def a_long_target_is_told_in_text(server: Faulty) -> None:
    """A request line that is too long is answered with text."""

    @server.around(protocol, "problem_response")
    def problem_response(original: Any, failure: Any, instance: str, **more: Any) -> bytes:
        made: bytes = original(failure, instance, **more)
        if failure.status == 414:
            made = made.replace(b"application/problem+json", b"text/plain")
        return made


@mutant("problem", "PROB-019", also={"PROB-001": "it is no problem document", "PROB-002": "so"})
def an_unreadable_request_is_told_in_text(server: Faulty) -> None:
    """A request line that is no HTTP is answered with text."""

    @server.around(protocol, "problem_response")
    def problem_response(original: Any, failure: Any, instance: str, **more: Any) -> bytes:
        made: bytes = original(failure, instance, **more)
        if failure.status == 400:
            made = made.replace(b"application/problem+json", b"text/plain")
        return made
