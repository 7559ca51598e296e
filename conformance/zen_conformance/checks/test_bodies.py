"""Request bodies: what is on the line before the JSON is read, by each operation with a body."""

import gzip
import zlib
from typing import Any

import pytest

from zen_conformance.answer import Answer
from zen_conformance.body_members import is_required, media_types
from zen_conformance.check import requirement
from zen_conformance.failures import NotRun
from zen_conformance.operation_cases import (
    WITH_BODY,
    Arguments,
    each_operation,
    must_be_offered,
    standing_request,
    taken,
    valid_request,
)
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant, encoded

MIB = 1024 * 1024
_WRONG_TYPES = (
    None,
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=zc",
    "application/xml",
    "text/json",
    "application/octet-stream",
    "application/problem+json",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/jsonp",
    "application/json5",
    "xapplication/json",
)
_RIGHT_TYPES = (
    "application/json; charset=utf-8",
    "application/json;charset=UTF-8",
    'application/json; charset="utf-8"',
    "application/json; Charset=Utf-8",
    "APPLICATION/JSON",
    "Application/Json",
)


def send(api: Tenant, operation_id: str, arguments: Arguments, body: bytes, **more: Any) -> Answer:
    """The request with these bytes for its body."""
    rest = {name: value for name, value in arguments.items() if name != "json"}
    return api.call(operation_id, body=body, **rest, **more)


