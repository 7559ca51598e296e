"""Request bodies, their types, sizes and JSON: BODY-001 to -007."""

import json
import re
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import refused
from zen_sandbox.problems import PayloadTooLarge, UnsupportedMediaType, ValidationFailed
from zen_sandbox.request import strict_json, validation


def _typed(asked: Asked, media_type: str) -> None:
    kept = [pair for pair in asked.headers if pair[0].lower() != "content-type"]
    asked.headers = [*kept, ("content-type", media_type)]


@mutant("validation", "BODY-001", also={"ORDER-005": "there is no 415 to come first"})
def patch_needs_no_content_type(server: Faulty) -> None:
    """PATCH takes a body without a Content-Type."""

    @server.requests("updateDestination")
    def rewrite(asked: Asked) -> None:
        if asked.header("content-type") is None and asked.body:
            _typed(asked, "application/json")


@mutant("validation", "BODY-001", also={"ORDER": "there is no 415", "IDEM-014": "no 415"})
def a_recipe_may_be_text(server: Faulty) -> None:
    """A recipe create takes JSON that is sent as text/plain."""

    @server.requests("createClusterDeliveryFlow")
    def rewrite(asked: Asked) -> None:
        if (asked.header("content-type") or "").startswith("text/plain"):
            _typed(asked, "application/json")


@mutant("validation", "BODY-001")
def post_takes_a_merge_patch(server: Faulty) -> None:
    """POST of a target takes application/merge-patch+json, as only PATCH may."""

    @server.requests("createDestination")
    def rewrite(asked: Asked) -> None:
        if "merge-patch" in (asked.header("content-type") or ""):
            _typed(asked, "application/json")


@mutant("validation", "BODY-001")
def anything_that_ends_in_json_is_json(server: Faulty) -> None:
    """PUT takes any media type that ends in +json."""

    @server.requests("replaceDeliveryFlow", "replaceIngester")
    def rewrite(asked: Asked) -> None:
        if re.match(r"application/[a-z.-]+\+json", asked.header("content-type") or ""):
            _typed(asked, "application/json")


@mutant("validation", "BODY-002")
def an_endpoints_charset_is_not_looked_at(server: Faulty) -> None:
    """POST of an endpoint takes any charset."""

    @server.requests("createIngester")
    def rewrite(asked: Asked) -> None:
        if "charset" in (asked.header("content-type") or ""):
            _typed(asked, "application/json")


@mutant("validation", "BODY-002")
def a_content_encoding_is_not_looked_at(server: Faulty) -> None:
    """A Content-Encoding on PATCH is not looked at."""

    @server.requests("updateDestination")
    def rewrite(asked: Asked) -> None:
        asked.headers = [pair for pair in asked.headers if pair[0].lower() != "content-encoding"]


