"""The request against the contract: size and media type (413, 415), then parameters and body (400).

Everything wrong with parameters and body is reported together. What passes goes to the handler as
keyword arguments with the contract's names.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

from connexion.middleware.abstract import RoutedAPI, RoutedMiddleware
from connexion.operations.abstract import AbstractOperation
from connexion.spec import Specification
from starlette.types import ASGIApp, Receive, Scope, Send

from zen_sandbox.problems import (
    FieldError,
    PayloadTooLarge,
    UnsupportedMediaType,
    ValidationFailed,
)
from zen_sandbox.request import strict_json
from zen_sandbox.request.exchange import Exchange, exchange_of
from zen_sandbox.request.operation import Body, Operation, Parameter

MAX_BODY_BYTES = 1_048_576
_ABSENT = object()
_BLANKS = " \t"  # what HTTP knows as white space; Python's own list is longer


class ClientGone(Exception):
    """The client hung up before its request was whole; there is nobody to answer."""


class ValidationStation:
    """Checks the requests of one operation."""

    def __init__(self, app: ASGIApp, operation: Operation) -> None:
        self._app = app
        self._operation = operation

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(scope)
        operation = self._operation
        body: Any = _ABSENT
        if operation.body is not None:
            raw = await _read_body(operation.body, exchange.headers, receive)
            body = raw if operation.body.raw else strict_json_or_absent(raw)
        exchange.arguments = _checked_arguments(operation, exchange, scope["query_string"], body)
        await self._app(scope, receive, send)


def strict_json_or_absent(raw: bytes) -> Any:
    """The body's value, an error of its own (reported with the others), or nothing."""
    if not raw:
        return _ABSENT
    try:
        return strict_json.read(raw)
    except ValidationFailed as problem:
        return problem


def _checked_arguments(
    operation: Operation, exchange: Exchange, query_string: bytes, body: Any
) -> dict[str, Any]:
    errors: list[FieldError] = []
    arguments: dict[str, Any] = dict(operation.defaults)
    for parameter in operation.path_parameters:
        value = exchange.path_values[parameter.name]
        if parameter.is_valid(value):
            arguments[parameter.name] = value
        else:
            errors += parameter.messages.errors(value, parameter.name)
    if query_string and operation.query_parameters:
        _read_query(query_string, operation.query_parameters, arguments, errors)
    if operation.idempotency_key is not None:
        exchange.idempotency_key = _read_key(operation.idempotency_key, exchange.headers, errors)
    if operation.body is not None:
        if operation.body.raw:
            exchange.body = body
        else:
            _check_body(operation.body, body, exchange, errors)
        arguments["body"] = exchange.body
    if errors:
        exchange.schema_pointer = _place(operation, errors[0])
        raise ValidationFailed(errors)
    if operation.is_list:
        exchange.list_identity = _list_identity(operation, arguments)
    if exchange.credential is not None:
        arguments.pop("tenant_id", None)  # it is the credential's own, which the call has already
    return arguments


def _place(operation: Operation, error: FieldError) -> str:
    """Which part of the contract an error comes from."""
    parameters = {one.name for one in operation.path_parameters} | operation.query_parameters.keys()
    if operation.idempotency_key is not None:
        parameters.add(operation.idempotency_key.name)
    if error.field in parameters:
        return f"{operation.pointer}/parameters/{error.field}/schema{error.place}"
    return f"{operation.pointer}/requestBody/schema{error.place}"


def _read_query(
    query_string: bytes,
    known: Mapping[str, Parameter],
    arguments: dict[str, Any],
    errors: list[FieldError],
) -> None:
    seen: set[str] = set()
    for pair in query_string.split(b"&"):
        raw_name, _, raw_value = pair.partition(b"=")
        parameter = known.get(_decode(raw_name))
        if parameter is None:
            continue
        if parameter.name in seen:
            again = FieldError(parameter.name, "must be given once")
            if again not in errors:
                errors.append(again)
            continue
        seen.add(parameter.name)
        value = parameter.read(_decode(raw_value))
        if parameter.is_valid(value):
            arguments[parameter.name] = value
        else:
            errors += parameter.messages.errors(value, parameter.name)


def _decode(text: bytes) -> str:
    if b"%" in text or b"+" in text:
        text = unquote_to_bytes(text.replace(b"+", b" "))
    return text.decode("utf-8", "replace")