def padded(arguments: Arguments, size: int) -> bytes:
    """The request's JSON with white space around it, so many bytes in all."""
    text = encoded(arguments["json"])
    left = size - len(text)
    return b"\n" * (left // 2) + text + b" " * (left - left // 2)


@requirement("BODY-001")
@each_operation(WITH_BODY)
def test_a_body_of_another_media_type_is_refused(
    suite: Suite, api: Tenant, operation_id: str
) -> None:
    must_be_offered(suite, operation_id)
    for media_type in _WRONG_TYPES:
        if media_type not in media_types(operation_id):
            arguments = standing_request(api, operation_id)
            answer = api.call(operation_id, **arguments, content_type=media_type)
            answer.expect(415, why=f"Content-Type was {media_type!r}")


@requirement("BODY-002")
@each_operation(WITH_BODY)
def test_a_body_in_another_charset_is_refused(suite: Suite, api: Tenant, operation_id: str) -> None:
    must_be_offered(suite, operation_id)
    for media_type in media_types(operation_id):
        for charset in ("iso-8859-1", "utf-16", "windows-1252", '"utf-16"', "UTF-32"):
            arguments = standing_request(api, operation_id)
            said = f"{media_type}; charset={charset}"
            answer = api.call(operation_id, **arguments, content_type=said)
            answer.expect(415, why=f"Content-Type was {said!r}")


@requirement("BODY-002")
@each_operation(WITH_BODY)
def test_a_body_with_a_content_encoding_is_refused(
    suite: Suite, api: Tenant, operation_id: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    text = encoded(arguments["json"])
    for encoding, body in (
        ("gzip", gzip.compress(text)),
        ("gzip", text),
        ("deflate", zlib.compress(text)),
        ("br", text),
        ("GZIP", gzip.compress(text)),
    ):
        headers = {"Content-Encoding": encoding}
        answer = send(api, operation_id, arguments, body, headers=headers)
        answer.expect(415, why=f"Content-Encoding was {encoding}")


@requirement("BODY-003")
@each_operation(WITH_BODY)
@pytest.mark.parametrize("media_type", _RIGHT_TYPES)
def test_a_json_body_is_taken_however_its_type_is_written(
    suite: Suite, api: Tenant, operation_id: str, media_type: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = valid_request(api, operation_id)
    answer = api.call(operation_id, **arguments, content_type=media_type)
    answer.expect(*taken(operation_id), why=f"Content-Type was {media_type!r}")


def large(api: Tenant, operation_id: str, body: bytes, *, chunked: bool) -> Answer:
    """The answer to a large body; a server may close early, and the answer may be lost then."""
    for _ in range(3):
        arguments = standing_request(api, operation_id)
        answer = send(api, operation_id, arguments, body, chunked=chunked)
        if answer.exchange.received is not None:
            return answer
    raise NotRun("the server closed the connection before its answer could be read")


@requirement("BODY-004")
@each_operation(WITH_BODY)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_a_mebibyte_is_too_large(
    suite: Suite, api: Tenant, operation_id: str, chunked: bool
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    for size in (MIB + 1, MIB + 4096, 3 * MIB):
        answer = large(api, operation_id, padded(arguments, size), chunked=chunked)
        answer.expect(413, why=f"the body had {size:,} bytes")


@requirement("BODY-004")
@each_operation(WITH_BODY)
def test_the_limit_is_of_bytes_not_of_characters(
    suite: Suite, api: Tenant, operation_id: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    text = encoded({**arguments["json"], "zc": "X"}).replace(b"X", "é".encode() * (MIB // 2))
    large(api, operation_id, text, chunked=False).expect(413, why="it had over 1 MiB of bytes")


@requirement("BODY-005")
@each_operation(WITH_BODY)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_a_mebibyte_is_taken(
    suite: Suite, api: Tenant, operation_id: str, chunked: bool
) -> None:
    must_be_offered(suite, operation_id)
    for size in (MIB, 2000):
        arguments = valid_request(api, operation_id)
        answer = send(api, operation_id, arguments, padded(arguments, size), chunked=chunked)
        answer.expect(*taken(operation_id), why=f"the body had {size:,} bytes")


@requirement("BODY-006")
@each_operation(name for name in WITH_BODY if is_required(name))
def test_an_empty_body_is_refused_where_one_is_required(
    suite: Suite, api: Tenant, operation_id: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    for media_type in media_types(operation_id):
        headers = {"Content-Type": media_type}
        rest = {name: value for name, value in arguments.items() if name != "json"}
        api.call(operation_id, headers=headers, **rest).expect(400, why="the body was empty")
        for body, chunked in ((b"", False), (b"", True), (b" \n", False)):
            answer = send(
                api, operation_id, arguments, body, content_type=media_type, chunked=chunked
            )
            answer.expect(400, why="the body was empty")


def not_json(text: bytes) -> dict[str, bytes]:
    """What is wrong, and the request's JSON with just that wrong."""
    wide = text.decode()
    return {
        "its end is missing": text[:-1],
        "half of it is missing": text[: len(text) // 2],
        "more follows it": text + b"x",
        "another object follows it": text + b"\n" + text,
        "there is a comma too many": text[:-1] + b",}",
        "there is a comment": text[:-1] + b"/* zc */}",
        "a name has no quotes": text[:-1] + b",zc:1}",
        "quotes are single": text.replace(b'"', b"'"),
        "a value is NaN": text[:-1] + b',"zc":NaN}',
        "a value is Infinity": text[:-1] + b',"zc":-Infinity}',
        "a number begins with 0": text[:-1] + b',"zc":01}',
        "a string has a line break": text[:-1] + b',"zc":"a\nb"}',
        "it is in UTF-16": wide.encode("utf-16"),
        "it is only a word": b"zc",
        "it is a form": b"name=zc&url=http%3A%2F%2Fx.example.com",
        "it never ends": b"[" * 3000,
    }


@requirement("BODY-007")
@each_operation(WITH_BODY)
def test_a_body_that_is_not_json_is_refused(suite: Suite, api: Tenant, operation_id: str) -> None:
    must_be_offered(suite, operation_id)
    text = encoded(standing_request(api, operation_id)["json"])
    if text == b"{}":
        text = b'{"a":1}'  # only so that there is something to spoil
    for what, body in not_json(text).items():
        for media_type in media_types(operation_id):
            arguments = standing_request(api, operation_id)
            answer = send(api, operation_id, arguments, body, content_type=media_type)
            answer.expect(400, why=f"the body is not JSON: {what}")


@requirement("BODY-007")
@each_operation(name for name in WITH_BODY if not name.startswith("retry"))
@pytest.mark.parametrize(
    "wrong", [b"\xff", b"\xc3", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe9"]
)
def test_a_body_that_is_not_utf_8_is_refused(
    suite: Suite, api: Tenant, operation_id: str, wrong: bytes
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    name = arguments["json"]["name"].encode()
    body = encoded(arguments["json"]).replace(name, name + wrong + b"z")
    answer = send(api, operation_id, arguments, body)
    answer.expect(400, why=f"the name holds the bytes {wrong!r}")


@requirement("BODY-007")
@each_operation(name for name in WITH_BODY if "Flow" in name and "Cluster" not in name)
@pytest.mark.parametrize("value", [b"NaN", b"Infinity", b"-Infinity", b"0x3", b"3.", b"+3", b"03"])
def test_a_number_that_json_does_not_have_is_refused(
    suite: Suite, api: Tenant, operation_id: str, value: bytes
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    body = encoded(arguments["json"]).replace(b'"max_attempts": 2', b'"max_attempts": ' + value)
    answer = send(api, operation_id, arguments, body)
    answer.expect(400, why=f"max_attempts was {value.decode()}")
