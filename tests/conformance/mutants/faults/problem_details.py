"""Problem documents, what each kind of them says: PROB-010 to -019."""

from typing import Any

from tests.conformance.mutants.faults.problems import documents
from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from zen_sandbox.http import protocol
from zen_sandbox.problems import (
    TYPE_BASE,
    Conflict,
    IdempotencyConflict,
    InsufficientScope,
    PayloadTooLarge,
    Problem,
    UnsupportedMediaType,
    ValidationFailed,
)
from zen_sandbox.request import messages


@mutant("problem", "PROB-010", also={"DEST-020": "its type is another", "ING-010": "likewise"})
def a_resource_in_use_has_a_type_of_its_own(server: Faulty) -> None:
    """The 409 of a resource in use has the type resource-in-use."""

    def edit(made: Any, problem: Problem) -> None:
        if " is used by " in problem.detail:
            made["type"] = TYPE_BASE + "resource-in-use"

    documents(server, Conflict, edit)


@mutant("problem", "PROB-010")
def a_taken_endpoint_name_is_titled_so(server: Faulty) -> None:
    """The 409 of an endpoint's name is titled Name Taken."""

    def edit(made: Any, problem: Problem) -> None:
        if problem.detail.startswith("An endpoint with name"):
            made["title"] = "Name Taken"

    documents(server, Conflict, edit)


@mutant(
    "problem",
    "PROB-010",
    also={
        "IDEM-012": "its type is another",
        "PROB-011": "a 409 of no known type may be of either kind",
        "RETRY": "its type is another",
    },
)
def nothing_to_retry_has_a_type_of_its_own(server: Faulty) -> None:
    """The 409 of a batch retry has the type not-retryable."""

    def edit(made: Any, problem: Problem) -> None:
        if problem.detail.startswith("The newest attempt"):
            made["type"] = TYPE_BASE + "not-retryable"

    documents(server, Conflict, edit)


@mutant("problem", "PROB-011")
def a_key_conflict_does_not_name_the_key(server: Faulty) -> None:
    """An idempotency conflict lacks idempotency_key."""
    documents(server, IdempotencyConflict, lambda made, problem: made.pop("idempotency_key", None))


@mutant(
    "problem",
    "IDEM-005",
    "IDEM-006",
    "PROB-011",
    also={"IDEM": "its type is another", "ORDER-007": "its type is another"},
)
def a_key_conflict_is_a_conflict(server: Faulty) -> None:
    """An idempotency conflict on PUT has the type and title of a plain conflict."""

    @server.answers("replaceDeliveryFlow", "replaceIngester")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if b"errors/idempotency-conflict" in answer.body:
            plain = {"type": TYPE_BASE + "conflict", "title": "Conflict"}
            document = {**answer.document, **plain}
            del document["idempotency_key"]
            answer.document = document


@mutant("problem", "PROB-012")
def a_413_is_titled_content_too_large(server: Faulty) -> None:
    """A 413 is titled Content Too Large."""
    documents(server, PayloadTooLarge, lambda made, problem: made.update(title="Content Too Large"))


@mutant("problem", "PROB-013", also={"BODY": "its type is another"})
def a_foreign_charset_has_a_type_of_its_own(server: Faulty) -> None:
    """The 415 of a charset has the type unsupported-charset."""

    def edit(made: Any, problem: Problem) -> None:
        if "charset" in problem.detail:
            made["type"] = TYPE_BASE + "unsupported-charset"

    documents(server, UnsupportedMediaType, edit)


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

    documents(server, ValidationFailed, edit)


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
    documents(
        server, ValidationFailed, lambda made, problem: made.update(errors=made["errors"][:1])
    )


@mutant("problem", "PROB-016", also={"PROB-015": "no field is listed"})
def errors_have_other_members(server: Faulty) -> None:
    """The entries of errors have path and reason instead of field and message."""

    def edit(made: Any, problem: Problem) -> None:
        made["errors"] = [
            {"path": one["field"], "reason": one["message"]} for one in made["errors"]
        ]

    documents(server, ValidationFailed, edit)


@mutant("problem", "PROB-016", also={"PROB-015": "the first one is not listed"})
def errors_leave_the_first_one_out(server: Faulty) -> None:
    """The errors of a 400 for several fields leave out the one that detail is about."""

    def edit(made: Any, problem: Problem) -> None:
        if len(made["errors"]) > 1:
            made["errors"] = made["errors"][1:]

    documents(server, ValidationFailed, edit)


@mutant("problem", "PROB-017", also={"SCOPE": "the detail is read there"})
def a_jwt_is_called_a_key(server: Faulty) -> None:
    """The detail of a JWT's 403 calls it an API key."""

    def edit(made: Any, problem: Problem) -> None:
        made["detail"] = made["detail"].replace("Token", "API key")

    documents(server, InsufficientScope, edit)


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


@mutant(
    "problem", "PROB-019", also={"PROB-001": "it is no problem document", "PROB-002": "likewise"}
)
def a_long_target_is_told_in_text(server: Faulty) -> None:
    """A request line that is too long is answered with text."""

    @server.around(protocol, "problem_response")
    def problem_response(original: Any, failure: Any, instance: str, **more: Any) -> bytes:
        made: bytes = original(failure, instance, **more)
        if failure.status == 414:
            made = made.replace(b"application/problem+json", b"text/plain")
        return made


@mutant(
    "problem", "PROB-019", also={"PROB-001": "it is no problem document", "PROB-002": "likewise"}
)
def an_unreadable_request_is_told_in_text(server: Faulty) -> None:
    """A request line that is no HTTP is answered with text."""

    @server.around(protocol, "problem_response")
    def problem_response(original: Any, failure: Any, instance: str, **more: Any) -> bytes:
        made: bytes = original(failure, instance, **more)
        if failure.status == 400:
            made = made.replace(b"application/problem+json", b"text/plain")
        return made