def _read_key(
    parameter: Parameter, headers: Mapping[bytes, bytes], errors: list[FieldError]
) -> str | None:
    raw = headers.get(b"idempotency-key")
    if raw is None:
        return None
    key = raw.decode("latin-1")
    if not parameter.is_valid(key):
        errors += parameter.messages.errors(key, parameter.name)
    return key


def _check_body(body: Body, value: Any, exchange: Exchange, errors: list[FieldError]) -> None:
    if isinstance(value, ValidationFailed):
        errors += [FieldError(one["field"], one["message"]) for one in value.members["errors"]]
    elif value is _ABSENT:
        if body.required:
            errors.append(FieldError("body", "must not be empty"))
    elif body.is_valid(value):
        exchange.body = value
    else:
        errors += body.messages.errors(value, "")


def _list_identity(operation: Operation, arguments: Mapping[str, Any]) -> str:
    """What a cursor belongs to: the tenant comes with it later, the page size does not matter."""
    filters = [f"{name}={value}" for name, value in arguments.items() if name not in _PAGE]
    return "&".join([operation.operation_id, *sorted(filters)])


_PAGE = frozenset({"limit", "cursor"})


async def _read_body(body: Body, headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
    declared = headers.get(b"content-length")
    if declared is not None and declared.isdigit() and int(declared) > MAX_BODY_BYTES:
        raise PayloadTooLarge(MAX_BODY_BYTES)
    chunked = b"transfer-encoding" in headers
    if not chunked and (declared is None or declared.strip(b"0") == b""):
        return b""
    refusal = _media_type_refusal(body, headers)
    if refusal is not None and not chunked:
        raise refusal
    raw = await _receive_all(receive)
    if refusal is not None and raw:
        raise refusal
    return raw


async def _receive_all(receive: Receive) -> bytes:
    message = await receive()
    raw: bytes = message.get("body", b"")
    while message["type"] == "http.request":
        if len(raw) > MAX_BODY_BYTES:
            raise PayloadTooLarge(MAX_BODY_BYTES)
        if not message.get("more_body"):
            return raw
        message = await receive()
        raw += message.get("body", b"")
    raise ClientGone


def _media_type_refusal(body: Body, headers: Mapping[bytes, bytes]) -> UnsupportedMediaType | None:
    if body.raw:
        return None
    encoding = headers.get(b"content-encoding")
    if encoding is not None and encoding.strip().lower() not in (b"", b"identity"):
        return UnsupportedMediaType("A request body must come without a content encoding.")
    media_type, charset = _media_type(headers.get(b"content-type", b""))
    if media_type not in body.media_types:
        expected = ", ".join(sorted(body.media_types))
        return UnsupportedMediaType(f"Content-Type must be one of: {expected}.")
    if charset not in ("", "utf-8", "utf8"):
        return UnsupportedMediaType("The charset of a request body must be utf-8.")
    return None


@lru_cache(maxsize=256)
def _media_type(header: bytes) -> tuple[str, str]:
    """Type and charset of a Content-Type, in lower case; the charset is empty when not given."""
    media_type, *parameters = header.decode("latin-1").lower().split(";")
    charset = ""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip(_BLANKS) == "charset":
            charset = value.strip(_BLANKS).strip('"') or "none"
    return media_type.strip(_BLANKS), charset


class _ValidationAPI(RoutedAPI[ValidationStation]):
    def __init__(
        self,
        specification: Specification,
        *,
        operations: Mapping[str, Operation],
        next_app: ASGIApp,
        **options: Any,
    ) -> None:
        super().__init__(specification, next_app=next_app, **options)
        self._operations = operations
        self.add_paths()

    def make_operation(self, operation: AbstractOperation) -> ValidationStation:
        return ValidationStation(self.next_app, self._operations[operation.operation_id])


class ValidationMiddleware(RoutedMiddleware[_ValidationAPI]):
    """The station as connexion's list wants it."""

    api_cls = _ValidationAPI

    def __init__(self, app: ASGIApp, operations: Mapping[str, Operation]) -> None:
        super().__init__(app)
        self._operations = operations

    def add_api(self, specification: Specification, **options: Any) -> _ValidationAPI:
        """Adds the operations of one contract."""
        api: _ValidationAPI = super().add_api(specification, operations=self._operations, **options)
        return api


def validation(operations: Mapping[str, Operation]) -> Callable[[ASGIApp], ValidationMiddleware]:
    """The middleware as connexion's list wants it: a callable that wraps an app."""

    def wrap(app: ASGIApp) -> ValidationMiddleware:
        return ValidationMiddleware(app, operations)

    return wrap