@mutant("validation", "BODY-003")
def a_charset_in_capitals_is_refused(server: Faulty) -> None:
    """`charset=UTF-8` is answered 415."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if "charset=UTF-8" in (asked.header("content-type") or "") and answer.status < 300:
            refused(answer, UnsupportedMediaType("The charset of a request body must be utf-8."))


@mutant("validation", "BODY-003")
def a_media_type_in_capitals_is_refused(server: Faulty) -> None:
    """A media type in another letter case is answered 415."""

    @server.around(validation, "_media_type_refusal")
    def refusal(original: Any, body: Any, headers: Any) -> Any:
        named = headers.get(b"content-type", b"")
        if not body.raw and named.split(b";")[0] != named.split(b";")[0].lower():
            return UnsupportedMediaType("Content-Type must be application/json.")
        return original(body, headers)


@mutant("boundary", "BODY-004", also={"EVENT-006": "events have the same limit"})
def a_body_may_be_a_byte_too_long(server: Faulty) -> None:
    """A body of 1 MiB and one byte is not refused for its size."""
    server.replace(validation, "MAX_BODY_BYTES", lambda most: most + 1)


@mutant("boundary", "BODY-004", "EVENT-006")
def chunks_are_not_counted(server: Faulty) -> None:
    """A chunked body may be of any size."""

    @server.around(validation, "_receive_all")
    async def receive_all(original: Any, receive: Any) -> Any:
        raw = b""
        while True:
            message = await receive()
            raw += message.get("body", b"")
            if message["type"] != "http.request":
                raise validation.ClientGone
            if not message.get("more_body"):
                return raw


@mutant("boundary", "BODY-004")
def patch_may_be_of_any_size(server: Faulty) -> None:
    """PATCH is never answered 413: what is too long is told as invalid."""

    @server.answers("updateDestination")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 413:
            refused(answer, ValidationFailed.of("body", "is too long"))


@mutant("boundary", "BODY-005", also={"EVENT-006": "events have the same limit"})
def a_body_of_a_mebibyte_is_refused(server: Faulty) -> None:
    """A body of exactly 1 MiB is answered 413."""
    server.replace(validation, "MAX_BODY_BYTES", lambda most: most - 1)


@mutant("boundary", "BODY-005", also={"EVENT-006": "events have the same limit"})
def the_limit_is_a_million_bytes(server: Faulty) -> None:
    """The limit of a body is 1,000,000 bytes, not 1,048,576."""
    server.replace(validation, "MAX_BODY_BYTES", lambda most: 1_000_000)


@mutant("validation", "BODY-005")
def chunked_bodies_are_refused(server: Faulty) -> None:
    """A chunked body of PUT is answered 413."""

    @server.answers("replaceDeliveryFlow", "replaceIngester")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if asked.header("transfer-encoding") and answer.status < 300:
            refused(answer, PayloadTooLarge(0))


@mutant("validation", "BODY-006")
def an_empty_put_changes_nothing(server: Faulty) -> None:
    """PUT of an endpoint with an empty body is a success that changes nothing."""

    @server.definition("replaceIngester")
    def edit(definition: Any) -> None:
        definition["requestBody"]["required"] = False

    @server.handler("replaceIngester")
    def instead(run: Any, call: Any, **given: Any) -> Any:
        if given["body"] is None:
            found = call.store.ingesters.get(call.tenant_id, given["ingester_id"])
            given["body"] = {"name": found.name, "type": found.type}
        return run(call, **given)


@mutant("validation", "BODY-006")
def an_empty_batch_is_unsupported(server: Faulty) -> None:
    """A batch retry with an empty body is answered 415."""

    @server.answers("retryBatch")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 400 and asked.header("content-length") in (None, "0"):
            refused(answer, UnsupportedMediaType("Content-Type must be application/json."))


@mutant("validation", "BODY-007")
def bytes_that_are_not_utf8_are_replaced(server: Faulty) -> None:
    """A body that is not UTF-8 is read with replacement characters."""

    @server.around(strict_json, "read")
    def read(original: Any, body: bytes) -> Any:
        return original(body.decode("utf-8", "replace").encode())


@mutant("validation", "BODY-007")
def what_follows_the_json_is_not_looked_at(server: Faulty) -> None:
    """What follows the JSON of a body is not looked at."""

    @server.around(strict_json, "read")
    def read(original: Any, body: bytes) -> Any:
        try:
            end = json.JSONDecoder().raw_decode(body.decode().lstrip())[1]
        except ValueError:
            return original(body)
        return original(body.decode().lstrip()[:end].encode())


@mutant("validation", "BODY-007")
def a_comma_too_many_is_taken(server: Faulty) -> None:
    """A comma before a closing brace is taken."""

    @server.around(strict_json, "read")
    def read(original: Any, body: bytes) -> Any:
        return original(re.sub(rb",\s*}", b"}", body))


@mutant("validation", "BODY-007")
def utf16_is_taken(server: Faulty) -> None:
    """A body in UTF-16 is taken."""

    @server.around(strict_json, "read")
    def read(original: Any, body: bytes) -> Any:
        if body.startswith((b"\xff\xfe", b"\xfe\xff")) or body[1:2] == b"\0":
            body = body.decode("utf-16" if body[:1] in b"\xff\xfe" else "utf-16-le").encode()
        elif body[:1] == b"\0":
            body = body.decode("utf-16-be").encode()
        return original(body)
