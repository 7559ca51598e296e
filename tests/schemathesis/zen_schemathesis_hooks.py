"""What stock schemathesis cannot know of this API: real ids, one key per request, real cursors.

Only valid cases are touched; what schemathesis made invalid on purpose goes out as it is.
"""

import os
import uuid
from typing import Any

import schemathesis
from schemathesis import GenerationMode

SOURCE_ID = os.environ["ZEN_SOURCE_ID"]
DESTINATION_ID = os.environ["ZEN_DESTINATION_ID"]
DESTINATION_TYPE = os.environ["ZEN_DESTINATION_TYPE"]


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Makes the last changes to a request before it is sent."""
    negative = case.meta is not None and case.meta.generation.mode == GenerationMode.NEGATIVE
    if negative:
        return
    if case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
    if case.query:
        case.query.pop("cursor", None)  # opaque: only the server can make one
    if isinstance(case.body, dict):
        _point_at_what_exists(case.body)


def _point_at_what_exists(body: dict[str, Any]) -> None:
    if "source_id" in body:
        body["source_id"] = SOURCE_ID
    if "destination_id" in body:
        body["destination_id"] = DESTINATION_ID
    if "source" in body:
        body["source"] = SOURCE_ID
    if "target" in body:
        body["target"] = {"id": DESTINATION_ID, "type": DESTINATION_TYPE}
