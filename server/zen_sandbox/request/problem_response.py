"""A problem as a response."""

import orjson

from zen_sandbox.problems import Problem
from zen_sandbox.request.exchange import Response

CONTENT_TYPE = b"application/problem+json"


def problem_response(problem: Problem, request_id: str) -> Response:
    """The problem document, with the headers that belong to it."""
    headers = tuple(
        (name.lower().encode(), value.encode()) for name, value in problem.headers.items()
    )
    return Response(
        problem.status,
        orjson.dumps(problem.document(request_id)),
        content_type=CONTENT_TYPE,
        headers=headers,
    )
