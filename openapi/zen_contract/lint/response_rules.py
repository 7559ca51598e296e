"""What every answer must carry: problem documents for failures, and the headers of its status."""

from collections.abc import Iterator

from zen_contract.lint.report import Defect
from zen_contract.pointers import Place
from zen_contract.walk import OperationPlace, operations

PROBLEM = "application/problem+json"

_EMPTY = ("204", "304")
_HEADERS_OF_STATUS = {
    "201": "Location",
    "401": "WWW-Authenticate",
    "405": "Allow",
    "429": "Retry-After",
    "503": "Retry-After",
}


def problem_media_type(root: Place) -> Iterator[Defect]:
    """Every answer of 400 and above is a problem document and nothing else."""
    for status, response in _responses(root):
        if is_failure(status) and list(response.get("content") or {}) != [PROBLEM]:
            yield Defect(response.pointer, f"The {status} answer must be {PROBLEM}, nothing else.")


def problem_responses(root: Place) -> Iterator[Defect]:
    """Every operation documents the failures that it can have by what it asks for.

    A range such as `4XX` stands for all of its statuses.
    """
    for operation in operations(root):
        documented = {status for status, _ in operation.responses()}
        missing = [
            status
            for status in _failures_of(operation)
            if not documented & {status, f"{status[0]}XX", "default"}
        ]
        if missing:
            message = f"{operation} does not document {', '.join(missing)}."
            yield Defect((*operation.place.pointer, "responses"), message)


def empty_response(root: Place) -> Iterator[Defect]:
    """An answer without content has none."""
    for status, response in _responses(root):
        if status in _EMPTY and response.get("content"):
            yield Defect(response.pointer, f"The {status} answer cannot have a body.")


def request_id_header(root: Place) -> Iterator[Defect]:
    """Every answer declares X-Request-Id."""
    for status, response in _responses(root):
        if not _declares(response, "X-Request-Id"):
            yield Defect(response.pointer, f"The {status} answer does not declare X-Request-Id.")


def status_header(root: Place) -> Iterator[Defect]:
    """An answer declares the header that goes with its status, as Location with 201."""
    for status, response in _responses(root):
        header = _HEADERS_OF_STATUS.get(status)
        if header is not None and not _declares(response, header):
            yield Defect(response.pointer, f"The {status} answer does not declare {header}.")


def is_failure(status: str) -> bool:
    """Whether a status as written in a contract stands for 400 and above; `default` does."""
    return status == "default" or status[:1] in ("4", "5")


def _responses(root: Place) -> Iterator[tuple[str, Place]]:
    for operation in operations(root):
        yield from operation.responses()


def _failures_of(operation: OperationPlace) -> Iterator[str]:
    media = [name for name, _ in operation.request_media()]
    if operation.parameters() or media:
        yield "400"
    if operation.place.get("security"):
        yield "401"
        if operation.place.get("x-zen-status") == "WIRED_SANDBOX":
            yield from ("403", "429")
    if media:
        yield "413"
        if "*/*" not in media:
            yield "415"
    yield from ("405", "500", "503")


def _declares(response: Place, header: str) -> bool:
    return header.lower() in (name.lower() for name, _ in response.below("headers"))


RULES = {
    "problem-responses": problem_responses,
    "response-empty": empty_response,
    "problem-media-type": problem_media_type,
    "request-id-header": request_id_header,
    "status-header": status_header,
}
