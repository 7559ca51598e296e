"""The request against the contract: size and media type (413, 415), parameters and body (400).

What passes reaches the handler as keyword arguments with the contract's names. connexion's own
validation is not used: its answers are not the contract's, and much of a hostile request is a 500.
"""

import json
import re
from collections.abc import Mapping
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

import pydantic
from pydantic_core import from_json
from starlette.datastructures import Headers
from starlette.types import Receive

from .operation import Body, Operation, Parameter
from .problems import PayloadTooLarge, UnsupportedMediaType, invalid

MAX_BODY_BYTES = 1_048_576
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})", re.ASCII)


class ClientGone(Exception):
    """The client hung up before its request was whole; there is nobody to answer."""


class Arguments:
    """What a request asks, collected with all that is wrong with it.

    `values` is what the handler is called with; `headers` are the header parameters.
    """

    def __init__(self, operation: Operation) -> None:
        self.values: dict[str, Any] = {}
        self.headers: dict[str, Any] = {}
        self._operation = operation
        self._errors: dict[str, str] = {}

    def read(self, path: Mapping[str, str], query_string: bytes, headers: Headers) -> None:
        """Takes the parameters."""
        query = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
        for one in self._operation.parameters:
            if one.place == "path":
                self._take(one, [path[one.name]], self.values)
            elif one.place == "query":
                self._take(one, [value for name, value in query if name == one.name], self.values)
            else:
                self._take(one, headers.getlist(one.name), self.headers)

    def read_body(self, body: Body, raw: bytes) -> None:
        """Takes the body; an absent one that may be absent is None."""
        if raw:
            try:
                value = _strict_json(raw)
            except ValueError as error:
                self._errors["body"] = str(error)
            else:
                self._take_body(body, value)
        elif body.required:
            self._errors["body"] = "must not be empty"
        else:
            self.values["body"] = None

    def checked(self) -> dict[str, Any]:
        """The arguments, else ValidationError with all that is wrong."""
        if self._errors:
            first, *more = self._errors.items()
            raise invalid(*first, *more)
        return self.values

    def _take(self, parameter: Parameter, given: list[str], into: dict[str, Any]) -> None:
        if len(given) > 1:
            self._errors[parameter.name] = "must be given once"
        elif not given:
            into[parameter.name] = parameter.default
            if parameter.required:
                self._errors[parameter.name] = "is required"
        else:
            number = parameter.is_integer and _INTEGER.fullmatch(given[0])
            value: Any = int(given[0]) if number else given[0]
            into[parameter.name] = value
            self._errors |= parameter.schema.errors(value, parameter.name)

    def _take_body(self, body: Body, value: Any) -> None:
        errors = body.schema.errors(value)
        if not errors:
            try:
                self.values["body"] = body.model.model_validate(value)
            except pydantic.ValidationError as error:  # it knows more of dates than the schema
                first = error.errors()[0]
                errors[".".join(map(str, first["loc"])) or "body"] = "is not valid"
        self._errors |= errors


async def read_raw(body: Body, headers: Headers, receive: Receive) -> bytes:
    """The bytes of the body: PayloadTooLarge, UnsupportedMediaType or ClientGone if not."""
    raw = b""
    more = True
    while more:
        if len(raw) > MAX_BODY_BYTES or int(headers.get("content-length", 0)) > MAX_BODY_BYTES:
            raise PayloadTooLarge(f"A request body is at most {MAX_BODY_BYTES} bytes.")
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGone
        raw += message.get("body", b"")
        more = message.get("more_body", False) or len(raw) > MAX_BODY_BYTES
    if raw:
        _check_media_type(body, headers)
    return raw


def _check_media_type(body: Body, headers: Headers) -> None:
    if headers.get("content-encoding", "").strip().lower() not in ("", "identity"):
        raise UnsupportedMediaType("A request body must come without a content encoding.")
    sent = Message()
    sent["Content-Type"] = headers.get("content-type", "")
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in body.media_types:
        expected = ", ".join(body.media_types)
        raise UnsupportedMediaType(f"Content-Type must be one of: {expected}.")
    if str(sent.get_param("charset", "utf-8")).lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType("The charset of a request body must be utf-8.")


def _strict_json(raw: bytes) -> Any:
    """The value of a JSON text; ValueError when it is none, not UTF-8, or names a key twice."""
    try:
        from_json(raw, allow_inf_nan=False)  # refuses more than the standard library, depth too
    except ValueError:
        raise ValueError("is not valid JSON in UTF-8") from None
    return json.loads(raw, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("names one key twice")
    return value
