"""What every answer must carry: problem documents for failures, and the headers of its status."""

from collections.abc import Iterator

from zen_contract.lint.report import Defect
from zen_contract.pointers import Place
from zen_contract.walk import operations

PROBLEM = "application/problem+json"

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


def _declares(response: Place, header: str) -> bool:
    return header.lower() in (name.lower() for name, _ in response.below("headers"))


RULES = {
    "problem-media-type": problem_media_type,
    "request-id-header": request_id_header,
    "status-header": status_header,
}
